"""Pulse (列表动态): what changed on a list since it was drawn: rows taken grey in place, arrivals are counted, nothing moves."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext

from jiedao.doors.web import clocks
from jiedao.doors.web.templatetags.jiedao_ui import named, pick
from jiedao.doors.web.worklist import Worklist
from jiedao.ground.people import Actor
from jiedao.lines.views import looking
from jiedao.record import queries
from jiedao.record.definition import Label
from jiedao.record.queries import CaseRow, Count, Listing
from jiedao.record.queries import fates as last

MOST = 100
"""Rows of one list that a pulse asks after."""


@dataclass(frozen=True)
class Fate:
    """What became of a row that left the list: the last thing done to it, by which post, when. No person is named."""

    verb: Label
    by: str
    at: datetime
    own: bool


def marks(work: Worklist, rows: list[CaseRow], count: Count) -> dict[str, Any]:
    """What a list carries so that a pulse can be asked: its rows, and how many it does not show."""
    shown = ",".join(row.number for row in rows)
    return {
        "pulse_href": f"{work.path}?{work.query()}&part=pulse&shown={shown}&beyond={count.number - len(rows)}",
        "looked": looking.others(work.by, [row.id for row in rows]),
    }


def of(work: Worklist, heap: Listing, row_template: str) -> dict[str, Any]:
    """The rows that changed hands or are looked at, and how many have come. The same number of queries, however many."""
    request = work.request
    numbers = [n for n in request.GET.get("shown", "").split(",") if n][:MOST]
    shown = _ids(work, numbers)
    still = {pk for _, pk in heap.also("c.number = ANY(%s)", numbers).ids()} if numbers else set()
    gone = [pk for number, pk in shown.items() if pk not in still]
    looking.renew(work.by)
    chosen = request.GET.get("case", "")
    looked = looking.others(work.by, list(shown.values()))
    before = set(request.GET.get("looked", "").split(","))
    told = set(request.GET.get("taken", "").split(","))
    news = [n for n, pk in shown.items() if n not in told and (pk in gone or pk in looked or n in before)]
    rows = {row.number: row for row in queries.case_rows([shown[n] for n in news])}
    return {
        "rows": [rows[n] for n in news if n in rows],
        "fates": fates(gone, work.by),
        "looked": looked,
        "arrived": _arrived(request, heap, numbers),
        "taken": chosen if chosen in shown and shown[chosen] not in still else "",
        "chosen": chosen,
        "here": f"{work.path}?{work.query()}&page={work.number}&",
        "list_href": f"{work.path}?{work.query()}&page={work.number}&",
        "row_template": row_template,
        "tab": work.tab,
        "bulk_verbs": True,
        "back": f"{work.path}?{work.query()}",
    }


def _ids(work: Worklist, numbers: list[str]) -> dict[str, UUID]:
    """The rows that are still in sight, in the list or no longer."""
    found = queries.Lists(work.by).where("c.number = ANY(%s)", numbers)
    return dict(found.ids())


def _arrived(request: HttpRequest, heap: Listing, numbers: list[str]) -> int:
    beyond = request.GET.get("beyond", "0")
    known = int(beyond) if beyond.isascii() and beyond.isdigit() and len(beyond) < 6 else 0
    return max(heap.also("c.number <> ALL(%s)", numbers).count().number - known, 0)


def fates(cases: list[UUID], by: Actor) -> dict[UUID, Fate]:
    """What was last done to these cases, and whether this very post did it."""
    own = by.post.id if by.post else None
    return {
        pk: Fate(
            one.verb,
            named(one.post) if one.post else gettext("the caller"),
            one.at,
            own is not None and one.post_id == own,
        )
        for pk, one in last.fates(cases).items()
    }


def trigger(number: str, fate: Fate | None) -> str:
    """The events a sent sheet raises: the sentence to be read out, and the word to go on to the next row."""
    words = f"{pick(fate.verb)} {number} {clocks.moment(fate.at)}" if fate else number
    return json.dumps({"jd:said": words, "jd:next": number})
