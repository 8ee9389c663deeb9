"""Who may act (权限): whether somebody of a unit may act on a duty item at a place, and how one knows.

Command follows the unit one works under, certificates follow the home unit: a person stationed in a squad may do what
the list names the home office for, as long as the squad stands for the place.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from jiedao.ground.duties import responsible
from jiedao.ground.duties.models import DutyItem
from jiedao.ground.people import certificates
from jiedao.ground.people.models import Stationing, Unit
from jiedao.ground.terms.models import terms
from jiedao.kit.clock import today
from jiedao.lines.patrol.reasons import Reason
from jiedao.record.models import Case


@dataclass(frozen=True)
class Power:
    """`how`: `ordered` (an order lies with the unit), `listed` (the list names it for this place), `home` (the list names
    the office that sent the person), `admitted` (the item is admitted to the unit's level); or why not: `no_item`,
    `reported`, `barred`, `not_listed`.
    """

    may: bool
    how: str
    facts: dict[str, Any] = field(default_factory=dict)


class Powers:
    """What the units at hand may do about one case; asked once per case, answered per unit and person."""

    def __init__(self, case: Case) -> None:
        self.case, self.item = case, case.item
        self._levels: dict[str, bool] = {}
        self._barred: dict[str, DutyItem | None] = {}
        self._ordered = {order.unit_id for order in case.held_orders() if order.is_open}  # type: ignore[attr-defined]
        answer = responsible.responsible(self.item, case.area) if self.item else responsible.Answer()
        named = [unit for unit in (answer.lead, *answer.helpers) if unit is not None]
        self._named = {unit.id: unit for unit in named}
        self._why = answer.why

    def of(self, unit: Unit, homes: Iterable[Unit] = ()) -> Power:
        """The power of somebody who works in `unit` and was sent there by `homes`."""
        case = self.case
        if set(unit.above) & set(case.reported_units):
            return Power(False, "reported")
        if self.item is None:
            return Power(False, "no_item")
        if barred := self._bar(unit.level):
            return Power(False, "barred", {"list": barred.list.name})
        stands_for = set(unit.acts_for)
        if stands_for & self._ordered:
            return Power(True, "ordered")
        if found := [self._named[pk] for pk in stands_for if pk in self._named]:
            return Power(True, "listed", {"unit": found[0].name, "unit_en": found[0].name_en, **self._why})
        for home in homes:
            if found := [self._named[pk] for pk in home.acts_for if pk in self._named]:
                return Power(True, "home", {"unit": home.name, "unit_en": home.name_en, **self._why})
        if unit.level != Unit.Level.DISTRICT and self._admits(unit.level):
            return Power(True, "admitted", {"level": unit.level, "item": self.item.code})
        return Power(False, "not_listed", {"item": self.item.code})

    def _admits(self, level: str) -> bool:
        if level not in self._levels:
            assert self.item is not None
            self._levels[level] = responsible.admitted(self.item.code, level, today())
        return self._levels[level]

    def _bar(self, level: str) -> DutyItem | None:
        if level not in self._barred:
            assert self.item is not None
            self._barred[level] = (
                None if level == Unit.Level.DISTRICT else responsible.barred(self.item.code, level, today())
            )
        return self._barred[level]


@dataclass(frozen=True)
class Certified:
    """The kinds of certificate a district knows, and which of them some people hold today."""

    known: dict[str, Any]
    held: dict[UUID, set[str]]


def certified(persons: Iterable[UUID]) -> Certified:
    """Two queries for all of them."""
    known = terms(certificates.KINDS)
    return Certified(known, certificates.held(persons) if known else {})


class Papers:
    """Who of some people is certified for what a case asks (持证)."""

    def __init__(self, case: Case, people: Certified) -> None:
        self._known, self._held = people.known, people.held
        self._needed = certificates.needed_for(case.item.type if case.item else "", self._known)

    def lacks(self, person: UUID) -> bool:
        """Whether the case's kind of power asks for a certificate, and the person holds none of them."""
        return bool(self._needed) and not self._held.get(person, set()) & {term.code for term in self._needed}

    def reasons(self, person: UUID) -> list[Reason]:
        """That he lacks one, or which he holds that lets him use a power: enforcement counts for every case."""
        if self.lacks(person):
            return [Reason("no_certificate", {"kind": self._needed[0].name, "kind_en": self._needed[0].name_en})]
        held = [self._known[code] for code in sorted(self._held.get(person, ())) if code in self._known]
        return [
            Reason("certificate", {"kind": term.name, "kind_en": term.name_en})
            for term in held
            if term.facts.get("needed_for")
        ]


def homes(persons: Iterable[UUID]) -> dict[UUID, Unit]:
    """The home unit of each who is stationed elsewhere today. One query."""
    rows = Stationing.objects.on().filter(person__in=list(persons)).select_related("home")
    return {row.person_id: row.home for row in rows}  # type: ignore[attr-defined]
