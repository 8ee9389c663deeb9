"""The lists in a real browser (清单浏览器测试): found and read on a phone, kept on a desk, 251 items within a second."""

from datetime import date
from time import perf_counter

import pytest

from jiedao.ground.duties import drafts, written
from jiedao.ground.duties.models import DutyList
from jiedao.ground.terms.models import Term
from jiedao.lines.lists import actions
from tests.axe import serious, sideways
from tests.browser.conftest import _window
from tests.browser.test_desks_browser import sign_in
from tests.cast import seat
from tests.listing import DISTRICT, KEEPER, draft, item, powers, proposed

pytestmark = pytest.mark.browser


def many(code: str, number: int) -> DutyList:
    """A list of so many penalties."""
    version = DutyList.objects.create(
        code=code, version=1, kind="power", level="subdistrict", name="街道行政处罚清单（演示）", name_en="Penalties (demo)",
        published_on=date(2025, 1, 1), valid_from=date(2025, 1, 1),
    )  # fmt: skip
    items = [item(f"p-{n:03}", name=f"第 {n} 项处罚", type="penalty", giver="urban") for n in range(1, number + 1)]
    written.write(version, items, written.known(items))
    return version


def keeper() -> None:
    """In this district the urban bureau's handlers keep the lists too."""
    facts = {"posts": ["handler"], "within": "district"}
    Term.objects.filter(table="competence", code="lists").update(facts=facts)


@pytest.mark.nightly
def test_251_items_are_usable_within_a_second_on_a_cold_cache(browser, site, at_work):
    many("penalties", 251)
    taken = []
    for _ in range(3):  # others may use the machine too: the best of three browsers that know nothing yet
        with _window(browser, site, viewport={"width": 1280, "height": 800}) as window:
            start = perf_counter()
            page = window.open("/lists/penalties/")
            page.wait_for_selector("#item-p-251")
            taken.append(perf_counter() - start)
            assert page.locator("tr[id^=item-p-]").count() == 251
            page.fill("#q", "p-077")
            page.keyboard.press("Enter")
            page.wait_for_url("**q=*")
            assert page.locator("tr[id^=item-p-]").count() == 1

    assert min(taken) < 1, taken


def test_a_handbook_is_read_on_a_phone_without_an_account(phone, at_work):
    powers()
    for path in ("/lists/", "/lists/demo-powers/", "/lists/demo-powers/block-exit/", "/lists/search/?q=消防",
                 "/lists/handed/demo-powers/", "/lists/compare/demo-powers/"):  # fmt: skip
        page = phone.open(path)
        assert serious(page) == []
        assert sideways(page) == 0


def test_a_handbook_is_read_where_scripts_never_load(plain, at_work):
    page = plain.open(f"/lists/{DISTRICT}/street-lights/")

    assert "路灯不亮" in page.inner_text("h1")


@pytest.mark.nightly
def test_the_desk_stands_and_nothing_is_in_the_way(desk, at_work):
    keeper()
    case = proposed("demo-powers") if drafts.open_of("demo-powers") is None else None
    change = draft(DISTRICT)
    actions.edit(change, "put", item(), by=seat(KEEPER))
    page = sign_in(desk, "urban")
    for path in ("/lists/desk/", "/lists/gaps/", f"/lists/draft/{DISTRICT}/", f"/lists/draft/{DISTRICT}/trial/",
                 f"/lists/draft/{DISTRICT}/bring/", f"/lists/draft/{DISTRICT}/edit/ebike-parking/",
                 f"/lists/round/{case.number}/" if case else "/lists/"):  # fmt: skip
        desk.open(path)
        assert serious(page) == []
        assert sideways(page) == 0
