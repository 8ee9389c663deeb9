"""List and map in a real browser (图上列表浏览器测试): one query, one address; what moves, moves; the frame never jumps."""

import json

import pytest

from jiedao.record.models import Case
from jiedao.stages import resolution
from tests.axe import serious, sideways
from tests.browser.conftest import Window
from tests.browser.test_desks_browser import sign_in
from tests.desks import order_of, reported, sent
from tests.residents import acting

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(live_site):
    """With the live server: these pages move by hints."""
    return live_site


def ready(page, element: str = "jd-case-map"):
    page.locator(element).scroll_into_view_if_needed()
    page.wait_for_selector(f"{element}[data-filled]", timeout=20_000)
    page.wait_for_function(f"() => document.querySelector('{element}').map.loaded()")


def listed(page) -> set[str]:
    return set(page.eval_on_selector_all("[data-jd-row]", "rows => rows.map(row => row.id.slice(4))"))


def on_map(page) -> set[str]:
    return set(page.evaluate("[...document.querySelector('jd-case-map, jd-command-map').looks.drawn.keys()]"))


def frame_of(page) -> dict:
    return page.evaluate(
        "() => { const m = document.querySelector('jd-case-map, jd-command-map').map; const c = m.getCenter();"
        "return {lon: c.lng, lat: c.lat, zoom: m.getZoom()}; }"
    )


def looks_at(page, case: Case, zoom: float = 16.5):
    page.evaluate(
        "([lon, lat, zoom]) => document.querySelector('jd-case-map, jd-command-map').map.jumpTo({center: [lon, lat], zoom})",
        [case.lon, case.lat, zoom],
    )


@pytest.mark.nightly
def test_list_and_map_show_the_same_set_after_pan_filter_and_reload(desk, at_work):
    near, far = reported("香樟路路灯不亮"), reported("梧桐路井盖破损", off=900)
    nowhere = reported("没有位置的事")
    Case.objects.filter(pk=nowhere.pk).update(lon=None, lat=None)
    page = sign_in(desk, "dispatcher")
    desk.open("/cases/")
    page.keyboard.press(".")
    page.wait_for_url("**view=both**")
    ready(page)
    assert serious(page) == []
    assert sideways(page) == 0
    assert on_map(page) == listed(page) - {nowhere.number} >= {near.number, far.number}
    assert "1 件没有位置" in page.inner_text("#unplaced")

    looks_at(page, near)
    page.click('[data-jd-box="on"]')
    page.wait_for_function(f"() => !document.getElementById('row-{far.number}')")
    assert listed(page) == on_map(page) == {near.number}
    assert page.inner_text("#register .num").strip() == "1"

    looks_at(page, far)
    page.wait_for_selector(f"#row-{far.number}")
    page.wait_for_function(f"() => !document.getElementById('row-{near.number}')")
    assert on_map(page) == {far.number}

    where = frame_of(page)
    page.reload()
    ready(page)
    assert listed(page) == on_map(page) == {far.number}
    assert frame_of(page) == pytest.approx(where, abs=1e-2)

    page.click('[data-jd-box="off"]')
    page.wait_for_selector(f"#row-{near.number}")
    page.select_option("#due", "overdue")
    page.click(".register-filters button[type=submit]")
    page.wait_for_url("**due=overdue**")
    ready(page)
    assert listed(page) == on_map(page) == set()


def test_a_hint_moves_its_symbol_and_leaves_the_frame(desk, at_work):
    case = sent("drainage", "urban")
    page = sign_in(desk, "dispatcher")
    desk.open("/cases/?view=both&due=open")
    ready(page)
    page.wait_for_selector("jd-live >> .line[hidden]", state="attached")
    looks_at(page, case)
    where, asked = frame_of(page), []
    page.on("request", lambda request: asked.append(request.url))

    with page.expect_response(lambda answer: "part=moved" in answer.url, timeout=8_000) as moved:
        resolution.acknowledge(order_of(case, "urban"), by=acting("urban"))

    assert json.loads(moved.value.text())["number"] == [case.number]
    assert frame_of(page) == where
    assert not [url for url in asked if "part=map" in url]


@pytest.mark.nightly
def test_a_symbol_opens_its_case_in_the_pane_beside_it(desk, at_work):
    case = reported("三号楼路灯不亮", off=400)
    page = sign_in(desk, "dispatcher")
    desk.open("/triage/?view=both")
    ready(page)
    assert serious(page) == []
    assert sideways(page) == 0
    looks_at(page, case)
    page.wait_for_function("() => document.querySelector('jd-case-map').map.loaded()")

    box = page.locator("jd-case-map canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    page.wait_for_selector(f"#detail h2:has-text('{case.number}')")
    assert f"case={case.number}" in page.url


def test_without_webgl_the_list_stays(browser, site, at_work):
    case = reported("没有地图也能办的事")
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
    context.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    opened = Window(context.new_page(), site)
    page = sign_in(opened, "dispatcher")

    opened.open("/cases/?view=both")

    page.wait_for_selector("jd-case-map .empty")
    assert case.number in listed(page)
    context.close()


@pytest.mark.nightly
@pytest.mark.parametrize("path", ["/cases/?view=both", "/cases/?view=map", "/triage/?view=map"])
def test_list_and_map_fit_a_phone(phone, at_work, path):
    reported("手机上看地图")
    page = sign_in(phone, "dispatcher")
    phone.open(path)
    ready(page)

    assert sideways(page) == 0
    assert serious(page) == []
