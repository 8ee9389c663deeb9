"""The organisation read (组织): the tree with its plates, seats and who sits in them on a day, accounts against people.

Reads only; each list is a few statements, as many for six thousand people as for six.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from jiedao.ground.people.models import Unit
from jiedao.kit.clock import today

PAGE = 50
MOST_NODES = 700
"""Units one chart draws; the largest district has more only where every grid's party branch is asked for at once."""


@dataclass(frozen=True, slots=True)
class Named:
    """A unit, area, kind or person as a row shows it."""

    code: str
    name: str
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class Seat:
    """One seat on a day, with one who sits in it; a seat with an acting head beside its holder is two rows."""

    id: UUID
    code: str
    name: str
    name_en: str
    kind: Named
    unit: Named
    area: Named | None
    duty: str
    slot: str
    staff_kind: str
    tenure: UUID | None
    person: Named | None
    nature: str
    since: date | None
    until: date | None
    basis: str
    instead_of: Named | None

    @property
    def is_vacant(self) -> bool:
        return self.person is None


@dataclass
class Node:
    """A unit of the tree, with what stands below it and who sits in it."""

    unit: Unit
    below: list["Node"] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)
    hidden: int = 0

    @property
    def held(self) -> int:
        return len({seat.code for seat in self.seats if not seat.is_vacant})

    @property
    def all_seats(self) -> int:
        return len({seat.code for seat in self.seats})

    @property
    def crews(self) -> list[tuple[Named, list[Seat]]]:
        """The seats by kind, in the order of the kinds."""
        groups: dict[Named, list[Seat]] = {}
        for seat in self.seats:
            groups.setdefault(seat.kind, []).append(seat)
        return list(groups.items())


_SELECT = """
SELECT p.id, p.code, p.name, p.name_en, k.code, k.name, k.name_en, u.code, u.name, u.name_en, a.code, a.name, a.name_en,
  p.duty, p.slot, p.staff_kind, t.id, e.code, e.name, e.name_en, t.nature, t.valid_from, t.valid_to, t.basis,
  i.code, i.name, i.name_en, u.id
"""
_FROM = """
FROM people_post p
JOIN people_unit u ON u.id = p.unit_id AND (u.valid_to IS NULL OR u.valid_to > %(day)s)
JOIN people_postkind k ON k.id = p.kind_id
LEFT JOIN places_area a ON a.id = p.area_id
LEFT JOIN (
  people_tenure t JOIN people_person e ON e.id = t.person_id AND (e.left_on IS NULL OR e.left_on > %(day)s)
) ON t.post_id = p.id AND t.valid_from <= %(day)s AND (t.valid_to IS NULL OR t.valid_to > %(day)s)
LEFT JOIN people_person i ON i.id = t.instead_of_id
WHERE p.valid_from <= %(day)s AND (p.valid_to IS NULL OR p.valid_to > %(day)s)
"""
_ORDER = " ORDER BY u.code, k.rank, p.code, t.valid_from"


@dataclass
class Seats:
    """A list of seats on a day, not yet asked: narrowed by words, unit, kind, or to those nobody holds."""

    day: date = field(default_factory=today)
    where: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    def searched(self, words: str) -> "Seats":
        """By name or code of person, seat, kind or unit."""
        like = "%" + words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
        names = ("e.name", "e.name_en", "e.code", "p.name", "p.name_en", "p.code", "k.name", "u.name", "u.name_en")
        return self._also("(" + " OR ".join(f"{name} ILIKE %(words)s" for name in names) + ")", words=like)

    def of_kind(self, code: str) -> "Seats":
        return self._also("k.code = %(kind)s", kind=code)

    def below(self, unit: UUID) -> "Seats":
        """Of a unit and of all below it."""
        return self._also("u.above @> ARRAY[%(below)s]::uuid[]", below=unit)

    def of_units(self, units: list[UUID]) -> "Seats":
        return self._also("p.unit_id = ANY(%(units)s::uuid[])", units=units)

    def vacant(self) -> "Seats":
        """Seats that nobody fills, with who acts in them; the acting does not fill them."""
        filled = (
            "NOT EXISTS (SELECT 1 FROM people_tenure h JOIN people_person x ON x.id = h.person_id WHERE h.post_id = p.id "
            "AND h.nature <> 'acting' AND h.valid_from <= %(day)s AND (h.valid_to IS NULL OR h.valid_to > %(day)s) "
            "AND (x.left_on IS NULL OR x.left_on > %(day)s))"
        )
        return self._also(filled)

    def count(self) -> int:
        """Rows of the list."""
        return int(_rows(f"SELECT count(*) {self._source}", self._given)[0][0])

    def page(self, number: int = 1, size: int = PAGE) -> list[Seat]:
        at = {"size": size, "offset": (max(number, 1) - 1) * size}
        return self._seats(f"{_SELECT}{self._source}{_ORDER} LIMIT %(size)s OFFSET %(offset)s", at)

    def all(self, most: int = 20_000) -> list[Seat]:
        return self._seats(f"{_SELECT}{self._source}{_ORDER} LIMIT %(size)s", {"size": most})

    def by_unit(self) -> dict[UUID, list[Seat]]:
        """The seats of each unit."""
        found: dict[UUID, list[Seat]] = defaultdict(list)
        for row in _rows(f"{_SELECT}{self._source}{_ORDER}", self._given):
            found[row[27]].append(_seat(row))
        return found

    def by_kind(self) -> list[tuple[Named, int]]:
        """How many seats of each kind are in the list."""
        asked = f"SELECT k.code, k.name, k.name_en, count(DISTINCT p.id) {self._source}"
        found = _rows(f"{asked} GROUP BY k.code, k.name, k.name_en, k.rank ORDER BY k.rank", self._given)
        return [(Named(*row[:3]), int(row[3])) for row in found]

    def _seats(self, sql: str, more: dict[str, Any]) -> list[Seat]:
        return [_seat(row) for row in _rows(sql, self._given | more)]

    @property
    def _source(self) -> str:
        return _FROM + self.where

    @property
    def _given(self) -> dict[str, Any]:
        return {"day": self.day, **self.values}

    def _also(self, condition: str, **values: Any) -> "Seats":
        return Seats(self.day, f"{self.where} AND {condition}", {**self.values, **values})


def tree(day: date, *, within: Unit | None = None, kind: str = "") -> list[Node]:
    """The units of a day as a tree, with their seats. Three queries; what is too much is counted, not drawn.

    Without `within` it goes down to the sub-districts and says how many units are folded below each; within one unit
    it shows everything. With a kind, its units and those above them.
    """
    rows: Any = Unit.objects.on(day).select_related("area").defer("area__shape")
    whole = within is not None or bool(kind)
    if within is not None:
        rows = rows.filter(Q(above__contains=[within.id]))
    if kind:
        wanted = {pk for above in rows.filter(kind=kind).values_list("above", flat=True) for pk in above}
        rows = rows.filter(pk__in=wanted)
    units = sorted(rows, key=_place)
    drawn = [unit for unit in units if whole or _at_first(unit)][:MOST_NODES]
    nodes = {unit.id: Node(unit) for unit in drawn}
    roots = []
    for unit in units:
        if unit.id not in nodes:
            above = next((pk for pk in unit.above if pk in nodes), None)
            if above:
                nodes[above].hidden += 1
            continue
        above = next((pk for pk in unit.above[1:] if pk in nodes), None)
        (nodes[above].below if above else roots).append(nodes[unit.id])
    for pk, seats in Seats(day).of_units(list(nodes)).by_unit().items():
        nodes[pk].seats = seats
    return roots


def _at_first(unit: Unit) -> bool:
    """Whether a unit stands on the chart of the whole district: its own bodies and the sub-districts as such."""
    return unit.level == Unit.Level.DISTRICT or unit.kind == Unit.Kind.SUBDISTRICT


LEVELS = {Unit.Level.DISTRICT: 0, Unit.Level.SUBDISTRICT: 1, Unit.Level.COMMUNITY: 2}
KINDS = {kind: at for at, kind in enumerate((
    Unit.Kind.PARTY, Unit.Kind.LEADERSHIP, Unit.Kind.CENTRE, Unit.Kind.OFFICE, Unit.Kind.BUREAU, Unit.Kind.DEPARTMENT,
    Unit.Kind.OUTPOST, Unit.Kind.SQUAD, Unit.Kind.SUBDISTRICT, Unit.Kind.COMMUNITY,
))}  # fmt: skip


def _place(unit: Unit) -> tuple[int, int, str]:
    """District first; of one level in the order in which a chart hangs on a wall, then by code."""
    return LEVELS[Unit.Level(unit.level)], KINDS[Unit.Kind(unit.kind)], unit.code


def unit_of(code: str, day: date | None = None) -> Unit | None:
    """The unit of a code on a day; one that has ended is found by its code as the last that bore it."""
    rows: Any = (
        Unit.objects.filter(code=code).select_related("area", "parent").defer("area__shape").order_by("-valid_from")
    )
    found = list(rows)
    day = day or today()
    in_force = [u for u in found if u.valid_from <= day and (u.valid_to is None or u.valid_to > day)]
    return next(iter(in_force or found), None)


def counts(day: date) -> list[tuple[str, str, int]]:
    """How many units of each level and kind are in force."""
    asked = (
        "SELECT level, kind, count(*) FROM people_unit WHERE valid_from <= %(day)s "
        "AND (valid_to IS NULL OR valid_to > %(day)s) GROUP BY level, kind"
    )
    return [(level, kind, int(number)) for level, kind, number in _rows(asked, {"day": day})]


_PLACES = """
SELECT kind, grid_kind, coalesce(substring(regexp_replace(name, '（[^）]*）$', '') from '(街道|镇|乡|社区|村)$'), ''), count(*)
FROM places_area WHERE kind <> 'district' AND valid_from <= %(day)s AND (valid_to IS NULL OR valid_to > %(day)s)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


def places(day: date) -> dict[str, int]:
    """How many sub-districts, towns, communities, villages and grids there are.

    A town differs from a sub-district, a village from a community, by the last word of its name and by nothing else.
    """
    found: dict[str, int] = defaultdict(int)
    for kind, grid, word, number in _rows(_PLACES, {"day": day}):
        found[grid or ENDINGS.get(word, kind)] += number
    return dict(found)


ENDINGS = {"街道": "subdistrict", "镇": "town", "乡": "township", "社区": "community", "村": "village"}


def served(day: date, codes: Iterable[str]) -> dict[str, list[Unit]]:
    """Which units serve each of these areas beside their own: the party branches of grids."""
    codes = set(codes)
    found: dict[str, list[Unit]] = defaultdict(list)
    for unit in Unit.objects.on(day).filter(serves__overlap=list(codes)).order_by("code"):
        for code in codes.intersection(unit.serves):
            found[code].append(unit)
    return found


def _seat(row: tuple[Any, ...]) -> Seat:
    return Seat(
        row[0],
        row[1],
        row[2],
        row[3],
        Named(*row[4:7]),
        Named(*row[7:10]),
        Named(*row[10:13]) if row[10] else None,
        row[13],
        row[14],
        row[15],
        row[16],
        Named(*row[17:20]) if row[17] else None,
        row[20] or "",
        row[21],
        row[22],
        row[23] or "",
        Named(*row[24:27]) if row[24] else None,
    )


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
