"""The triage desk in a real browser (研判台浏览器测试, S04): by keyboard alone, two at one row, arrivals that move nothing."""

import re
import time

import pytest

from jiedao.ground.people.models import Account, Post, Tenure, Unit
from jiedao.record.models import Case, DispatchOrder
from jiedao.stages import resolution, triage
from tests.browser.conftest import DESK
from tests.browser.test_desks_browser import sign_in
from tests.conftest import wait_for
from tests.desks import item, order_of, reported, sent
from tests.residents import acting

pytestmark = pytest.mark.browser

FOCUSED = "document.activeElement.closest('[data-jd-row]')?.id ?? ''"


def shown(page, case: Case) -> None:
    """Until the detail is that of the case."""
    page.wait_for_selector(f'#detail[data-jd-detail="{case.number}"]')


def open_first(window, query: str, case: Case):
    """The list by that query with its first row under the keys and its detail beside it."""
    page = window.open(f"/triage/?{query}")
    page.keyboard.press("j")
    shown(page, case)
    return page


def second_dispatcher() -> str:
    """Somebody else who dispatches: the hotline's clerk, moved to the centre's second seat."""
    clerk = Account.objects.get(username="hotline")
    Tenure.objects.filter(person=clerk.person).update(post=Post.objects.get(code="centre-dispatcher-2"))
    return clerk.username


def no_pointer(page) -> None:
    page.evaluate(
        "window.pointers = 0; ['pointerdown', 'mousedown', 'touchstart'].forEach(kind =>"
        " document.addEventListener(kind, () => window.pointers++, true))"
    )


MATTERS = ("三号楼下水道堵塞，污水外溢", "路灯不亮，夜里看不见路", "路边有人占道经营", "小区门口垃圾没人清")


@pytest.mark.parametrize("cases", [3, pytest.param(20, marks=pytest.mark.nightly)])
def test_mixed_cases_are_cleared_by_keyboard_alone_one_order_each(desk, at_work, cases):
    mixed = [reported(MATTERS[n % 4], off=n * 90.0, kind=("help", "finding")[n % 2]) for n in range(cases)]
    back = sent(text="雨水管堵了", off=-900.0)
    resolution.return_(order_of(back), by=acting("drainage"), reason="不归我们", article="清单第 12 项")
    sign_in(desk, "dispatcher")
    page, began = desk.open("/triage/"), time.monotonic()
    no_pointer(page)
    page.keyboard.press("j")

    for left in reversed(range(len(mixed))):
        number = page.evaluate(FOCUSED).removeprefix("row-")
        page.wait_for_selector(f'#detail[data-jd-detail="{number}"] #sheet')
        page.wait_for_selector(f'#row-{number}[aria-current="true"]')
        page.keyboard.press("1")  # the item that the words name
        page.wait_for_selector('#sheet input[name="lead"]:checked')
        page.keyboard.press("Enter")
        page.wait_for_selector(f"#row-{number}.taken")
        wait_for(lambda number=number, left=left: not left or page.evaluate(FOCUSED) not in ("", f"row-{number}"))
    assert page.evaluate("window.pointers") == 0
    assert time.monotonic() - began < 300

    for case in mixed:
        case.refresh_from_db()
        assert case.phase == "dispatch", case.title
        assert case.orders.filter(role="lead").count() == 1
    page = open_first(desk, f"tab=returned&q={back.number}", back)
    assert "清单第 12 项" in page.inner_text("#detail")


def test_enter_goes_to_what_is_missing_instead_of_failing(desk, at_work):
    case = reported("有一件说不清的事情")
    sign_in(desk, "dispatcher")
    page = open_first(desk, f"q={case.number}", case)

    page.keyboard.press("Enter")

    page.wait_for_selector("#q-item:focus")
    assert "职责事项" in page.inner_text("#jd-said")
    assert case.orders.count() == 0


def test_units_stand_numbered_with_their_reason_in_words(desk, at_work):
    before = sent("drainage", text="另一处下水道堵塞", off=1500.0)
    case = reported()
    triage.classify(case.id, by=acting("dispatcher"), item=item())
    sign_in(desk, "dispatcher")

    page = open_first(desk, f"q={case.number}", case)

    first = page.inner_text("#sheet-units .choice >> nth=0")
    assert re.match(r"\s*1\s", first) and "近 90 天办理" in first, first
    assert order_of(before).unit.name in first
    assert page.inner_text("#sheet button.main").startswith("Enter")
    assert order_of(before).unit.name in page.inner_text("#sheet button.main")


@pytest.fixture
def second(browser, site):
    """A second dispatcher at a second screen."""
    from tests.browser.conftest import _window

    with _window(browser, site, **DESK) as window:
        yield window


def test_of_two_dispatchers_on_one_row_one_sends_and_the_other_keeps_his_text(desk, second, at_work):
    case = reported()
    triage.classify(case.id, by=acting("dispatcher"), item=item())
    sign_in(desk, "dispatcher")
    sign_in(second, second_dispatcher())
    one = open_first(desk, f"q={case.number}", case)
    other = second.open(f"/triage/?q={case.number}")
    other.keyboard.press("j")  # passes over it: somebody looks at it
    assert other.evaluate(FOCUSED) == ""
    other.focus(f"#open-{case.number}")
    shown(other, case)
    one.evaluate("document.querySelector('#pulse').dispatchEvent(new CustomEvent('jd:pulse'))")
    one.wait_for_selector(f"#row-{case.number} .looked")
    other.evaluate("document.querySelector('#sheet details summary').click()")
    other.fill("#sheet-address", "解放里 3 号楼东侧")

    one.evaluate("document.querySelector('#sheet').requestSubmit()")
    one.wait_for_selector(f"#row-{case.number}.taken")
    other.keyboard.press("Enter")
    other.wait_for_selector("#detail .refusal, #taken .note")

    assert case.orders.filter(role="lead").count() == 1
    assert other.input_value("#sheet-address") == "解放里 3 号楼东侧"
    other.evaluate("document.querySelector('#pulse').dispatchEvent(new CustomEvent('jd:pulse'))")
    other.wait_for_selector(f"#row-{case.number}.taken .fate")


@pytest.mark.parametrize("arrivals", [12, pytest.param(500, marks=pytest.mark.nightly)])
def test_arrivals_wait_behind_a_line_and_the_focused_row_does_not_move(desk, at_work, arrivals):
    first, here = reported("北墙漏水"), reported("南墙漏水", off=900.0)
    sign_in(desk, "dispatcher")
    page = desk.open("/triage/?q=漏水")
    page.focus(f"#open-{here.number}")
    shown(page, here)
    at = page.evaluate(f"document.getElementById('row-{here.number}').getBoundingClientRect().top")

    for n in range(arrivals):
        reported(f"{n} 号楼漏水", off=(n % 18) * 100.0)
    page.evaluate("document.querySelector('#pulse').dispatchEvent(new CustomEvent('jd:pulse'))")
    page.wait_for_selector(f"#arrived >> text={arrivals}")

    assert page.evaluate(FOCUSED) == f"row-{here.number}"
    assert page.locator("#inbox tbody tr").count() == 2
    moved = page.evaluate(f"document.getElementById('row-{here.number}').getBoundingClientRect().top") - at
    assert 0 <= moved <= 48  # the line itself, nothing else
    page.keyboard.press("n")
    page.wait_for_selector("#inbox tbody tr >> nth=2")
    assert first.number in page.inner_text("#inbox")


def test_what_is_not_admitted_reaches_no_community_by_list_bulk_key_or_address(desk, at_work):
    case = reported()
    triage.classify(case.id, by=acting("dispatcher"), item=item())
    community = Unit.objects.on().filter(kind="community").order_by("code").first()
    sign_in(desk, "dispatcher")
    page = open_first(desk, f"q={case.number}", case)
    page.evaluate(
        f"""() => {{ const field = document.querySelector('#sheet input[name="lead"]');
        field.value = '{community.id}'; field.checked = true }}"""
    )

    page.keyboard.press("Enter")

    page.wait_for_selector("#detail .refusal")
    assert "未经准入" in page.inner_text("#detail .refusal")
    assert "/admission/" in page.get_attribute("#detail .refusal .next a", "href")
    assert not DispatchOrder.objects.filter(case=case).exists()
    assert case.entries.filter(verb="file").count() == 0


def test_a_matter_of_danger_shows_the_number_to_ring_first(desk, at_work):
    case = reported("三号楼一层楼道有燃气味")
    sign_in(desk, "dispatcher")

    page = open_first(desk, f"q={case.number}", case)

    assert page.inner_text("#detail .ring-first").startswith("119")
