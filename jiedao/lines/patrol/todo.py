"""To do today (今日事项): what somebody in the field has to do, of all lines in one list by the clock. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jiedao.ground.people import Actor
from jiedao.ground.terms.models import Term, terms
from jiedao.kit.clock import local, now
from jiedao.lines.patrol import spotting
from jiedao.lines.patrol.desk import Errand
from jiedao.lines.patrol.models import Round, TaskOrder

KINDS = "task_kind"
"""Which kinds stand in the list, under which name; a kind that the district leaves out is not listed."""


@dataclass(frozen=True)
class Todo:
    """One thing to do: by when, what, and what it is done on (`on` is the row itself)."""

    kind: Term
    at: datetime | None
    title: str
    on: Any
    is_done: bool = False


def todo(actor: Actor, errands: Sequence[Errand], tasks: Sequence[TaskOrder]) -> list[Todo]:
    """Cases one is sent to, orders of the briefing, joint patrols and bad spots of today: by the clock, what is done last."""
    known, found = terms(KINDS), list[Todo]()
    if kind := known.get("errand"):
        found += [Todo(kind, one.row.order.due_at or one.row.asked_at, one.case.title, one) for one in errands]
    if kind := known.get("order"):
        found += [Todo(kind, task.at, task.text, task, bool(task.told or task.outcome)) for task in tasks]
    if kind := known.get("joint"):
        found += _joints(actor, kind)
    if kind := known.get("spot"):
        found += _spots(actor, kind)
    return sorted(found, key=lambda one: (one.is_done, one.at is None, one.at or now()))


def _joints(actor: Actor, kind: Term) -> list[Todo]:
    at = now()
    rows = [one for one in spotting.joints(actor) if one.ended_at is None]
    near = [one for one in rows if at - timedelta(hours=12) < one.begins_at < at + timedelta(hours=16)]
    return [Todo(kind, one.begins_at, one.name, one) for one in near]


def _spots(actor: Actor, kind: Term) -> list[Todo]:
    """Each marked grid wants a round a day; by whom of the unit does not matter."""
    rows = [spot for spot in spotting.spots(actor) if spotting.is_on(spot)]
    midnight = local(now()).replace(hour=0, minute=0, second=0, microsecond=0)
    done = set(
        Round.objects.filter(spot__in=rows, ended_at__gte=midnight).values_list("spot_id", flat=True) if rows else ()
    )
    return [Todo(kind, None, spot.area.name, spot, spot.id in done) for spot in rows]
