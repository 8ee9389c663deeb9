"""The wall in a real browser (大屏浏览器测试): one fixed page at two sizes, large enough, honest when the link is cut."""

from datetime import timedelta
from itertools import count

import pytest

from jiedao.kit.clock import now
from jiedao.lines.wall import pairing
from tests.axe import serious
from tests.browser.conftest import Window
from tests.cast import seat
from tests.desks import reported, sent

pytestmark = pytest.mark.browser

MEASURED = """() => {
  const written = e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  const shown = [...document.querySelectorAll("main *")].filter(e => e.checkVisibility() && !e.closest(".vh") && written(e));
  const size = e => parseFloat(getComputedStyle(e).fontSize);
  const page = document.documentElement;
  return [Math.min(...shown.map(size)), size(document.querySelector("[data-wall=overdue]")),
    [page.scrollWidth - innerWidth, page.scrollHeight - innerHeight]];
}"""
SIZES = [(1920, 1080), pytest.param(3840, 2160, marks=pytest.mark.nightly)]


@pytest.fixture
def wall(browser, site, at_work):
    """A display of a size, paired."""
    opened = []

    def hang(width: int = 1920, height: int = 1080):
        context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        opened.append(context)
        window = Window(context.new_page(), site)
        _, code = pairing.make("指挥大厅", 4, by=seat("centre-dispatcher-1"))
        page = window.open("/wall/")
        page.fill("#code", code)
        with page.expect_navigation():
            page.press("#code", "Enter")
        page.wait_for_selector("jd-wall-map[data-filled]", timeout=25_000)
        return window

    yield hang
    for context in opened:
        context.close()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_wall_fits_its_screen_and_is_read_from_afar(wall, width, height):
    sent("drainage")
    reported("路灯不亮")
    window = wall(width, height)
    page, scale = window.page, width / 1920

    smallest, figure, over = page.evaluate(MEASURED)
    area = page.locator(".wall-map").bounding_box()
    assert smallest >= 28 * scale - 0.1
    assert figure == pytest.approx(96 * scale, abs=0.5)
    assert max(over) <= 0
    assert area["width"] / width > 0.6
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.locator("[data-wall-chart] canvas").count() == 1
    assert page.locator("[data-wall-moves] li").count() >= 2
    assert serious(page) == []
    assert window.faults == []


@pytest.mark.nightly
def test_a_cut_link_shows_the_age_of_the_data_within_ten_seconds(wall):
    page = wall().page
    clock = page.inner_text("[data-wall=clock]")
    page.route("**/wall/data/", lambda route: route.abort())

    page.wait_for_selector("[data-wall-age][data-old]", timeout=10_000)
    assert "连接已断" in page.inner_text("[data-wall-age]")

    page.unroute("**/wall/data/")
    page.wait_for_selector("[data-wall-age]:not([data-old])", timeout=10_000)
    assert page.inner_text("[data-wall=clock]") > clock


ANSWERS = """async count => {
  for (let i = 0; i < count; i += 1) {
    const drawn = new Promise(done => document.addEventListener("jd:wall-drawn", done, {once: true}));
    document.dispatchEvent(new CustomEvent("jd:wall-ask"));
    await drawn;
  }
}"""


def changing(page):
    """Answers that differ from each other: other figures, squads, whistles and moves, and cases that come, move and go."""
    told = page.evaluate("JSON.parse(document.getElementById('wall-data').textContent)")
    here = page.evaluate("fetch('map/').then(answer => answer.json())")
    turns = count()

    def data(route) -> None:
        n = next(turns)
        rows = [{"number": f"26-{n + k:05d}", "what": "签收", "unit": "排水所", "at": "10:24"} for k in range(5)]
        due = (now() + timedelta(minutes=n % 200 - 100)).isoformat()
        route.fulfill(
            json=told | {
                "at": now().isoformat(), "overdue": str(n % 97), "squads": [[f"中队 {k}", (n + k) % 80] for k in range(6)],
                "moves": rows, "whistles": [{"number": f"W-{n + k}", "unit": "消防", "due": due} for k in range(4)],
                "opened": [(n + k) % 30 for k in range(20)], "closed": [(n * k) % 30 for k in range(20)],
            }
        )  # fmt: skip

    def symbols(route) -> None:
        n = next(turns)
        some = range(n % 7, 300)
        route.fulfill(
            headers={"ETag": f'"{n}"'},
            json=here | {
                "number": [f"26-{k:05d}" for k in some], "x": [k * 400 + n % 50 for k in some],
                "y": [k * 30 % 9_000 for k in some], "severity": "".join(str((n + k) % 3) for k in some),
                "paused": "0" * len(some), "due": [(n + k) % 500 - 100 for k in some], "soon": [60] * len(some),
            },
        )  # fmt: skip

    page.route("**/wall/data/", data)
    page.route("**/wall/map/", symbols)


@pytest.mark.nightly
def test_hours_of_answers_leave_no_memory_behind(wall):
    """Twelve hours are 8,640 answers. As many come one after another, each drawn; the heap is weighed after a first hour."""
    page = wall().page
    session = page.context.new_cdp_session(page)
    changing(page)

    def heap() -> float:
        session.send("HeapProfiler.collectGarbage")
        return session.send("Runtime.getHeapUsage")["usedSize"]

    page.evaluate(ANSWERS, 720)
    weights = [heap()]
    for _ in range(12):
        page.evaluate(ANSWERS, 720)
        weights.append(heap())

    grown = weights[-1] / weights[0] - 1
    print(f"heap {weights[0] / 1e6:.1f} MB, grown by {100 * grown:.1f} %: {[round(one / 1e6, 2) for one in weights]}")
    assert grown < 0.10
