"""Taking positions (位置接收): a batch becomes rows, the latest place of its person, and counts of what was not stored.

One transaction per batch and no queue in memory: what was answered is on disk. Behind row-level security PostgreSQL
knows no COPY, so the points go in as arrays, in one statement (docs/adr).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import inf, isfinite
from uuid import UUID

from django.db import transaction

from jiedao.ground.db import asking
from jiedao.ground.districts import current_district
from jiedao.kit.clock import now
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Refused
from jiedao.lines.patrol import rules, sorting
from jiedao.lines.patrol.sorting import Bounds, Point, Span

_SPANS = """
SELECT s.id, r.squad_id, extract(epoch FROM s.started_at)::float8, extract(epoch FROM s.ended_at)::float8,
  extract(epoch FROM h.since)::float8, extract(epoch FROM h.until)::float8
FROM patrol_shift s JOIN patrol_roster r ON r.id = s.roster_id JOIN people_post p ON p.id = s.post_id
JOIN people_postkind k ON k.id = p.kind_id
JOIN terms_term t ON t."table" = 'track_basis' AND t.code = k.code AND t.facts->>'basis' <> ''
LEFT JOIN patrol_sharing h ON h.shift_id = s.id
WHERE s.person_id = $1 AND s.started_at IS NOT NULL AND (s.ended_at IS NULL OR s.ended_at > $2)
ORDER BY s.started_at DESC, h.since
"""
_TERMS = "SELECT code, facts FROM terms_term WHERE \"table\" = 'patrol_rule'"
_DAYS = "SELECT d FROM unnest($1::text[]) AS d WHERE to_regclass('patrol_position_' || d) IS NOT NULL"
_OPEN = "SELECT set_config('jiedao.opened', $1, true)"
_STORE = """
WITH kept AS (
  INSERT INTO patrol_position (shift_id, taken_at, lon, lat, accuracy, came_at, source_id)
  SELECT $1, to_timestamp(g.at), g.lon, g.lat, NULLIF(g.accuracy, -1), $6, $7
  FROM unnest($2::float8[], $3::float8[], $4::float8[], $5::float8[]) AS g(at, lon, lat, accuracy)
  ON CONFLICT DO NOTHING RETURNING 1)
SELECT count(*) FROM kept
"""
_LAST = """
INSERT INTO patrol_lastposition (id, squad_id, taken_at, came_at, lon, lat, accuracy)
SELECT s.id, $2, to_timestamp($3::float8), $4, $5, $6, NULLIF($7::float8, -1) FROM patrol_shift s
WHERE s.id = $1 AND s.ended_at IS NULL AND s.paused_since IS NULL
ON CONFLICT (id) DO UPDATE SET taken_at = excluded.taken_at, came_at = excluded.came_at, lon = excluded.lon,
  lat = excluded.lat, accuracy = excluded.accuracy
WHERE patrol_lastposition.taken_at < excluded.taken_at
"""
_REFUSED = "INSERT INTO patrol_refusal (id, source_id, at, points, reasons) VALUES ($1, $2, $3, $4, $5)"


@dataclass(frozen=True)
class Sender:
    """From where a batch comes: the source with its declared system, and the person its key stands for."""

    source_id: UUID
    system: str
    person_id: UUID


@dataclass(frozen=True)
class Taken:
    """What came of a batch. `stored` and the reasons but `clock_corrected` add up to the points that came."""

    stored: int
    reasons: dict[str, int]


def take(sender: Sender, points: Sequence[Point], *, sent_at: float | None = None) -> Taken:
    """Stores what may be stored and counts the rest. Refuses `batch_too_large`; nothing of such a batch is taken."""
    if len(points) > sorting.MOST:
        raise Refused("batch_too_large", most=sorting.MOST, given=len(points))
    at = now()
    if current_district().switches.get(rules.SWITCH) is not True:
        return _none(sender, len(points), "switched_off", at)
    with transaction.atomic(), asking.whole():
        spans, bounds, missing = _known(sender, points, sent_at, at)
        found = sorting.sort(points, spans, system=sender.system, sent_at=sent_at, bounds=bounds)
        days = {_day(p.at) for kept in found.kept.values() for p in kept}
        for day in sorted(days & missing):
            asking.ask("SELECT patrol_open_day($1)", [day])
        stored = _store(sender, found, spans, at)
        came = sum(len(kept) for kept in found.kept.values())
        if came > stored:
            found.reasons["duplicate"] += came - stored
        _count(sender, len(points), dict(found.reasons), at)
    return Taken(stored, dict(found.reasons))


def _known(
    sender: Sender, points: Sequence[Point], sent_at: float | None, at: datetime
) -> tuple[list[Span], Bounds, set[date]]:
    """The person's shifts, the district's bounds, and the days of these points that have no partition yet: one trip."""
    seconds = at.timestamp()
    off = seconds - sent_at if sent_at and isfinite(sent_at) else 0.0
    near = [p.at for p in points if isfinite(p.at) and abs(p.at - seconds) < 40 * 86_400]
    days = {_day(moment) for moment in near} | ({_day(moment + off) for moment in near} if off else set())
    since = datetime.fromtimestamp(seconds - 30 * 86_400, UTC)
    rows, terms, exist = asking.typed(
        (_SPANS, [sender.person_id, since]), (_TERMS, []), (_DAYS, [[f"{day:%Y%m%d}" for day in days]])
    )
    known = rules.of_facts(dict(terms))
    bounds = Bounds(seconds, known.ahead.total_seconds(), known.steady.total_seconds(), known.keep_days * 86_400.0)
    there = {day for (day,) in exist}
    return _spans(rows), bounds, {day for day in days if f"{day:%Y%m%d}" not in there}


def _spans(rows: list[tuple]) -> list[Span]:  # type: ignore[type-arg]
    made: dict[UUID, Span] = {}
    for shift, squad, since, until, opened, shut in rows:
        span = made.get(shift) or Span(shift, squad, since, inf if until is None else until, ())
        if opened is not None:
            span = span._replace(shared=(*span.shared, (opened, inf if shut is None else shut)))
        made[shift] = span
    return list(made.values())


def _store(sender: Sender, found: sorting.Sorted, spans: Sequence[Span], at: datetime) -> int:
    by_shift = {span.shift: span for span in spans}
    if not found.kept:
        return 0
    opened = {*found.kept, *(by_shift[shift].squad for shift in found.kept)}
    asking.tell(_OPEN, [",".join(str(one) for one in opened)])
    stored = 0
    for shift, kept in found.kept.items():
        columns = [[p.at for p in kept], [p.lon for p in kept], [p.lat for p in kept], [p.accuracy for p in kept]]
        stored += int(asking.ask(_STORE, [shift, *columns, at, sender.source_id])[0][0] or 0)
        span, last = by_shift[shift], max(kept, key=lambda point: point.at)
        if span.until == inf:
            values = [shift, span.squad, last.at, at, last.lon, last.lat, last.accuracy]
            asking.tell(_LAST, values)
    return stored


def _count(sender: Sender, points: int, reasons: dict[str, int], at: datetime) -> None:
    if reasons:
        asking.tell(_REFUSED, [new_id(), sender.source_id, at, points, reasons])


def _none(sender: Sender, points: int, reason: str, at: datetime) -> Taken:
    """The whole batch for one reason."""
    if not points:
        return Taken(0, {})
    with transaction.atomic(), asking.whole():
        _count(sender, points, {reason: points}, at)
    return Taken(0, {reason: points})


def refuse(source_id: UUID, points: int, reason: str) -> None:
    """Counts points that belong to nobody we know: an unknown device of a forwarder, a message nobody can read."""
    with transaction.atomic(), asking.whole():
        asking.tell(_REFUSED, [new_id(), source_id, now(), points, {reason: points}])


def _day(at: float) -> date:
    """The day of a partition, in UTC."""
    return datetime.fromtimestamp(at, UTC).date()
