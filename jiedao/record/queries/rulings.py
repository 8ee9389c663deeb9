"""Precedents for desks (派单先例查询): what was ruled for this item hereabouts, and every precedent in force."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from jiedao.ground.duties.models import DutyItem
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area
from jiedao.record import precedents as kept
from jiedao.record.models import Case, Precedent, Words


@dataclass(frozen=True)
class Ruled:
    """One precedent as a desk shows it: whose it is, by which ruling, since when, and why in the ruling's words."""

    id: UUID
    unit: Unit
    number: str
    seq: int
    since: datetime
    reason: str
    area: Area | None
    item_code: str
    item: DutyItem | None = None
    holds: bool = False


def precedents(case: Case) -> list[Ruled]:
    """What was ruled for the case's item: in its own community first, which alone `holds`; then elsewhere, newest first.

    Empty for a case without an item. Two queries.
    """
    if case.item is None:
        return []
    near = kept.above(case.area_path)
    rows = Precedent.objects.filter(item_code=case.item.code, ended_at=None).exclude(case=case)
    found = list(rows.select_related("unit", "case", "area").order_by("-since")[:50])
    found.sort(key=lambda row: row.area_path in near and -len(row.area_path) - 1)
    held = found[0].id if found and found[0].area_path in near else None
    return [_told(row, held) for row in _with_words(found[:5])]


def in_force(limit: int = 500) -> list[Ruled]:
    """Every precedent that holds, newest first, with its item."""
    found = list(
        Precedent.objects.filter(ended_at=None).select_related("unit", "case", "area").order_by("-since")[:limit]
    )
    items = items_named({row.item_code for row in found})
    return [_told(row, row.id, items.get(row.item_code)) for row in _with_words(found)]


def items_named(codes: Collection[str]) -> dict[str, DutyItem]:
    """Duty items by code, each in its latest version."""
    return {item.code: item for item in DutyItem.objects.filter(code__in=codes).order_by("list__version")}


def _with_words(rows: list[Precedent]) -> list[Precedent]:
    said = Words.objects.filter(entry__case__in=[row.case_id for row in rows], entry__verb="rule")
    known = {(one.entry.case_id, one.entry.seq): one.said for one in said.select_related("entry")}
    for row in rows:
        row.reason = str(known.get((row.case_id, row.seq), {}).get("reason", ""))  # type: ignore[attr-defined]
    return rows


def _told(row: Precedent, held: UUID | None, item: DutyItem | None = None) -> Ruled:
    return Ruled(
        row.id, row.unit, row.case.number, row.seq, row.since, row.reason,  # type: ignore[attr-defined]
        row.area, row.item_code, item, row.id == held,
    )  # fmt: skip
