"""What was reported (公开清单与数字): figures of a quarter that everybody may read, and the rows behind them.

Nothing of complaints is in it. A count under five is not told, nor any that would give it away; a row that lies in such
a count keeps to itself what would show it. Reads only.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection

from jiedao.ground.places.models import Area
from jiedao.kit import cells
from jiedao.kit.clock import SHANGHAI, now, today
from jiedao.record.models import Case

WEEKS = 12
KEPT_FOR = 300
"""Seconds that a district's counts are kept; the page says as of when they are."""

KINDS = (Case.Kind.FINDING, Case.Kind.HELP, Case.Kind.CONSULT, Case.Kind.SUGGESTION)
TABLES = ("kind", "state", "place", "week")
OTHER_ENDS = ("rejected", "not_accepted", "terminated", "referred", "merged", "withdrawn")

_STATE = (
    "CASE WHEN c.phase = 'closed' AND c.state = ANY(%(ends)s) THEN 'ended'"
    " WHEN c.phase = 'dispatch' THEN 'triage' ELSE c.phase END"
)
_PLACE = "split_part(c.area_path, '/', 2)"
_COMMUNITY = "split_part(c.area_path, '/', 3)"
_WEEK = "to_char(date_trunc('week', c.opened_at AT TIME ZONE 'Asia/Shanghai'), 'YYYY-MM-DD')"
_SCOPE = "c.kind = ANY(%(kinds)s) AND c.opened_at >= %(since)s AND c.parent_id IS NULL"
_COUNTS = f"""
SELECT c.kind, {_STATE}, {_PLACE}, {_COMMUNITY}, {_WEEK}, count(*) FROM record_case c WHERE {_SCOPE} GROUP BY 1, 2, 3, 4, 5
"""
_LISTED = f"SELECT c.id, {_STATE}, {_WEEK}"
_SHUT = f"{_WEEK} = ANY(%(shut)s)"
_PART = "LIMIT %(most)s OFFSET %(start)s"
_KEPT = f"""
SELECT count(*) FILTER (WHERE d.stopped_at <= d.due_at), count(*) FROM record_deadline d
JOIN record_case c ON c.id = d.case_id
WHERE d.kind = 'promise' AND d.stopped_at IS NOT NULL AND c.phase = 'closed' AND {_SCOPE}
"""


@dataclass(frozen=True)
class Table:
    """One way to look at the same reports: its cells with their counts, and how each is told."""

    counts: dict[str, int]
    told: dict[str, str]

    def is_open(self, code: str) -> bool:
        return self.told.get(code) == cells.OPEN and self.counts[code] > 0


@dataclass(frozen=True)
class Figures:
    """Everything a page shows. `tables` is empty where too little was reported to be told without naming somebody.

    `flat`: the district is one sub-district, so its places are its communities.
    """

    at: datetime
    total: int
    tables: dict[str, Table] = field(default_factory=dict)
    communities: dict[str, Table] = field(default_factory=dict)
    crossed: dict[tuple[str, str], int] = field(default_factory=dict)
    flat: bool = False
    on_time: int | None = None
    promised: int = 0

    @property
    def share(self) -> int | None:
        """Ended in the time that was promised, in percent. None where one of the two parts is too small to be told."""
        return None if self.on_time is None else round(self.on_time * 100 / self.promised)


def since(day: date) -> date:
    """The Monday the figures begin on: twelve whole weeks and the present one."""
    return day - timedelta(days=day.weekday(), weeks=WEEKS)


def weeks(day: date) -> list[str]:
    first = since(day)
    return [(first + timedelta(weeks=n)).isoformat() for n in range(WEEKS + 1)]


def figures() -> Figures:
    """The district's figures, at most five minutes old."""
    key = f"public:{connection.schema_name}:{today()}"  # type: ignore[attr-defined]
    found: Figures | None = cache.get(key)
    if found is None:
        found = _figures()
        cache.set(key, found, KEPT_FOR)
    return found


def _asked() -> dict[str, Any]:
    begins = datetime.combine(since(today()), time(), SHANGHAI)
    return {"kinds": list(KINDS), "since": begins, "ends": list(OTHER_ENDS)}


def _figures() -> Figures:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, _asked())
        rows = cursor.fetchall()
        cursor.execute(_KEPT, _asked())
        on_time, promised = cursor.fetchone()
    counted: dict[str, Counter[str]] = {name: Counter() for name in TABLES}
    below: dict[str, Counter[str]] = {}
    crossed: Counter[tuple[str, str]] = Counter()
    flat = len({place for _, _, place, *_ in rows} - {""}) == 1
    for kind, state, street, inner_place, week, count in rows:
        place, community = (inner_place, "") if flat else (street, inner_place)
        for name, code in zip(TABLES, (kind, state, place, week), strict=True):
            counted[name][code] += count
        crossed[kind, place] += count
        if community:
            crossed[kind, community] += count
        below.setdefault(place, Counter())[community] += count
    tables = {name: told for name, counts in counted.items() if (told := _table(counts)) is not None}
    at, total = now(), sum(counted["kind"].values())
    if len(tables) < len(TABLES) or total < cells.FEW:
        return Figures(at, 0)
    inner = {} if flat else {at: _table(counts) for at, counts in below.items() if tables["place"].is_open(at)}
    is_told = cells.told({"kept": on_time, "late": promised - on_time}) == {"kept": cells.OPEN, "late": cells.OPEN}
    return Figures(
        at, total, tables, {place: table for place, table in inner.items() if table is not None}, dict(crossed), flat,
        on_time if is_told and promised else None, promised,
    )  # fmt: skip


def _table(counts: Counter[str]) -> Table | None:
    told = cells.told(counts)
    return None if told is None else Table(dict(counts), told)


@dataclass(frozen=True)
class Row:
    """A report as anybody may read it; None is what would let a small count be told. Never words, never a point."""

    case: Case | None
    kind: str | None
    state: str | None
    place: Area | None
    opened_on: date | None
    closed_on: date | None


def rows(by: str, code: str, start: int, most: int) -> list[Row]:
    """The reports behind an open figure, newest first; those of a week that is not told stand last, in no order."""
    found = figures()
    if by not in TABLES or by not in found.tables or not found.tables[by].is_open(code):
        return []
    shut = [week for week in found.tables["week"].counts if not found.tables["week"].is_open(week)]
    column = {"kind": "c.kind", "state": _STATE, "place": _COMMUNITY if found.flat else _PLACE, "week": _WEEK}[by]
    asked = _asked() | {"code": code, "shut": shut, "most": most, "start": start}
    source = f"FROM record_case c WHERE {_SCOPE} AND {column} = %(code)s AND"
    with connection.cursor() as cursor:
        cursor.execute(f"{_LISTED} {source} NOT {_SHUT} ORDER BY c.opened_at DESC, c.id {_PART}", asked)
        listed = cursor.fetchall()
        if shut and len(listed) < most:
            cursor.execute(f"SELECT count(*) {source} NOT {_SHUT}", asked)
            asked |= {"start": max(0, start - cursor.fetchone()[0]), "most": most - len(listed)}
            cursor.execute(f"{_LISTED} {source} {_SHUT} ORDER BY md5(c.id::text) {_PART}", asked)
            listed += cursor.fetchall()
    cases = Case.objects.select_related("process", "item", "holder").in_bulk([pk for pk, _, _ in listed])
    return list(_shown([(cases[pk], state, week) for pk, state, week in listed if pk in cases], found))


def _shown(listed: list[tuple[Case, str, str]], found: Figures) -> Iterator[Row]:
    codes = {code for case, _, _ in listed for code in case.area_path.split("/")[1:3]}
    areas = {area.code: area for area in Area.objects.on().filter(code__in=codes).defer("shape")}
    tables = found.tables
    for case, state, week in listed:
        place = _place(case, found)
        is_whole = (
            bool(place)
            and tables["kind"].is_open(case.kind)
            and tables["state"].is_open(state)
            and tables["week"].is_open(week)
        )
        dated = tables["week"].is_open(week)
        yield Row(
            case if is_whole else None,
            case.kind if tables["kind"].is_open(case.kind) else None,
            state if tables["state"].is_open(state) else None,
            areas.get(place) if place else None,
            case.opened_at.astimezone(SHANGHAI).date() if dated else None,
            case.closed_at.astimezone(SHANGHAI).date() if dated and case.closed_at else None,
        )


def _place(case: Case, found: Figures) -> str:
    """The community, else the sub-district, if five or more reports of the kind lie there. Empty otherwise."""
    _, place, community, *_ = [*case.area_path.split("/"), "", "", ""]
    place = community if found.flat else place
    if not found.tables["place"].is_open(place) or found.crossed.get((case.kind, place), 0) < cells.FEW:
        return ""
    inner = found.communities.get(place)
    is_near = inner is not None and inner.is_open(community)
    return community if is_near and found.crossed.get((case.kind, community), 0) >= cells.FEW else place
