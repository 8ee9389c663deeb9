"""Department, supervision and callback in a real browser (S08, S09, S16): Enter walks, counts open, each row its own outcome."""

import re
import time
from datetime import timedelta

import pytest

from jiedao.kit import clock
from jiedao.record.models import Case, Rating
from jiedao.stages import dispatch, resolution, verification
from tests.browser.test_desks_browser import sign_in
from tests.browser.test_triage_browser import no_pointer
from tests.desks import answered, order_of, reported, sent, unit
from tests.residents import acting

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("orders", [2, pytest.param(10, marks=pytest.mark.nightly)])
def test_enter_walks_an_order_from_signing_to_the_reply(desk, at_work, orders):
    cases = [sent("drainage", off=n * 150.0) for n in range(orders)]
    sign_in(desk, "drainage")
    page, began = desk.open("/department/"), time.monotonic()
    no_pointer(page)

    for _ in cases:
        page.keyboard.press("j")
        with page.expect_navigation():
            page.keyboard.press("Enter")  # 签收
        page.wait_for_selector("a.open:focus")
        with page.expect_navigation():
            page.keyboard.press("Enter")  # 已联系
        page.wait_for_selector("#composer :focus")
        page.keyboard.press("Space")
        page.focus('#composer input[name="reached"][value="yes"]')
        page.keyboard.press("Space")
        page.focus("#id_text")
        page.keyboard.type("您好，下午到场")
        page.evaluate("document.activeElement.blur()")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.wait_for_selector("a.open:focus")
        with page.expect_navigation():
            page.keyboard.press("Enter")  # 反馈
        page.focus('#composer input[name="outcome"]')
        page.keyboard.press("Space")
        page.focus("#id_text")
        page.keyboard.type("管道已疏通")
        page.evaluate("document.activeElement.blur()")
        with page.expect_navigation():
            page.keyboard.press("Enter")

    assert all(case.orders.get().answered_at for case in cases)
    assert time.monotonic() - began < 360 and page.evaluate("window.pointers ?? 0") == 0
    page = desk.open("/department/")
    told = re.search(r"本月按时 (\d+)/(\d+)", page.inner_text("#orders .empty"))
    page.click("#orders .empty a")
    page.wait_for_selector("#orders tbody tr >> nth=1")
    assert told and int(told[2]) == page.locator("#orders tbody tr").count() >= orders


def test_a_recalled_order_greys_where_it_stands_with_who_and_why(desk, at_work):
    case, other = sent("drainage", off=700.0), sent("drainage", off=1100.0)
    order = order_of(case)
    sign_in(desk, "drainage")
    page = desk.open("/department/")
    page.focus(f"#open-{order_of(other).id}")

    dispatch.recall(order, by=acting("dispatcher"), reason="派错了单位")
    page.evaluate("document.querySelector('#pulse').dispatchEvent(new CustomEvent('jd:pulse'))")
    page.wait_for_selector(f"#order-{order.id}.taken")

    told = page.inner_text(f"#order-{order.id} .fate")
    assert "派遣员" in told and "派错了单位" in told
    page.wait_for_selector(f"#open-{order_of(other).id}:focus")


def test_rows_chosen_with_space_are_each_signed_with_their_own_outcome(desk, at_work):
    cases = [sent("drainage", off=n * 300.0 - 900) for n in range(3)]
    orders = [order_of(case) for case in cases]
    sign_in(desk, "drainage")
    page = desk.open("/department/?q=" + cases[0].number[:3])
    for order in orders:
        page.focus(f"#open-{order.id}")
        page.keyboard.press("Space")
    assert "已选 3 件" in page.inner_text(".bulk")
    resolution.acknowledge(orders[0], by=acting("drainage"))

    page.focus("#bulk button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#bulk-report .report li")

    assert page.locator("#bulk-report .report li").count() == 3
    assert page.locator("#bulk-report .report li strong").count() == 1
    assert all(order_of(case).acknowledged_at for case in cases)


def test_a_view_is_kept_under_a_name_and_reached_by_brackets(desk, at_work):
    sign_in(desk, "dispatcher")
    page = desk.open("/supervision/?tab=silent&kind=help")
    page.click(".keep summary")
    page.fill("#view-name", "居民求助")
    page.keyboard.press("Enter")
    page.wait_for_selector(".saved-views a[aria-current]")

    desk.open("/supervision/?tab=uncontacted")
    page.keyboard.press("]")
    page.wait_for_selector(".saved-views a[aria-current] >> text=居民求助")
    assert "kind=help" in page.url
    page.keyboard.press("0")
    page.wait_for_selector(".saved-views a:not([aria-current])")
    assert "kind=help" not in page.url


def test_supervision_names_the_post_and_says_when_to_remind_again(desk, at_work):
    case = sent("drainage", off=-500.0)
    past = [clock.now() - timedelta(days=days) for days in (60, 40, 30)]
    case.deadlines.update(started_at=past[0], soon_at=past[1], due_at=past[2])
    Case.objects.filter(pk=case.pk).update(due_at=past[2])
    sign_in(desk, "dispatcher")
    page = desk.open("/supervision/")
    page.keyboard.press("j")
    assert unit("drainage").name in page.inner_text(f"#row-{case.number}")
    assert "经办" in page.inner_text(f"#row-{case.number}") or "值班" in page.inner_text(f"#row-{case.number}")

    with page.expect_navigation():
        page.keyboard.press("r")
    page.wait_for_selector(f"#open-{case.number}:focus")
    assert "后可再催" in page.inner_text(f"#row-{case.number}")
    page.keyboard.press("r")

    assert page.get_attribute(f'#row-{case.number} [data-row-key="R"]', "aria-disabled") == "true"
    assert case.entries.filter(verb="remind").count() == 1


@pytest.mark.parametrize("calls", [4, pytest.param(15, marks=pytest.mark.nightly)])
def test_calls_are_made_one_after_the_other_by_keyboard_and_silence_is_no_praise(desk, at_work, calls):
    for n in range(calls):
        case = answered(sent(text=f"{n} 号楼下水道堵塞", off=n * 110.0))
        verification.ask_check(case.id, by=acting("dispatcher"))
    sign_in(desk, "callback")
    page = desk.open("/checks/call/")
    no_pointer(page)

    for n in range(calls):
        page.wait_for_selector(".call :focus")
        assert "回访中心" in page.inner_text("blockquote")
        number = page.get_attribute('.call input[name="case"]', "value")
        if n == 0:
            page.focus('.call input[name="reached"][value="no"]')
            page.keyboard.press("Space")
        else:
            for name, value in (
                ("reached", "yes"),
                ("contacted", "yes"),
                ("solved", "yes"),
                ("satisfied", "satisfied"),
            ):
                page.focus(f'.call input[name="{name}"][value="{value}"]')
                page.keyboard.press("Space")
        page.evaluate("document.activeElement.blur()")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert number in page.inner_text(".note")

    silent = Rating.objects.filter(by="callback", reached=False)
    assert silent.count() == 1 and silent.get().satisfied == ""
    assert Rating.objects.filter(by="callback", reached=True, satisfied="satisfied").count() == calls - 1
    assert "刚打过" in page.inner_text(".empty")


def test_the_handling_unit_has_no_such_queue(desk, at_work):
    case = answered(sent("urban", off=1500.0), "urban", "urban")
    verification.ask_check(case.id, by=acting("dispatcher"))
    sign_in(desk, "urban")

    page = desk.open(f"/checks/call/?case={case.number}")

    assert case.number not in page.inner_text("main")
    reported("又一件", off=1200.0)
