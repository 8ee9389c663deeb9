"""Bad spots and joint patrols (乱点、联合巡查): marks, rounds online and on foot with one checklist, plans with stops."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from jiedao.doors.web import spots_forms as asked
from jiedao.doors.web.shifts import Act, posted
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.people import Actor
from jiedao.ground.terms import competence
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol import scope, spotting
from jiedao.lines.patrol.actions import spots as acting
from jiedao.lines.patrol.models import JointPatrol, Round


@require_http_methods(["GET", "POST"])
@staff
def page(request: HttpRequest) -> HttpResponse:
    """The grids that are marked, and the form that marks one."""
    by = actor_of(request)
    if not spotting.units(by):
        raise Absent
    grids = spotting.grids(by)
    form = asked.Mark(grids, request.POST if request.method == "POST" else None)
    done, refusal = posted(request, by, {"mark": (form, _marked)}, reverse("spots"))
    if done:
        return done
    rows = [(spot, spotting.is_on(spot)) for spot in spotting.spots(by)]
    shown = {"rows": rows, "form": form if grids else None, "refusal": refusal}
    return render(request, "shift/spots.html", shown, status=refusal.status if refusal else 200)


def _marked(by: Actor, said: dict[str, Any]) -> None:
    acting.mark(said["area"], by=by, why=said["why"], since=said["since"], until=said["until"])


@require_http_methods(["GET", "POST"])
@staff
def spot(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One bad spot: why, till when, its rounds of both ways in one history."""
    by = actor_of(request)
    found = spotting.spot_or_absent(pk, by)
    begun: list[Round] = []

    def begin(by: Actor, given: Any) -> None:
        begun.append(acting.begin(found, given.get("way", ""), by=by))

    acts: dict[str, Act] = {"begin": (None, begin), "end": (None, lambda by, given: acting.unmark(found, by=by))}
    done, refusal = posted(request, by, acts, reverse("spot", args=[pk]))
    if done:
        if begun:
            done["Location"] = reverse("spot_round", args=[begun[0].id])
        return done
    shown = {
        "spot": found,
        "is_on": spotting.is_on(found),
        "keeps": found.unit_id in scope.squads(by, scope.KEEP),  # type: ignore[attr-defined]
        "rounds": spotting.history(found),
        "me": by.person,
        "cameras": len(acting.cameras(found)),
        "refusal": refusal,
    }
    return render(request, "shift/spot.html", shown, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "POST"])
@staff
def round_(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One round: its cameras by link, each opening on record, and the checklist that both ways share."""
    by = actor_of(request)
    row = spotting.round_or_absent(pk, by)
    own = by.person is not None and row.person_id == by.person.id  # type: ignore[attr-defined]
    here = reverse("spot_round", args=[pk])
    ending = request.method == "POST" and request.POST.get("what") == "finish"
    form = asked.Checklist(row.spot.checklist, request.POST if ending else None)
    cameras = {site.code: site for site in acting.cameras(row.spot)} if own and row.way == Round.Way.ONLINE else {}

    def look(by: Actor, given: Any) -> None:
        site = cameras.get(given.get("camera", ""))
        if site is None:
            raise Absent
        acting.look_through(row, site, by=by, purpose=given.get("purpose", ""), seen=given.get("seen", ""))

    acts: dict[str, Act] = {"look": (None, look), "finish": (form, lambda by, said: _finished(row, by, said))}
    back = f"{here}?camera={quote(request.POST['camera'])}" if request.POST.get("what") == "look" else here
    done, refusal = posted(request, by, acts, reverse("spot", args=[row.spot.id]) if ending else back)
    if done:
        return done
    looks = list(row.looks.select_related("site").order_by("at"))  # type: ignore[attr-defined]
    opened = next((one for one in reversed(looks) if one.site.code == request.GET.get("camera")), None)
    shown = {
        "round": row,
        "writes": own and row.ended_at is None,
        "form": form,
        "cameras": list(cameras.values()),
        "looks": looks,
        "opened": opened,
        "link": asked.link_of(opened.site) if opened else "",
        "answers": asked.answers_of(row),
        "refusal": refusal,
    }
    return render(request, "shift/round.html", shown, status=refusal.status if refusal else 200)


def _finished(row: Round, by: Actor, said: dict[str, Any]) -> None:
    acting.finish(row, {code: said[code] for code in said if code != "note"}, by=by, note=said["note"])


@require_http_methods(["GET", "POST"])
@staff
def joints(request: HttpRequest) -> HttpResponse:
    """The joint patrols one takes part in, and the plan of a new one."""
    by = actor_of(request)
    rows, keeps = spotting.joints(by), competence.may(by, scope.KEEP)
    if not rows and not spotting.units(by):
        raise Absent
    form = asked.Joint(spotting.partners(), request.POST if request.method == "POST" else None)
    done, refusal = posted(request, by, {"plan": (form, _planned)}, reverse("joints"))
    if done:
        return done
    shown = {
        "rows": [(one, len(one.stops.all()), sum(bool(s.arrived_at) for s in one.stops.all())) for one in rows],  # type: ignore[attr-defined]
        "form": form if keeps else None,
        "places": spotting.places() if keeps else [],
        "refusal": refusal,
    }
    return render(request, "shift/joints.html", shown, status=refusal.status if refusal else 200)


def _planned(by: Actor, said: dict[str, Any]) -> None:
    acting.plan(said["name"], said["begins_at"], said["stops"], by=by, units=said["units"])


@require_http_methods(["GET", "POST"])
@staff
def joint(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One joint patrol: stops in order, check-in by code or by the own shared position, what did not go by the plan."""
    by = actor_of(request)
    patrol = acting.patrol_or_absent(pk, by)
    acts: dict[str, Act] = {
        "arrive": (None, lambda by, given: _arrived(patrol, by, given)),
        "end": (None, lambda by, given: acting.end(patrol, by=by, note=given.get("note", ""))),
    }
    done, refusal = posted(request, by, acts, reverse("joint", args=[pk]))
    if done:
        return done
    off = {stop.seq: asked.DEVIATIONS[word] for stop, word in acting.deviations(patrol)}
    shown = {
        "patrol": patrol,
        "parties": spotting.parties(patrol),
        "stops": [(stop, off.get(stop.seq, "")) for stop in spotting.stops(patrol)],
        "deviations": len(off),
        "refusal": refusal,
    }
    return render(request, "shift/joint.html", shown, status=refusal.status if refusal else 200)


def _arrived(patrol: JointPatrol, by: Actor, given: Any) -> None:
    stop = next((one for one in spotting.stops(patrol) if str(one.seq) == given.get("stop")), None)
    if stop is None:
        raise Absent
    own, code = spotting.own_point(by), given.get("code", "")
    if own is None and not code.strip():
        raise Refused("no_own_point")
    point, source = own if own else (None, None)
    acting.check_in(stop, by=by, code=code, point=point, note=given.get("note", ""), source_id=source)
