"""The process designer in a real browser (流程设计浏览器测试): an official adds a countersignature, a colleague publishes it."""

from datetime import timedelta

import pytest

from jiedao.doors import demo
from jiedao.ground.terms.models import Term
from jiedao.kit.clock import moved, now
from jiedao.lines.processes.models import ProcessDraft
from jiedao.record.models import Case
from tests.axe import serious, sideways
from tests.cast import DISPATCHER, dispatched, do
from tests.cast import reported as taken_down

pytestmark = pytest.mark.browser

KEEPERS = {"posts": ["system_admin", "district_leader"], "within": "district"}


def sign_in(window, username: str):
    """With the one-time code where the post asks for one; it holds once."""
    page = window.open("/accounts/login/")
    page.fill("#id_login", username)
    page.fill("#id_password", demo.PASSWORD)
    page.click("button.main")
    code = next(one.code for one in demo.accounts("gulou") if one.username == username)
    if code:
        page.wait_for_selector("#id_code")
        page.fill("#id_code", code)
        page.click("button.main")
    page.wait_for_selector('.tools a[href="/accounts/logout/"]', state="attached")
    return page


def sign_out(page) -> None:
    page.click('.tools a[href="/accounts/logout/"]')
    page.click("button.main")


def test_a_countersignature_is_added_tried_published_by_a_colleague_and_followed(desk, at_work):
    Term.objects.update_or_create(
        table="competence", code="processes", defaults={"name": "流程", "name_en": "Processes", "facts": KEEPERS}
    )
    with moved(now() - timedelta(days=5)):
        running = dispatched("lighting", acknowledged=False)
    page = sign_in(desk, "admin")

    # An official begins a draft and adds the leader's signature to filing.
    desk.open("/processes/event/")
    page.click("text=以此起草")
    page.wait_for_selector("#changes")
    row = page.locator("#moves tr", has=page.locator("th", has_text="立案")).first
    row.locator("a").click()
    page.wait_for_selector("#editor")
    page.check('input[name="by"][value="leader"]')
    page.check('input[name="signers"][value="leader"]')
    page.click("text=存入草案")
    page.wait_for_selector(".process-changes li")
    assert "会签" in page.inner_text(".process-changes")

    # Last month under the draft: the running case would have waited for that signature.
    page.click("text=用上月案件试算")
    page.wait_for_selector("#sum")
    assert running.number in page.inner_text("main")
    assert "还要上级领导会签" in page.inner_text("main")
    page.go_back()

    # Asked for by one, published by another.
    page.fill("#reason", "重大事项须区领导会签")
    page.click("text=请第二人公布")
    page.wait_for_selector("text=由另一位流程管理人员公布")
    draft = ProcessDraft.objects.get(outcome="")
    sign_out(page)
    page = sign_in(desk, "leader")
    desk.open(f"/processes/draft/{draft.id}/")
    assert "重大事项须区领导会签" in page.inner_text("main")
    page.click("text=公布新版本")
    page.wait_for_selector("text=v2 已施行")

    # The next case follows it; the running one does not.
    fresh = taken_down()
    do(fresh, "classify", DISPATCHER, item="street-lights")
    do(fresh, "file", DISPATCHER)
    assert (fresh.process.version, running.process.version) == (2, 1)
    assert Case.objects.get(pk=fresh.pk).state == "reported"
    assert fresh.entries.filter(verb="sign").count() == 1


@pytest.mark.nightly
@pytest.mark.parametrize("path", ["/processes/", "/processes/event/"])
def test_a_phone_scrolls_no_page_sideways_and_nothing_is_seriously_wrong(phone, at_work, path):
    page = sign_in(phone, "urban")
    phone.open(path)

    assert sideways(page) == 0
    assert serious(page) == []
