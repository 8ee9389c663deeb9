"""Ties (一肩挑): posts that one person holds on purpose, whether they do hold, and the second seat that follows (O12)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from jiedao.ground.people import tenures
from jiedao.ground.people.actor import Actor
from jiedao.ground.people.models import Person, Post, Tenure, Tie, Unit
from jiedao.kit.clock import today

BODIES = (Unit.Kind.SUBDISTRICT, Unit.Kind.DEPARTMENT)


@dataclass
class Pair:
    """A seat that should follow, and the seats whose holder it should have.

    `state`: `holds`; `apart`, held by somebody else; `vacant`; `leaderless`, nobody sits in the leading seat; `alone`,
    there is no leading seat.
    """

    tie: Tie
    follows: Post
    leads: list[Post] = field(default_factory=list)
    holders: list[Person] = field(default_factory=list)
    wanted: list[Person] = field(default_factory=list)

    @property
    def state(self) -> str:
        if not self.leads:
            return "alone"
        if not self.wanted:
            return "leaderless"
        if not self.holders:
            return "vacant"
        return "holds" if {p.id for p in self.holders} & {p.id for p in self.wanted} else "apart"


class Places:
    """To which body and which area each unit belongs. One query for all units of a day."""

    def __init__(self, day: date) -> None:
        rows: Any = Unit.objects.on(day).values_list("id", "kind", "area__path")
        self._units: dict[UUID, tuple[str, str | None]] = {pk: (kind, path) for pk, kind, path in rows}

    def body(self, post: Post) -> UUID:
        """The sub-district or department of a seat, else the topmost unit above it."""
        above = [pk for pk in post.unit.above if pk in self._units] or [post.unit_id]
        return next((pk for pk in above if self._units.get(pk, ("", None))[0] in BODIES), above[-1])

    def path(self, post: Post) -> str:
        """The area a seat works in: its own, its unit's, or that of the nearest unit above with one."""
        if post.area is not None:
            return str(post.area.path)
        return next((path for pk in post.unit.above if (path := self._units.get(pk, ("", None))[1])), "")


def pairs(day: date | None = None, unit: Unit | None = None) -> list[Pair]:
    """Every tie of the district on a day, seat by seat, or those that concern a unit. Four queries."""
    day = day or today()
    found = list(Tie.objects.select_related("leads", "follows").order_by("code"))
    seats = _seats({tie.leads_id for tie in found} | {tie.follows_id for tie in found}, day)
    places = Places(day)
    made = [pair for tie in found for pair in _pairs(tie, seats, places)]
    if unit is not None:
        made = [p for p in made if unit.id in {p.follows.unit_id, *(lead.unit_id for lead in p.leads)}]
    held = _holders({post.id for pair in made for post in (pair.follows, *pair.leads)}, day)
    for pair in made:
        pair.holders = held[pair.follows.id]
        pair.wanted = list({p.id: p for lead in pair.leads for p in held[lead.id]}.values())
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
            if [post.id for post in pair.leads] == [lead.id] and _follow(pair.follows, tie, by, on, came, went, until):
                changed.append(pair.follows)
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


def _seats(kinds: set[UUID], day: date) -> dict[UUID, list[Post]]:
    """Seats in force by kind."""
    rows: Any = (
        Post.objects.on(day)
        .filter(kind__in=kinds, unit__in=Unit.objects.on(day))
        .select_related("unit", "area", "kind")
        .order_by("code")
    )
    by_kind: dict[UUID, list[Post]] = defaultdict(list)
    for post in rows:
        by_kind[post.kind_id].append(post)
    return by_kind


def _pairs(tie: Tie, seats: dict[UUID, list[Post]], places: Places) -> Iterator[Pair]:
    leads = seats.get(tie.leads_id, [])
    if tie.within == Tie.Within.AREA:
        by_path: dict[str, list[Post]] = defaultdict(list)
        for lead in leads:
            by_path[places.path(lead)].append(lead)
        for seat in seats.get(tie.follows_id, []):
            yield Pair(tie, seat, next((by_path[p] for p in _upwards(places.path(seat)) if p in by_path), []))
        return
    where = places.body if tie.within == Tie.Within.BODY else _unit_of
    grouped: dict[UUID, list[Post]] = defaultdict(list)
    for lead in leads:
        grouped[where(lead)].append(lead)
    for seat in seats.get(tie.follows_id, []):
        yield Pair(tie, seat, list(grouped.get(where(seat), ())))


def _unit_of(post: Post) -> UUID:
    pk: UUID = post.unit_id
    return pk


def _upwards(path: str) -> Iterator[str]:
    """A path and those that hold it, the nearest first."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def _holders(posts: Iterable[UUID], day: date) -> dict[UUID, list[Person]]:
    rows: Any = (
        Tenure.objects.on(day)
        .filter(post__in=list(posts), nature__in=tenures.FILLS)
        .select_related("person")
        .order_by("valid_from")
    )
    held: dict[UUID, list[Person]] = defaultdict(list)
    for row in rows:
        if row.person.left_on is None or row.person.left_on > day:
            held[row.post_id].append(row.person)
    return held
