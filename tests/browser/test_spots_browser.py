"""Bad spots and joint patrols in a real browser (乱点巡查浏览器测试): online and on foot one checklist; a skipped stop shows."""

import os

import pytest

from jiedao.ground.places.models import Site
from jiedao.kit.clock import now
from jiedao.lines.patrol.actions import spots as acting
from jiedao.lines.patrol.models import Shift
from tests import patrols
from tests.axe import serious, sideways
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_command_browser import filed
from tests.browser.test_guangming_day import enter, shot, site  # noqa: F401
from tests.cast import seat
from tests.test_spots import EVERY, camera, marked

pytestmark = pytest.mark.browser


def sound(page, name: str) -> None:
    assert serious(page) == []
    assert sideways(page) == 0
    if os.environ.get("SHOTS"):
        shot(page, f"spots-{name}")


def answer(page, note: str) -> None:
    for code, word in EVERY.items():
        page.check(f"input[name={code}][value={word}]")
    page.fill("[name=note]", note)
    with page.expect_navigation():
        page.click("button[value=finish]")


def lines(page) -> list[str]:
    return page.locator("form legend").all_inner_texts()


@pytest.mark.nightly
def test_an_online_round_and_one_on_foot_share_a_checklist_and_a_skipped_stop_shows(enter):  # noqa: F811
    spot, cam = marked(), camera()
    desk = enter(patrols.HEAD, **DESK).open("/shifts/spots/")
    sound(desk, "list")
    desk.click(f"#open-{spot.id}")
    with desk.expect_navigation():
        desk.click("button[value=online]")
    desk.select_option("select[name=camera]", cam.code)
    desk.fill("[name=purpose]", "查看夜间照明")
    with desk.expect_navigation():
        desk.click("button[value=look]")
    assert desk.get_attribute("#opened a", "href") == "https://video.example/901"
    sound(desk, "online")
    online = lines(desk)
    answer(desk, "网上看过")

    phone = enter(patrols.MEMBER, **PHONE).open(f"/shifts/spots/{spot.id}/")
    with phone.expect_navigation():
        phone.click("button[value=foot]")
    sound(phone, "foot")
    assert lines(phone) == online
    assert len(online) == len(EVERY)
    answer(phone, "现场看过")
    assert all(word in phone.inner_text(".timeline") for word in ("网上看过", "现场看过"))
    sound(phone, "history")

    stops = [(Site.objects.on().get(code=f"park-00{nth}"), None) for nth in (1, 2, 3)]
    patrol = acting.plan("园区联合巡查", now(), stops, by=seat(patrols.HEAD))
    phone.goto(phone.url.split("/shifts/")[0] + f"/shifts/joint/{patrol.id}/")
    for nth in (1, 3):
        phone.click(f"#stop-{nth} summary")
        phone.fill(f"#stop-{nth} [name=code]", f"park-00{nth}")
        with phone.expect_navigation():
            phone.click(f"#stop-{nth} button")
    assert phone.locator("[data-deviation]").all_inner_texts() == ["越过此站"]
    sound(phone, "joint")
    desk.goto(desk.url.split("/shifts/")[0] + "/shifts/joint/")
    sound(desk, "joints")


@pytest.mark.nightly
def test_pairs_and_sources_fit_a_desk_and_a_phone(enter):  # noqa: F811
    case, shift = filed(), patrols.running()
    patrols.seen(shift, patrols.PARK[0] + 0.002)
    for how, name in ((DESK, "desk"), (PHONE, "phone")):
        page = enter(patrols.CENTRE, **how).open("/map/pairs/")
        assert page.locator(f"[data-pair='{case.number}']").count() == 1
        sound(page, f"pairs-{name}")
    with page.expect_navigation():
        page.click("form .main")
    assert page.locator("#report [data-went]").count() == 1

    head = enter(patrols.HEAD, **PHONE).open("/shifts/sources/")
    head.fill("[name=code]", "forwarder")
    head.fill("[name=name]", "转发平台")
    head.select_option("[name=kind]", "traccar")
    with head.expect_navigation():
        head.click("form .main")
    assert head.inner_text("#key code").startswith("jp_")
    sound(head, "sources")
    Shift.objects.filter(pk=shift.id).update(ended_at=now())
