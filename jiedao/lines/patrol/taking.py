"""Taking positions (位置接收): a batch becomes rows, the latest place of its person, and counts of what was not stored.

One transaction per batch and no queue in memory: what was answered is on disk. Behind row-level security PostgreSQL
knows no COPY, so the points go in as arrays, in one statement (docs/adr).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import inf, isfinite
from operator import attrgetter
from uuid import UUID

import msgspec
from django.db import transaction

from jiedao.ground.db import asking
from jiedao.ground.districts import current_district
from jiedao.kit.clock import now
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Refused
from jiedao.lines.patrol import moving, rules, sorting
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
INSERT INTO patrol_position (shift_id, taken_at, lon, lat, accuracy, came_at, source_id)
SELECT $1, to_timestamp(g.at), g.lon, g.lat, NULLIF(g.accuracy, -1), $6, $7
FROM unnest($2::float8[], $3::float8[], $4::float8[], $5::float8[]) AS g(at, lon, lat, accuracy)
ON CONFLICT DO NOTHING
"""
_LAST = """
INSERT INTO patrol_lastposition (id, squad_id, taken_at, came_at, lon, lat, accuracy)
SELECT s.id, $2, to_timestamp($3::float8), $4, $5, $6, NULLIF($7::float8, -1) FROM patrol_shift s
WHERE s.id = $1 AND s.ended_at IS NULL AND s.paused_since IS NULL
ON CONFLICT (id) DO UPDATE SET taken_at = excluded.taken_at, came_at = excluded.came_at, lon = excluded.lon,
  lat = excluded.lat, accuracy = excluded.accuracy
WHERE patrol_lastposition.taken_at < excluded.taken_at
"""
DAY = 86_400
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
    with transaction.atomic(), asking.whole() as trip:
        spans, bounds, missing = _known(sender, points, sent_at, at)
        found = sorting.sort(points, spans, system=sender.system, sent_at=sent_at, bounds=bounds)
        if missing:
            for day in sorted(missing & {_day(p.at) for kept in found.kept.values() for p in kept}):
                asking.ask("SELECT patrol_open_day($1)", [day])
        moving.tell(span.squad for span in spans if span.shift in found.kept and span.until == inf)
        _count(sender, len(points), found.reasons, at)
        _store(sender, found, spans, at)
    stored, came = trip.wrote.get(_STORE, 0), sum(len(kept) for kept in found.kept.values())
    if came > stored:
        # Known only now. Who is cut off before it is counted got no answer, sends again, and is counted then.
        found.reasons["duplicate"] += came - stored
        _none(sender, came - stored, "duplicate", at)
    return Taken(stored, dict(found.reasons))


def _known(
    sender: Sender, points: Sequence[Point], sent_at: float | None, at: datetime
) -> tuple[list[Span], Bounds, set[date]]:
    """The person's shifts, the district's bounds, and the days of these points that have no partition yet: one trip."""
    seconds = at.timestamp()
    off = seconds - sent_at if sent_at and isfinite(sent_at) else 0.0
    near = [p.at for p in points if abs(p.at - seconds) < 40 * DAY]
    days = {moment // DAY for moment in near} | ({(moment + off) // DAY for moment in near} if off else set())
    since = datetime.fromtimestamp(seconds - 30 * DAY, UTC)
    names = {f"{day:%Y%m%d}": day for day in (_day(number * DAY) for number in days)}
    rows, terms, exist = asking.typed((_SPANS, [sender.person_id, since]), (_TERMS, []), (_DAYS, [list(names)]))
    known = rules.of_facts(dict(terms))
    bounds = Bounds(seconds, known.ahead.total_seconds(), known.steady.total_seconds(), float(known.keep_days * DAY))
    return _spans(rows), bounds, {names[name] for name in names.keys() - {name for (name,) in exist}}


def _spans(rows: list[tuple]) -> list[Span]:  # type: ignore[type-arg]
    made: dict[UUID, Span] = {}
    for shift, squad, since, until, opened, shut in rows:
        span = made.get(shift) or Span(shift, squad, since, inf if until is None else until, ())
        if opened is not None:
            span = span._replace(shared=(*span.shared, (opened, inf if shut is None else shut)))
        made[shift] = span
    return list(made.values())


def _store(sender: Sender, found: sorting.Sorted, spans: Sequence[Span], at: datetime) -> None:
    """Tells the points and the latest place of each shift; they travel with the COMMIT."""
    by_shift = {span.shift: span for span in spans}
    if found.kept:
        opened = {*found.kept, *(by_shift[shift].squad for shift in found.kept)}
        asking.tell(_OPEN, [",".join(str(one) for one in opened)])
    for shift, kept in found.kept.items():
        lons, lats, moments, fine = map(_array, zip(*kept, strict=True))
        asking.tell(_STORE, [shift, moments, lons, lats, fine, at, sender.source_id])
        span = by_shift[shift]
        if span.until == inf:
            last = max(kept, key=_moment)
            asking.tell(_LAST, [shift, span.squad, last.at, at, last.lon, last.lat, last.accuracy])


_moment = attrgetter("at")


def _array(values: Sequence[float]) -> str:
    """Finite numbers as PostgreSQL writes an array."""
    return "{" + msgspec.json.encode(values).decode()[1:-1] + "}"


def _count(sender: Sender, points: int, reasons: Mapping[str, int], at: datetime) -> None:
    if reasons:
        asking.tell(_REFUSED, [new_id(), sender.source_id, at, points, dict(reasons)])


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
