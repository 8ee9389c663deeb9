"""The whistle console (吹哨台): departments called to a place, and hour by hour who came."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from jiedao.doors.web import forms, opening, supervision, tabs, telling
from jiedao.doors.web.who import actor_of, is_part, staff
from jiedao.ground.people import Actor
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Absent, Refused
from jiedao.record import arrival, queries, sight
from jiedao.record.definition import Definition
from jiedao.record.queries import CaseRow, WhistleOrder

KINDS = ("whistle_progress", "whistle_hard")
PAGE = 20
STEPS = ("acknowledged", "contacted", "arrived", "answered")


@require_GET
@staff
def console(request: HttpRequest) -> HttpResponse:
    """Whistles of a tab, each with its matrix: departments down, steps across, a clock in each cell."""
    by = actor_of(request)
    lists = queries.Lists(by)
    words = {
        "running": gettext("Running"),
        "drafted": gettext("To review or sign"),
        "rating": gettext("To verify or evaluate"),
        "ended": gettext("Ended"),
    }
    heaps = {tab: lists.whistles(tab, *KINDS) for tab in words}
    found = queries.counts({tab: heap.source for tab, heap in heaps.items()})
    tab, number = tabs.chosen(request, words), tabs.number(request)
    rows = heaps[tab].page(number, PAGE, queries.NEWEST if tab == "ended" else "")
    called = queries.whistle_orders([row.id for row in rows])
    blown, came = queries.quarter(lists.of_process(*KINDS))
    reminded = queries.reminded(rows, lists.known)
    shown = {
        "tabs": tabs.tabs(words, found, tab, reverse("whistles")),
        "tab": tab,
        "list_href": tabs.here(request),
        "whistles": [
            {
                **_whistle(row, called.get(row.id, []), lists.known),
                **_urging(row, called.get(row.id, []), by, lists.known),
                "reminded": reminded.get(row.id),
            }
            for row in rows
        ],
        "blown": blown,
        "came": came,
        "back": f"{reverse('whistles')}?tab={tab}",
        "pages": tabs.Pages(number, found[tab], len(rows), PAGE),
        "may_open": bool(_kinds(by)),
    }
    return render(request, "desk/_whistles.html" if is_part(request) else "desk/whistles.html", shown)


def _whistle(row: CaseRow, orders: list[WhistleOrder], known: dict[Any, Definition]) -> dict[str, Any]:
    definition = known[row.process_id]
    steps = [code for code in STEPS if code in definition.steps]
    return {
        "case": row,
        "heads": [{"name": telling.limit_name(definition, code), "limit": _limit(definition, code)} for code in steps],
        "rows": [
            {
                "order": order,
                "cells": [{"at": order.taken.get(code), "clock": order.clocks.get(code)} for code in steps],
            }
            for order in orders
        ],
    }


def _urging(row: CaseRow, orders: list[WhistleOrder], by: Actor, known: dict[Any, Definition]) -> dict[str, Any]:
    """What this post may do to press on, and the days that no limit of the departments counts."""
    verbs = {one["code"]: one for one in supervision.row_of(row, by, known, None)["verbs"]}
    running = [clock for order in orders for clock in order.clocks.values() if clock and not clock["stopped_at"]]
    off = {
        day
        for clock in running
        if clock["limit"]
        for day in telling.days_off(Limit(clock["limit"]), clock["started_at"], clock["due_at"])
    }
    return {"verbs": verbs, "days_off": sorted(off)}


def _limit(definition: Definition, step: str) -> str:
    limit = definition.steps[step].limit
    return telling.limit_words(limit.within) if limit and limit.within not in ("item", "named") else ""


def _kinds(by: Actor) -> list[tuple[str, str]]:
    """The kinds of whistle this post may draft."""
    known = opening.in_force()
    return [(d.code, telling.pick(d.label)) for d in known if d.code in KINDS and opening.may_open(by, d.code, [d])]


@require_http_methods(["GET", "POST"])
@staff
def new(request: HttpRequest) -> HttpResponse:
    """Drafts a whistle: the matter and why it is beyond our own power. Review, signatures and blowing follow."""
    by = actor_of(request)
    kinds = _kinds(by)
    if not kinds:
        raise Absent
    refusal, finding = None, request.POST.get("find", "")
    form = opening.Whistle(request.POST or None, kinds=kinds, sought=opening.sought_in(request))
    if finding:
        form._errors = {}  # type: ignore[attr-defined]  # sent for a search, not to be judged
    elif request.method == "POST" and form.is_valid():
        try:
            number = opening.open_case(form, by, request.POST.get("key", ""), form.cleaned_data["process"])
            return HttpResponseRedirect(reverse("case", args=[number]), status=303)
        except Refused as refused:
            refusal = forms.told(refused)
            opening.marked(form, refused)
    status = refusal.status if refusal else 422 if form.is_bound and not finding else 200
    shown = {"form": form, "refusal": refusal, "heading": gettext("Draft a whistle"), "back": reverse("whistles")}
    return render(request, "desk/open.html", shown, status=status)


@require_GET
@staff
def code(request: HttpRequest, number: str) -> HttpResponse:
    """The arrival code on the host's screen. Only who called sees it: a copy would let anybody arrive from afar."""
    by = actor_of(request)
    case = sight.case_or_404(by, number)
    if not (by.post and case.from_unit_id in by.post.unit.above) or case.phase == "closed":
        raise Absent
    shown = {"case": case, "code": arrival.code(case), "seconds": arrival.GOOD_FOR, "turns": queries.story(case).turns}
    return render(request, "case/_arrival.html" if is_part(request) else "case/arrival.html", shown)
