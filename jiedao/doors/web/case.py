"""The case page (案件页): the whole story in one column, and what this actor can do now; every verb is done from here."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods

from jiedao.doors import acts
from jiedao.doors.web import beside, councils, forms, replying, routed, telling
from jiedao.doors.web import buttons as offers
from jiedao.doors.web.callers import callers
from jiedao.doors.web.uploads import Uploads, taken
from jiedao.doors.web.who import actor_of, is_part, staff
from jiedao.ground.journal import notes
from jiedao.ground.people import Actor
from jiedao.kit.clock import now
from jiedao.kit.refusal import Absent, Refused
from jiedao.record import flow, queries, sight, standing
from jiedao.record.definition import Move
from jiedao.record.models import Case, DispatchOrder

FIRST, LAST = 3, 5
"""Lines of the timeline that stay open at its two ends."""

MAY_OPEN = frozenset({"dispatcher", "supervisor"})
"""Posts that see a link to the number; whether it opens is the district's competence `unmask`."""

SHOWN_UNSIGNED = ("blow", "start")
"""Moves whose signatures are shown before anybody has signed: the work of that state is to get them."""


@require_GET
@staff
def page(request: HttpRequest, number: str) -> HttpResponse:
    """The case. With `?part=story` only what changes, for a live page."""
    by = actor_of(request)
    case = sight.case_or_404(by, number)
    opened(case, by, request)
    if request.GET.get("part") == "news" and is_part(request):
        return render(request, "case/_news.html", beside.news(case, request.GET.get("seen", "")))
    shown = told(case, by)
    if request.GET.get("part") == "story" and is_part(request):
        return render(request, "case/_parts.html", {**shown, "composer": request.GET.get("composer")})
    return render(request, "case/page.html", shown)


@require_http_methods(["GET", "POST"])
@staff
def do(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """The form of one verb on this page, and its doing. Refused, it comes back with everything that was typed."""
    by = actor_of(request)
    case = sight.case_or_404(by, number)
    act = acts.ACTS.get(verb)
    if act is None:
        raise Absent
    named = request.POST.get("order") or request.GET.get("order") or ""
    order = acts.order_of(case, named, by) if named or act.on_order else None
    if order is None and act.on_order:
        order = next((o for o in queries.prefetched_orders(case) if o.is_open), None)
    asked = forms.Asked(act, case, by, order, _sought(request))
    if request.method == "GET":
        refused = _barred(asked)
        if refused:
            return _composer(request, asked, None, refusal=forms.led(forms.told(refused), case))
        return _composer(request, asked, _fresh(request, asked))
    if request.POST.get("find"):
        return _composer(request, asked, _fresh(request, asked))
    return _done(request, asked)


def _barred(asked: forms.Asked) -> Refused | None:
    """Why the gate would refuse this verb now, whatever was typed: no form is filled in for nothing."""
    try:
        flow.permit(asked.case, asked.act.verb, by=asked.by, said={}, order=asked.order)
    except Refused as refused:
        return None if refused.rule == "incomplete" else refused
    return None


def _sought(request: HttpRequest) -> dict[str, str]:
    """What was typed into the search fields of pickers, when the form was sent back for them."""
    if not request.POST.get("find"):
        return {}
    return {name[2:]: str(value)[:40] for name, value in request.POST.items() if name.startswith("q_")}


def _fresh(request: HttpRequest, asked: forms.Asked) -> Any:
    move = _move(asked)
    if request.method == "POST":
        data = replying.with_template(asked, request.POST)
        form = forms.form_for(asked, move, data, request.FILES)
        form._errors = {}  # type: ignore[attr-defined]  # it was sent for a search, not to be judged
        return form
    return _opening(request, asked)


def _opening(request: HttpRequest, asked: forms.Asked) -> Any:
    """The form as somebody finds it: what is proposed, else his own draft of it."""
    initial = {**_proposed(asked), **replying.proposed(asked), **request.GET.dict()}
    return replying.restored(asked, forms.form_for(asked, _move(asked), initial=initial))


def _proposed(asked: forms.Asked) -> dict[str, Any]:
    """What the form opens with: the present values of a classification, the proposal of the duty list."""
    case, routing = asked.case, asked.case.routing
    if asked.act.verb == "classify":
        return {
            "item": case.item.code if case.item else "",
            "kind": case.kind,
            "matter": case.matter,
            "severity": str(case.severity),
            "address": case.address,
            "area": case.area.code if case.area else "",
            "reported_units": [str(u) for u in case.reported_units],
            "reported_nobody": case.reported_nobody,
            "point": (case.lon, case.lat) if case.lon is not None else None,
        }
    if asked.act.verb in ("dispatch", "review"):
        led = any(o.is_open and o.role == "lead" for o in queries.prefetched_orders(case))
        lead = "" if led else routing.get("lead") or routing.get("proposed_lead", "")
        helpers = [] if led else routing.get("helpers") or routing.get("proposed_helpers", [])
        return {"lead": lead, "helpers": helpers, "limit": routing.get("limit", "")}
    return {}


def _move(asked: forms.Asked) -> Move | None:
    moves = asked.case.process.definition.moves_of(asked.act.verb, asked.case.state)
    return moves[0] if moves else None


def _done(request: HttpRequest, asked: forms.Asked) -> HttpResponse:
    uploads = taken(request)
    form = forms.form_for(asked, _move(asked), request.POST, request.FILES, kept=bool(uploads.files))
    if not form.is_valid() or uploads.refused:
        for error in uploads.errors:
            form.add_error("photos" if "photos" in form.fields else None, error)
        return _composer(request, asked, form, status=422, files=uploads)
    try:
        done = acts.perform(
            asked.act.verb,
            asked.case,
            by=asked.by,
            given=forms.given(form, asked.act, uploads.files),
            key=request.POST.get("key", ""),
            order=asked.order,
            seen=_seen(request),
        )
    except Refused as refused:
        return _refused(request, asked, form, refused, uploads)
    replying.forget(asked)
    back = _back(request) or f"{reverse('case', args=[done.number])}#entry-{done.seq}"
    return HttpResponseRedirect(back, status=303)


def _back(request: HttpRequest) -> str:
    """The desk a form was opened from. Empty for none, and for an address that is not ours."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""


def _seen(request: HttpRequest) -> int | None:
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _refused(request: HttpRequest, asked: forms.Asked, form: Any, refused: Refused, uploads: Uploads) -> HttpResponse:
    """The same page with the sentence, and for a conflict with what came since."""
    asked.case.refresh_from_db()
    seen = _seen(request)
    since = queries.since(asked.case, seen) if refused.rule == "changed" and seen is not None else []
    beside = forms.mark(form, asked.act, refused)
    said = forms.led(forms.told(refused), asked.case)
    more = {"refusal": None if beside and refused.rule == "incomplete" else said, "since": since, "files": uploads}
    # A key that went with other words is used up: the form gets a new one, or it could never be sent.
    return _composer(request, asked, form, status=said.status, fresh_keys=refused.rule == "key_reused", **more)


def _composer(
    request: HttpRequest, asked: forms.Asked, form: Any, status: int = 200, fresh_keys: bool = False, **more: Any
) -> HttpResponse:
    opened(asked.case, asked.by, request)
    shown = told(asked.case, asked.by)
    about = {**_about(asked, form), "back": _back(request), **more}
    if asked.act.verb == "callback" and reason_to_ring(asked.case, set(), shown["buttons"]) == "callback":
        look(asked.case, asked.by, "contact", "callback")
        about["callers"] = callers(asked.case)
    return render(request, "case/page.html", {**shown, "composer": about, "fresh_keys": fresh_keys}, status=status)


def _about(asked: forms.Asked, form: Any) -> dict[str, Any]:
    return {
        "form": form,
        "verb": asked.act.verb,
        "order": asked.order,
        "label": telling.pick(asked.case.process.definition.verb_label(asked.act.verb)),
        "href": reverse("do", args=[asked.case.number, asked.act.verb]),
        "duplicates": queries.duplicates(asked.case, asked.by) if asked.act.verb == "merge" else [],
        **replying.editor(asked),
    }


def composer(
    request: HttpRequest, case: Case, by: Actor, verb: str, order: DispatchOrder | None, *, back: str = ""
) -> dict[str, Any]:
    """A fresh form of one verb, for a desk that shows it beside its list."""
    asked = forms.Asked(acts.ACTS[verb], case, by, order)
    return {**_about(asked, _opening(request, asked)), "back": back}


def opened(case: Case, by: Actor, request: HttpRequest) -> None:
    """Logs the opening before any of the case is shown (R6): of a complaint each one, of others one in half a day.

    A part that reloads is the same opening.
    """
    if ("JD-Poll" in request.headers or not case.shielded) and queries.looked_lately(case, by.scope):
        return
    look(case, by, "case", "opened")


def look(case: Case, by: Actor, what: str, purpose: str) -> None:
    """Writes the viewing in a transaction of its own; if it cannot be written, nothing is shown."""
    assert by.person is not None
    with transaction.atomic():
        notes.look(
            by.scope,
            what,
            case.id,
            purpose=purpose,
            person_id=by.person.id,
            post_id=by.post.id if by.post else None,
            unit_id=by.unit_id,
        )


def told(case: Case, by: Actor) -> dict[str, Any]:
    """Everything the page shows, in a fixed number of queries."""
    definition = case.process.definition
    story = queries.story(case)
    orders = [turn.order for turn in story.turns]
    acts_now = _acts(case, by, story, orders)
    offered = acts_now["buttons"]
    lines = [_line(line, story, definition) for line in story.lines]
    checks, ratings = queries.checks_of(case)
    held = standing.standings(by, case)
    return {
        "case": case,
        "definition": definition,
        "state": definition.state(case.state),
        "lines": lines,
        "folded": _folded(lines),
        **acts_now,
        **beside.shown(case, by, story),
        "turns": [_turn(turn, story, definition) for turn in story.turns],
        "kind": telling.kind(case.kind),
        "clocks": [telling.deadline(d, definition, story.items) for d in story.deadlines if d.stopped_at is None],
        "past_clocks": [telling.deadline(d, definition, story.items) for d in story.deadlines if d.stopped_at],
        "marks": telling.marks(case.marks, definition),
        "channel": telling.channel(case.channel),
        **routed.shown(case, story),
        "reporter": reporter(case, by, held, offered),
        "related": queries.related(case, by),
        "looks": queries.looks(case),
        **_judged(checks, ratings, story),
        "point": [_point(case)] if case.lon is not None else [],
        "outlines_url": reverse("outlines"),
        "reported_units": queries.reported_units(case),
        "units": story.units,
        "files": [file for line in story.lines for file in line.files],
        "arrival_host": _is_host(case, by),
        "council": councils.panel(case),
        "matter": telling.matter(case),
    }


def _acts(case: Case, by: Actor, story: queries.Story, orders: list[DispatchOrder]) -> dict[str, Any]:
    """What can be done now, what cannot yet and why, and whose signatures are awaited."""
    signings = queries.signings(case, story.entries)
    offered = offers.buttons(case, by, orders, signings, story.paused)
    return {
        "buttons": offered,
        "main": next((b for b in offered if b.main), None),
        "dimmed": offers.dimmed(case, by, orders, offered),
        "signings": _shown(signings),
    }


def _judged(checks: Any, ratings: Any, story: queries.Story) -> dict[str, Any]:
    return {
        "checks": checks,
        "ratings": ratings,
        "check_rows": [telling.check_row(check, story.units) for check in checks],
        "rating_rows": [telling.rating_row(rating, story.units) for rating in ratings],
    }


def _point(case: Case) -> dict[str, Any]:
    at = now()
    face = "stopped" if case.phase == "closed" else "overdue" if case.due_at and case.due_at < at else "running"
    return {
        "id": str(case.id),
        "lon": case.lon,
        "lat": case.lat,
        "face": face,
        "severe": case.severity > 1,
        "label": f"{case.number} {case.title}",
        "href": reverse("case", args=[case.number]),
    }


def _shown(signings: list[queries.Signing]) -> list[queries.Signing]:
    return [one for one in signings if one.code in SHOWN_UNSIGNED or any(at for _, _, at in one.roles)]


def _is_host(case: Case, by: Actor) -> bool:
    """Whose screen shows the arrival code: the body that called."""
    return (
        "arrived" in case.process.definition.steps
        and case.phase != "closed"
        and bool(by.post and case.from_unit_id in by.post.unit.above)
    )


def _line(line: queries.Line, story: queries.Story, definition: Any) -> dict[str, Any]:
    is_ring = line.entry.verb == "ring"
    return {
        "line": line,
        "entry": line.entry,
        "said": telling.said(line),
        "details": [] if is_ring else telling.details(line, story),
        "ring": telling.ring(line, definition) if is_ring else "",
        "read": beside.read_by_resident(line) if line.entry.public else None,
    }


def _folded(lines: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The first three and the last five stay open; what the ticker rang does not count among them."""
    by_people = [at for at, line in enumerate(lines) if not line["ring"]]
    last = by_people[-LAST] if len(by_people) > LAST else 0
    if last <= FIRST + 1:
        return {"first": lines, "middle": [], "last": []}
    return {"first": lines[:FIRST], "middle": lines[FIRST:last], "last": lines[last:]}


def _turn(turn: queries.Turn, story: queries.Story, definition: Any) -> dict[str, Any]:
    order = turn.order
    return {
        "order": order,
        "next": definition.verb_label(turn.next) if turn.next else None,
        "why": telling.why(order.why, order.item),
        "outcome": telling.outcome(order.outcome),
        "asked_limit": telling.limit_words(order.extension_limit) if order.extension_limit else "",
        "steps": [
            {
                "name": telling.limit_name(definition, step["code"]),
                "at": step["at"],
                "clock": telling.deadline(step["deadline"], definition, story.items) if step["deadline"] else None,
            }
            for step in turn.steps
        ],
    }


def reporter(case: Case, by: Actor, held: set[str], offered: list[offers.Button]) -> dict[str, Any]:
    """Who reported, as this actor may read it: masked, or withheld behind the complainant's shield (R3, R7)."""
    if not case.has_caller:
        return {"none": True}
    if case.shielded and "centre" not in held:
        return {"withheld": True}
    # The centre's posts are asked on the page itself which of them may: here it would cost a query for everybody.
    reveal = bool(reason_to_ring(case, held, offered)) or by.post_kind in MAY_OPEN
    return {"mask": case.caller_mask, "reveal": reveal, "may_ring": case.may_ring}


def reason_to_ring(case: Case, held: set[str], offered: list[offers.Button]) -> str:
    """What opens the number to this actor (R4): a callback to make, or to lead an open order whose caller may be rung."""
    if not case.has_caller:
        return ""
    if any(b.verb == "callback" for b in offered):
        return "callback"
    if not case.shielded and case.may_ring and "lead" in held:
        return "order"
    return ""
