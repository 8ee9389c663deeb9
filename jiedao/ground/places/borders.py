"""Borders (边界): a point of a shape's edge moved to another place; where the edge only passes, it gets a corner there."""

from math import cos, hypot, radians

from shapely import Point
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import LinearRing

from jiedao.ground.places import geometry
from jiedao.ground.places.geometry import METRES

NEAR = 1.0
"""Metres within which a point is on a border."""

Place = tuple[float, float]


def shifted(ground: BaseGeometry, there: Place, to: Place) -> BaseGeometry | None:
    """The shape with its border bent. None if its border does not pass there."""
    if ground.distance(Point(there)) * METRES > 2 * NEAR:
        return None
    parts, touched = [], False
    for part in geometry.polygons(ground):
        rings = [_bent(ring, there, to) for ring in (part.exterior, *part.interiors)]
        touched = touched or any(ring is not None for ring in rings)
        kept = [ring or list(old.coords) for ring, old in zip(rings, (part.exterior, *part.interiors), strict=True)]
        parts.append(Polygon(kept[0], kept[1:]))
    if not touched:
        return None
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _bent(ring: LinearRing, there: Place, to: Place) -> list[Place] | None:
    corners: list[Place] = [(x, y) for x, y, *_ in ring.coords[:-1]]
    near = [at for at, corner in enumerate(corners) if apart(corner, there) <= NEAR]
    if near:
        # Two corners within a metre of the point are one corner to whoever moved it.
        first, *others = near
        corners[first] = to
        return [corner for at, corner in enumerate(corners) if at not in others]
    for at, corner in enumerate(corners):
        if _off_line(there, corner, corners[(at + 1) % len(corners)]) <= NEAR:
            return [*corners[: at + 1], to, *corners[at + 1 :]]
    return None


def apart(one: Place, other: Place) -> float:
    """Metres between two points that are not far apart."""
    return hypot((other[0] - one[0]) * cos(radians(one[1])), other[1] - one[1]) * METRES


def _off_line(point: Place, start: Place, stop: Place) -> float:
    """Metres from a point to the line between two corners."""
    narrow = cos(radians(point[1]))
    ax, ay = (start[0] - point[0]) * narrow, start[1] - point[1]
    bx, by = (stop[0] - point[0]) * narrow, stop[1] - point[1]
    length = (bx - ax) ** 2 + (by - ay) ** 2
    along = 0.0 if length == 0 else max(0.0, min(1.0, -(ax * (bx - ax) + ay * (by - ay)) / length))
    return hypot(ax + along * (bx - ax), ay + along * (by - ay)) * METRES
