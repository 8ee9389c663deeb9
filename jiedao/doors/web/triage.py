"""The triage desk (研判台): every new matter to who must settle it; list left, the chosen case and its next form right."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from jiedao.doors import acts
from jiedao.doors.web import buttons as offers
from jiedao.doors.web import case as case_page
from jiedao.doors.web import drawn, tabs, telling
from jiedao.doors.web.desks import tab_words
from jiedao.doors.web.who import actor_of, is_part, staff
from jiedao.ground.people import Actor
from jiedao.record import queries, sight, standing
from jiedao.record.models import Case
from jiedao.record.queries import snapshot

ARRIVALS = "report add return object ask_extension defer reply reopen withdraw"
"""Verbs after which a case may have come into the open tab."""


@require_GET
@staff
def inbox(request: HttpRequest) -> HttpResponse:
    """The inbox, a tab of it, or with `?part=` one of its two panes."""
    by = actor_of(request)
    part = request.GET.get("part", "") if is_part(request) else ""
    if part == "detail":
        return render(request, "desk/_detail.html", detail(request, by))
    if drawn.is_asked(request):
        lists = queries.Lists(by)
        return drawn.answer(request, _listing(request, lists), lists)
    shown = _list(request, by)
    if part == "list":
        return render(request, "desk/_inbox.html", shown)
    return render(request, "desk/triage.html", {**shown, **detail(request, by)})


def _listing(request: HttpRequest, lists: queries.Lists) -> queries.Listing:
    """The tab with what was sought in it, and the frame of the map where that narrows it."""
    tab = tabs.chosen(request, tab_words())
    sought, kind = request.GET.get("q", "").strip()[:60], request.GET.get("kind", "")
    found = lists.triage(tab).searched(sought, kind if kind in acts.KINDS else "")
    box = drawn.box(request)
    return snapshot.inside(found, box) if box else found


def _list(request: HttpRequest, by: Actor) -> dict[str, Any]:
    lists = queries.Lists(by)
    words = tab_words()
    tab = tabs.chosen(request, words)
    found = queries.counts({code: lists.triage(code).source for code in words})
    sought, kind = request.GET.get("q", "").strip()[:60], request.GET.get("kind", "")
    cases = _listing(request, lists)
    count = cases.count() if sought or kind or drawn.box(request) else found[tab]
    rows = cases.page(tabs.number(request))
    return {
        "drawn": drawn.drawn(request, cases),
        "tabs": tabs.tabs(words, found, tab, reverse("triage")),
        "tab": tab,
        "rows": rows,
        "count": count,
        "pages": tabs.Pages(tabs.number(request), count, len(rows)),
        "kinds": acts.KINDS,
        "wanted": kind,
        "sought": sought,
        "here": tabs.here(request, "case", "do", "into"),
        "arrivals": ARRIVALS,
        "chosen": request.GET.get("case", ""),
        "list_href": tabs.here(request, "case", "do"),
    }


def detail(request: HttpRequest, by: Actor) -> dict[str, Any]:
    """The chosen case as triage needs it, with the form of its next step open."""
    number = request.GET.get("case", "")
    if not number:
        return {"case": None}
    case = sight.case_or_404(by, number)
    case_page.opened(case, by, request)
    story = queries.story(case)
    orders = [turn.order for turn in story.turns]
    offered = offers.buttons(case, by, orders, queries.signings(case, story.entries), story.paused)
    back = f"{tabs.here(request, 'do')}"[:-1]
    definition = case.process.definition
    return {
        "case": case,
        "state": definition.state(case.state),
        "kind": telling.kind(case.kind),
        "buttons": offered,
        "channel": telling.channel(case.channel),
        "marks": telling.marks(case.marks, definition),
        "clocks": [telling.deadline(d, definition, story.items) for d in story.deadlines if d.stopped_at is None],
        "duplicates": queries.duplicates(case, by),
        "may_merge": any(b.verb == "merge" for b in offered),
        "why": telling.why(case.routing.get("why", {}), case.item),
        "returns": _returns(story),
        "back": back,
        "reported_units": queries.reported_units(case),
        "needs_unit": case.shielded and not (case.reported_units or case.reported_nobody),
        "reporter": case_page.reporter(case, by, standing.standings(by, case), offered),
        "composer": _composer(request, case, by, offered, back),
        "chosen": number,
    }


def _returns(story: queries.Story) -> list[queries.Line]:
    """Earlier returns and objections, each with the article it quotes."""
    return [line for line in story.lines if line.entry.verb in ("return", "object", "ask_extension")][-5:]


def _composer(
    request: HttpRequest, case: Case, by: Actor, offered: list[offers.Button], back: str
) -> dict[str, Any] | None:
    """The form of the verb asked for, else of the main one. None where nothing asks for words."""
    wanted = request.GET.get("do", "")
    found = [b for b in offered if not b.direct and (b.verb == wanted if wanted else b.main)]
    if not found:
        return None
    return case_page.composer(request, case, by, found[0].verb, found[0].order, back=back)
