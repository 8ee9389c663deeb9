"""Duty (勤务): rosters by squad, the briefing editor, the wrap-up, spot checks, sources of positions."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from jiedao.doors.web import forms
from jiedao.doors.web import shifts_forms as asked
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground import finding
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor, certificates
from jiedao.ground.terms import competence
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol import desk, offsets, scope, tracks
from jiedao.lines.patrol.actions import briefing
from jiedao.lines.patrol.actions import tracks as looking
from jiedao.lines.patrol.models import Roster, TaskOrder
from jiedao.record import sight


@require_http_methods(["GET", "POST"])
@staff
def page(request: HttpRequest) -> HttpResponse:
    """Every squad of the scope: its turns today and tomorrow, road presence by spot checks."""
    by = actor_of(request)
    kept, checked = desk.kept(by), desk.checked(by)
    if not kept and not checked and not scope.squads(by):
        raise Absent
    what = request.POST.get("what", "")
    plan = asked.Plan(kept, request.POST if what == "plan" else None)
    check = asked.Check(checked, request.POST if what == "check" else None)
    acts: dict[str, Act] = {"plan": (plan, _planned), "check": (check, _checked)}
    done, refusal = posted(request, by, acts, reverse("shifts"))
    if done:
        return done
    keeps_sources = competence.may(by, "organisation")
    shown = {
        "rosters": desk.rosters(by),
        "presence": desk.presence(by),
        "plan": plan if kept else None,
        "check": check if checked else None,
        "sources": desk.sources() if keeps_sources or kept else [],
        "offsets": offsets.flagged() if keeps_sources or kept else [],
        "may_certify": competence.may(by, certificates.KEEP),
        "may_source": keeps_sources or competence.may(by, scope.KEEP),
        "refusal": refusal,
    }
    return render(request, "shift/shifts.html", shown, status=refusal.status if refusal else 200)


Act = tuple[django_forms.Form | None, Callable[..., Any]]


def posted(request: HttpRequest, by: Actor, acts: dict[str, Act], back: str) -> tuple[HttpResponse | None, Any]:
    """Does what a form of the page asks, once per key. The answer after it, or the refusal to show."""
    if request.method != "POST":
        return None, None
    given = request.POST
    form, act = acts.get(given.get("what", ""), (None, None))
    if act is None or (form is not None and not form.is_valid()):
        return None, None
    body = {"page": request.path, **{n: given.getlist(n) for n in given if n not in ("key", "csrfmiddlewaretoken")}}
    try:
        with receipts.once(by.scope, given.get("key", ""), body) as receipt:
            if not receipt.known:
                act(by, form.cleaned_data if form is not None else given)
    except Refused as refused:
        return None, forms.told(refused)
    return HttpResponseRedirect(back, status=303), None


def _planned(by: Actor, said: dict[str, Any]) -> None:
    turn = briefing.plan(said["squad"], said["begins_at"], said["ends_at"], by=by)
    if said["everybody"]:
        briefing.put_on(turn, briefing.members(said["squad"]), by=by)


def _checked(by: Actor, said: dict[str, Any]) -> None:
    briefing.spot_check(said["squad"], by=by, place=said["place"], met=said["met"], note=said["note"])


@require_http_methods(["GET", "POST"])
@staff
def roster(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One turn: its briefing and orders, who is on it, and after it what was done."""
    by = actor_of(request)
    turn = desk.roster(by, pk)
    if turn is None:
        raise Absent
    keeps = turn.squad_id in scope.squads(by, scope.KEEP)  # type: ignore[attr-defined]
    crew = desk.crew(turn)
    what = request.POST.get("what", "")
    task = asked.Task(turn, crew, request.POST if what == "order" else None)
    note = asked.Note(crew, request.POST if what == "note" else None)
    done, refusal = posted(request, by, _acts(turn, task, note), reverse("roster", args=[pk]))
    if done:
        return done
    shown = {
        "turn": turn,
        "crew": crew,
        "orders": desk.orders(turn),
        "keeps": keeps and turn.closed_at is None,
        "task": task,
        "note": note if crew else None,
        "next": desk.following(turn),
        "notes": desk.notes_of([turn.squad_id]) if keeps else [],  # type: ignore[attr-defined]
        "may_track": turn.squad_id in scope.squads(by, scope.TRACKS),  # type: ignore[attr-defined]
        "refusal": refusal,
    }
    return render(request, "shift/roster.html", shown, status=refusal.status if refusal else 200)


def _acts(turn: Roster, task: django_forms.Form, note: django_forms.Form) -> dict[str, Act]:
    def ordered(by: Actor, said: dict[str, Any]) -> None:
        case = sight.case_or_404(by, said["number"]) if said["number"] else None
        shift = UUID(said["shift"]) if said["shift"] else None
        point = (case.lon, case.lat) if case and case.lon is not None and case.lat is not None else None
        given = briefing.Order(said["text"], said["place"], said["at"], point=point, case=case, shift_id=shift)
        briefing.order(turn, given, by=by)

    def noted(by: Actor, said: dict[str, Any]) -> None:
        person = finding.person(said["person"])
        if person is None:
            raise Absent
        briefing.note(turn.squad, person, by=by, kind=said["kind"], text=said["text"])

    def checked(by: Actor, given: Any) -> None:
        task = _task(turn, given.get("task", ""))
        briefing.check(task, given.get("outcome", ""), by=by, to=desk.following(turn))

    return {
        "order": (task, ordered),
        "note": (note, noted),
        "words": (None, lambda by, given: briefing.write(turn, given.get("words", ""), by=by)),
        "publish": (None, lambda by, given: briefing.publish(turn, by=by)),
        "take_off": (None, lambda by, given: briefing.take_off(turn, _id(given.get("shift", "")), by=by)),
        "everybody": (None, lambda by, given: briefing.put_on(turn, briefing.members(turn.squad), by=by)),
        "check": (None, checked),
        "wrap_up": (None, lambda by, given: briefing.wrap_up(turn, by=by)),
    }


def _task(turn: Roster, text: str) -> TaskOrder:
    found = next((one for one in desk.orders(turn) if str(one.id) == text), None)
    if found is None:
        raise Absent
    return found


@require_http_methods(["GET", "POST"])
@staff
def track(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A track, after its purpose was written down. What is asked stands in the person's own list before it shows here."""
    by, refusal, replay = actor_of(request), None, None
    shift = scope.shift_or_absent(by, pk, scope.TRACKS)
    purpose = request.POST.get("purpose", "")
    if request.method == "POST":
        try:
            replay = looking.replay(shift.id, by=by, purpose=purpose)
        except Refused as refused:
            refusal = forms.told(refused)
        if replay and request.POST.get("as") == "gpx":
            answer = HttpResponse(looking.gpx(replay), content_type="application/gpx+xml")
            answer["Content-Disposition"] = f'attachment; filename="track-{shift.id.hex[:8]}.gpx"'
            return answer
    drawn = tracks.drawn(replay.track, replay.stops) if replay else None
    shown = {
        "shift": shift, "replay": replay, "drawn": drawn, "purpose": purpose, "refusal": refusal,
        "stays": looking.stays(replay) if replay else [],
    }  # fmt: skip
    return render(request, "shift/track.html", shown, status=refusal.status if refusal else 200)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Absent from None
