"""Ties (一肩挑): posts that one person holds on purpose, whether they do hold, and the second seat that follows (O12)."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from jiedao.ground.people import tenures
from jiedao.ground.people.actor import Actor
from jiedao.ground.people.models import Person, Post, Tie, Unit
from jiedao.ground.people.organisation import Named
from jiedao.kit.clock import today

BODIES = (Unit.Kind.SUBDISTRICT, Unit.Kind.DEPARTMENT)


@dataclass(frozen=True, slots=True)
class Spot:
    """A seat as far as ties need it: where it stands, and who fills it."""

    id: UUID
    code: str
    name: str
    name_en: str
    kind: UUID
    unit_id: UUID
    unit: Named
    area: Named | None
    path: str | None
    holders: tuple[Named, ...] = ()


@dataclass(slots=True)
class Pair:
    """A seat that should follow, and the seats whose holder it should have.

    `state`: `holds`; `apart`, held by somebody else; `vacant`; `leaderless`, nobody sits in the leading seat.
    """

    tie: Tie
    follows: Spot
    leads: list[Spot] = field(default_factory=list)

    @property
    def holders(self) -> tuple[Named, ...]:
        return self.follows.holders

    @property
    def wanted(self) -> list[Named]:
        return list({p.code: p for lead in self.leads for p in lead.holders}.values())

    @property
    def state(self) -> str:
        wanted = {p.code for lead in self.leads for p in lead.holders}
        if not wanted:
            return "leaderless"
        if not self.holders:
            return "vacant"
        return "holds" if any(p.code in wanted for p in self.holders) else "apart"


class Places:
    """To which body and which area each unit belongs. One query for all units of a day."""

    def __init__(self, day: date) -> None:
        rows: Any = Unit.objects.on(day).values_list("id", "kind", "area__path", "above")
        self._units: dict[UUID, tuple[str, str | None, list[UUID]]] = {pk: tuple(rest) for pk, *rest in rows}
        self._bodies: dict[UUID, UUID] = {}

    def body(self, seat: Spot) -> UUID:
        """The sub-district or department of a seat, else the topmost unit above it."""
        if seat.unit_id not in self._bodies:
            above = self._above(seat.unit_id)
            found = (pk for pk in above if self._units[pk][0] in BODIES)
            self._bodies[seat.unit_id] = next(found, above[-1] if above else seat.unit_id)
        return self._bodies[seat.unit_id]

    def path(self, seat: Spot) -> str:
        """The area a seat works in: its own, its unit's, or that of the nearest unit above with one."""
        if seat.path:
            return seat.path
        return next((path for pk in self._above(seat.unit_id) if (path := self._units[pk][1])), "")

    def _above(self, unit: UUID) -> list[UUID]:
        return [pk for pk in self._units[unit][2] if pk in self._units] if unit in self._units else []


def pairs(day: date | None = None, unit: Unit | None = None) -> list[Pair]:
    """Every tie of the district on a day, seat by seat, or those that concern a unit. Three queries.

    A seat that has no leading one in its reach is tied to nothing: heads of departments bear the kind of a street's.
    """
    day = day or today()
    found = list(Tie.objects.select_related("leads", "follows").order_by("code"))
    seats = _seats({tie.leads_id for tie in found} | {tie.follows_id for tie in found}, day)
    if unit is not None and not any(seat.unit_id == unit.id for rows in seats.values() for seat in rows):
        return []
    places = Places(day)
    made = [pair for tie in found for pair in _pairs(tie, seats, places) if pair.leads]
    if unit is not None:
        made = [p for p in made if unit.id in {p.follows.unit_id, *(lead.unit_id for lead in p.leads)}]
    return made


def follow(
    lead: Post,
    *,
    by: Actor,
    on: date,
    came: Person | None = None,
    went: Person | None = None,
    until: date | None = None,
) -> list[Post]:
    """The seats tied by themselves to one that has changed: who went leaves them, who came enters. Those it changed.

    Only where a single seat leads: of two deputies nobody can say which one a captain follows.
    """
    ties = list(Tie.objects.filter(leads=lead.kind_id, by_itself=True))
    if not ties:
        return []
    seats = _seats({tie.follows_id for tie in ties} | {lead.kind_id}, on)
    places, changed = Places(on), []
    for tie in ties:
        for pair in _pairs(tie, seats, places):
            if [seat.id for seat in pair.leads] == [lead.id]:
                post = Post.objects.select_related("unit", "kind").get(pk=pair.follows.id)
                if _follow(post, tie, by, on, came, went, until):
                    changed.append(post)
    return changed


def _follow(
    seat: Post, tie: Tie, by: Actor, on: date, came: Person | None, went: Person | None, until: date | None
) -> bool:
    held = list(seat.tenures.on(on).filter(nature__in=tenures.FILLS).select_related("person", "post"))  # type: ignore[attr-defined]
    for tenure in held:
        if (went and tenure.person_id == went.id) or (came and tenure.person_id != came.id):
            tenures.end(tenure, by=by, on=on, tie=tie.code)
    if came and not any(tenure.person_id == came.id for tenure in held):
        tenures.begin(came, seat, by=by, on=on, until=until, tie=tie.code)
    return bool(held or came)


_SEATS = """
SELECT p.id, p.code, p.name, p.name_en, p.kind_id, u.id, u.code, u.name, u.name_en, a.code, a.name, a.name_en,
  a.path, e.code, e.name, e.name_en
FROM people_post p
JOIN people_unit u ON u.id = p.unit_id AND u.valid_from <= %(day)s AND (u.valid_to IS NULL OR u.valid_to > %(day)s)
LEFT JOIN places_area a ON a.id = p.area_id
LEFT JOIN (
  people_tenure t JOIN people_person e ON e.id = t.person_id AND (e.left_on IS NULL OR e.left_on > %(day)s)
) ON t.post_id = p.id AND t.nature <> 'acting' AND t.valid_from <= %(day)s AND (t.valid_to IS NULL OR t.valid_to > %(day)s)
WHERE p.kind_id = ANY(%(kinds)s) AND p.valid_from <= %(day)s AND (p.valid_to IS NULL OR p.valid_to > %(day)s)
ORDER BY p.code, t.valid_from
"""


def _seats(kinds: set[UUID], day: date) -> dict[UUID, list[Spot]]:
    """Seats in force by kind, each with who fills it. One query."""
    if not kinds:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SEATS, {"day": day, "kinds": list(kinds)})
        rows = cursor.fetchall()
    by_kind: dict[UUID, list[Spot]] = defaultdict(list)
    for row in rows:
        before = by_kind[row[4]][-1] if by_kind[row[4]] else None
        person = Named(*row[13:16]) if row[13] else None
        if before is not None and before.id == row[0] and person is not None:
            by_kind[row[4]][-1] = replace(before, holders=(*before.holders, person))
            continue
        area = Named(*row[9:12]) if row[9] else None
        by_kind[row[4]].append(Spot(*row[:6], Named(*row[6:9]), area, row[12], (person,) if person else ()))
    return by_kind


def _pairs(tie: Tie, seats: dict[UUID, list[Spot]], places: Places) -> Iterator[Pair]:
    leads = seats.get(tie.leads_id, [])
    if tie.within == Tie.Within.AREA:
        by_path: dict[str, list[Spot]] = defaultdict(list)
        for lead in leads:
            by_path[places.path(lead)].append(lead)
        for seat in seats.get(tie.follows_id, []):
            yield Pair(tie, seat, next((by_path[p] for p in _upwards(places.path(seat)) if p in by_path), []))
        return
    where = places.body if tie.within == Tie.Within.BODY else _unit_of
    grouped: dict[UUID, list[Spot]] = defaultdict(list)
    for lead in leads:
        grouped[where(lead)].append(lead)
    for seat in seats.get(tie.follows_id, []):
        yield Pair(tie, seat, grouped.get(where(seat), []))


def _unit_of(seat: Spot) -> UUID:
    return seat.unit_id


def _upwards(path: str) -> Iterator[str]:
    """A path and those that hold it, the nearest first."""
    while path:
        yield path
        path = path.rpartition("/")[0]
