"""Supervision as the clock moves (督办台浏览器测试, S09): late is listed once, reminded once, supervised, then escalated."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from jiedao.kit import clock
from jiedao.kit.clock import SHANGHAI
from jiedao.record.models import Case
from jiedao.record.tick import tick
from tests.browser.inside import Inside
from tests.desks import sent, unit

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("in_gulou")]


class Day:
    """The clock of the test, which only goes on when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 9, 9, 0, tzinfo=SHANGHAI)

    def on(self, **span: float) -> None:
        """Later; what became due has rung."""
        self.now += timedelta(**span)
        tick()


@pytest.fixture
def day() -> Iterator[Day]:
    shown = Day()
    with clock.moved(lambda: shown.now):
        yield shown


def row(page: Any, case: Case) -> Any:
    return page.locator(f"#row-{case.number}")


def pressed(page: Any, key: str) -> None:
    with page.expect_navigation():
        page.keyboard.press(key)


def written(page: Any, field: str, text: str) -> None:
    """The form of the composer, filled by keyboard and sent by Enter."""
    page.wait_for_selector(f"#composer #id_{field}")
    page.focus(f"#id_{field}")
    page.keyboard.type(text)
    page.evaluate("document.activeElement.blur()")
    pressed(page, "Enter")


@pytest.mark.nightly
def test_what_grows_late_is_reminded_supervised_and_escalated_as_the_clock_moves(page, day):
    case, other = (sent("drainage", off=n * 300.0) for n in range(2))
    desk = Inside(page, "supervisor")
    desk.open("/supervision/")
    page.wait_for_selector("#supervision .empty")

    day.on(hours=24)  # nobody has signed
    desk.open("/supervision/")
    page.wait_for_selector("#supervision tbody tr >> nth=1")
    assert page.locator("#supervision tbody tr").count() == 2
    assert unit("drainage").name in row(page, case).inner_text() and "超时" in row(page, case).inner_text()

    page.focus(f"#open-{case.number}")
    pressed(page, "r")
    page.wait_for_selector(f"#open-{case.number}:focus")
    page.keyboard.press("r")  # too soon: it says from when
    assert "后可再催" in row(page, case).inner_text()
    assert case.entries.filter(verb="remind").count() == 1

    day.on(days=1)
    desk.open("/supervision/")
    page.focus(f"#open-{case.number}")
    pressed(page, "r")
    page.wait_for_selector(f"#open-{case.number}:focus")
    assert case.entries.filter(verb="remind").count() == 2

    page.keyboard.press("d")
    written(page, "reason", "两次催办仍未签收")
    page.wait_for_selector(f"#row-{case.number} .tag")
    assert "督办" in row(page, case).inner_text()

    day.on(days=2)
    desk.open("/supervision/")
    page.focus(f"#open-{case.number}")
    page.keyboard.press("u")
    written(page, "reason", "督办期满仍未签收")
    page.wait_for_selector("#supervision")

    case.refresh_from_db()
    assert set(case.marks) >= {"supervised", "escalated"}
    assert row(page, other).locator('[data-row-key="R"]').count() == 1
    assert [e.verb for e in case.entries.order_by("seq") if e.verb in ("remind", "supervise", "escalate")] == [
        "remind", "remind", "supervise", "escalate",
    ]  # fmt: skip
