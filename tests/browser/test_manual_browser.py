"""The manual and one's own page in a real browser (手册与我的): its pictures, tours, Me, notices, the viewer of files."""

import io
import os
import re
from typing import Any

import pytest
from PIL import Image

from jiedao.doors.notify.models import Notice
from jiedao.doors.web import manual, tours
from jiedao.ground.people.models import Account, Tenure
from jiedao.kit.clock import today
from jiedao.record import consequences
from jiedao.record.models import Attachment, Case, Entry
from jiedao.stages import resolution
from tests.axe import serious, sideways
from tests.browser.test_desks_browser import sign_in
from tests.cast import seat
from tests.desks import Colleague, order_of, reported, sent
from tests.residents import Resident, acting, photo
from tests.test_pages_case import drafted

pytestmark = pytest.mark.browser

PICTURES = {
    "triage": ("dispatcher", "/triage/"),
    "department": ("drainage", "/department/"),
    "whistles": ("clerk", "/whistles/"),
    "checks": ("callback", "/checks/?tab=callback"),
    "report": ("", "/report/"),
}


def follow(*cases: Case) -> None:
    for entry in Entry.objects.filter(case__in=cases):
        consequences.act(entry.id)


def scene() -> None:
    """Enough on every desk that a picture shows what it is for."""
    matters = ("路灯不亮，夜里看不见路", "三号楼下水道堵塞，污水外溢", "楼道堆物，过不了人", "井盖松动，车过有响声")
    for n, text in enumerate(matters):
        sent("drainage", case=reported(text, off=n * 200.0))
    for n, text in enumerate(("树枝压到电线", "早点摊占道，行人走机动车道")):
        reported(text, off=800.0 + n * 200.0)
    for n, unit in enumerate(("drainage", "urban", "housing")):
        called(unit, 1200.0 + n * 150.0)
    drafted("whistle_hard")
    number = drafted("whistle_hard")
    for colleague in (Colleague("secretary"), Colleague("director")):
        colleague.do(number, "blow")
    Colleague("fire").do(number, "acknowledge")


def called(unit: str, off: float) -> None:
    """A call that its unit has answered, so that the callback clerk rings."""
    case = sent(unit, case=reported("小区物业不修楼道灯", off=off, process="call", kind="help"))
    order, by = order_of(case, unit), acting(unit)
    resolution.acknowledge(order, by=by)
    resolution.contact(order, by=by, way="phone", text="已联系")
    resolution.start(order, by=by)
    resolution.reply(order, by=by, outcome="done", text="已处理")


@pytest.mark.skipif(not os.environ.get("JIEDAO_PICTURES"), reason="makes files: python -m tests.pictures")
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_the_manual(name: str, desk: Any, at_work: Any) -> None:
    username, path = PICTURES[name]
    if name == "triage":
        scene()
    if username:
        sign_in(desk, username)
        Account.objects.filter(username=username).update(preferences={"tours": list(tours.tours())})
    page = desk.open(path)
    if name == "triage":
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_timeout(500)
    page.wait_for_timeout(300)

    shot = Image.open(io.BytesIO(page.screenshot()))
    small = shot.resize((960, round(shot.height * 960 / shot.width)), Image.Resampling.LANCZOS)
    target = manual.FOLDER / "images" / f"{name}.webp"
    target.parent.mkdir(exist_ok=True)
    small.save(target, "WEBP", quality=60, method=6)

    assert target.stat().st_size < 60_000
    Account.objects.filter(username=username).update(preferences={})


def test_a_tour_is_walked_through_and_put_away_by_keyboard(desk: Any, at_work: Any) -> None:
    sent("drainage")
    page = sign_in(desk, "drainage")
    desk.open("/department/")
    page.wait_for_selector("#orders jd-tour")
    assert serious(page) == []

    for step in ("2 / 3", "3 / 3"):
        page.focus("#tour >> text=下一条")
        page.keyboard.press("Enter")
        page.wait_for_selector(f"#tour:focus >> text={step}")
    assert page.locator("#tour >> text=下一条").count() == 0
    page.evaluate("document.querySelector('#orders').dispatchEvent(new CustomEvent('jd:refresh'))")
    page.wait_for_timeout(400)
    assert page.locator("jd-tour").count() == 1
    page.focus("#tour button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/department/")

    assert page.locator("jd-tour").count() == 0
    desk.open("/department/")
    assert page.locator("jd-tour").count() == 0


@pytest.mark.nightly
def test_every_tour_stands_beside_something_that_is_there(desk: Any, at_work: Any) -> None:
    case = sent("drainage")
    page = sign_in(desk, "dispatcher")
    from django.urls import reverse

    lost = []
    for name, steps in tours.tours().items():
        path = reverse(name, args=[case.number] if name == "case" else [])
        for at in {step["at"] for step in steps}:
            if at != ".tools":
                desk.open(path)
                lost += [(name, at)] if page.locator(f"main {at}").count() == 0 else []

    assert lost == []


def test_a_tour_works_before_scripts_load(plain: Any, at_work: Any) -> None:
    page = sign_in(plain, "urban")
    plain.open("/notices/")
    page.click("#tour >> text=下一条")
    assert "2 / 2" in page.inner_text("#tour")

    page.click("#tour button")

    assert page.locator("#tour").count() == 0 and page.url.endswith("/notices/")


def test_my_page_holds_on_a_phone_and_keeps_what_was_chosen(phone: Any, at_work: Any) -> None:
    page = sign_in(phone, "urban")
    phone.open("/me/")
    assert sideways(page) == 0 and serious(page) == []

    page.select_option("#id_theme", "dark")
    page.select_option("#id_lang", "en")
    page.click("text=保存页面显示")
    page.wait_for_selector("html[data-theme=dark][lang=en]")

    assert serious(page) == [] and Account.objects.get(username="urban").preferences["theme"] == "dark"
    page.context.clear_cookies()
    page = sign_in(phone, "urban")
    phone.open("/me/")
    page.wait_for_selector("html[data-theme=dark][lang=en]")
    page.select_option("#id_lang", "zh-hans")
    page.select_option("#id_theme", "")
    page.click("text=Keep how pages look")
    page.wait_for_selector("html[lang=zh-Hans]")


def test_who_was_moved_acts_by_the_new_post_at_the_next_click(desk: Any, at_work: Any) -> None:
    page = sign_in(desk, "housing")
    desk.open("/me/")
    held = Account.objects.get(username="housing").person.tenures.get(valid_to=None)
    assert held.post.unit.name in page.inner_text("#posts")

    held.valid_to = today()
    held.save(update_fields=["valid_to"])
    Tenure(person=held.person, post=seat("water-handler-1").post, valid_from=today()).save(force_insert=True)
    page.reload()

    assert "水" in page.inner_text("#posts") and held.post.unit.name not in page.inner_text(".top")
    Tenure.objects.filter(person=held.person, post=held.post).update(valid_to=None)
    Tenure.objects.filter(person=held.person, post__code="water-handler-1").delete()


def test_a_notice_leads_to_its_line_and_the_count_equals_the_list(desk: Any, at_work: Any) -> None:
    case = sent("drainage")
    follow(case)
    page = sign_in(desk, "drainage")
    desk.open("/notices/?tab=unread")
    count = int(page.inner_text('a[href*="tab=unread"] .num'))
    assert page.locator("tr[data-jd-row]").count() == count == int(page.inner_text("[data-jd-waiting]"))
    assert serious(page) == []

    page.focus(f"tbody:has-text('{case.number}') a.open >> nth=0")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/case/{case.number}/#entry-\d+"))

    assert page.locator(f"#{page.url.split('#')[1]}").count() == 1
    assert int(page.inner_text("[data-jd-waiting]")) == count - 1
    assert Notice.objects.filter(case=case).exists()


def test_files_are_looked_through_by_keyboard_and_in_full_size(desk: Any, at_work: Any) -> None:
    resident = Resident()
    number, _ = resident.reported(photos=[photo(), photo("red"), photo("blue")])
    first, second, _ = Attachment.objects.filter(case__number=number).order_by("made_at", "id")
    page = sign_in(desk, "dispatcher")
    desk.open(f"/case/{number}/")

    page.click("ul.photos a >> nth=0")
    page.wait_for_selector(".viewer img")
    assert page.evaluate("document.querySelector('.viewer img').naturalWidth") > 0
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**/files/{second.id}/view/")
    assert serious(page) == [] and bytes(second.sha256).hex() in page.inner_text(".facts")
    page.keyboard.press("z")
    assert page.is_checked("#zoom")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**/files/{first.id}/view/")
    page.keyboard.press("Escape")
    page.wait_for_url(f"**/case/{number}/**")


def test_the_manual_reads_on_a_phone_in_both_languages(phone: Any, at_work: Any) -> None:
    for path in ("/help/", "/help/dispatcher/", "/help/resident/?lang=en"):
        page = phone.open(path)
        assert sideways(page) == 0 and serious(page) == []
    assert "Residents: report and follow" in page.inner_text("h1")
