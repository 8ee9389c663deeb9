"""My shift (今天、当班): briefing to read, tasks by the clock, start, rest, end, the own position, who looked at my track."""

import json
import math
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiedao.doors import acts
from jiedao.doors.web import forms
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol import calls, desk, devices, spotting, taking, todo, tracks
from jiedao.lines.patrol.actions import briefing, shifts
from jiedao.lines.patrol.actions import tracks as looking
from jiedao.lines.patrol.models import Shift
from jiedao.lines.patrol.sorting import MOST, Point
from jiedao.record import sight

COOKIE = "jd_sharing"
"""Says on this device that the position is shared: every page then shows the blue line and runs the watcher."""

WORDS = {
    "take_up": gettext_lazy("Accept"),
    "set_out": gettext_lazy("Set out"),
    "reach": gettext_lazy("I am there"),
    "finish": gettext_lazy("Done here"),
}

_ACTS: dict[str, Callable[..., Shift]] = {
    "acknowledge": shifts.acknowledge,
    "start": shifts.start,
    "share": shifts.share,
    "hide": shifts.hide,
    "pause": shifts.pause,
    "resume": shifts.resume,
    "end": shifts.end,
}


@require_http_methods(["GET", "POST"])
@staff
def page(request: HttpRequest) -> HttpResponse:
    """Today. Everything on it is the person's own."""
    by, refusal = actor_of(request), None
    if request.method == "POST":
        try:
            return _done(request, by)
        except Refused as refused:
            refusal = forms.told(refused)
    return render(request, "shift/today.html", _shown(by, refusal), status=refusal.status if refusal else 200)


def _shown(by: Actor, refusal: Any) -> dict[str, Any]:
    shift = desk.current(by)
    basis = shifts.basis_of(shift.post) if shift else None
    sent, tasks = desk.errands(by), desk.tasks(shift) if shift and shift.roster.published_at else []
    return {
        "shift": shift,
        "todo": todo.todo(by, sent, tasks),
        "unread": shift is not None and shifts.is_unread(shift),
        "is_out": shift is not None and shift.roster.published_at is not None,
        "tasks": tasks,
        "errands": [(one, WORDS[one.next]) for one in sent],
        "is_shared": shift is not None and desk.is_shared(shift),
        "basis": basis,
        "ended": None if shift else desk.ended(by),
        "notes": desk.my_notes(by),
        "groups": [(one, calls.room_url(one.room)) for one in desk.my_groups(by)],
        "looks": looking.looks_at(by, 5),
        "in_field": bool(spotting.units(by)),
        "refusal": refusal,
    }


def _done(request: HttpRequest, by: Actor) -> HttpResponse:
    """One act of the person's own, once per key."""
    given = request.POST
    what = given.get("what", "")
    if what in WORDS:
        case = sight.case_or_404(by, given.get("number", ""))
        acts.perform(what, case, by=by, given={}, key=given.get("key", ""), order=given.get("order", ""))
        return HttpResponseRedirect(reverse("shift"), status=303)
    body = {name: value for name, value in given.items() if name not in ("key", "csrfmiddlewaretoken")}
    with receipts.once(by.scope, given.get("key", ""), {"page": "shift", **body}) as receipt:
        if not receipt.known:
            _act(what, given, by)
    answer = HttpResponseRedirect(reverse("shift"), status=303)
    if what == "share":
        answer.set_cookie(COOKIE, _id(given.get("shift", "")).hex, max_age=24 * 3600, httponly=True, samesite="Lax")
    elif what in ("hide", "pause", "end"):
        answer.delete_cookie(COOKIE)
    return answer


def _act(what: str, given: Any, by: Actor) -> None:
    if what in _ACTS:
        _ACTS[what](_id(given.get("shift", "")), by=by)
    elif what == "told":
        shifts.told(_id(given.get("shift", "")), _id(given.get("task", "")), given.get("text", ""), by=by)
    elif what == "note":
        briefing.read_note(_id(given.get("note", "")), by=by, answer=given.get("answer", ""))
    else:
        raise Absent


@require_POST
@staff
def here(request: HttpRequest) -> HttpResponse:
    """Points of the page's own position, in a batch; and whether it should go on sending."""
    by = actor_of(request)
    if by.person is None:
        raise Absent
    try:
        points, sent_at = _points(request.body)
        taken = taking.take(devices.page_sender(by.person), points, sent_at=sent_at)
    except Refused as refused:
        sentence = forms.told(refused)
        return JsonResponse({"rule": refused.rule, "text": sentence.text}, status=sentence.status)
    shift = desk.current(by)
    goes_on = shift is not None and shift.started_at is not None and desk.is_shared(shift)
    answer = JsonResponse({"stored": taken.stored, "reasons": taken.reasons, "goes_on": goes_on})
    if not goes_on:
        answer.delete_cookie(COOKIE)
    return answer


def _points(body: bytes) -> tuple[list[Point], float]:
    """`{"points": [[lon, lat, at, accuracy], …], "sent_at": …}`; the times in seconds since 1970."""
    try:
        given = json.loads(body)
        rows = given["points"]
        if len(rows) > MOST:
            raise Refused("batch_too_large", most=MOST, given=len(rows))
        points = [Point(*(float(value) for value in row[:4])) for row in rows]
        sent_at = float(given["sent_at"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise Refused("bad_body", why="points") from None
    if not math.isfinite(sent_at):
        raise Refused("bad_body", why="sent_at")
    return points, sent_at


@require_GET
@staff
def mine(request: HttpRequest) -> HttpResponse:
    """Who looked at my track, and my own last track with its stops."""
    by = actor_of(request)
    shift = desk.current(by) or desk.ended(by)
    replay = looking.replay(shift.id, by=by, purpose="") if shift and shift.started_at else None
    shown = {
        "looks": looking.looks_at(by),
        "shift": shift,
        "replay": replay,
        "stays": looking.stays(replay) if replay else [],
        "drawn": tracks.drawn(replay.track, replay.stops) if replay else None,
        "length": tracks.length(replay.track) if replay else 0,
    }
    return render(request, "shift/mine.html", shown)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Absent from None
