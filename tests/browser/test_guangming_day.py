"""A day of Guangming in real browsers (光明一日): briefing, patrols moving, an urgent event, sent, arrived, solved, checked."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from jiedao.ground.districts import district
from jiedao.ground.people.models import Account
from jiedao.kit.clock import now
from jiedao.lines.patrol.models import Shift, TaskOrder
from tests import patrols
from tests.browser.conftest import PHONE, Window
from tests.browser.test_command_browser import filed, people_on_map, ready
from tests.cast import do, seat

pytestmark = pytest.mark.browser

MEMBERS = (patrols.MEMBER, patrols.PEER, "440311001901-squad-enforce-res-3")


@pytest.fixture(scope="module")
def site(live_site):
    return live_site


@pytest.fixture
def enter(browser, site, django_db_blocker):
    """A browser of whoever sits in a post, signed in; pictures of its steps where SHOTS names a folder."""
    opened = []

    def start(post: str, **how):
        who = seat(post)
        account, _ = Account.objects.get_or_create(person=who.person, defaults={"username": f"t-{who.person.code}"})
        session = SessionStore()
        session[SESSION_KEY] = str(account.pk)
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session[HASH_SESSION_KEY] = account.get_session_auth_hash()
        session["acted_at"] = int(now().timestamp())
        session["post"] = str(who.post.id)
        session.save()
        context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **how)
        opened.append(context)
        context.add_cookies([{"name": "sessionid", "value": session.session_key, "url": site.url("/", "guangming")}])
        window = Window(context.new_page(), site)
        away, window.open = window.open, lambda path: away(path, "guangming")  # type: ignore[method-assign]
        return window

    with django_db_blocker.unblock(), district("guangming"):
        yield start
    for context in opened:
        context.close()


def shot(page, name: str) -> None:
    if os.environ.get("SHOTS"):
        page.screenshot(path=str(Path(os.environ["SHOTS"]) / f"day-{name}.png"))


@pytest.mark.nightly
def test_a_day_of_guangming(enter):
    turn = patrols.roster()
    task = TaskOrder.objects.create(roster=turn, place="地铁口", text="疏导早高峰占道", made_at=now())
    rows = [
        Shift.objects.create(roster=turn, person=seat(post).person, post=seat(post).post, call_sign=f"巡-{nth:02d}")
        for nth, post in enumerate(MEMBERS, 1)
    ]

    # Briefing: read on a phone, shift begun, position shared by the person's own hand.
    where = {"longitude": patrols.PARK[0], "latitude": patrols.PARK[1]}
    field = enter(patrols.MEMBER, geolocation=where, permissions=["geolocation"], **PHONE)
    phone = field.open("/shift/")
    assert "疏导早高峰占道" in phone.inner_text("main")
    shot(phone, "1-briefing")
    for what in ("acknowledge", "start", "share"):
        with phone.expect_navigation():
            phone.click(f"button[value={what}]")
    shot(phone, "2-on-duty")
    for row in rows[1:]:
        type(row).objects.filter(pk=row.pk).update(started_at=now() - timedelta(hours=1), briefed_at=now())
        row.sharings.create(since=now() - timedelta(hours=1))
    for nth, row in enumerate(rows[1:], 1):
        patrols.seen(row, patrols.PARK[0] + 0.002 * nth, patrols.PARK[1])
    patrols.seen(rows[0], *patrols.PARK, age=0)

    # Patrols move: a new point shows within five seconds, and the frame stays.
    desk = enter(patrols.CENTRE, viewport={"width": 1440, "height": 900})
    page = desk.open("/map/")
    ready(page)
    assert set(people_on_map(page)) == {"巡-01", "巡-02", "巡-03"}
    patrols.seen(rows[1], patrols.PARK[0] + 0.0031, patrols.PARK[1] + 0.001, age=0)
    page.wait_for_function(
        "lon => [...document.querySelector('jd-command-map').people.values()].some(p => Math.abs(p.lon - lon) < 1e-4)",
        arg=patrols.PARK[0] + 0.0031,
        timeout=5_500,
    )
    shot(page, "3-patrols")

    # An urgent event comes; the three nearest stand there with their reasons; one key sends the first two.
    case = filed("路面塌陷，需现场围挡", 0.0005)
    page = desk.open("/map/")
    ready(page)
    page.focus(f"#open-{case.number}")
    page.keyboard.press("Enter")
    page.wait_for_selector("#send .offered li >> nth=2")
    assert page.locator("#send .offered .meta").all_inner_texts()[0].count("·") >= 2
    shot(page, "4-nearest")
    page.keyboard.press("2")
    with page.expect_response(lambda answer: "/map/send/" in answer.url):
        page.keyboard.press("Enter")
    page.wait_for_selector(".going li >> nth=1")
    shot(page, "5-sent")

    # The phone shows it; accepted, under way, on site, done, each seen at the desk.
    phone = field.open("/shift/")
    assert "路面塌陷" in phone.inner_text(".errand")
    shot(phone, "6-errand")
    for what in ("take_up", "set_out", "reach", "finish"):
        with phone.expect_navigation():
            phone.click(f".errand button[value={what}]")
        if what == "reach":
            page.wait_for_selector(".going li[data-step=on_site]", timeout=15_000)
            shot(page, "7-on-site")
    page.wait_for_selector(".going li[data-step=done]", timeout=15_000)

    # Solved: the squad's order is answered; the case leaves the open list of the map by its hint.
    order = case.orders.first()
    lead = "440311001901-squad-squad_head"
    do(case, "acknowledge", lead, order=str(order.id))
    do(case, "reply", lead, order=str(order.id), outcome="done", text="已围挡并回填，现场恢复通行")
    case.refresh_from_db()
    assert case.phase == "verification"
    page = desk.open(f"/map/?case={case.number}")
    ready(page)
    shot(page, "8-solved")

    # After the shift: everybody ends, the head checks what was done and closes the turn.
    Shift.objects.filter(pk__in=[row.pk for row in rows]).update(ended_at=now())
    page.wait_for_function("() => document.querySelector('jd-command-map').people.size === 0", timeout=10_000)
    head = enter(patrols.HEAD).open(f"/shifts/{turn.id}/")
    shot(head, "9-check")
    with head.expect_navigation():
        head.locator(f'form:has(input[value="{task.id}"]) button[value=done]').first.click()
    task.refresh_from_db()
    assert task.outcome == "done"
    with head.expect_navigation():
        head.click('button[value="wrap_up"]')
    turn.refresh_from_db()
    assert turn.closed_at is not None
    shot(head, "10-closed")
