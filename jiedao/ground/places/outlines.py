"""Outlines (区划边界): the areas in force as GeoJSON for a map, and the way up from an area."""

from typing import Any

from django.db import connection
from django.db.models import Q

from jiedao.ground.places.locate import centre
from jiedao.ground.places.models import Area
from jiedao.kit.clock import today

MOST = 12

_kept: dict[tuple[str, str, bool], dict[str, Any]] = {}


def collection(*, english: bool = False) -> dict[str, Any]:
    """A FeatureCollection with the name and level of each area. Made once a day and language: redraws have a date."""
    key = (connection.schema_name, str(today()), english)
    if key not in _kept:
        if len(_kept) > 32:
            _kept.clear()
        areas = Area.objects.on().exclude(shape=None).order_by("path")
        _kept[key] = {"type": "FeatureCollection", "features": [_feature(area, english) for area in areas]}
    return _kept[key]


def _feature(area: Area, english: bool) -> dict[str, Any]:
    name = (english and area.name_en) or area.name
    return {
        "type": "Feature",
        "geometry": area.shape,
        "properties": {"code": area.code, "name": name, "level": area.kind},
    }


def forget() -> None:
    """Read the areas again at the next question: after a redraw, and between tests."""
    _kept.clear()


def upwards(area: Area) -> list[Area]:
    """The areas that hold an area, from below the district down to itself; the district alone is itself."""
    codes = area.path.split("/")
    found = sorted(Area.objects.on().filter(code__in=codes), key=lambda one: len(one.path))
    return found[1:] or found


def search(words: str) -> list[tuple[Area, tuple[float, float] | None]]:
    """Areas by part of a name, each with a point inside."""
    found = Area.objects.on().filter(Q(name__icontains=words) | Q(name_en__icontains=words) | Q(code__startswith=words))
    return [(area, centre(area)) for area in found.select_related("parent").order_by("path")[:MOST]]
