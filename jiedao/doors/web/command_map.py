"""The dispatch map (指挥图): what burns, who is near, whom to send; list and map of one query, everything without the map."""

from dataclasses import replace
from datetime import datetime, time
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_GET

from jiedao.doors.web import basemap, drawn, register, tabs, telling
from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.templatetags.jiedao_ui import named
from jiedao.doors.web.who import actor_of, is_part, staff
from jiedao.ground.people import Actor
from jiedao.ground.places import checks, crew, sites
from jiedao.ground.terms.models import terms
from jiedao.kit.clock import local, now, today
from jiedao.kit.refusal import Absent
from jiedao.lines.patrol import calls
from jiedao.lines.patrol import queries as patrol
from jiedao.lines.patrol.actions import body_cameras, groups
from jiedao.record import queries, sight
from jiedao.record.models import Case
from jiedao.record.queries import going, snapshot
from jiedao.record.queries import register as asking
from jiedao.record.queries.register import ORDERS, Asked
from jiedao.record.queries.worklists import Listing, Lists

STATES = ("free", "busy", "stale", "paused")
LAYERS = ("camera", "place")
"""Layers that are off until somebody wants them."""
SUGGESTED = 9
NAMES = (*register.NAMES, "then")


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """The page, one of its panes, or what its map asks for."""
    by, part = actor_of(request), request.GET.get("part", "")
    if part == "people":
        return drawn.told(people_told(by, moment(request)))
    if part == "sites":
        return drawn.told(_sites())
    wanted = asked(request)
    found, at = found_by(by, wanted, moment(request))
    if drawn.is_asked(request):
        return drawn.answer(request, found, Lists(by), at)
    if is_part(request):
        return _pane(request, by, part, found, wanted)
    shown = {**listed(request, by, found, wanted), **figures(request, by, wanted), **people(request, by)}
    shown |= {**detail(request, by), **_ground(request), **register.choices(request, wanted)}
    return render(request, "map/page.html", shown)


def _pane(request: HttpRequest, by: Actor, part: str, found: Listing, wanted: Asked) -> HttpResponse:
    """One pane anew."""
    if part == "detail":
        return render(request, "map/_detail.html", detail(request, by))
    if part == "figures":
        return render(request, "map/_figures.html", figures(request, by, wanted))
    if part == "people_list":
        return render(request, "map/_people.html", people(request, by))
    return render(request, "map/_list.html", listed(request, by, found, wanted))


def asked(request: HttpRequest) -> Asked:
    """The filters of the register; running cases unless something else is asked for."""
    found = register.asked(request)
    return found if found.due or "due" in request.GET else replace(found, due="open")


def moment(request: HttpRequest) -> datetime | None:
    """The moment of today that the slider stands at. None for now, and for a time that has not come."""
    text = request.GET.get("then", "")[:5]
    try:
        found = datetime.combine(today(), time.fromisoformat(text), local(now()).tzinfo)
    except ValueError:
        return None
    return found if found <= now() else None


def found_by(by: Actor, wanted: Asked, at: datetime | None) -> tuple[Listing, datetime | None]:
    """The list, now or as it was at a moment: open then, with the limits that ran then."""
    if at is None:
        return asking.register(by, wanted), None
    return snapshot.as_of(asking.register(by, replace(wanted, due="")), at), at


def listed(request: HttpRequest, by: Actor, found: Listing, wanted: Asked) -> dict[str, Any]:
    number = tabs.number(request)
    count = found.count()
    rows = found.page(number, order=ORDERS[wanted.order])
    chosen = request.GET.get("case", "")
    return {
        "drawn": drawn.drawn(request, found, "both"),
        "rows": rows,
        "count": count,
        "on_duty_now": 0 if rows else len(patrol.on_duty(by)),
        "pages": tabs.Pages(number, count, len(rows)),
        "asked": wanted,
        "chosen": chosen,
        "here": tabs.here(request, "case", "do"),
        "list_href": tabs.here(request, "do"),
        "query": urlencode([(name, request.GET[name]) for name in NAMES if request.GET.get(name)]),
        "sought": wanted.words,
    }


def figures(request: HttpRequest, by: Actor, wanted: Asked) -> dict[str, Any]:
    """The figures on top, each opening its list: the same filters, the same count."""
    words = {"open": gettext("Open cases"), "soon": gettext("Due soon"), "overdue": gettext("Overdue")}
    counts = queries.counts({due: asking.register(by, replace(wanted, due=due)).source for due in words})
    here = tabs.here(request, "due", "page", "case", "then")
    duty = patrol.figures(patrol.on_duty(by))
    there = tabs.here(request, "people", "case")
    return {
        "heaps": [
            {"code": due, "word": word, "count": counts[due], "href": f"{here}due={due}", "present": wanted.due == due}
            for due, word in words.items()
        ],
        "duty": [
            {"code": code, "word": word, "count": duty[code], "href": f"{there}people={code}#people"}
            for code, word in state_words().items()
        ],
        "figures_href": tabs.here(request, "do"),
    }


def state_words() -> dict[str, str]:
    return {
        "on_duty": pgettext("people", "On duty"),
        "free": pgettext("people", "Free"),
        "busy": pgettext("people", "At work"),
        "stale": pgettext("people", "Position too old"),
        "paused": pgettext("people", "Sharing paused"),
    }


def people(request: HttpRequest, by: Actor) -> dict[str, Any]:
    """Who is on duty, by squad: the way without a map. Call signs, no names."""
    state = request.GET.get("people", "")
    everybody = patrol.on_duty(by)
    words = state_words()
    shown = [one for one in everybody if state not in STATES or one.state == state]
    squads: dict[str, list[dict[str, Any]]] = {}
    for one in shown:
        squad = (not is_chinese() and one.squad_en) or one.squad
        told = {"who": one, "state": words[one.state], "minutes": one.age // 60 if one.age is not None else None}
        squads.setdefault(squad, []).append(told)
    return {
        "squads": squads,
        "on_duty": len(everybody),
        "people_state": state,
        "people_count": len(shown),
        "people_href": tabs.here(request, "do"),
        "groups": patrol.groups(by),
        "group_areas": groups.areas(by) if everybody else [],
        "gateway": bool(calls.gateway()),
    }


def people_told(by: Actor, at: datetime | None) -> dict[str, Any]:
    """People with a fresh or an old point, for the map. In the past nobody: a track asks for its purpose."""
    if at is not None:
        return {"rows": [], "figures": {}}
    everybody = patrol.on_duty(by)
    rows = [
        [str(p.shift_id), p.call_sign, p.state, round(p.lon, 5), round(p.lat or 0, 5), p.age, list(p.cases)]
        for p in everybody
        if p.lon is not None and p.state != "paused"
    ]
    return {"rows": rows, "figures": patrol.figures(everybody)}


def detail(request: HttpRequest, by: Actor) -> dict[str, Any]:
    """The chosen case with who could go, or the chosen person."""
    number, shift = request.GET.get("case", ""), request.GET.get("shift", "")
    back = tabs.here(request, "do", "part")[:-1]
    if not number:
        person = _person(by, shift) if shift else None
        track = reverse("track", args=[shift]) if person else ""
        return {"case": None, "person": person, "track_href": track, "camera_href": _camera(by, shift), "back": back}
    case = sight.case_or_404(by, number)
    state = case.process.definition.state(case.state)
    found, crews = patrol.candidates(case, by, SUGGESTED), patrol.groups(by)
    story = queries.story(case)
    every = {row.id: row for turn in story.turns for row in turn.deadlines} | {row.id: row for row in story.deadlines}
    running = [row for row in every.values() if not row.stopped_at]
    running.sort(key=lambda row: (row.paused_since is not None, row.due_at))  # as in the list: the next to ring
    clocks = [telling.deadline(row, case.process.definition, story.items) for row in running[:1]]
    return {
        "case": case,
        "state": state,
        "holder": case.holder,
        "clock": clocks[0] if clocks else None,
        "offered": list(enumerate(found.offered, 1)),
        "first": found.offered[0] if found.offered else None,
        "others": found.others[:5],
        "may_send": bool(case.process.definition.moves_of("dispatch", case.state))
        or any(turn.order.is_open for turn in story.turns),
        "focus": is_part(request) and "JD-Poll" not in request.headers,
        "going": _going(by, case),
        "cameras": body_cameras.near(case.lon, case.lat, by) if case.lon is not None and case.lat is not None else [],
        "groups": [one for one in crews if one.case_number == case.number],
        "other_groups": [one for one in crews if one.case_number in ("", case.number)],
        "gateway": bool(calls.gateway()),
        "back": back,
        "chosen": number,
    }


def _going(by: Actor, case: Case) -> list[dict[str, Any]]:
    """Who was sent to a case and how far they are; who is not on duty in sight shows as the post alone."""
    signs = {one.person_id: one.call_sign for one in patrol.on_duty(by)}
    words = {
        "asked": pgettext("of somebody sent", "Asked"),
        "accepted": gettext("Accepted"),
        "under_way": gettext("Under way"),
        "on_site": gettext("On site"),
        "done": gettext("Done there"),
    }
    return [
        {
            "who": (one.person_id and signs.get(one.person_id)) or (named(one.post) if one.post else "–"),
            "word": words[one.step],
            "at": one.at,
            "step": one.step,
        }
        for one in going.going(case)
    ]


def _camera(by: Actor, shift: str) -> str:
    """Where the body camera of somebody on duty is asked for. Empty for who carries none, and without a gateway."""
    if not settings.BODY_CAMERA_GATEWAY:
        return ""
    try:
        return reverse("body_camera", args=[body_cameras.carried(UUID(shift), by).id])
    except (ValueError, Absent):
        return ""


def _person(by: Actor, shift: str) -> dict[str, Any] | None:
    """Somebody on duty, by the shift. None for whoever is not, or not in sight."""
    try:
        wanted = UUID(shift)
    except ValueError:
        return None
    found = next((one for one in patrol.on_duty(by) if one.shift_id == wanted), None)
    if found is None:
        return None
    return {"who": found, "state": state_words()[found.state]}


def _ground(request: HttpRequest) -> dict[str, Any]:
    """What the map draws below the cases: the chosen area, grids that nobody serves, a ground of tiles if one is set."""
    staffed, at = crew.staff(), moment(request)
    faults = checks.of_district(connection.schema_name, today(), staffed)
    return {
        "map_state": {
            "shown": None,
            "chosen": request.GET.get("area", ""),
            "staffed": sorted(staffed),
            "faults": [],
            "href": "",
        },
        "unstaffed": sum(len(fault.codes) for fault in faults if fault.kind == "unstaffed"),
        "ground": basemap.told(request),
        "then": f"{local(at):%H:%M}" if at else "",
        "early": _early(request),
        "layers": [("camera", gettext("Cameras")), ("place", gettext("Places"))],
        "minute_now": local(now()).hour * 60 + local(now()).minute,
        "minute_then": at and local(at).hour * 60 + local(at).minute,
        "now_href": tabs.here(request, "then", "page")[:-1],
    }


def _early(request: HttpRequest) -> dict[str, str]:
    """What the map asks for first. The head of the page asks for it already: the scripts are still on their way."""
    here = tabs.here(request, "page", "case", "do", *drawn.FRAME)
    return {"map": f"{here}part=map", "people": f"{here}part=people", "lines": reverse("grids_shapes")}


def _sites() -> dict[str, list[Any]]:
    """Cameras and places, as points with a name."""
    found: dict[str, list[Any]] = {layer: [] for layer in LAYERS}
    known = terms("site_kind")
    for site in sites.on()[: sites.MOST * 4]:
        if site.lon is not None:
            layer = "camera" if site.kind == "camera" else "place"
            kind = known.get(site.kind)
            there = reverse("place_camera", args=[site.code]) if layer == "camera" else ""
            found[layer].append([site.lon, site.lat, named(site), named(kind) if kind else "", there])
    return found
