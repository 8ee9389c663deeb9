"""Sorting points (位置点归类): which of a batch are stored, and why the others are not (G31). Pure: no clock, no database.

Every point is stored or counted under one reason. A device's clock is put right only by what the device itself said when
it sent; a point's place is put right only by the system its source is declared in.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import NamedTuple
from uuid import UUID

from jiedao.ground.places.coords import as_wgs84
from jiedao.lines.patrol.rules import inside_world

MOST = 10_000
"""Points of one batch."""

REASONS = (
    "duplicate", "off_shift", "paused", "outside_world", "clock_ahead", "clock_wrong", "too_old", "switched_off",
    "unreadable", "unknown_device", "clock_corrected",
)  # fmt: skip
"""Why a point was not stored; `clock_corrected` ones were, at the time their device meant."""


class Point(NamedTuple):
    """One fix: degrees, seconds since 1970 by the device's clock, metres of accuracy or -1."""

    lon: float
    lat: float
    at: float
    accuracy: float = -1.0


class Span(NamedTuple):
    """One shift, from second to second; `until` is infinite while it runs. `shared` are the spans within it."""

    shift: UUID
    squad: UUID
    since: float
    until: float
    shared: tuple[tuple[float, float], ...]


@dataclass
class Sorted:
    """The points to store, by shift; the others, counted."""

    kept: dict[UUID, list[Point]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Bounds:
    """What counts as now, too old, ahead; in seconds."""

    now: float
    ahead: float
    steady: float
    keep: float


def skew(sent_at: float | None, bounds: Bounds) -> float | None:
    """By how much a device's clock is put right: 0 within the tolerance. None if it is too far off to be believed."""
    if sent_at is None:
        return 0.0
    off = bounds.now - sent_at
    if abs(off) <= bounds.ahead:
        return 0.0
    return off if abs(off) <= bounds.steady else None


def sort(
    points: Sequence[Point], spans: Iterable[Span], *, system: str, sent_at: float | None, bounds: Bounds
) -> Sorted:
    """Every point to its shift or to its reason, in whatever order they came."""
    found, spans = Sorted(), list(spans)
    off = skew(sent_at, bounds) if not sent_at or isfinite(sent_at) else None
    if off is None:
        found.reasons["clock_wrong"] += len(points)
        return found
    taken: set[tuple[UUID, int]] = set()
    for lon, lat, at, accuracy in points:
        if not inside_world(lon, lat):
            found.reasons["outside_world"] += 1
            continue
        moment = at + off
        reason, shift = _place(moment, spans, bounds)
        if shift is None:
            found.reasons[reason] += 1
            continue
        key = (shift, round(moment * 1e6))
        if key in taken:
            found.reasons["duplicate"] += 1
            continue
        taken.add(key)
        if off:
            found.reasons["clock_corrected"] += 1
        if system == "gcj02":
            lon, lat = as_wgs84(lon, lat, system)
        fine = accuracy if 0 <= accuracy < 1e6 else -1.0
        found.kept.setdefault(shift, []).append(Point(lon, lat, moment, fine))
    return found


def _place(at: float, spans: Sequence[Span], bounds: Bounds) -> tuple[str, UUID | None]:
    """The shift a moment belongs to, or why it belongs to none."""
    if not at <= bounds.now + bounds.ahead:  # what is no number is not below anything either
        return "clock_ahead", None
    if at <= bounds.now - bounds.keep:
        return "too_old", None
    for shift, _, begun, over, shared in spans:
        if begun <= at < over:
            for since, until in shared:
                if since <= at < until:
                    return "", shift
            return "paused", None
    return "off_shift", None
