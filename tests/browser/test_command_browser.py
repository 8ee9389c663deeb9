"""The dispatch map in a real browser (指挥图浏览器测试): see what burns, who is near, send the pair; with and without a map."""

import json
from datetime import timedelta

import pytest
from django.db.models import F

from bench import snapshot as filling
from jiedao.ground.districts import district
from jiedao.ground.duties.models import DutyItem
from jiedao.ground.journal.models import Look
from jiedao.ground.people.contacts import Caller
from jiedao.ground.places.models import Site
from jiedao.kit.clock import local, now
from jiedao.lines.patrol import devices, taking
from jiedao.lines.patrol.models import Roster, Shift
from jiedao.lines.patrol.sorting import Point
from jiedao.record.models import Assignment, Case
from jiedao.stages import intake, triage
from tests import patrols
from tests.axe import serious, sideways
from tests.browser.conftest import Window
from tests.browser.test_desks_browser import sign_in as knock
from tests.browser.test_map_browser import listed, looks_at, on_map
from tests.browser.whep import Gateway, filmed, shown_as
from tests.cast import seat

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(live_site):
    return live_site


@pytest.fixture
def at_work(site, django_db_blocker):
    with django_db_blocker.unblock(), district("guangming") as place:
        yield place
        Shift.objects.filter(ended_at=None).update(ended_at=now())
        Assignment.objects.filter(done_at=None, dropped_at=None).update(dropped_at=now())
        Roster.objects.update(begins_at=F("begins_at") - timedelta(days=1))


@pytest.fixture
def squad(at_work):
    """Two free people near by; each point ten seconds old."""
    one, other = patrols.running(patrols.MEMBER, "巡-07"), patrols.running(patrols.PEER, "巡-03")
    patrols.seen(one, patrols.PARK[0] + 0.002, patrols.PARK[1] + 0.001)
    patrols.seen(other, patrols.PARK[0] + 0.004, patrols.PARK[1] - 0.001)
    return one, other


def filed(words: str = "路口占道经营", east: float = 0.0) -> Case:
    """A case of the first grid, ready to be sent."""
    by = seat(patrols.CENTRE)
    told = intake.Told(words, "grid", point=(patrols.PARK[0] + east, patrols.PARK[1]), severity=2)
    case = intake.report(told, by=by, caller=Caller()).case
    triage.classify(case.id, by=by, item=DutyItem.objects.get(code="cw-004"))
    triage.file(case.id, by=by)
    case.refresh_from_db()
    return case


def trodden(shift: Shift) -> None:
    """Ten minutes in one place, then a walk of ten."""
    begun = now().timestamp() - 1_500
    stay = [Point(*patrols.PARK, begun + 30 * nth) for nth in range(21)]
    walk = [Point(patrols.PARK[0] + nth / 1000, patrols.PARK[1], begun + 600 + 30 * nth) for nth in range(1, 20)]
    taking.take(devices.page_sender(shift.person), [*stay, *walk])


def sign_in(window: Window):
    """In Guangming, as the dispatcher."""
    away, window.open = window.open, lambda path: away(path, "guangming")  # type: ignore[method-assign]
    return knock(window, "dispatcher")


def ready(page):
    page.locator("jd-command-map").scroll_into_view_if_needed()
    page.wait_for_selector("jd-command-map[data-peopled]", timeout=25_000)
    page.wait_for_function("() => document.querySelector('jd-command-map').map.loaded()")


def people_on_map(page) -> dict[str, str]:
    """Call sign to symbol."""
    rows = page.evaluate("[...document.querySelector('jd-command-map').people.values()].map(p => [p.sign, p.state])")
    return dict(rows)


def test_from_a_case_to_an_order_at_the_nearest_pair_in_two_keys(desk, squad):
    case = filed()
    page = sign_in(desk)
    desk.open(f"/map/?case={case.number}")
    ready(page)
    assert serious(page) == []
    assert sideways(page) == 0
    assert page.locator("#send .offered li").count() == 2
    assert "米" in page.inner_text("#send .offered li >> nth=0")

    page.keyboard.press("2")
    assert page.inner_text("[data-jd-send] span") == "派 巡-07 + 巡-03"
    with page.expect_response(lambda answer: "/map/send/" in answer.url):
        page.keyboard.press("Enter")

    page.wait_for_selector(".going li[data-step=asked] >> nth=1")
    case.refresh_from_db()
    assert case.state == "dispatched"
    assert {row.person_id for row in Assignment.objects.filter(order__case=case)} == {one.person_id for one in squad}
    page.wait_for_function(
        "() => [...document.querySelector('jd-command-map').people.values()].every(p => p.state === 'busy')"
    )


@pytest.mark.nightly
def test_the_figures_open_their_lists_and_the_list_is_the_map(desk, squad):
    near, far = filed("路面塌陷"), filed("井盖破损", 0.01)
    page = sign_in(desk)
    desk.open("/map/")
    ready(page)

    for due in ("overdue", "soon", "open"):
        told = page.inner_text(f"[data-due={due}] .num")
        with page.expect_navigation():
            page.click(f"[data-due={due}]")
        ready(page)
        assert page.inner_text("#command-list .head .num") == told
        assert on_map(page) == listed(page)
    assert page.inner_text("[data-duty=on_duty] .num") == "2"

    looks_at(page, near)
    page.click('[data-jd-box="on"]')
    page.wait_for_function(f"() => !document.getElementById('row-{far.number}')")
    page.reload()
    ready(page)
    assert near.number in listed(page) == on_map(page)


def test_an_old_position_is_dashed_and_not_offered_and_who_ends_a_shift_is_gone_in_ten_seconds(desk, squad):
    case, old = filed(), patrols.running("440311001901-squad-enforce-res-3", "巡-09")
    patrols.seen(old, patrols.PARK[0] + 0.001, patrols.PARK[1], age=360)
    page = sign_in(desk)
    desk.open(f"/map/?case={case.number}")
    ready(page)

    assert people_on_map(page) == {"巡-07": "free", "巡-03": "free", "巡-09": "stale"}
    assert "巡-09" not in page.inner_text("#send .offered")
    page.click("#send details summary")
    assert "6 分钟" in page.inner_text(".others")

    Shift.objects.filter(pk=squad[0].pk).update(ended_at=now())
    page.wait_for_function(
        "() => ![...document.querySelector('jd-command-map').people.values()].some(p => p.sign === '巡-07')",
        timeout=10_000,
    )


def test_people_are_grouped_by_squad_without_touching_the_map(desk, squad):
    filed()
    page = sign_in(desk)
    desk.open("/map/?view=list")
    page.click("[data-jd-all]")
    page.fill("#group-name", "路口增援")
    with page.expect_navigation():
        page.press("#group-name", "Enter")

    assert page.inner_text(".group h3") == "路口增援"
    assert page.locator(".group [data-key=Y]").get_attribute("aria-disabled") == "true"
    assert serious(page) == []


@pytest.mark.nightly
def test_a_line_drawn_round_people_chooses_them(desk, squad):
    filed()
    page = sign_in(desk)
    desk.open("/map/")
    ready(page)
    spot = page.evaluate(
        "([lon, lat]) => { const m = document.querySelector('jd-command-map').map; m.jumpTo({center: [lon, lat], zoom: 16});"
        "const b = m.getCanvas().getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }",
        [patrols.PARK[0] + 0.002, patrols.PARK[1] + 0.001],
    )
    page.click("[data-jd-lasso]")
    page.mouse.move(spot[0] - 30, spot[1] - 30)
    page.mouse.down()
    for right, down in ((30, -30), (30, 30), (-30, 30), (-30, -20)):
        page.mouse.move(spot[0] + right, spot[1] + down)
    page.mouse.up()

    chosen = page.locator("#grouping input[name=shift]:checked")
    assert chosen.count() == 1
    assert chosen.get_attribute("value") == str(squad[0].id)


def test_a_cameras_symbol_opens_the_way_to_look_through_it_with_its_record(desk, squad):
    filed()
    page, camera = sign_in(desk), Site.objects.on().get(code="camera-001")
    desk.open(f"/map/?at={camera.lon},{camera.lat},18")
    ready(page)
    page.check("[data-jd-layer=camera]")
    page.wait_for_function(
        "() => document.querySelector('jd-command-map').map.queryRenderedFeatures({layers: ['camera']})"
        ".some(one => one.properties.href.includes('camera-001'))"
    )

    box = page.locator("jd-command-map canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**/map/cameras/camera-001/")
    assert page.locator("a[href*='cameras.example']").count() == 0
    page.fill("#purpose", "核实路口占道")
    page.press("#purpose", "Enter")

    page.wait_for_selector('a[href="https://cameras.example/demo/001"]')
    assert Look.objects.get(what="camera", object_id=camera.id).purpose == "核实路口占道"


@pytest.mark.nightly
def test_a_track_is_replayed_with_its_stops_on_the_page(desk, squad):
    trodden(squad[0])
    sign_in(desk)
    head, where = patrols.at_desk(patrols.HEAD), f"/shifts/track/{squad[0].id}/"
    page = shown_as(desk, head.post(where, {"purpose": "核对投诉"}), where)
    page.locator("jd-track").scroll_into_view_if_needed()
    page.wait_for_selector("jd-track[data-ready]", timeout=20_000)
    stays = page.evaluate("document.querySelector('jd-track').stays.map(one => one[2])")
    first = page.inner_text("[data-jd-at]")
    assert stays == [10]
    assert page.locator("main ol li").count() == 1
    assert page.evaluate("document.querySelector('jd-track').map.getLayer('stays') !== undefined")

    page.click("[data-jd-play]")
    page.wait_for_function("() => Number(document.querySelector('jd-track input').value) >= 200")
    page.click("[data-jd-play]")
    assert page.get_attribute("[data-jd-play]", "aria-pressed") == "false"
    assert page.inner_text("[data-jd-at]") > first


@pytest.fixture
def gateway(desk):
    """A gateway of body cameras; that the page of a camera asks it is no fault."""
    found = Gateway()
    yield found
    found.shutdown()
    found.server_close()
    desk.faults[:] = [one for one in desk.faults if not one.startswith(f"foreign: {found.url}")]


def test_a_body_camera_plays_by_webrtc_and_the_line_is_given_back(desk, squad, browser, settings, gateway):
    page, camera = filmed(desk, squad[0], gateway, settings), gateway.camera(browser)
    gateway.connect(camera)

    page.wait_for_function("() => document.querySelector('video').videoWidth === 320", timeout=15_000)
    page.wait_for_function("() => document.querySelector('video').currentTime > 0.5", timeout=15_000)
    page.wait_for_selector("#stream-state >> text=正在播放")
    page.click("[data-jd-stop]")
    page.wait_for_selector("#stream-state >> text=您已停止播放")
    assert page.evaluate("document.querySelector('video').srcObject") is None
    assert gateway.given_back.get(timeout=10) == "/whep/session/7"
    camera.context.close()


@pytest.mark.nightly
def test_what_the_gateway_of_a_body_camera_does_is_said_in_words(desk, squad, browser, settings, gateway):
    page, camera = filmed(desk, squad[0], gateway, settings), gateway.camera(browser)
    gateway.connect(camera)
    page.wait_for_selector("#stream-state >> text=正在播放", timeout=15_000)

    camera.evaluate("line.getSenders()[0].replaceTrack(null)")
    page.wait_for_selector("#stream-state >> text=没有新画面", timeout=15_000)
    camera.evaluate("line.close()")
    page.wait_for_selector("#stream-state >> text=网关已挂断", timeout=30_000)
    assert page.evaluate("document.querySelector('video').srcObject") is None

    for status, words in ((404, "没有这台记录仪"), (503, "网关拒绝了画面请求（503）")):
        gateway.says = status
        page.reload()
        page.wait_for_selector(f"#stream-state >> text={words}")
    gateway.shutdown()
    gateway.socket.close()
    page.reload()
    page.wait_for_selector("#stream-state >> text=网关没有应答", timeout=15_000)
    camera.context.close()


def test_a_past_moment_shows_what_was_open_then_and_nobody(desk, squad):
    case = filed()
    Case.objects.filter(pk=case.pk).update(opened_at=now() - timedelta(minutes=2))
    page = sign_in(desk)
    asked = []
    page.on("response", lambda answer: asked.append(answer) if "part=people" in answer.url else None)
    then = local(now() - timedelta(minutes=61))
    desk.open(f"/map/?then={then:%H:%M}")
    ready(page)

    assert case.number not in on_map(page) | listed(page)
    assert people_on_map(page) == {}
    assert page.locator(".band").count() == 1
    assert all(json.loads(answer.text())["rows"] == [] for answer in asked)


@pytest.mark.nightly
def test_a_cut_stream_is_said_in_ten_seconds_and_its_return_reads_everything(desk, squad, site):
    filed()
    page = sign_in(desk)
    desk.open("/map/")
    ready(page)
    page.wait_for_selector("jd-live > .line", state="hidden")
    reloads = []
    page.on("request", lambda request: reloads.append(request.url) if "part=" in request.url else None)

    page.evaluate("document.querySelector('jd-live').heard = -1e6")  # silence, as a server that hangs leaves it
    page.evaluate("document.querySelector('jd-live').up = () => undefined")
    page.wait_for_selector("jd-live > .line:not([hidden])", timeout=10_000)
    page.evaluate("delete document.querySelector('jd-live').up")
    page.wait_for_selector("jd-live > .line", state="hidden", timeout=15_000)

    page.wait_for_function("() => true")
    assert any("part=list" in url for url in reloads)
    assert any("part=map" in url for url in reloads)


@pytest.mark.nightly
def test_the_dispatch_map_works_without_webgl_and_on_a_phone(browser, site, phone, squad):
    case = filed()
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
    context.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    bare = Window(context.new_page(), site)
    page = sign_in(bare)
    bare.open("/map/")
    page.wait_for_selector("jd-command-map .empty")
    page.focus(f"#open-{case.number}")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#detail h2:focus:has-text('{case.number}')")
    with page.expect_response(lambda answer: "/map/send/" in answer.url):
        page.keyboard.press("Enter")
    page.wait_for_selector(".going li")
    context.close()

    page = sign_in(phone)
    phone.open("/map/")
    ready(page)
    assert sideways(page) == 0
    assert serious(page) == []


SMOOTH = """async () => {
  const map = document.querySelector("jd-command-map").map;
  const frames = [];
  let last = performance.now(), left = 60;
  await new Promise(done => {
    const step = at => {
      frames.push(at - last);
      last = at;
      map.panBy([12, 5], {duration: 0});
      left -= 1;
      left ? requestAnimationFrame(step) : done();
    };
    requestAnimationFrame(step);
  });
  frames.sort((a, b) => a - b);
  return [frames[30], frames[57]];
}"""


USABLE = """new MutationObserver(() => {
  if (!window.usable && document.querySelector("jd-command-map[data-peopled]")) window.usable = performance.now();
}).observe(document, {subtree: true, attributes: true, attributeFilter: ["data-peopled"]});"""


def crowd(page, count: int) -> None:
    """So many people on the map, as the server would tell them."""
    rows = [
        [f"s{n}", f"巡-{n}", "free", patrols.PARK[0] + (n % 60) / 1500, patrols.PARK[1] + n / 60 / 1500, 5, []]
        for n in range(count)
    ]
    page.route("**/map/?**part=people**", lambda route: route.fulfill(json={"rows": rows, "figures": {}}))


@pytest.mark.nightly
def test_twenty_thousand_cases_and_three_thousand_people_move_smoothly(desk, squad):
    """The drawing is done in software here: the figures say that nothing grows with the number, not what a card does."""
    filling.fill(filed().id, patrols.PARK[0] - 0.04, patrols.PARK[1] - 0.04, 20_000)
    page = sign_in(desk)
    crowd(page, 3_000)
    page.add_init_script(USABLE)
    desk.open("/map/?view=map")
    page.wait_for_selector("jd-command-map[data-peopled]", timeout=30_000)
    usable = page.evaluate("window.usable")
    page.wait_for_function("() => document.querySelector('jd-command-map').people.size === 3000")
    assert page.evaluate("document.querySelector('jd-command-map').all.size") > 20_000

    middle, slow = page.evaluate(SMOOTH)

    print(f"usable after {usable:.0f} ms; a frame {middle:.0f} ms in the middle, {slow:.0f} ms at p95")
    assert usable < 4_000
    assert slow < 250
