"""Supervision (督办台): nothing is late unseen; each row names who must act and how to reach them."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from jiedao.doors.web import tabs
from jiedao.doors.web.templatetags.jiedao_ui import pick
from jiedao.doors.web.who import actor_of, is_part, staff
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.record import queries
from jiedao.record.definition import Definition
from jiedao.record.queries import CaseRow

OFFERED = ("remind", "supervise", "escalate")
KEYS = {"remind": "R", "supervise": "D", "escalate": "U"}


@require_GET
@staff
def desk(request: HttpRequest) -> HttpResponse:
    """Overdue, due soon, nobody's, callers not contacted, silent: one list each, in the one default order."""
    by = actor_of(request)
    lists = queries.Lists(by)
    words = {
        "overdue": gettext("Overdue"),
        "soon": gettext("Due soon"),
        "unowned": gettext("Nobody has it"),
        "uncontacted": gettext("Caller not contacted in time"),
        "silent": gettext("Silent for half the limit"),
    }
    heaps = {tab: lists.supervision(tab) for tab in queries.SUPERVISION}
    found = queries.counts({tab: heap.source for tab, heap in heaps.items()})
    tab, number = tabs.chosen(request, words), tabs.number(request)
    centre = queries.command_centre()
    rows = [row_of(row, by, lists.known, centre) for row in heaps[tab].page(number)]
    shown = {
        "tabs": tabs.tabs(words, found, tab, reverse("supervision")),
        "tab": tab,
        "rows": rows,
        "pages": tabs.Pages(number, found[tab], len(rows)),
        "list_href": tabs.here(request),
        "back": f"{reverse('supervision')}?tab={tab}",
        "next_due": queries.next_due(lists) if not rows else None,
    }
    return render(request, "desk/_supervision.html" if is_part(request) else "desk/supervision.html", shown)


def row_of(row: CaseRow, by: Actor, known: dict[Any, Definition], centre: Any) -> dict[str, Any]:
    """The case, the unit that must act, the verbs this post has for it."""
    definition = known[row.process_id]
    held = _held(by)
    verbs = [
        {"code": verb, "label": pick(definition.verb_label(verb)), "key": KEYS[verb]}
        for verb in OFFERED
        if _is_offered(definition, row, verb, by, held)
    ]
    return {"case": row, "acts": _must_act(row) or centre, "verbs": verbs}


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
