"""The wall screen (大屏): a paired display, no sign-in; counts, clocks and case numbers, never a person or a word of one."""

from collections import Counter
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiedao.doors.web import drawn, forms
from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.signin import address
from jiedao.doors.web.templatetags.jiedao_ui import pick
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.people import Actor
from jiedao.ground.places import outlines
from jiedao.ground.terms import competence
from jiedao.kit.clock import local, now
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol import queries as patrol
from jiedao.lines.wall import pairing
from jiedao.record.queries import Lists, snapshot, today
from jiedao.record.queries.worklists import Named

COOKIE = "wall"
PARTS = ("data", "map", "outlines")


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The fixed page; where the display is not paired, the field for its code."""
    dark = {"theme": "dark", "keys": "off"}
    if request.method == "POST":
        try:
            key = pairing.pair(request.POST.get("code", "")[:40], address=address(request))
        except Refused as refused:
            told = forms.told(refused)
            return render(request, "wall/code.html", {"refusal": told, "preferences": dark}, status=told.status)
        answer = HttpResponseRedirect(reverse("wall"), status=303)
        answer.set_cookie(
            COOKIE, key, max_age=pairing.LONGEST * 3600, path=reverse("wall"), httponly=True, samesite="Strict",
            secure=request.is_secure(),
        )  # fmt: skip
        return answer
    found = pairing.seen_by(request.COOKIES.get(COOKIE, ""))
    if found is None:
        return render(request, "wall/code.html", {"preferences": dark})
    screen, by = found
    shown = {"screen": screen, "data": told_of(by), "preferences": dark}
    return render(request, "wall/page.html", shown)


@require_GET
def part(request: HttpRequest, name: str) -> HttpResponse:
    """What the page asks again every few seconds: figures, symbols, the lines of areas. 401 once the pairing is over."""
    found = pairing.seen_by(request.COOKIES.get(COOKIE, ""))
    if name not in PARTS:
        raise Absent
    if found is None:
        return HttpResponse(status=401)
    _, by = found
    if name == "data":
        return drawn.told(told_of(by))
    if name == "outlines":
        lines = outlines.lines(english=not is_chinese())
        return drawn.said(lines.plain)
    query = request.GET.copy()
    query["part"] = "map"
    request.GET = query  # type: ignore[assignment]
    lists = Lists(by)
    return drawn.answer(request, lists.where("c.phase <> 'closed'"), lists)


def told_of(by: Actor) -> dict[str, Any]:
    """Everything the wall says, P0 and P1 alone: a test searches it for what is more."""
    lists, at = Lists(by), now()
    counts = today.figures(lists)
    hours = today.hours(lists)
    squads = Counter(one.squad if is_chinese() else one.squad_en or one.squad for one in patrol.on_duty(by))
    return {
        "at": at.isoformat(),
        "clock": f"{local(at):%H:%M:%S}",
        "overdue": str(counts["overdue"]),
        "soon": str(counts["soon"]),
        "whistling": str(counts["whistles"]),
        "unplaced": str(snapshot.unplaced(lists.where("c.phase <> 'closed'"))),
        "on_duty": sum(squads.values()),
        "squads": sorted(squads.items())[:8],
        "whistles": [
            {"number": one.number, "unit": _unit(one.unit), "due": one.clock["due_at"].isoformat() if one.clock else ""}
            for one in today.whistles(lists)
        ],
        "moves": [
            {"number": one.number, "what": pick(one.label), "unit": _unit(one.unit), "at": f"{local(one.at):%H:%M}"}
            for one in today.moves(lists)
        ],
        "opened": hours.opened,
        "closed": hours.closed,
    }


def _unit(unit: Named | None) -> str:
    return ((not is_chinese() and unit.name_en) or unit.name) if unit else ""


@require_GET
@staff
def screens(request: HttpRequest) -> HttpResponse:
    """The screens of the own unit, and the form that pairs one."""
    return render(request, "wall/screens.html", _screens(request))


@require_POST
@staff
def make(request: HttpRequest) -> HttpResponse:
    """A pairing; its code is shown this once."""
    hours = request.POST.get("hours", "")
    try:
        _, code = pairing.make(
            request.POST.get("name", ""), int(hours) if hours.isascii() and hours.isdigit() else 0, by=actor_of(request)
        )
    except Refused as refused:
        told = forms.told(refused)
        return render(request, "wall/screens.html", _screens(request) | {"refusal": told}, status=told.status)
    return render(request, "wall/screens.html", _screens(request) | {"code": f"{code[:4]} {code[4:]}"})


@require_POST
@staff
def end(request: HttpRequest, screen_id: UUID) -> HttpResponse:
    """Ends one."""
    pairing.end(screen_id, by=actor_of(request))
    return HttpResponseRedirect(reverse("wall_screens"), status=303)


def _screens(request: HttpRequest) -> dict[str, Any]:
    by = actor_of(request)
    if by.post is None:
        raise Absent
    may = competence.may(by, pairing.PAIR)
    return {
        "screens": pairing.of(by),
        "may_pair": may,
        "longest": pairing.LONGEST,
        "address": request.build_absolute_uri(reverse("wall")),
    }
