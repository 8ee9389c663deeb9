"""Holds (暂缓删除): what retention must leave alone, until a day, with its reason; each is made and lifted by name (R8)."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from jiedao.ground.journal import notes, receipts
from jiedao.ground.people import Actor
from jiedao.ground.terms import competence
from jiedao.kit.clock import now, today
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.subjects.models import Hold
from jiedao.record import cases

KEEPER = "retention"
LONGEST = timedelta(days=366)
"""A hold is looked at again within a year. Local default."""


def in_force(objects: Iterable[UUID]) -> list[Hold]:
    """Holds of today on any of these."""
    return list(Hold.objects.filter(object_id__in=list(objects), lifted_at=None, until__gte=today()))


def all_ids() -> set[UUID]:
    """Everything that is held today."""
    return set(Hold.objects.filter(lifted_at=None, until__gte=today()).values_list("object_id", flat=True))


def make(number: str, *, by: Actor, reason: str, until: date) -> Hold:
    """Keeps a case beyond its period. Refuses `not_keeper`, `no_such_case`, `bad_until`, `held_already`."""
    competence.require(by, KEEPER)
    if not today() < until <= today() + LONGEST:
        raise Refused("bad_until", most=LONGEST.days)
    case = cases.numbered(number)
    if case is None:
        raise Refused("no_such_case", number=number)
    with receipts.whole():
        Hold.objects.filter(object_id=case.id, lifted_at=None, until__lt=today()).update(lifted_at=now())
        if in_force([case.id]):
            raise Refused("held_already", number=number)
        row = Hold(
            what="case", object_id=case.id, number=number, reason=reason, until=until, made_at=now(),
            made_by=by.person.id if by.person else None,
        )  # fmt: skip
        row.save(force_insert=True)
        _change(row, "hold", by)
    return row


def lift(hold_id: UUID, *, by: Actor) -> None:
    """Ends a hold before its day."""
    competence.require(by, KEEPER)
    with receipts.whole():
        row = Hold.objects.select_for_update().filter(pk=hold_id, lifted_at=None).first()
        if row is None:
            raise Absent
        row.lifted_at = now()
        row.save(update_fields=["lifted_at"])
        _change(row, "lift", by)


def _change(row: Hold, verb: str, by: Actor) -> None:
    notes.change(
        "hold", row.id, verb, **by.author, until=row.until.isoformat(),
    )  # fmt: skip
