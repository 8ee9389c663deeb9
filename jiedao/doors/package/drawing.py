"""Drawing areas (划区): an outline divided into compact parts, the same at every run, without gaps.

For demonstrations and for the first minimum of a new district; nothing drawn here is a boundary of a real place.
Everything is counted in whole millionths of a degree, as packages write it. A cut ends on borders that are already
there, at a point of that raster which lies on the border to a millimetre: so parts fit each other, and go on fitting
when one of them is divided again.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import cos, hypot, pi, radians, sin
from typing import Any

from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry

from jiedao.kit.refusal import Refused

Spot = tuple[int, int]
Ring = list[Spot]
MILLION = 1_000_000
DIRECTIONS = 12
NEAR = 60
"""Millionths of a degree, some six metres: a cut that ends so close to a corner ends in the corner."""
FINE = 20
"""Square millionths of a degree, a fifth of a square metre: what a cut may take from a border or add to it."""


def ring_of(geometry: dict[str, Any]) -> Ring:
    """The outer ring of a GeoJSON shape, of its largest part, on the raster and counter-clockwise."""
    parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    body = max((Polygon(part[0]) for part in parts), key=lambda part: part.area)
    return tidy([(round(x * MILLION), round(y * MILLION)) for x, y in body.exterior.coords[:-1]])


def geojson(ring: Ring) -> dict[str, Any]:
    """The GeoJSON shape of a ring, closed, with six decimals."""
    closed = [*ring, ring[0]]
    return {"type": "Polygon", "coordinates": [[[x / MILLION, y / MILLION] for x, y in closed]]}


def tidy(ring: Ring) -> Ring:
    """Counter-clockwise and without the same corner twice in a row."""
    ring = [spot for spot, following in pairwise([*ring, ring[0]]) if spot != following]
    return ring if _area(ring) > 0 else ring[::-1]


def simplified(ring: Ring, most: int = 200) -> Ring:
    """The ring with at most so many corners, as close to it as that allows."""
    body, slack = Polygon(ring), 10.0
    found = body.simplify(slack)
    while len(found.exterior.coords) > most or not found.is_valid:
        slack *= 1.25
        found = body.simplify(slack)
    return tidy([(round(x), round(y)) for x, y in found.exterior.coords[:-1]])


def divide(ring: Ring, shares: Sequence[float]) -> list[Ring]:
    """Parts with these shares of the ground, in their order. Refuses `cannot_divide` where no straight cut will do."""
    if len(shares) == 1:
        return [ring]
    half = _halfway(shares)
    first, second = _cut(ring, sum(shares[:half]) / sum(shares))
    return divide(first, shares[:half]) + divide(second, shares[half:])


def inside(ring: Ring, size: int = 500, away_from: Sequence[Spot] = ()) -> Ring:
    """A small rectangle within a ring that leaves the ring's middle and other spots free: an exclusive grid."""
    body = Polygon(ring)
    middle = body.representative_point()
    for across in (0.5, 0.35, 0.65, 0.2):
        for x, y in ring:
            spot = middle.x + (x - middle.x) * across, middle.y + (y - middle.y) * across
            for half in (size, size // 2, size // 4, size // 8):
                found = box(
                    round(spot[0]) - half, round(spot[1]) - half // 2, round(spot[0]) + half, round(spot[1]) + half // 2
                )
                if body.buffer(-1).contains(found) and not _touches(found, [(middle.x, middle.y), *away_from]):
                    return tidy([(round(a), round(b)) for a, b in found.exterior.coords[:-1]])
    raise Refused("cannot_divide", corners=len(ring))


def _touches(body: BaseGeometry, spots: Sequence[tuple[float, float]]) -> bool:
    west, south, east, north = body.bounds
    return any(west - 20 <= x <= east + 20 and south - 20 <= y <= north + 20 for x, y in spots)


def _halfway(shares: Sequence[float]) -> int:
    """After how many shares about half of the ground is given out; at least one stays on either side."""
    so_far, best, at = 0.0, float("inf"), 1
    for number, share in enumerate(shares[:-1], 1):
        so_far += share
        if abs(so_far - sum(shares) / 2) < best:
            best, at = abs(so_far - sum(shares) / 2), number
    return at


def _cut(ring: Ring, share: float) -> tuple[Ring, Ring]:
    """Two parts by one straight cut; of all directions the one that leaves them most compact."""
    best: tuple[float, tuple[Ring, Ring]] | None = None
    narrow = cos(radians(sum(y for _, y in ring) / len(ring) / MILLION))
    for slip in (0.0, 0.06, -0.06, 0.12, -0.12, 0.2, -0.2):
        for number in range(DIRECTIONS):
            turn = pi * number / DIRECTIONS
            parts = _parts(ring, (cos(turn), sin(turn)), min(max(share + slip * share, 0.05), 0.95))
            if parts is None:
                continue
            badness = max(_badness(part, narrow) for part in parts)
            if best is None or badness < best[0]:
                best = (badness, parts)
        if best:
            return best[1]
    raise Refused("cannot_divide", corners=len(ring))


def _parts(ring: Ring, across: tuple[float, float], share: float) -> tuple[Ring, Ring] | None:
    """The two sides of a line across a ring. None if it crosses more than twice or leaves no sound shape."""
    heights = [x * across[0] + y * across[1] for x, y in ring]
    level = _level(ring, across, heights, share)
    crossed = [n for n in range(len(ring)) if (heights[n] - level) * (heights[(n + 1) % len(ring)] - level) < 0]
    if len(crossed) != 2:
        return None
    ends = [_end(ring[n], ring[(n + 1) % len(ring)], heights[n], heights[(n + 1) % len(ring)], level) for n in crossed]
    (low, high), (p, q) = crossed, ends
    one = tidy([p, *ring[low + 1 : high + 1], q])
    two = tidy([q, *ring[high + 1 :], *ring[: low + 1], p])
    sound = all(len(part) > 2 and Polygon(part).is_valid for part in (one, two))
    if not sound or abs(_area(one)) + abs(_area(two)) < abs(_area(ring)) * 0.9999:
        return None
    below = heights[(low + 1) % len(ring)] < level
    return (one, two) if below else (two, one)


def _level(ring: Ring, across: tuple[float, float], heights: list[float], share: float) -> float:
    """How far along a direction the wanted share of the ground lies."""
    low, high, whole = min(heights), max(heights), abs(_area(ring))
    for _ in range(24):
        level = (low + high) / 2
        if _below(ring, heights, level) < share * whole:
            low = level
        else:
            high = level
    return (low + high) / 2


def _below(ring: Ring, heights: list[float], level: float) -> float:
    """The ground on the near side of a line."""
    kept: list[tuple[float, float]] = []
    for n, (here, height) in enumerate(zip(ring, heights, strict=True)):
        there, other = ring[(n + 1) % len(ring)], heights[(n + 1) % len(ring)]
        if height <= level:
            kept.append(here)
        if (height - level) * (other - level) < 0:
            t = (level - height) / (other - height)
            kept.append((here[0] + (there[0] - here[0]) * t, here[1] + (there[1] - here[1]) * t))
    return abs(_area(kept)) if len(kept) > 2 else 0.0


def _end(here: Spot, there: Spot, height: float, other: float, level: float) -> Spot:
    """Where a cut meets a border: a corner that is near, else the spot of the raster that lies best on the border."""
    t = (level - height) / (other - height)
    run, rise = there[0] - here[0], there[1] - here[1]
    long = hypot(run, rise)
    for corner, gone in ((here, t * long), (there, (1 - t) * long)):
        if gone < min(NEAR, long / 3):
            return corner
    for beside, spot in _on_the_way(here, run, rise, t):
        if beside * long < FINE:
            return spot
    return here if t < 0.5 else there


def _on_the_way(here: Spot, run: int, rise: int, t: float) -> Iterator[tuple[float, Spot]]:
    """Spots of the raster along a border, from the wanted one outward, each with how far it lies beside the border."""
    steep = abs(rise) > abs(run)
    lead, side = (rise, run) if steep else (run, rise)
    wanted, slant = round(lead * t), hypot(run, rise) / abs(lead)
    for away in range(min(int(abs(lead) * 0.9), 5_000)):
        for step in {wanted + away, wanted - away}:
            if 0 < step / lead < 1:
                beside = side * step / lead
                spot = (here[0] + round(beside), here[1] + step) if steep else (here[0] + step, here[1] + round(beside))
                yield abs(beside - round(beside)) / slant, spot


def _badness(ring: Ring, narrow: float) -> float:
    """How far a part is from round, on the ground: a circle has 1, a square 1.27, a strip much."""
    body = Polygon([(x * narrow, y) for x, y in ring])
    return float(body.length**2 / (4 * pi * body.area)) if body.area else float("inf")


def _area(ring: Sequence[tuple[float, float]]) -> float:
    """Twice-signed ground halved: positive counter-clockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise([*ring, ring[0]])) / 2
