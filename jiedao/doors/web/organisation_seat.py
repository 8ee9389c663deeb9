"""Seen as a seat (以此岗查看): what its holder gets and may do. Counts and words, nobody's case; each look is on the record."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from jiedao.doors.web import desks, frame, telling
from jiedao.doors.web.case import MAY_OPEN
from jiedao.doors.web.templatetags.jiedao_ui import pick
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.journal import notes
from jiedao.ground.people import Actor, posts
from jiedao.ground.people.models import Person, Post
from jiedao.ground.terms import competence
from jiedao.kit.refusal import Absent
from jiedao.record import queries
from jiedao.record.definition import Definition
from jiedao.record.verbs import STANDINGS


@require_GET
@staff
def page(request: HttpRequest, code: str) -> HttpResponse:
    """For who keeps the organisation: the bar, the counts and the moves of a seat, to see whether it is set up right."""
    by, post = actor_of(request), posts.seat(code[:40])
    if post is None or not competence.may(by, "organisation", post.unit):
        raise Absent
    with transaction.atomic():
        notes.look(by.scope, "post", post.id, purpose="seen_as", **by.author, unit_id=by.unit_id)
    # Nobody sits on it here: what a holder reported himself is his own and is not looked at.
    there = Actor.at(post, Person())
    first, rest = frame.of_post(post)
    shown = {
        "seat": post,
        "holders": posts.holders(post),
        "first": first,
        "rest": rest,
        "heaps": desks.heaps(there, queries.Lists(there)),
        "moves": [told for definition in queries.in_force() if (told := _moves(definition, post))],
        "opens_numbers": post.kind.code in MAY_OPEN,
    }
    return render(request, "organisation/seat.html", shown)


def _moves(definition: Definition, post: Post) -> dict[str, Any] | None:
    """What the definition names this kind of post for, role by role. None where it names it nowhere."""
    mine = [role for role in definition.roles.values() if post.kind.code in role.posts]
    rows = [
        {
            "role": pick(role.label),
            "standing": telling.both(STANDINGS[role.standing]),
            "verbs": _verbs(definition, role.code),
        }
        for role in mine
    ]
    rows = [row for row in rows if row["verbs"]]
    opens = any(role.code in definition.opened_by for role in mine)
    return {"process": definition, "rows": rows, "opens": opens} if rows or opens else None


def _verbs(definition: Definition, role: str) -> list[str]:
    found = dict.fromkeys(move.verb for move in definition.moves if role in move.by)
    return [pick(definition.verb_label(verb)) for verb in found]
