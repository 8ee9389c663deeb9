"""Grids in a real browser (网格浏览器测试): a split drawn on the map and published, the same by keyboard, on a phone."""

from datetime import timedelta

import pytest

from jiedao.ground.places import locate, plots, redraw
from jiedao.ground.places.models import Area, Redraw
from jiedao.ground.terms.models import Term
from jiedao.kit.clock import today
from tests import cast
from tests.axe import serious, sideways
from tests.browser.test_desks_browser import sign_in

pytestmark = pytest.mark.browser

GRID = "320106001902001"


@pytest.fixture
def kept(at_work):
    """The dispatcher keeps the grids."""
    facts = {"posts": ["dispatcher"], "within": "district"}
    Term.objects.update_or_create(
        table="competence", code="grids", defaults={"name": "网格", "name_en": "grids", "facts": facts}
    )
    yield at_work
    locate.forget()
    plots.forget()


def ready(page, element: str):
    page.wait_for_selector(f"{element}[data-ready]", timeout=20_000)
    page.wait_for_function(f"() => document.querySelector('{element}').map.loaded()")


def at(page, lon: float, lat: float) -> tuple[float, float]:
    """Where on the screen a point of the editor's map is."""
    spot = page.evaluate(
        "([lon, lat]) => { const m = document.querySelector('jd-grid-editor').map; const p = m.project([lon, lat]);"
        "const b = m.getCanvas().getBoundingClientRect(); return [b.x + p.x, b.y + p.y]; }",
        [lon, lat],
    )
    return spot[0], spot[1]


def test_a_split_is_drawn_on_the_map_tried_and_published(desk, kept):
    day = today() + timedelta(days=2)
    row = redraw.prepare(by=cast.seat("centre-dispatcher-1"), name="梧桐拆分", effective_on=day)
    grid = Area.objects.on().get(code=GRID)
    height = locate.centre(grid)[1]
    page = sign_in(desk, "dispatcher")
    desk.open(f"/grids/redraw/{row.id}/?grid={GRID}&tool=split")
    ready(page, "jd-grid-editor")
    assert serious(page) == []

    for lon in (grid.west - 0.0008, grid.east + 0.0008):
        page.mouse.click(*at(page, lon, height))
    page.fill("#split_names", "梧桐北网格")
    with page.expect_navigation():
        page.click('details[data-tool="split"] button.main')

    assert page.locator("#changes ~ ol li").count() == 1
    assert page.locator("[id^=trial-]").count() == 2
    with page.expect_navigation():
        page.click("#publish ~ .actions button.main")
    assert Area.objects.on(day).get(name="梧桐北网格").came_from == [grid.id]
    assert Area.objects.on().get(code=GRID).id == grid.id


def test_a_border_is_moved_by_arrow_keys_and_without_a_drag(desk, kept):
    day = today() + timedelta(days=9)
    row = redraw.prepare(by=cast.seat("centre-dispatcher-1"), name="香樟边界", effective_on=day)
    page = sign_in(desk, "dispatcher")
    desk.open(f"/grids/redraw/{row.id}/?grid=320106001903001&tool=move")
    ready(page, "jd-grid-editor")

    page.locator("button.corner").first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    assert "→" in page.input_value("#move_points")
    with page.expect_navigation():
        page.press("#move_points", "Tab")
        page.click('details[data-tool="move"] button.main')

    assert Redraw.objects.get(pk=row.pk).changes[0]["op"] == "move"


def test_the_map_and_the_list_show_the_same_grids_and_a_click_opens_one(desk, kept):
    page = sign_in(desk, "dispatcher")
    desk.open("/grids/?under=320106001902")
    ready(page, "jd-grid-map")
    assert serious(page) == []
    assert sideways(page) == 0

    listed = page.locator('tr[id^="row-"]').count()
    front = page.evaluate("document.querySelector('jd-grid-map').front.features.filter(f => f.properties.front).length")
    assert listed == front > 0


@pytest.mark.nightly
@pytest.mark.parametrize("path", ["/grids/", "/grids/sites/", "/grids/locate/", "/grids/redraw/", f"/grids/{GRID}/"])
def test_the_pages_of_grids_fit_a_phone(phone, kept, path):
    page = sign_in(phone, "dispatcher")
    phone.open(path)

    assert sideways(page) == 0
    assert serious(page) == []


@pytest.mark.nightly
def test_sixteen_hundred_grids_are_on_the_map_within_two_seconds(desk, kept):
    page = sign_in(desk, "dispatcher")
    desk.open("/grids/locate/")

    page.goto(desk.site.url("/grids/"))
    ready(page, "jd-grid-map")
    took = page.evaluate("performance.now()")

    front = page.evaluate("document.querySelector('jd-grid-map').front.features.filter(f => f.properties.front).length")
    assert front >= 1_580
    assert took < 2_000, took
