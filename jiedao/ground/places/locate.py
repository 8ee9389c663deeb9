"""From a point to its grid (定位): shapes in memory, because no extension of PostgreSQL may be required."""

from collections.abc import Iterable, Sequence
from datetime import date
from time import monotonic

import numpy as np
from django.db import connection
from shapely import STRtree, get_parts, points, prepare
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from jiedao.ground.places.models import Area

FRESH_FOR = 60.0
"""Seconds before the areas are read again; a redraw takes effect on a date, so a minute is early enough."""

_DEPTH = {Area.Kind.DISTRICT: 0, Area.Kind.SUBDISTRICT: 1, Area.Kind.COMMUNITY: 2, Area.Kind.GRID: 3}


def rank(kind: str, grid_kind: str) -> int:
    """Which of two areas wins that hold the same point: the smaller, and an exclusive grid over the one around it."""
    return 2 * _DEPTH[Area.Kind(kind)] + (grid_kind == Area.GridKind.EXCLUSIVE)


class Finder:
    """Shapes with their ranks: for a point, or for many at once, the place in the list of the shape that wins."""

    def __init__(self, shapes: Sequence[BaseGeometry], ranks: Sequence[int]) -> None:
        self._shapes = np.array(shapes, dtype=object)
        self._ranks = np.array(ranks, dtype=int)
        prepare(self._shapes)
        self._tree = STRtree(self._shapes)

    def one(self, lon: float, lat: float) -> int | None:
        """The winner at a point. None where no shape is."""
        found = self._tree.query(points((lon, lat)), predicate="intersects")
        return int(found[np.argmax(self._ranks[found])]) if len(found) else None

    def many(self, lons: Iterable[float], lats: Iterable[float]) -> list[int | None]:
        """The winner at each point, in their order; the tree is of the points, so that each shape is asked once."""
        spots = points(np.fromiter(lons, float), np.fromiter(lats, float))
        if not len(spots) or not len(self._shapes):
            return [None] * len(spots)
        which, spot = STRtree(spots).query(self._shapes, predicate="intersects")
        won = np.full(len(spots), -1)
        order = np.argsort(self._ranks[which], kind="stable")
        won[spot[order]] = which[order]  # of a place written twice numpy keeps the last, and the highest rank is last
        return [int(index) if index >= 0 else None for index in won]


_kept: dict[tuple[str, date], tuple[float, Finder, list[Area]]] = {}


def _finder(day: date) -> tuple[Finder, list[Area]]:
    key = (connection.schema_name, day)
    held = _kept.get(key)
    if held and monotonic() - held[0] < FRESH_FOR:
        return held[1], held[2]
    areas = list(Area.objects.on(day).exclude(shape=None))
    finder = Finder([shape(area.shape) for area in areas], [rank(area.kind, area.grid_kind) for area in areas])
    if len(_kept) > 64:
        _kept.clear()
    _kept[key] = (monotonic(), finder, areas)
    return finder, areas


def locate(lon: float, lat: float, day: date) -> Area | None:
    """The smallest area of that day which holds a WGS 84 point. None outside the district.

    An exclusive grid lies inside an integrated one and wins over it.
    """
    finder, areas = _finder(day)
    found = finder.one(lon, lat)
    return None if found is None else areas[found]


def locate_many(spots: Sequence[tuple[float, float]], day: date) -> list[Area | None]:
    """The same for many points at once, in their order."""
    finder, areas = _finder(day)
    found = finder.many((lon for lon, _ in spots), (lat for _, lat in spots))
    return [None if index is None else areas[index] for index in found]


def forget() -> None:
    """Read the areas again at the next question: after a redraw, and between tests."""
    _kept.clear()


def centre(area: Area) -> tuple[float, float] | None:
    """A point that certainly lies inside the area. None if it has no shape."""
    if not area.shape:
        return None
    geometry: BaseGeometry = shape(area.shape)
    widest = max(get_parts(geometry), key=lambda part: part.area)
    inside = widest.representative_point()
    return inside.x, inside.y
