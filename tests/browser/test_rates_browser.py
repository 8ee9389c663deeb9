"""The rates in a real browser (三率浏览器测试): from a figure down to a case and back, on a desk and on a phone."""

import pytest

from tests.axe import serious, sideways
from tests.browser.test_desks_browser import sign_in
from tests.callbacks import called_back

pytestmark = pytest.mark.browser


def test_a_figure_leads_down_to_its_cases_and_nothing_is_in_the_way(desk, at_work):
    case = called_back()
    called_back(solved=False)
    page = sign_in(desk, "dispatcher")
    desk.open("/rates/")
    assert serious(page) == []
    assert sideways(page) == 0

    page.click('#row-urban a[href*="rate=resolution"]')
    page.wait_for_selector(f"#row-{case.number}-1")
    assert serious(page) == []

    page.click(f"#row-{case.number}-1 a")
    page.wait_for_url(f"**/case/{case.number}/")
    page.go_back()
    page.keyboard.press("Escape")
    page.wait_for_url("**/rates/?month=*")


@pytest.mark.nightly
def test_the_figures_can_be_read_on_a_phone(phone, at_work):
    called_back()
    page = sign_in(phone, "urban")
    for path in ("/rates/", "/rates/urban/"):
        phone.open(path)
        assert serious(page) == []
        assert sideways(page) == 0
