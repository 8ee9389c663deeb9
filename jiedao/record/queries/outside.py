"""What programs ask for (接口查询): cases by filter; units, items, areas by words. Reads only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area
from jiedao.kit.clock import now
from jiedao.record.queries.worklists import Listing, Lists


@dataclass(frozen=True)
class Wanted:
    """A filter over cases; what is left empty does not narrow."""

    phase: str = ""
    state: str = ""
    kind: str = ""
    process: str = ""
    words: str = ""
    area: str = ""
    holder: str = ""
    is_overdue: bool | None = None
    since: datetime | None = None


def cases(actor: Actor, wanted: Wanted) -> Listing:
    """Cases in the actor's sight that fit the filter."""
    lists = Lists(actor)
    found = lists.of_process(wanted.process) if wanted.process else lists.where()
    if wanted.phase:
        found = found.also("c.phase = %s", wanted.phase)
    if wanted.state:
        found = found.also("c.state = %s", wanted.state)
    if wanted.holder:
        found = found.also("c.holder_id IN (SELECT h.id FROM people_unit h WHERE h.code = %s)", wanted.holder)
    if wanted.is_overdue is not None:
        late = "c.phase <> 'closed' AND c.due_at < %s"
        found = found.also(f"({late}) IS {'TRUE' if wanted.is_overdue else 'NOT TRUE'}", now())
    if wanted.since:
        found = found.also("c.opened_at >= %s", wanted.since)
    return found.searched(wanted.words, wanted.kind, wanted.area)


def units(words: str, kind: str, most: int) -> list[Unit]:
    """Units in force whose name or code holds the words, by code."""
    found = Unit.objects.on()
    if kind:
        found = found.filter(kind=kind)
    return list(_holding(found, words).select_related("area", "parent").order_by("code")[:most])


def items(words: str, most: int) -> list[DutyItem]:
    """Items of the duty lists in force whose name or code holds the words, by code."""
    found = DutyItem.objects.filter(list__in=DutyList.objects.on(), list__kind=DutyList.Kind.DUTY)
    return list(_holding(found, words).select_related("list").order_by("code", "list__level")[:most])


def areas(words: str, kind: str, most: int) -> list[Area]:
    """Areas in force whose name or code holds the words, from the district down. Without their shapes."""
    found = Area.objects.on().defer("shape")
    if kind:
        found = found.filter(kind=kind)
    return list(_holding(found, words).order_by("path")[:most])


def _holding(rows: QuerySet[Any], words: str) -> QuerySet[Any]:
    return (
        rows.filter(Q(name__icontains=words) | Q(name_en__icontains=words) | Q(code__startswith=words))
        if words
        else rows
    )
