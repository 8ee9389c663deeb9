"""The triage desk (研判台): every new matter to who must settle it; list left, the chosen case and its next form right."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from jiedao.doors import sending
from jiedao.doors.web import buttons as offers
from jiedao.doors.web import case as case_page
from jiedao.doors.web import drawn, forms, pulse, register, tabs, telling, triage_sheet, widgets
from jiedao.doors.web.desks import tab_words
from jiedao.doors.web.who import actor_of, is_part, staff
from jiedao.doors.web.worklist import Worklist
from jiedao.ground.people import Actor
from jiedao.kit.refusal import Refused
from jiedao.lines.views import looking
from jiedao.record import queries, sight, standing
from jiedao.record.models import Case

ARRIVALS = "report add return object ask_extension defer reply reopen withdraw"
"""Verbs after which a case may have come into the open tab."""


@require_GET
@staff
def inbox(request: HttpRequest) -> HttpResponse:
    """The inbox, a tab of it, or with `?part=` one of its panes, its units, or what changed since it was drawn."""
    by = actor_of(request)
    part = request.GET.get("part", "") if is_part(request) else ""
    if part == "detail":
        return render(request, "desk/_detail.html", detail(request, by))
    if part == "units":
        return _units(request, by)
    work = Worklist(request, by, "triage", tab_words())
    if drawn.is_asked(request):
        return drawn.answer(request, _heap(work), queries.Lists(by))
    if part == "pulse":
        return render(request, "desk/_pulse.html", pulse.of(work, _heap(work), "part/_compact_row.html"))
    shown = _list(work)
    if part == "list":
        return render(request, "desk/_inbox.html", shown)
    return render(request, "desk/triage.html", {**shown, **work.frame(), **detail(request, by)})


def _heap(work: Worklist) -> queries.Listing:
    return work.narrowed(queries.Lists(work.by).triage(work.tab))


def _list(work: Worklist) -> dict[str, Any]:
    lists = queries.Lists(work.by)
    heaps = {code: work.narrowed(lists.triage(code)) for code in work.words}
    found = queries.counts({code: heap.source for code, heap in heaps.items()})
    rows = heaps[work.tab].page(work.number, order=work.order)
    return {
        "drawn": drawn.drawn(work.request, heaps[work.tab]),
        **work.shown(found, rows),
        **pulse.marks(work, rows, found[work.tab]),
        "arrivals": ARRIVALS,
        "chosen": work.request.GET.get("case", ""),
        "here": f"{work.path}?{work.query()}&page={work.number}&",
        "bulk_verbs": register.bulk_verbs("triage"),
        "next_due": None if rows or work.chips() else queries.next_due(lists),
    }


def detail(request: HttpRequest, by: Actor, given: Any = None) -> dict[str, Any]:
    """The chosen case as triage needs it, with its sheet, or the form of its next step, open."""
    number = request.GET.get("case", "")
    if not number:
        return {"case": None}
    case = sight.case_or_404(by, number)
    looking.look(by, case)
    case_page.opened(case, by, request)
    return {**_about(request, by, case, given), "chosen": number}


def _about(request: HttpRequest, by: Actor, case: Case, given: Any) -> dict[str, Any]:
    story = queries.story(case)
    offered = offers.buttons(
        case, by, [turn.order for turn in story.turns], queries.signings(case, story.entries), story.paused
    )
    back = tabs.here(request, "do")[:-1] if request.method == "GET" else request.POST.get("next", reverse("triage"))
    definition = case.process.definition
    sheet = None if request.GET.get("do") else triage_sheet.sheet(request, case, by, given)
    shown = _composer(request, case, by, offered, back) if sheet is None else None
    return {
        "case": case,
        "state": definition.state(case.state),
        "kind": telling.kind(case.kind),
        "matter": telling.matter(case),
        "buttons": [b for b in offered if not (sheet and b.verb in IN_SHEET)],
        "channel": telling.channel(case.channel),
        "marks": telling.marks(case.marks, definition),
        "clocks": [telling.deadline(d, definition, story.items) for d in story.deadlines if d.stopped_at is None],
        "duplicates": queries.duplicates(case, by),
        "may_merge": any(b.verb == "merge" for b in offered),
        "why": telling.why(case.routing.get("why", {}), case.item),
        "returns": _returns(story),
        "precedents": queries.precedents(case),
        "ring": triage_sheet.numbers_to_ring(case),
        "others": looking.others(by, [case.id]).get(case.id, []),
        "back": back,
        "reported_units": queries.reported_units(case),
        "needs_unit": case.shielded and not (case.reported_units or case.reported_nobody),
        "reporter": case_page.reporter(case, by, standing.standings(by, case), offered),
        "sheet": sheet,
        "composer": shown,
    }


IN_SHEET = frozenset({"classify", "file", "dispatch"})
"""What the sheet does in one; their own forms stay on the case page."""


@require_POST
@staff
def send(request: HttpRequest, number: str) -> HttpResponse:
    """Sends the case on as the sheet says, and opens the next row. Refused, the sheet comes back with what was typed."""
    by = actor_of(request)
    case = sight.case_or_404(by, number)
    seen = request.POST.get("seen", "")
    finding = request.POST.get("find", "")
    if not finding:
        try:
            done = sending.send(
                case,
                by=by,
                given=_given(request),
                key=request.POST.get("key", ""),
                seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else None,
            )
        except Refused as refused:
            return _refused(request, by, case, refused)
        return _sent(request, by, case, done.number)
    return _again(request, by, case, {}, 200)


def _given(request: HttpRequest) -> dict[str, Any]:
    posted = request.POST
    given: dict[str, Any] = {name: posted.get(name, "") for name in ("item", "area", "address", "lead")}
    given |= {name: posted.getlist(name) for name in ("helpers", "reported_units")}
    given["reported_nobody"] = "yes" if posted.get("reported_nobody") else ""
    given["limit"] = widgets.LimitInput().value_from_datadict(posted, None, "limit")
    return given


def _refused(request: HttpRequest, by: Actor, case: Case, refused: Refused) -> HttpResponse:
    """The sheet with the sentence and its next step; what came since a form was opened is told beside the text."""
    case.refresh_from_db()
    said, seen = forms.told(refused), request.POST.get("seen", "")
    since = queries.since(case, int(seen)) if refused.rule in STALE and seen.isdigit() else []
    more = {"refusal": said, "since": since, "step": _next_step(refused, case), "missing": refused.facts.get("missing")}
    return _again(request, by, case, more, said.status)


STALE = frozenset({"changed", "not_now", "lead_open", "order_open"})


def _next_step(refused: Refused, case: Case) -> str:
    """Where the refusal leads: a draft of the application, the entry that forbids it, the case as it stands now."""
    if refused.facts.get("apply"):
        return str(refused.facts["apply"])
    if refused.rule == "negative_list":
        return reverse("duties")
    if refused.rule in STALE:
        return reverse("case", args=[case.number])
    return "#send-lead" if refused.rule == "reported_party" else ""


def _again(request: HttpRequest, by: Actor, case: Case, more: dict[str, Any], status: int) -> HttpResponse:
    shown = {**_about(request, by, case, request.POST), "chosen": case.number, **more}
    shown["fresh_keys"] = more.get("refusal") is not None and more["refusal"].rule == "key_reused"
    if is_part(request):
        return render(request, "desk/_detail.html", shown, status=status)
    return render(request, "desk/triage_one.html", shown, status=status)


def _sent(request: HttpRequest, by: Actor, case: Case, number: str) -> HttpResponse:
    """To the list; for a page with scripts the row as it stands now, greyed, and the word to go to the next."""
    if not is_part(request):
        return HttpResponseRedirect(request.POST.get("back") or reverse("triage"), status=303)
    [row] = queries.case_rows([case.id])
    fate = pulse.fates([case.id], by)
    answer = render(request, "desk/_sent.html", {"row": row, "fate": fate.get(case.id), "chosen": ""})
    answer.headers["HX-Trigger"] = pulse.trigger(case.number, fate.get(case.id))
    return answer


def _units(request: HttpRequest, by: Actor) -> HttpResponse:
    """The units for the item and place just chosen, before anything is written."""
    case = sight.case_or_404(by, request.GET.get("case", ""))
    sheet = triage_sheet.sheet(request, case, by, request.GET)
    return render(request, "desk/_sheet_units.html", {"sheet": sheet, "case": case})


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
