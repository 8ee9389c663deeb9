"""Geometry (图形): shapes in degrees by the code of their area: broken, outside, overlapping, gaps, slivers; sizes in metres."""

from collections.abc import Iterable, Iterator, Mapping
from math import cos, radians

from shapely import STRtree, get_parts, union_all
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

SLACK = 5.0
"""Square metres by which neighbours may miss each other: six digits of a degree are a tenth of a metre."""

THIN = 3.0
"""Metres of mean width under which a piece of ground is no place where anything stands: a sliver."""

METRES = 111_320.0
"""Of one degree of latitude."""

Shapes = Mapping[str, BaseGeometry]


def square_metres(geometry: BaseGeometry) -> float:
    """The size of a shape in degrees. Good to a percent at the size of a district."""
    if geometry.is_empty:
        return 0.0
    return float(geometry.area) * METRES * METRES * cos(radians(geometry.centroid.y))


def width(geometry: BaseGeometry) -> float:
    """The mean width of a piece in metres: twice its area by its edge. A square of ten metres gives five."""
    edge = float(geometry.length) * METRES * (1 + cos(radians(geometry.centroid.y))) / 2
    return 2 * square_metres(geometry) / edge if edge else 0.0


def broken(geometry: BaseGeometry) -> str:
    """Why a shape is no area: a ring that crosses itself, nothing in it. Empty if it is sound."""
    if geometry.is_empty:
        return "Empty"
    return "" if geometry.is_valid else explain_validity(geometry)


def beyond(geometry: BaseGeometry, around: BaseGeometry) -> BaseGeometry:
    """What of a shape lies outside the one that should hold it."""
    return geometry.difference(around)


def overlaps(shapes: Shapes) -> Iterator[tuple[str, str, BaseGeometry]]:
    """Every two of these that share ground, each pair once, with what they share. Slack is not told."""
    codes = list(shapes)
    geometries = [shapes[code] for code in codes]
    if len(codes) < 2:
        return
    left, right = STRtree(geometries).query(geometries, predicate="intersects")
    for a, b in sorted(zip(left.tolist(), right.tolist(), strict=True)):
        if a < b:
            shared = geometries[a].intersection(geometries[b])
            if square_metres(shared) > SLACK:
                yield codes[a], codes[b], shared


def uncovered(around: BaseGeometry, parts: Iterable[BaseGeometry]) -> BaseGeometry:
    """What of an area none of its parts covers."""
    return around.difference(union_all(list(parts)))


def slivers(geometry: BaseGeometry) -> list[BaseGeometry]:
    """The pieces of a shape that are too thin for anything to stand on."""
    return [piece for piece in get_parts(geometry) if piece.geom_type == "Polygon" and width(piece) < THIN]


def polygons(geometry: BaseGeometry) -> list[BaseGeometry]:
    """The areas among the parts of a geometry, without the points and lines where others only touch."""
    flat = get_parts(get_parts(geometry))
    return [part for part in flat if part.geom_type == "Polygon" and not part.is_empty]
