"""From a point to its grid (定位): shapes in memory, because no extension of PostgreSQL may be required."""

from datetime import date
from time import monotonic

from django.db import connection
from shapely import STRtree, get_parts, points
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from jiedao.ground.places.models import Area

FRESH_FOR = 60.0
"""Seconds before the areas are read again; a redraw takes effect on a date, so a minute is early enough."""

_shapes: dict[tuple[str, date], tuple[float, STRtree, list[Area]]] = {}

_DEPTH = {Area.Kind.DISTRICT: 0, Area.Kind.SUBDISTRICT: 1, Area.Kind.COMMUNITY: 2, Area.Kind.GRID: 3}


def _tree(day: date) -> tuple[STRtree, list[Area]]:
    key = (connection.schema_name, day)
    held = _shapes.get(key)
    if held and monotonic() - held[0] < FRESH_FOR:
        return held[1], held[2]
    areas, geometries = [], []
    for area in Area.objects.on(day).exclude(shape=None):
        areas.append(area)
        geometries.append(shape(area.shape))
    tree = STRtree(geometries)
    if len(_shapes) > 64:
        _shapes.clear()
    _shapes[key] = (monotonic(), tree, areas)
    return tree, areas


def locate(lon: float, lat: float, day: date) -> Area | None:
    """The smallest area of that day which holds a WGS 84 point. None outside the district.

    An exclusive grid lies inside an integrated one and wins over it.
    """
    tree, areas = _tree(day)
    spot = points(lon, lat)
    found = [areas[i] for i in tree.query(spot, predicate="intersects")]
    if not found:
        return None
    return max(found, key=lambda area: (_DEPTH[Area.Kind(area.kind)], area.grid_kind == Area.GridKind.EXCLUSIVE))


def forget() -> None:
    """Read the areas again at the next question: after a redraw, and between tests."""
    _shapes.clear()


def centre(area: Area) -> tuple[float, float] | None:
    """A point that certainly lies inside the area. None if it has no shape."""
    if not area.shape:
        return None
    geometry: BaseGeometry = shape(area.shape)
    widest = max(get_parts(geometry), key=lambda part: part.area)
    inside = widest.representative_point()
    return inside.x, inside.y
