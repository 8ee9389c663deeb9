"""The map snapshot (图上快照): every case of a list as columns of numbers, what moved since, and words by box.

Measured with 20,000 open cases: as GeoJSON they are 2.9 MB and 350 kB packed; clusters made here would be asked for at
every move of the frame; these columns are 0.7 MB and 200 kB packed, and the browser clusters them.
Names and titles stay away until a map is so near that it writes them.
"""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from jiedao.record.queries import scope
from jiedao.record.queries.scope import Count
from jiedao.record.queries.worklists import Listing

PLACED = "c.lon IS NOT NULL AND c.lat IS NOT NULL"
MOST = 30_000
"""Symbols a map gets at most; beyond, a filter serves better (A10). It is said when there are more."""
MOST_WORDS = 300
MOST_MOVED = 200
FINE = 100_000
"""Parts of a degree: a metre."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Snapshot:
    """The columns, plain and packed."""

    plain: bytes
    packed: bytes


# The clock of a symbol is that of the row in the list: the next to ring; where all stand still, a paused one. Due time
# and last quarter travel as one number, so that the least of them is found without sorting. Asked case by case, by the
# index: a few cases do not read everybody's limits, and no guess of the planner can compare every case with every limit.
_CLOCKS = """LEFT JOIN LATERAL (SELECT min(p.packed) FILTER (WHERE p.paused_since IS NULL) AS runs,
  min(p.packed) AS any_of FROM (SELECT r.paused_since, (m.due << 20) + least(m.due - m.soon, 1048575) AS packed
    FROM record_deadline r, LATERAL (SELECT floor(extract(epoch FROM r.due_at))::bigint / 60 AS due,
      floor(extract(epoch FROM r.soon_at))::bigint / 60 AS soon) m
    WHERE r.case_id = c.id AND {running}) p) d ON true"""
_COLUMNS = """c.number, round(c.lon * 100000)::int, round(c.lat * 100000)::int, c.severity,
  coalesce(d.runs, d.any_of, 0), d.runs IS NULL AND d.any_of IS NOT NULL"""
_LOW = (1 << 20) - 1


def stamp(listing: Listing) -> str:
    """What a list is like now, in a few signs: each move adds a line to a case, so it changes with every one of them."""
    found = scope.rows(
        "SELECT count(*), coalesce(sum(hashtextextended(c.number, c.seq)), 0) " + listing.source[0], listing.params
    )[0]
    return f"{found[0]}-{int(found[1]) & (2**64 - 1):x}"


def snapshot(listing: Listing, at: datetime | None = None) -> Snapshot:
    """The cases of a list that have a place, by number. `at`: as their clocks stood at that moment."""
    plain = msgspec.json.encode(_columns(_found(listing, MOST, at)))
    return Snapshot(plain, gzip.compress(plain, 3, mtime=0))


def moved(listing: Listing, sight: Listing, ids: Sequence[UUID]) -> bytes:
    """Those of some cases that the list holds, as the same columns, and the numbers of those in sight that it does not."""
    wanted = list(ids)[:MOST_MOVED]
    held = _found(listing.also("c.id = ANY(%s::uuid[])", wanted), MOST_MOVED)
    seen = sight.also("c.id = ANY(%s::uuid[])", wanted)
    numbers = {row[0] for row in scope.rows(f"SELECT c.number {seen.source[0]}", seen.params)}
    return msgspec.json.encode(_columns(held) | {"gone": sorted(numbers - {row[0] for row in held})})


def words(listing: Listing, box: Box) -> bytes:
    """What stands beside the symbols within a box, once they are few enough to be read."""
    found = inside(listing, box)
    rows = scope.rows(f"SELECT c.number, c.title {found.source[0]} ORDER BY c.number LIMIT {MOST_WORDS}", found.params)
    return msgspec.json.encode(dict(rows))


def inside(listing: Listing, box: Box) -> Listing:
    """The same list, narrowed to what lies within a box."""
    west, south, east, north = box
    return listing.also("c.lat BETWEEN %s AND %s AND c.lon BETWEEN %s AND %s", south, north, west, east)


def unplaced(listing: Listing) -> Count:
    """How many cases of a list no map can show."""
    return listing.also("(c.lon IS NULL OR c.lat IS NULL)").count()


def as_of(listing: Listing, at: datetime) -> Listing:
    """The cases of a list that were open at a moment."""
    return listing.also("c.opened_at <= %s AND (c.closed_at IS NULL OR c.closed_at > %s)", at, at)


def _found(listing: Listing, most: int, at: datetime | None = None) -> list[tuple[Any, ...]]:
    """Rows of the columns."""
    running, values = "r.stopped_at IS NULL", []
    if at is not None:
        running, values = "r.started_at <= %s AND (r.stopped_at IS NULL OR r.stopped_at > %s)", [at, at]
    clocks = _CLOCKS.format(running=running)
    sql = (
        f"SELECT {_COLUMNS} FROM record_case c {clocks} WHERE {PLACED} AND {listing.where} "
        f"ORDER BY c.number LIMIT {most + 1}"
    )
    return scope.rows(sql, [*values, *listing.params])


def _columns(found: list[tuple[Any, ...]]) -> dict[str, Any]:
    """Rows as columns; places from the first corner, limits in minutes from the first of them: short and alike."""
    rows = found[:MOST]
    numbers, xs, ys, severe, clocks, paused = zip(*rows, strict=True) if rows else ((),) * 6
    west, south = min(xs, default=0), min(ys, default=0)
    base = min((clock for clock in clocks if clock), default=0) >> 20
    return {
        "fine": FINE,
        "west": west,
        "south": south,
        "minute": base,
        "more": len(found) > MOST,
        "number": numbers,
        "x": [x - west for x in xs],
        "y": [y - south for y in ys],
        "severity": "".join(str(min(max(one, 0), 9)) for one in severe),
        "paused": "".join("1" if one else "0" for one in paused),
        "due": [(clock >> 20) - base if clock else -1 for clock in clocks],
        "soon": [clock & _LOW for clock in clocks],
    }
