"""Shapes of a package (边界校验): sound, inside the area around them, without overlaps; gaps are counted."""

from collections import defaultdict
from collections.abc import Iterator
from math import cos, radians

from shapely import STRtree, union_all
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from jiedao.doors.package.content import AreaRecord, Content
from jiedao.doors.package.read import Problem

SLACK = 5.0
"""Square metres by which neighbours may miss each other: six digits of a degree are a tenth of a metre."""


def check(content: Content) -> Iterator[Problem]:
    drawn = _drawn(content)
    for code, geometry in drawn.items():
        if not geometry.is_valid or geometry.is_empty:
            yield content.shapes.problem("shape_broken", code, why=explain_validity(geometry))
    if any(not geometry.is_valid for geometry in drawn.values()):
        return
    for area in content.areas:
        if area.code in drawn and area.parent in drawn:
            outside = square_metres(drawn[area.code].difference(drawn[area.parent]))
            if outside > SLACK:
                yield content.shapes.problem("shape_outside_parent", area.code, square_metres=round(outside))
    for siblings in _families(content).values():
        yield from _overlaps(content, [a for a in siblings if a.code in drawn], drawn)


def gaps(content: Content) -> dict[str, int]:
    """Square metres of an area that none of its parts covers, by code; real borders have some, so this is told."""
    drawn, found = _drawn(content), {}
    for parent, parts in _families(content).items():
        shapes = [drawn[part.code] for part in parts if part.code in drawn]
        if parent in drawn and shapes:
            left = square_metres(drawn[parent].difference(union_all(shapes)))
            if left > SLACK:
                found[parent] = round(left)
    return found


def square_metres(geometry: BaseGeometry) -> float:
    """The size of a shape in degrees. Good to a percent at the size of a district."""
    if geometry.is_empty:
        return 0.0
    metres = 111_320.0
    return float(geometry.area) * metres * metres * cos(radians(geometry.centroid.y))


def _drawn(content: Content) -> dict[str, BaseGeometry]:
    return {code: shape(geometry) for code, geometry in content.shapes.by_code.items()}


def _families(content: Content) -> dict[str, list[AreaRecord]]:
    """The areas that share a parent and must not overlap. Exclusive grids lie inside integrated ones on purpose."""
    families: dict[str, list[AreaRecord]] = defaultdict(list)
    for area in content.areas:
        if area.parent and area.grid_kind != "exclusive":
            families[area.parent].append(area)
    return families


def _overlaps(content: Content, siblings: list[AreaRecord], drawn: dict[str, BaseGeometry]) -> Iterator[Problem]:
    geometries = [drawn[area.code] for area in siblings]
    left, right = STRtree(geometries).query(geometries, predicate="intersects")
    for a, b in zip(left, right, strict=True):
        if a < b:
            shared = square_metres(geometries[a].intersection(geometries[b]))
            if shared > SLACK:
                other = siblings[int(b)].code
                yield content.shapes.problem(
                    "shapes_overlap", siblings[int(a)].code, other=other, square_metres=round(shared)
                )
