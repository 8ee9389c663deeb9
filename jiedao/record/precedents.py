"""Precedents (派单先例): what rulings settled. One is read when a case is classified, and holds until the next ruling."""

from typing import Any
from uuid import UUID

from django.db.models import Q

from jiedao.ground.journal import notes
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area
from jiedao.kit.clock import local, now, today
from jiedao.kit.refusal import Absent, Refused
from jiedao.record.models import Case, Entry, Precedent

COMMUNITY = 3
"""District, sub-district, community: how far down a ruling speaks for its neighbours."""


def above(path: str) -> list[str]:
    """The areas a path lies in, from the community up; the last is the empty path, which holds everywhere."""
    codes = path.split("/")[:COMMUNITY] if path else []
    return ["/".join(codes[:n]) for n in range(len(codes), 0, -1)] + [""]


def holding(item_code: str, path: str) -> Precedent | None:
    """The precedent for an item at a place, of the smallest area. None without one, or where its unit has ended."""
    units = Q(unit__valid_to=None) | Q(unit__valid_to__gt=today())
    found = Precedent.objects.filter(units, item_code=item_code, area_path__in=above(path), ended_at=None)
    rows = list(found.select_related("unit", "case"))
    return max(rows, key=lambda row: len(row.area_path), default=None)


def why(row: Precedent) -> dict[str, Any]:
    """The reason as a case's routing and its orders keep it."""
    return {"by": "precedent", "case": row.case.number, "seq": row.seq, "since": local(row.since).date().isoformat()}


def set_by(case: Case, unit: Unit, entry: Entry) -> Precedent | None:
    """A ruling has said whose it is: so it is for the item in this community from now on. None for a case off the list."""
    if case.item is None or entry.verb != "rule":
        return None
    path = above(case.area_path)[0]
    at = now()
    Precedent.objects.filter(item_code=case.item.code, area_path=path, ended_at=None).update(ended_at=at)
    area = Area.objects.on().filter(path=path).first() if path else None
    return Precedent.objects.create(
        item_code=case.item.code, area=area, area_path=path, unit=unit, case=case, seq=entry.seq, since=at
    )


def end(pk: UUID, *, by: Actor, reason: str) -> None:
    """Ends a precedent whose ground is gone: the list now says otherwise, say. Refuses `incomplete` without a reason."""
    if not reason.strip():
        raise Refused("incomplete", verb="", missing=["reason"])
    row = Precedent.objects.select_for_update().filter(pk=pk, ended_at=None).first()
    if row is None:
        raise Absent
    row.ended_at = now()
    row.save(update_fields=["ended_at"])
    notes.change(
        "record.Precedent", row.id, "end", reason=reason[:400],
        **by.author,
    )  # fmt: skip
