"""Shapes of a package (边界校验): sound, inside the area around them, without overlaps; gaps are counted."""

from collections import defaultdict
from collections.abc import Iterator

from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from jiedao.doors.package.content import AreaRecord, Content
from jiedao.doors.package.read import Problem
from jiedao.ground.places.geometry import SLACK, beyond, broken, overlaps, square_metres, uncovered


def check(content: Content) -> Iterator[Problem]:
    drawn = _drawn(content)
    faults = {code: why for code, geometry in drawn.items() if (why := broken(geometry))}
    for code, why in faults.items():
        yield content.shapes.problem("shape_broken", code, why=why)
    if faults:
        return
    for area in content.areas:
        if area.code in drawn and area.parent in drawn:
            outside = square_metres(beyond(drawn[area.code], drawn[area.parent]))
            if outside > SLACK:
                yield content.shapes.problem("shape_outside_parent", area.code, square_metres=round(outside))
    for siblings in _families(content).values():
        family = {area.code: drawn[area.code] for area in siblings if area.code in drawn}
        for code, other, shared in overlaps(family):
            yield content.shapes.problem(
                "shapes_overlap", code, other=other, square_metres=round(square_metres(shared))
            )


def gaps(content: Content) -> dict[str, int]:
    """Square metres of an area that none of its parts covers, by code; real borders have some, so this is told."""
    drawn, found = _drawn(content), {}
    for parent, parts in _families(content).items():
        shapes = [drawn[part.code] for part in parts if part.code in drawn]
        if parent in drawn and shapes:
            left = square_metres(uncovered(drawn[parent], shapes))
            if left > SLACK:
                found[parent] = round(left)
    return found


def _drawn(content: Content) -> dict[str, BaseGeometry]:
    return {code: shape(geometry) for code, geometry in content.shapes.by_code.items()}


def _families(content: Content) -> dict[str, list[AreaRecord]]:
    """The areas that share a parent and must not overlap. Exclusive grids lie inside integrated ones on purpose."""
    families: dict[str, list[AreaRecord]] = defaultdict(list)
    for area in content.areas:
        if area.parent and area.grid_kind != "exclusive":
            families[area.parent].append(area)
    return families
