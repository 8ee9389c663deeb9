"""The case page in a real browser (案件页浏览器测试): replies with template, preview and draft; rulings; what S06 promises."""

import pytest

from jiedao.stages import resolution
from tests.axe import serious
from tests.browser.test_desks_browser import sign_in
from tests.desks import order_of, sent
from tests.residents import acting

pytestmark = pytest.mark.browser


def taken_up(*units, **told):
    """Sent, signed and spoken about: the reply is next."""
    case = sent(*(units or ("drainage",)), **told)
    for code in units or ("drainage",):
        order, by = order_of(case, code), acting(code)
        resolution.acknowledge(order, by=by)
        if code == (units or ("drainage",))[0]:
            resolution.contact(order, by=by, way="platform" if case.shielded else "phone", text="下午到场")
    case.refresh_from_db()
    return case, order_of(case)


def test_a_reply_is_filled_by_a_template_read_as_the_resident_will_and_survives_a_reload(desk, at_work):
    case, order = taken_up()
    page = sign_in(desk, "drainage")
    desk.open(f"/case/{case.number}/do/reply/?order={order.id}")

    page.select_option("#id_template", "sewers")
    page.wait_for_selector("#preview >> text=请凭编号联系我们")
    assert page.is_checked('input[name="outcome"][value="done"]')
    assert case.number in page.input_value("#id_text")
    assert page.locator("#preview", has_text="去现场的师傅").count() == 0

    page.fill("#id_spoke_with", "去现场的师傅")
    page.locator("[data-jd-kept]", has_text="已存草稿").wait_for(timeout=6000)
    page.focus("#id_did")
    page.evaluate("document.querySelector('#id_did').setSelectionRange(3, 3)")
    page.keyboard.type("王")
    page.reload()

    page.wait_for_selector("#id_did:focus")
    assert page.input_value("#id_spoke_with") == "去现场的师傅"
    assert page.input_value("#id_did")[3] == "王"
    assert page.evaluate("document.querySelector('#id_did').selectionStart") == 4
    assert "师傅" not in page.evaluate("JSON.stringify(sessionStorage) + JSON.stringify(localStorage)")
    assert serious(page) == []

    page.evaluate("document.activeElement.blur()")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert case.entries.filter(verb="reply").count() == 1
    desk.open(f"/case/{case.number}/")
    assert page.locator(".tag", has_text="居民可以看到").count() + page.locator(".tag", has_text="居民可见").count() > 0
