"""The islands in a real Chromium: a page of ours, its real files and headers, answers played by the test."""

import json
from types import SimpleNamespace

import pytest
from django.http import HttpResponse
from django.template import engines
from django.test import RequestFactory

from jiedao.doors.web.frame import frame
from jiedao.doors.web.middleware import HeaderMiddleware, PreferenceMiddleware
from jiedao.kit.clock import now
from tests.axe import serious, sideways

pytestmark = pytest.mark.browser

PART = (
    '<section id="list" data-jd-part hx-get="/part/" hx-trigger="jd:refresh" hx-swap="outerHTML" data-jd-arrivals>'
    '<h2 id="round">%s</h2><table class="list"><tbody>'
    '<tr data-jd-row data-jd-case="c1"><th scope="row" class="title"><a class="open" id="open-c1" href="/c1/">One</a>'
    '<tr data-jd-row data-jd-case="c2"><th scope="row" class="title"><a class="open" id="open-c2" href="/c2/">Two</a>'
    "</tbody></table></section>"
)


class Stage:
    """One page whose body the test writes; `hears` says what its stream brings."""

    def __init__(self, page, site, districts):
        self.page, self.site, self.district = page, site, districts["gulou"]
        self.rounds, self.hints, self.reports = 0, (), []
        page.on("console", lambda said: self.reports.append(said.text) if "Content Security" in said.text else None)
        page.route("**/stage/", lambda route: route.fulfill(**self.answer()))
        page.route("**/part/", lambda route: route.fulfill(body=self.part(), content_type="text/html"))

    def open(self, body, **context):
        self.body, self.context = body, context
        self.page.goto(self.site.url("/stage/"))
        return self.page

    def hears(self, *hints):
        """What the stream says, to a page that holds its own: no route reaches what a shared worker asks."""
        self.hints = hints
        self.page.add_init_script("delete window.SharedWorker")
        self.page.route("**/live/", lambda route: route.fulfill(body=self.stream(), content_type="text/event-stream"))

    def part(self):
        self.rounds += 1
        return PART % self.rounds

    def stream(self):
        return "event: beat\ndata: 1\n\n" + "".join(f"event: hint\ndata: {json.dumps(h)}\n\n" for h in self.hints)

    def answer(self):
        request = RequestFactory().get("/stage/", headers={"host": "gulou.localhost"})
        request.district, request.user = self.district, SimpleNamespace(is_authenticated=True)

        def view(request):
            source = (
                '{% extends "base.html" %}{% load jiedao_ui %}{% block title %}Stage{% endblock %}'
                "{% block content %}<h1>Stage</h1>" + self.body + "{% endblock %}"
            )
            context = frame(request) | {"user": request.user} | self.context
            return HttpResponse(engines["django"].from_string(source).render(context))

        answer = HeaderMiddleware(PreferenceMiddleware(view))(request)
        return {"body": answer.text, "headers": dict(answer.headers)}


@pytest.fixture
def stage(page, site, django_db_blocker):
    from jiedao.ground.districts.models import District

    with django_db_blocker.unblock():
        stage = Stage(page, site, {place.label: place for place in District.objects.all()})
        yield stage
    assert stage.reports == []


def test_a_hint_reloads_the_part_that_shows_its_case_and_focus_stays(stage):
    stage.hears({"case": "c2", "verb": "reply"})
    page = stage.open("{{ part|safe }}", part=PART % 0)
    page.focus("#open-c2")
    page.wait_for_selector("#round:not(:text-is('0'))")

    assert page.evaluate("document.activeElement.id") == "open-c2"


def test_a_hint_about_an_unseen_case_waits_behind_a_bar_and_n_shows_it(stage):
    stage.hears({"case": "c8", "verb": "file"}, {"case": "c9", "verb": "file"})
    page = stage.open("{{ part|safe }}", part=PART % 0)
    page.wait_for_selector(".arrivals")
    assert page.inner_text(".arrivals") == "新到 2 件，按 N 显示"
    assert stage.rounds == 0

    stage.hints = ()
    page.keyboard.press("n")
    page.wait_for_selector("#round:text('1')")


def test_a_part_somebody_writes_in_is_not_taken_away(stage):
    stage.hears({"case": "c1", "verb": "reply"})
    page = stage.open(
        '<section id="case" data-jd-part hx-get="/part/" hx-trigger="jd:refresh" hx-swap="outerHTML" data-jd-case="c1">'
        '<label for="t">Text</label><textarea id="t" autofocus></textarea></section>'
    )
    page.wait_for_selector(".arrivals")
    page.fill("#t", "half a sentence")

    assert stage.rounds == 0
    assert page.input_value("#t") == "half a sentence"


def test_a_lost_connection_shows_the_grey_line_within_ten_seconds(stage):
    page = stage.open("")
    page.wait_for_selector("jd-live .line:not([hidden])", timeout=10_000)

    assert page.inner_text("jd-live .line") == "实时已断，每 30 秒刷新"


def test_a_clock_turns_its_face_by_the_servers_time(stage):
    from datetime import timedelta

    due = now() + timedelta(minutes=90, seconds=30)
    stage.page.clock.install()
    page = stage.open("{% clock d %}", d={"due": due, "soon_from": due - timedelta(minutes=60)})
    assert page.inner_text("jd-clock .left") == "剩 1 时 30 分"

    page.clock.fast_forward("40:00")
    assert page.get_attribute("jd-clock", "data-face") == "soon"
    assert page.inner_text("jd-clock .left") == "剩 50 分"

    page.clock.fast_forward("55:00")
    assert page.get_attribute("jd-clock", "data-face") == "overdue"
    assert page.inner_text("jd-clock .left") == "超时 4 分"


def test_text_survives_a_reload_and_is_gone_once_sent(stage):
    body = '<form method="post" action="/sent/"><textarea data-jd-draft="x" id="t" aria-label="t"></textarea><button>Go'
    stage.page.route("**/sent/", lambda route: route.fulfill(body="<p>sent</p>", content_type="text/html"))
    page = stage.open(body)
    page.fill("#t", "half a sentence")
    page.reload()
    assert page.input_value("#t") == "half a sentence"

    page.click("form button")
    page.wait_for_url("**/sent/")
    page.goto(stage.site.url("/stage/"))
    assert page.input_value("#t") == ""


def test_keys_press_buttons_and_leave_writers_alone(stage):
    page = stage.open(
        '<p id="done"></p><input id="i" aria-label="i"><a href="#entered" data-key="Enter">Main</a>'
        '<a href="#returned" data-key="T">Return</a>{{ part|safe }}',
        part=PART % 0,
    )
    page.focus("#i")
    page.keyboard.press("t")
    assert (page.input_value("#i"), page.url.partition("#")[2]) == ("t", "")

    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("t")
    page.wait_for_url("**#returned")

    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Enter")
    page.wait_for_url("**#entered")

    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.id") == "open-c2"


def test_the_tenth_photo_is_refused_out_loud(stage):
    page = stage.open(
        '<jd-photos data-max="9" data-too-many="Nine at most" data-remove="Remove">'
        '<input type="file" multiple aria-label="Photos"></jd-photos>'
    )
    one = {"mimeType": "image/png", "buffer": b"x"}
    page.set_input_files("input[type=file]", [one | {"name": f"{n}.png"} for n in range(8)])
    page.set_input_files("input[type=file]", [one | {"name": f"late-{n}.png"} for n in range(2)])

    assert page.locator("jd-photos li").count() == 9
    assert page.evaluate("document.querySelector('input[type=file]').files.length") == 9
    assert page.inner_text("jd-photos > .meta") == "Nine at most"


SQUARE = [[[118.7, 32.0], [118.8, 32.0], [118.8, 32.1], [118.7, 32.1], [118.7, 32.0]]]
OUTLINES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "网格 3-12", "level": "grid"},
            "geometry": {"type": "Polygon", "coordinates": SQUARE},
        }
    ],
}
MAP = (
    '{{ outlines|json_script:"outlines" }}<label for="lon">Lon</label><input id="lon"><label for="lat">Lat</label>'
    '<input id="lat">{% include "ui/_map.html" with outlines_id="outlines" pick=1 lon_input="lon" lat_input="lat" %}'
)


def test_a_point_is_picked_by_keyboard(stage):
    page = stage.open(MAP, outlines=OUTLINES)
    page.wait_for_selector("jd-map[data-ready]", timeout=20_000)
    page.focus("jd-map canvas")
    page.keyboard.press("Enter")

    assert float(page.input_value("#lon")) == pytest.approx(118.75, abs=0.001)
    assert float(page.input_value("#lat")) == pytest.approx(32.05, abs=0.001)


def test_without_a_map_the_page_says_what_else_does(stage):
    stage.page.route("**/maplibre-gl.mjs", lambda route: route.abort())
    page = stage.open(MAP, outlines=OUTLINES)
    page.wait_for_selector("jd-map .empty")

    assert page.inner_text("jd-map .empty") == "这里画不出地图。用输入框和列表可以办同样的事。"


def test_the_frame_has_no_serious_fault_and_fits_a_phone(stage):
    stage.page.set_viewport_size({"width": 360, "height": 640})
    page = stage.open("{{ part|safe }}" + MAP, part=PART % 0, outlines=OUTLINES)

    assert serious(page) == []
    assert sideways(page) == 0


def test_a_part_that_fails_says_so_beside_it_and_keeps_the_text(stage):
    stage.page.route("**/fails/", lambda route: route.fulfill(status=500, body="no"))
    page = stage.open('<form hx-post="/fails/"><textarea id="t" aria-label="t"></textarea><button>Send it')
    page.fill("#t", "half a sentence")
    page.click("form button")
    page.wait_for_selector(".failed")

    assert page.inner_text(".failed") == "没有读到，您填的内容还在。"
    assert page.input_value("#t") == "half a sentence"
