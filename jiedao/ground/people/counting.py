"""Counting (核对): approved posts against people (O9), accounts against people (O3), who stands under two masters (O4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from jiedao.ground.people.models import Stationing, Unit
from jiedao.ground.people.organisation import Named
from jiedao.ground.terms.models import Term, terms

PAGE = 50


@dataclass(frozen=True)
class Approved:
    """Approved posts of one kind: filled, vacant, at the front line, moved down. `unit` is None for the whole district."""

    kind: str
    approved: int
    filled: int
    front: int = 0
    moved: int = 0
    unit: Named | None = None
    moved_from: Named | None = None
    moved_on: date | None = None
    source: str = ""

    @property
    def vacant(self) -> int:
        """Negative where more people sit than posts are approved."""
        return self.approved - self.filled

    @property
    def front_share(self) -> Decimal | None:
        return share(self.front, self.approved)

    @property
    def moved_share(self) -> Decimal | None:
        return share(self.moved, self.approved)


def share(part: int, whole: int) -> Decimal | None:
    """Whole percent, rounded half up. None of nothing."""
    return (Decimal(part) * 100 / whole).quantize(Decimal(1), "ROUND_HALF_UP") if whole else None


_FILLED = """
SELECT count(DISTINCT p.id) FROM people_post p JOIN people_tenure t ON t.post_id = p.id
JOIN people_person x ON x.id = t.person_id AND (x.left_on IS NULL OR x.left_on > %(day)s)
WHERE p.unit_id = e.unit_id AND p.staff_kind = e.staff_kind AND t.nature <> 'acting'
  AND p.valid_from <= %(day)s AND (p.valid_to IS NULL OR p.valid_to > %(day)s)
  AND t.valid_from <= %(day)s AND (t.valid_to IS NULL OR t.valid_to > %(day)s)
"""
_ESTABLISHED = f"""
SELECT e.staff_kind, e.approved, ({_FILLED}), e.moved, u.level, u.code, u.name, u.name_en, m.code, m.name, m.name_en,
  e.moved_on, e.source
FROM people_establishment e JOIN people_unit u ON u.id = e.unit_id LEFT JOIN people_unit m ON m.id = e.moved_from_id
WHERE e.valid_from <= %(day)s AND (e.valid_to IS NULL OR e.valid_to > %(day)s)
  AND (%(below)s::uuid IS NULL OR u.above @> ARRAY[%(below)s::uuid])
ORDER BY u.code, e.staff_kind
"""


def approved(day: date, below: Unit | None = None) -> list[Approved]:
    """The approved posts of every unit, or of one and all below it. One query."""
    found = []
    for kind, number, filled, moved, level, *rest in _rows(
        _ESTABLISHED, {"day": day, "below": below.id if below else None}
    ):
        front = number if level != Unit.Level.DISTRICT else 0
        giver = Named(*rest[3:6]) if rest[3] else None
        found.append(Approved(kind, number, filled, front, moved, Named(*rest[:3]), giver, rest[6], rest[7]))
    return found


def summed(rows: Iterable[Approved]) -> list[Approved]:
    """The same by kind of staff, for the district or for one body."""
    by_kind: dict[str, Approved] = {}
    for row in rows:
        was = by_kind.get(row.kind, Approved(row.kind, 0, 0))
        by_kind[row.kind] = Approved(
            row.kind,
            was.approved + row.approved,
            was.filled + row.filled,
            was.front + row.front,
            was.moved + row.moved,
        )
    return [by_kind[kind] for kind in sorted(by_kind)]


@dataclass(frozen=True)
class Crew:
    """People in seats of one kind and slot, and the accounts they have: the two should be equal."""

    kind: Named
    slot: str
    people: int
    accounts: int

    @property
    def off(self) -> int:
        return self.accounts - self.people


_HELD = """
SELECT DISTINCT k.id AS kind, p.slot, t.person_id
FROM people_tenure t JOIN people_post p ON p.id = t.post_id JOIN people_postkind k ON k.id = p.kind_id
JOIN people_unit u ON u.id = p.unit_id AND (u.valid_to IS NULL OR u.valid_to > %(day)s)
JOIN people_person x ON x.id = t.person_id AND (x.left_on IS NULL OR x.left_on > %(day)s)
WHERE t.valid_from <= %(day)s AND (t.valid_to IS NULL OR t.valid_to > %(day)s)
  AND p.valid_from <= %(day)s AND (p.valid_to IS NULL OR p.valid_to > %(day)s)
"""
_CREWS = f"""
SELECT k.code, k.name, k.name_en, h.slot, count(DISTINCT h.person_id), count(a.id)
FROM ({_HELD}) h JOIN people_postkind k ON k.id = h.kind
LEFT JOIN people_account a ON a.person_id = h.person_id AND a.is_active
GROUP BY k.code, k.name, k.name_en, k.rank, h.slot ORDER BY k.rank, h.slot
"""


def crews(day: date) -> list[Crew]:
    """People and accounts by kind of seat and slot. One query."""
    return [Crew(Named(*row[:3]), row[3], int(row[4]), int(row[5])) for row in _rows(_CREWS, {"day": day})]


@dataclass(frozen=True)
class Mismatch:
    """An account without somebody who should have it, or somebody in post without an account."""

    username: str
    account: Any
    is_active: bool
    person: Named | None
    left_on: date | None = None
    post: Named | None = None


_NO_SEAT = f"a.person_id NOT IN (SELECT person_id FROM ({_HELD}) h)"
_BY_ACCOUNT = {
    "nobody": "a.is_active AND a.person_id IS NULL",
    "left": "a.is_active AND x.left_on <= %(day)s",
    "second": "a.is_active AND EXISTS (SELECT 1 FROM people_account b WHERE b.person_id = a.person_id AND b.is_active "
    "AND b.id <> a.id)",
    "no_seat": f"a.is_active AND a.person_id IS NOT NULL AND (x.left_on IS NULL OR x.left_on > %(day)s) AND {_NO_SEAT}",
    "closed": "NOT a.is_active",
}
"""What may be wrong with an account; `closed` is nothing wrong, but somebody may want to open one again."""

MISMATCHES = (*_BY_ACCOUNT, "without")

_ACCOUNTS = "FROM people_account a LEFT JOIN people_person x ON x.id = a.person_id WHERE "
_WITHOUT = f"""
FROM ({_HELD}) h JOIN people_person x ON x.id = h.person_id JOIN people_postkind k ON k.id = h.kind
WHERE NOT EXISTS (SELECT 1 FROM people_account a WHERE a.person_id = h.person_id AND a.is_active)
"""


def mismatch_counts(day: date) -> dict[str, int]:
    """How many of each. One query."""
    parts = [f"(SELECT count(*) {_ACCOUNTS}{where})" for where in _BY_ACCOUNT.values()]
    parts.append(f"(SELECT count(DISTINCT h.person_id) {_WITHOUT})")
    found = _rows(f"SELECT {', '.join(parts)}, (SELECT count(*) FROM people_account a WHERE a.is_active)", {"day": day})
    names = (*MISMATCHES, "accounts")
    return {name: int(number) for name, number in zip(names, found[0], strict=True)}


def people_in_post(day: date) -> int:
    """How many people hold a seat."""
    return int(_rows(f"SELECT count(DISTINCT person_id) FROM ({_HELD}) h", {"day": day})[0][0])


def mismatches(which: str, day: date, number: int = 1, size: int = PAGE) -> list[Mismatch]:
    """One page of one kind of mismatch, by name of account or code of person. One query."""
    at = {"day": day, "size": size, "offset": (max(number, 1) - 1) * size}
    if which == "without":
        picked = "SELECT DISTINCT ON (x.code) x.code, x.name, x.name_en, k.code, k.name, k.name_en"
        found = _rows(f"{picked} {_WITHOUT} ORDER BY x.code, k.rank LIMIT %(size)s OFFSET %(offset)s", at)
        return [Mismatch("", None, False, Named(*row[:3]), None, Named(*row[3:])) for row in found]
    picked = "SELECT a.username, a.id, a.is_active, x.code, x.name, x.name_en, x.left_on"
    where = f"{_ACCOUNTS}{_BY_ACCOUNT[which]} ORDER BY a.username LIMIT %(size)s OFFSET %(offset)s"
    found = _rows(f"{picked} {where}", at)
    return [Mismatch(row[0], row[1], row[2], Named(*row[3:6]) if row[3] else None, row[6]) for row in found]


@dataclass
class Command:
    """A unit that commands stationed staff: how many of each kind, from which bodies."""

    unit: Unit
    by_kind: dict[str, int]
    by_home: list[tuple[Unit, int]]
    total: int = 0


def commands(day: date, below: Unit | None = None) -> list[Command]:
    """The units that command stationed staff, by code. Two queries."""
    asked = """
    SELECT s.command_id, s.home_id, s.kind, count(*) FROM people_stationing s JOIN people_unit u ON u.id = s.command_id
    JOIN people_person x ON x.id = s.person_id AND (x.left_on IS NULL OR x.left_on > %(day)s)
    WHERE s.valid_from <= %(day)s AND (s.valid_to IS NULL OR s.valid_to > %(day)s)
      AND (%(below)s::uuid IS NULL OR u.above @> ARRAY[%(below)s::uuid])
    GROUP BY s.command_id, s.home_id, s.kind
    """
    counted = _rows(asked, {"day": day, "below": below.id if below else None})
    units = Unit.objects.in_bulk({pk for row in counted for pk in row[:2]})
    made: dict[Any, Command] = {}
    homes: dict[Any, dict[Any, int]] = {}
    for command, home, kind, number in counted:
        one = made.setdefault(command, Command(units[command], {}, []))
        one.by_kind[kind] = one.by_kind.get(kind, 0) + number
        one.total += number
        of = homes.setdefault(command, {})
        of[home] = of.get(home, 0) + number
    for command, one in made.items():
        one.by_home = sorted(((units[pk], n) for pk, n in homes[command].items()), key=lambda pair: pair[0].code)
    return sorted(made.values(), key=lambda one: one.unit.code)


def stationed(day: date, command: Unit, number: int = 1, size: int = PAGE) -> list[Stationing]:
    """Who is stationed under a unit or below it, heads first. One query."""
    rows: Any = Stationing.objects.on(day).filter(command__above__contains=[command.id])
    rows = rows.exclude(person__left_on__lte=day).select_related("person", "home", "command")
    start = (max(number, 1) - 1) * size
    return list(rows.order_by("command__code", "-is_head", "home__code", "person__code")[start : start + size])


@dataclass(frozen=True)
class Share:
    """How the appraisal of a kind of stationed staff is shared: who appraises what, by how much."""

    term: Term
    command: int
    home: int
    command_aspects: list[dict[str, str]]
    home_aspects: list[dict[str, str]]


def shares() -> dict[str, Share]:
    """By kind of stationing, as the district's terms have it."""
    found = {}
    for code, term in terms("station_kind").items():
        aspects = term.facts.get("aspects", {})
        found[code] = Share(
            term,
            int(term.facts.get("command", 100)),
            int(term.facts.get("home", 0)),
            list(aspects.get("command", ())),
            list(aspects.get("home", ())),
        )
    return found


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
