"""The case page in a real browser (案件页浏览器测试): replies with template, preview and draft; rulings; what S06 promises."""

import io
import re
import unicodedata

import pytest
from pypdf import PdfReader

from jiedao.record.models import Precedent
from jiedao.stages import dispatch, intake, resolution, triage
from tests.axe import serious, sideways
from tests.browser.conftest import Window
from tests.browser.test_desks_browser import sign_in
from tests.desks import PHONE, item, order_of, reported, sent, unit
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
    page.keyboard.press("Enter")  # a gap of the template is gone to, not sent
    page.wait_for_selector("#id_did:focus")
    assert not case.entries.filter(verb="reply").exists()
    page.fill("#id_did", "疏通了管道")
    page.evaluate("document.activeElement.blur()")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert case.entries.filter(verb="reply").count() == 1
    desk.open(f"/case/{case.number}/")
    assert page.locator(".tag", has_text="居民可以看到").count() + page.locator(".tag", has_text="居民可见").count() > 0


@pytest.fixture
def other(browser, site):
    """A second colleague's screen."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
    yield Window(context.new_page(), site)
    context.close()


def test_two_departments_reply_at_the_same_instant_and_the_case_moves_once(desk, other, at_work):
    case, _ = taken_up("drainage", "urban")
    for window, code in ((desk, "drainage"), (other, "urban")):
        page = sign_in(window, code)
        window.open(f"/case/{case.number}/do/reply/?order={order_of(case, code).id}")
        page.check('input[name="outcome"][value="done"]')
        page.fill("#id_text", f"{code} 已办好")
        page.evaluate("setTimeout(() => document.querySelector('#composer button.main').click(), 300)")
    for window in (desk, other):
        window.page.wait_for_selector("#case-acts, #composer .refusal")

    refused = [window for window in (desk, other) if window.page.locator("#composer .refusal").count()]
    for window in refused:  # who came second is told, keeps the words, and sends them on top
        assert "已办好" in window.page.input_value("#id_text")
        window.page.click("#composer button.main")
        window.page.wait_for_selector("#case-acts")
    lines = list(case.entries.filter(verb="reply").order_by("seq").values_list("was", "now"))
    assert lines == [("handling", "handling"), ("handling", "fed_back")]


def test_the_handler_of_a_complaint_meets_its_complainant_nowhere(desk, at_work):
    told = {"name": "张三丰金丝雀", "phone": PHONE}
    case, order = taken_up(kind="complaint", text="商户噪声扰民，我叫张三丰，电话13812345678", **told)
    page = sign_in(desk, "drainage")
    found = []
    for path in (f"/case/{case.number}/", f"/case/{case.number}/do/reply/?order={order.id}"):
        desk.open(path)
        paper = "".join(one.extract_text() for one in PdfReader(io.BytesIO(page.pdf())).pages)
        found += [page.content(), unicodedata.normalize("NFKC", paper)]
    desk.open(f"/case/{case.number}/")
    assert "排水管理所" in found[1]  # what is printed is read at all
    assert page.locator("#case-side", has_text="谁看过").locator("li", has_text="排水管理所").count() >= 1

    canaries = (PHONE, "张三丰", "金丝雀", "138****", "张*")
    assert [word for text in found for word in canaries if word in text] == []


def test_a_dimmed_button_says_why_and_the_tab_key_reads_the_page_in_order(desk, at_work):
    case = sent("drainage")
    resolution.acknowledge(order_of(case), by=acting("drainage"))
    page = sign_in(desk, "drainage")
    desk.open(f"/case/{case.number}/")

    dimmed = page.locator("[aria-disabled=true]")
    assert dimmed.count() >= 1
    for at in range(dimmed.count()):
        why = dimmed.nth(at).get_attribute("aria-describedby")
        assert page.inner_text(f"#{why}").strip()
    assert "联系" in page.inner_text("#why-reply")

    page.evaluate("document.querySelector('#main').focus()")
    order = page.evaluate(
        "async () => { window.seen = []; document.addEventListener('focusin', e => seen.push(e.target)); return 0 }"
    )
    for _ in range(25):
        page.keyboard.press("Tab")
    order = page.evaluate(
        "seen.slice(1).map((e, i) => Boolean(seen[i].compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING))"
    )
    assert len(order) > 15 and all(order)
    assert page.locator("[tabindex]:not([tabindex='0']):not([tabindex='-1'])").count() == 0
    assert serious(page) == []


def test_what_others_do_joins_below_the_form_and_moves_nothing(desk, at_work):
    case, order = taken_up("drainage", "urban")
    page = sign_in(desk, "drainage")
    desk.open(f"/case/{case.number}/do/reply/?order={order.id}")
    page.fill("#id_text", "管道已经")
    page.wait_for_selector("#preview >> text=管道已经")
    lies = "[composer.offsetTop, composer.offsetHeight]"
    before = page.evaluate(lies)

    intake.note(case.id, by=acting("dispatcher"), text="请留意夜间施工")
    page.evaluate("document.querySelector('#case-news').dispatchEvent(new CustomEvent('jd:refresh'))")
    page.wait_for_selector("#case-news >> text=有 1 条新进展")

    assert page.evaluate(lies) == before
    assert page.input_value("#id_text") == "管道已经"
    assert "请留意夜间施工" in page.inner_text("#case-news")


@pytest.mark.nightly
def test_the_third_return_is_ruled_upon_and_the_ruling_leads_the_next_case(desk, at_work):
    case = reported()
    by = acting("dispatcher")
    triage.classify(case.id, by=by, item=item())
    triage.file(case.id, by=by)
    for code in ("urban", "fire"):
        dispatch.dispatch(case.id, by=by, lead=unit(code))
        resolution.return_(order_of(case, code), by=acting(code), reason="不属本单位", article="职责清单第 3 项")
    dispatch.dispatch(case.id, by=by, lead=unit("drainage"))
    page = sign_in(desk, "drainage")
    desk.open(f"/case/{case.number}/")

    page.keyboard.press("t")
    page.wait_for_selector("#id_article")
    page.fill("#id_reason", "管道产权属物业")
    page.click("#composer button.main")
    assert page.locator("#id_article:invalid").count() == 1  # no return without an article
    page.fill("#id_article", "城镇排水条例 第 22 条")
    page.click("#composer button.main")
    page.wait_for_selector("#case-head >> text=争议裁定")

    page.context.clear_cookies()
    page = sign_in(desk, "dispatcher")
    desk.open(f"/case/{case.number}/")
    page.keyboard.press("Enter")
    page.wait_for_selector("#id_reason")
    page.fill("#id_reason", "接入市政管网，由排水管理所办理")
    page.click("#composer button.main")
    page.wait_for_selector("#case-acts")
    assert Precedent.objects.filter(case=case, unit__code="drainage", ended_at=None).exists()

    following = reported("又一处下水道堵塞", off=40)
    triage.classify(following.id, by=by, item=item())
    desk.open(f"/case/{following.number}/")
    assert case.number in page.inner_text("#case-side")
    assert "接入市政管网" in page.inner_text("#case-side")

    page.context.clear_cookies()
    page = sign_in(desk, "drainage")
    desk.open(f"/case/{case.number}/")
    why = page.locator("#why-return")
    assert "裁定" in why.inner_text()
    assert re.search(rf"/case/{case.number}/", why.locator("a").get_attribute("href"))
    page.keyboard.press("t")
    page.wait_for_selector("#case-acts")
    assert page.locator("#composer").count() == 0


def test_pages_of_replies_and_precedents_fit_a_phone_in_both_languages(phone, at_work):
    page = sign_in(phone, "dispatcher")
    for lang in ("zh-hans", "en"):
        for path in ("/replies/", "/replies/new/", "/precedents/"):
            phone.open(f"{path}?lang={lang}")
            assert (sideways(page), serious(page)) == (0, []), (path, lang)


@pytest.mark.nightly
def test_a_case_of_three_hundred_lines_opens_within_a_second(desk, at_work):
    case, by = sent("drainage"), acting("dispatcher")
    for number in range(300):
        intake.note(case.id, by=by, text=f"第 {number} 次跟进")
    page = sign_in(desk, "dispatcher")
    desk.open(f"/case/{case.number}/")
    desk.open(f"/case/{case.number}/")

    timing = "performance.getEntriesByType('navigation')[0]"
    assert page.evaluate(f"{timing}.domContentLoadedEventEnd - {timing}.requestStart") <= 1000
