"""A day of duty in a real browser (勤务浏览器测试): a grid worker from briefing to the end, the head's wrap-up (S02, S05)."""

from datetime import timedelta

import pytest

from jiedao.ground.districts import district
from jiedao.ground.people.contacts import open_rows
from jiedao.kit.clock import now
from jiedao.lines.patrol.actions import sending
from jiedao.lines.patrol.models import LastPosition, Shift, TaskOrder
from jiedao.record.models import Assignment
from tests import patrols
from tests.axe import serious, sideways
from tests.browser.conftest import PHONE, _window
from tests.browser.test_command_browser import filed
from tests.browser.test_desks_browser import sign_in as knock
from tests.cast import seat

pytestmark = pytest.mark.browser
GRID = "440311001901001-grid_worker"


@pytest.fixture
def at_work(site, django_db_blocker):
    with django_db_blocker.unblock(), district("guangming") as place:
        yield place


@pytest.fixture
def shift(at_work) -> Shift:
    """The grid worker on the roster of the squad, one order in the briefing."""
    who, turn = seat(GRID), patrols.roster()
    turn.words = "雨后注意排水口"
    turn.save(update_fields=["words"])
    text, at = "查看 6 处排水口", now() + timedelta(hours=1)
    TaskOrder.objects.filter(roster=turn).delete()
    TaskOrder.objects.create(roster=turn, text=text, place="银杏一号网格", at=at, made_at=now() - timedelta(hours=1))
    given = {"post": who.post, "call_sign": "银-01"}
    return Shift.objects.get_or_create(roster=turn, person=who.person, defaults=given)[0]


@pytest.fixture
def walker(browser, site):
    """A phone whose place is known."""
    how = {"geolocation": {"longitude": patrols.PARK[0], "latitude": patrols.PARK[1]}, "permissions": ["geolocation"]}
    with _window(browser, site, **PHONE, **how) as window:
        away, window.open = window.open, lambda path: away(path, "guangming")  # type: ignore[method-assign]
        yield window


def press(page, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=words, exact=True).click()


def test_a_shift_from_the_briefing_to_its_end(walker, shift, tmp_path):
    page = knock(walker, "grid")
    walker.open("/shift/")
    assert "雨后注意排水口" in page.inner_text("main")
    assert serious(page) == []
    assert sideways(page) == 0
    press(page, "训示已读")
    press(page, "开始当班")
    page.screenshot(path=tmp_path / "on-duty.png", full_page=True)

    press(page, "共享我的位置")
    # Chromium dates a place by when it was told of it: this one is of now.
    with page.expect_response(lambda answer: "/shift/here/" in answer.url and answer.json()["stored"], timeout=25_000):
        page.context.set_geolocation({"longitude": patrols.PARK[0] + 0.0001, "latitude": patrols.PARK[1]})
    assert "位置共享中" in page.inner_text(".sharing")
    open_rows([shift.roster.squad_id])

    case = filed("路面塌陷")
    sending.send(case, [shift.id], by=seat(patrols.CENTRE))
    walker.open("/shift/")
    for words in ("接受", "出发", "我已到场"):
        press(page, words)
    page.screenshot(path=tmp_path / "on-site.png", full_page=True)
    assert serious(page) == []
    press(page, "现场办完")
    row = Assignment.objects.get(order__case=case)
    assert row.asked_at < row.accepted_at <= row.under_way_at <= row.on_site_at <= row.done_at

    page.locator("summary", has_text="填写办理情况").click()
    page.fill("textarea[name=text]", "六处都已查看，第三处已清掏")
    press(page, "记下办理情况")
    press(page, "结束当班")
    assert page.locator(".sharing").count() == 0
    assert not LastPosition.objects.filter(pk=shift.id).exists()
    page.screenshot(path=tmp_path / "ended.png", full_page=True)


def test_the_head_checks_what_was_done_and_ends_the_wrap_up(desk, shift):
    away, desk.open = desk.open, lambda path: away(path, "guangming")
    page = knock(desk, "community-head")
    desk.open("/shifts/")
    assert serious(page) == []
    assert sideways(page) == 0
    desk.open(f"/shifts/{shift.roster_id}/")
    assert serious(page) == []
    press(page, "确认完成")
    press(page, "完成岗后规整")

    shift.roster.refresh_from_db()
    assert shift.roster.closed_at is not None
    assert "已规整" in page.inner_text("main")
