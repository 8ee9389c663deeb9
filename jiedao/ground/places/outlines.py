"""Outlines (区划边界): the areas in force as GeoJSON for a map, and the way up from an area."""

import gzip
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q

from jiedao.ground.places import plots
from jiedao.ground.places.locate import centre
from jiedao.ground.places.models import Area
from jiedao.kit.clock import today

MOST = 12


@dataclass(frozen=True)
class Lines:
    """The lines of all areas as bytes ready to be sent, plain and packed, under the name of their content."""

    plain: bytes
    packed: bytes
    etag: str


_lines: dict[tuple[str, str, bool], tuple[str, Lines]] = {}


def lines(*, english: bool = False) -> Lines:
    """All areas of today for the map of grids, six decimals. Made anew when an area has changed."""
    key, now = (connection.schema_name, str(today()), english), plots.stamp()
    held = _lines.get(key)
    if held is None or held[0] != now:
        if len(_lines) > 16:
            _lines.clear()
        held = _lines[key] = (now, _written(english))
    return held[1]


def _written(english: bool) -> Lines:
    rows = Area.objects.on().exclude(shape=None).order_by("path")
    told = rows.values_list("code", "name", "name_en", "kind", "grid_kind", "shape")
    features = [
        {
            "type": "Feature",
            "geometry": {"type": drawn["type"], "coordinates": _short(drawn["coordinates"])},
            "properties": {"code": code, "name": (english and name_en) or name, "level": kind, "kind": grid_kind},
        }
        for code, name, name_en, kind, grid_kind, drawn in told
    ]
    plain = json.dumps(
        {"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":")
    ).encode()
    return Lines(plain, gzip.compress(plain, 5, mtime=0), f'"{hashlib.sha256(plain).hexdigest()[:24]}"')


def _short(value: Any) -> Any:
    """Six decimals, a tenth of a metre: what is drawn needs no more, and a third of the file is decimals."""
    if isinstance(value, int | float):
        return round(value, 6)
    return [_short(part) for part in value]


def forget() -> None:
    """Read the areas again at the next question: after a redraw, and between tests."""
    _lines.clear()


def upwards(area: Area) -> list[Area]:
    """The areas that hold an area, from below the district down to itself; the district alone is itself."""
    codes = area.path.split("/")
    found = sorted(Area.objects.on().filter(code__in=codes), key=lambda one: len(one.path))
    return found[1:] or found


def names(codes: Iterable[str]) -> dict[str, str]:
    """The names of areas by code, of the row that was in force last."""
    rows = Area.objects.filter(code__in=codes).order_by("valid_from").values_list("code", "name")
    return dict(rows)


def search(words: str) -> list[tuple[Area, tuple[float, float] | None]]:
    """Areas by part of a name, each with a point inside."""
    found = Area.objects.on().filter(Q(name__icontains=words) | Q(name_en__icontains=words) | Q(code__startswith=words))
    return [(area, centre(area)) for area in found.select_related("parent").order_by("path")[:MOST]]
