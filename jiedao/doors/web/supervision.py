"""Supervision (督办台): nothing is late unseen; each row names who must act and how to reach them."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from jiedao.doors.web import pulse, register
from jiedao.doors.web.templatetags.jiedao_ui import pick
from jiedao.doors.web.who import actor_of, is_part, staff
from jiedao.doors.web.worklist import Worklist
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.ground.places import crew
from jiedao.lines.scores import desk as desk_of_scores
from jiedao.record import queries
from jiedao.record.definition import Definition
from jiedao.record.queries import CaseRow

OFFERED = ("remind", "supervise", "escalate")
KEYS = {"remind": "R", "supervise": "D", "escalate": "U"}


def words() -> dict[str, str]:
    """The categories of the one list, in words."""
    return {
        "overdue": gettext("Overdue"),
        "soon": gettext("Due soon"),
        "unowned": gettext("Nobody has it"),
        "silent": gettext("Silent for half the limit"),
        "paused": gettext("Paused too long"),
        "uncontacted": gettext("Caller not contacted in time"),
    }


@require_GET
@staff
def desk(request: HttpRequest) -> HttpResponse:
    """Overdue, due soon, nobody's, silent, paused too long: one list by category, in the one default order."""
    by = actor_of(request)
    work = Worklist(request, by, "supervision", words())
    lists = queries.Lists(by)
    heaps = {tab: work.narrowed(lists.supervision(tab)) for tab in queries.SUPERVISION}
    part = request.GET.get("part", "") if is_part(request) else ""
    centre = queries.command_centre()
    if part == "pulse":
        changed = pulse.of(work, heaps[work.tab], "desk/_supervised.html")
        changed["rows"] = told(changed["rows"], by, lists, centre)
        return render(request, "desk/_pulse.html", changed)
    found = queries.counts({tab: heap.source for tab, heap in heaps.items()})
    rows = heaps[work.tab].page(work.number, order=work.order)
    shown = {
        **work.shown(found, rows),
        **pulse.marks(work, rows, found[work.tab]),
        "rows": told(rows, by, lists, centre),
        "bulk_verbs": register.bulk_verbs("supervision"),
        "may_name": desk_of_scores.keeps(by),
        "next_due": queries.next_due(lists) if not rows else None,
        "nothing_late": not any(found[tab].number for tab in ("overdue", "soon")),
    }
    if is_part(request):
        return render(request, "desk/_supervision.html", shown)
    return render(request, "desk/supervision.html", {**shown, **work.frame(), **_unstaffed(by)})


def _unstaffed(by: Actor) -> dict[str, Any]:
    """Grids that nobody serves, of the actor's own area or of all: what is reported there finds no one."""
    area = by.post.area if by.post else None
    count = crew.unstaffed(area.path if area else "")
    return {
        "unstaffed": count,
        "unstaffed_href": f"{reverse('grids')}?state=unstaffed&under={area.code if area else ''}",
    }


def told(rows: list[CaseRow], by: Actor, lists: queries.Lists, centre: Any) -> list[dict[str, Any]]:
    """Rows with who must act, what this post may do to each, and the last and next reminder."""
    reminded = queries.reminded(rows, lists.known)
    return [{**row_of(row, by, lists.known, centre), "reminded": reminded.get(row.id)} for row in rows]


def row_of(row: CaseRow, by: Actor, known: dict[Any, Definition], centre: Any) -> dict[str, Any]:
    """The case, the unit and post that must act, the verbs this post has for it."""
    definition = known[row.process_id]
    held = _held(by)
    verbs = [
        {"code": verb, "label": pick(definition.verb_label(verb)), "key": KEYS[verb]}
        for verb in OFFERED
        if _is_offered(definition, row, verb, by, held)
    ]
    acts = _must_act(row)
    post = row.post if acts and acts is not row.sender else None
    return {"id": row.id, "number": row.number, "case": row, "acts": acts or centre, "post": post, "verbs": verbs}


def _must_act(row: CaseRow) -> Any:
    """The unit whose clock it is; else who has the case while it is worked on, and who sent it before and after.

    None where that is the centre's.
    """
    if row.waits_for:
        return row.waits_for
    return row.holder if row.phase in ("dispatch", "resolution") and row.holder else row.sender


def _held(by: Actor) -> set[str]:
    """What the post is to most of the rows it sees; the gate asks again, case by case."""
    held = {"any"}
    if by.post is None:
        return held
    held |= {"own_area"} if by.area_path else set()
    held |= {"centre"} if by.post.unit.kind == Unit.Kind.CENTRE else set()
    return held | ({"overseer"} if by.post.unit.kind == Unit.Kind.LEADERSHIP else set())


def _is_offered(definition: Definition, row: CaseRow, verb: str, by: Actor, held: set[str]) -> bool:
    if (verb == "supervise" and "supervised" in row.marks) or (verb == "escalate" and "escalated" in row.marks):
        return False
    roles = [definition.roles[r] for move in definition.moves_of(verb, row.state_code) for r in move.by]
    return any(role.standing in held and (not role.posts or by.post_kind in role.posts) for role in roles)
