"""Scores and board in a real browser (评分台、看板浏览器测试): figure to rows by keys, a contested month, an instruction."""

import io
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from pypdf import PdfReader

from jiedao.ground.people.models import PostKind
from jiedao.kit.clock import moved
from jiedao.lines.scores import objections, periods
from tests.axe import serious, sideways
from tests.browser.test_desks_browser import sign_in
from tests.callbacks import called_back
from tests.desks import sent
from tests.residents import acting
from tests.test_scores_periods import the_month

pytestmark = pytest.mark.browser


def test_a_month_is_published_contested_and_corrected_and_each_figure_opens_within_two_keys(desk, at_work):
    called_back(solved=True)
    bad = called_back(solved=False)
    period = periods.open_period("three_rates", the_month(), by=acting("dispatcher"))
    base = f"/scores/three_rates/{period.name}/"
    page = sign_in(desk, "dispatcher")
    desk.open(base)
    assert serious(page) == [] and sideways(page) == 0
    assert "无数据" in page.inner_text("#row-water")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/line/**")
    assert serious(page) == []

    with moved(period.ends_at + timedelta(hours=1)):
        periods.merge(period, by=acting("dispatcher"))
        periods.publish(period, by=acting("supervisor"))
        order = bad.orders.get()
        told = {
            "reason": "不属本单位",
            "evidence": "清单",
            "kind": "not_on_list",
            "number": bad.number,
            "order_id": order.id,
        }
        raised = objections.raise_(period, "urban", by=acting("urban"), **told)
        objections.decide(raised, by=acting("supervisor"), upheld=True, reasons="确不在清单")

    desk.open(f"{base}line/urban/?figure=resolution")
    text = page.inner_text("main")
    assert "100.00 %" in text and "不在职责清单 1" in text and "确不在清单" in text and "一致" in text
    assert serious(page) == [] and sideways(page) == 0
    page.goto(desk.site.url(f"{base}?lang=en"))
    assert "they agree" in page.inner_text("main")
    desk.open("/scores/rules/three_rates/?lang=zh-hans")
    assert serious(page) == [] and sideways(page) == 0


def test_from_a_figure_of_the_board_to_the_instruction_in_four_keys_and_it_prints_on_one_page(desk, at_work):
    case = sent("drainage")
    PostKind.objects.filter(code="district_leader").update(second_factor=False)  # signing in has tests of its own
    Authenticator.objects.filter(user__username="leader").delete()
    page = sign_in(desk, "leader")
    desk.open("/board/")
    assert serious(page) == [] and sideways(page) == 0
    page.wait_for_selector("jd-trend canvas")
    page.emulate_media(media="print")
    pdf = page.pdf(format="A4", landscape=False)
    page.emulate_media(media="screen")
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1
    page.keyboard.press("1")
    page.wait_for_url("**/board/list/open/**")
    page.keyboard.press("i")
    box = page.locator(f"#text-{case.number}")
    box.wait_for(state="visible")
    assert serious(page) == []
    box.fill("三日内报结果")
    page.click(f"#row-{case.number} form button")
    page.wait_for_url(f"**/case/{case.number}/")
    assert case.entries.filter(verb="instruct").exists()


@pytest.mark.nightly
def test_scores_and_board_can_be_read_on_a_phone(phone, at_work):
    called_back()
    period = periods.open_period("case_indicators", the_month("case_indicators"), by=acting("dispatcher"))
    page = sign_in(phone, "dispatcher")
    for path in ("/scores/", f"/scores/case_indicators/{period.name}/", f"/scores/case_indicators/{period.name}/line/urban/",
                 "/scores/rules/case_indicators/", "/board/", "/board/honesty/", "/board/problems/"):  # fmt: skip
        phone.open(path)
        assert serious(page) == [], path
        assert sideways(page) == 0, path
