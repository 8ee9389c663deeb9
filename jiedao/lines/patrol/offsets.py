"""Offsets of sources (坐标偏移): whether a source lies steadily beside places known by other means. Flagged, never mended."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, hypot, radians
from statistics import median
from uuid import UUID

from jiedao.ground.places.coords import to_gcj02
from jiedao.kit.clock import now
from jiedao.lines.patrol import rules
from jiedao.lines.patrol.models import OffsetSample, Source
from jiedao.lines.patrol.rules import METRES_PER_DEGREE, Rules

LOOKED_AT = 200


@dataclass(frozen=True)
class Offset:
    """How far a source lies off, steadily; `like_gcj02`: just as GCJ-02 read as WGS 84 would here."""

    source: Source
    east: int
    north: int
    samples: int
    like_gcj02: bool

    @property
    def metres(self) -> int:
        return round(hypot(self.east, self.north))


def sample(source_id: UUID, point: tuple[float, float], place: tuple[float, float]) -> None:
    """A point of a source beside the place where its device was for certain: at a code it has just scanned."""
    east, north = apart(point, place)
    OffsetSample.objects.create(source_id=source_id, at=now(), east=east, north=north, lon=place[0], lat=place[1])


def apart(point: tuple[float, float], place: tuple[float, float]) -> tuple[float, float]:
    """Metres east and north from a place to a point."""
    east = (point[0] - place[0]) * cos(radians(place[1])) * METRES_PER_DEGREE
    return east, (point[1] - place[1]) * METRES_PER_DEGREE


def steady(samples: Sequence[tuple[float, float]], known: Rules) -> tuple[float, float] | None:
    """The offset that most samples share: far from zero, and each near it. None if there is none, or too few samples."""
    if len(samples) < known.offset_samples:
        return None
    east, north = median(s[0] for s in samples), median(s[1] for s in samples)
    size = hypot(east, north)
    if size < known.offset_metres:
        return None
    near = sum(hypot(e - east, n - north) <= size / 3 for e, n in samples)
    return (east, north) if near >= 0.8 * len(samples) else None


def flagged() -> list[Offset]:
    """Sources that lie steadily off. Somebody then declares the system anew; no point is moved by a guess."""
    known, found = rules.rules(), []
    for source in Source.objects.filter(ended_at=None).order_by("code"):
        rows = list(source.samples.filter(at__gte=source.declared_at).order_by("-at")[:LOOKED_AT])  # type: ignore[attr-defined]
        off = steady([(row.east, row.north) for row in rows], known)
        if off is None:
            continue
        place = (median(row.lon for row in rows), median(row.lat for row in rows))
        shift = apart(to_gcj02(*place), place)
        like = hypot(off[0] - shift[0], off[1] - shift[1]) <= hypot(*shift) / 3
        found.append(Offset(source, round(off[0]), round(off[1]), len(rows), like))
    return found
