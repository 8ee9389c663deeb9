"""Files of borders (边界文件): GeoJSON that somebody brings, read as changes of a redraw; a board as GeoJSON to take away.

The system is declared, never guessed: GCJ-02 is turned into WGS 84 here, and nowhere further in.
"""

import json
from collections.abc import Iterable
from math import isfinite
from typing import Any

from shapely.errors import GEOSException
from shapely.geometry import shape

from jiedao.ground.places import geometry, plots
from jiedao.ground.places.coords import SYSTEMS, shape_to_gcj02, shape_to_wgs84
from jiedao.ground.places.cuts import Change
from jiedao.ground.places.models import Area
from jiedao.ground.places.plots import Board, Plot
from jiedao.kit.refusal import Refused

MOST_BYTES = 8_000_000
MOST_FEATURES = 5_000
MOST_POINTS = 400_000
_TYPES = {"Polygon": 2, "MultiPolygon": 3}


def features(text: bytes, system: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Properties and geometry in WGS 84 of each feature. Refuses by name, number and code what is no border."""
    if system not in SYSTEMS:
        raise Refused("unknown_coordinates", system=str(system)[:40], known=list(SYSTEMS))
    told = _collection(text)
    found, spent = [], 0
    for number, feature in enumerate(told, 1):
        if not isinstance(feature, dict):
            raise Refused("not_a_feature", number=number)
        properties = feature.get("properties") or {}
        properties = properties if isinstance(properties, dict) else {}
        code = str(properties.get("code") or feature.get("id") or "")[:20]
        drawn = feature.get("geometry")
        kind = drawn.get("type") if isinstance(drawn, dict) else None
        if not isinstance(drawn, dict) or kind not in _TYPES:
            raise Refused("not_a_border", number=number, code=code, given=str(kind)[:40])
        spent += _points(drawn.get("coordinates"), _TYPES[kind], number, code)
        if spent > MOST_POINTS:
            raise Refused("too_many_points", most=MOST_POINTS)
        plain = {"type": kind, "coordinates": drawn["coordinates"]}
        turned = shape_to_wgs84(plain) if system == "gcj02" else plain
        found.append(({**properties, "code": code}, _sound(turned, number, code)))
    return found


def _collection(text: bytes) -> list[Any]:
    if len(text) > MOST_BYTES:
        raise Refused("file_of_borders_too_large", most=MOST_BYTES // 1_000_000)
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as broken:
        raise Refused("not_geojson", why=str(broken)[:120]) from None
    if not isinstance(told, dict) or told.get("type") != "FeatureCollection":
        raise Refused("not_geojson", why="type is not FeatureCollection")
    listed = told.get("features")
    if not isinstance(listed, list) or not listed or len(listed) > MOST_FEATURES:
        raise Refused("not_geojson", why=f"features: 1 to {MOST_FEATURES}")
    return listed


def _points(value: Any, depth: int, number: int, code: str) -> int:
    """Counts the points of a ring, or of rings; whatever is no pair of numbers on earth is refused."""
    if not isinstance(value, list) or not value:
        raise Refused("not_a_border", number=number, code=code, given="[]")
    if depth:
        return sum(_points(part, depth - 1, number, code) for part in value)
    numbers = value[:2]
    if len(numbers) < 2 or any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
        raise Refused("not_a_border", number=number, code=code, given=str(value)[:40])
    lon, lat = numbers
    if not (isfinite(lon) and isfinite(lat) and -180 <= lon <= 180 and -90 <= lat <= 90):
        # Metres of a Gauss-Krüger grid end up here: hundreds of thousands, and no degrees.
        raise Refused("not_degrees", number=number, code=code, given=f"{lon}, {lat}"[:60])
    return 1


def _sound(told: dict[str, Any], number: int, code: str) -> dict[str, Any]:
    try:
        drawn = plots.tidy(shape(told))
    except (GEOSException, ValueError) as broken:
        raise Refused("not_a_border", number=number, code=code, given=str(broken)[:60]) from None
    if why := geometry.broken(drawn):
        raise Refused("shape_broken", area=code or f"#{number}", why=why)
    return plots.geojson(drawn)


def changes(board: Board, text: bytes, system: str) -> list[Change]:
    """What a file changes: other borders for grids of its codes, new grids for the rest. What it leaves out stays."""
    shapes: dict[str, Any] = {}
    added: list[Change] = []
    for number, (told, drawn) in enumerate(features(text, system), 1):
        code = told["code"]
        plot = board.get(code)
        if plot is not None and plot.kind != Area.Kind.GRID:
            continue
        if code in shapes or any(change["code"] == code for change in added if code):
            raise Refused("code_twice_in_file", number=number, code=code)
        if plot is None:
            added.append(_added(board, told, drawn, number))
        elif plot.shape is None or not plots.tidy(plot.shape).equals_exact(shape(drawn), 1e-7):
            shapes[code] = drawn
    found: list[Change] = [{"op": "reshape", "shapes": shapes}] if shapes else []
    if not found and not added:
        raise Refused("file_changes_nothing")
    return found + added


def _added(board: Board, told: dict[str, Any], drawn: dict[str, Any], number: int) -> Change:
    """A grid the file brings. Its community is named, or the one its middle lies in."""
    middle = shape(drawn).representative_point()
    around = [p for p in board.values() if p.kind == Area.Kind.COMMUNITY and p.shape is not None]
    parent = str(told.get("parent") or next((p.code for p in around if p.shape.intersects(middle)), ""))
    if parent not in board or board[parent].kind == Area.Kind.GRID:
        raise Refused("grid_without_community", number=number, code=told["code"])
    exclusive = str(told.get("kind") or told.get("grid_kind") or "") == Area.GridKind.EXCLUSIVE
    kind = Area.GridKind.EXCLUSIVE if exclusive else Area.GridKind.INTEGRATED
    name = str(told.get("name") or "").strip()[:80]
    if not name:
        raise Refused("grid_without_name", number=number, code=told["code"])
    return {
        "op": "add", "code": told["code"], "parent": parent, "grid_kind": str(kind), "name": name,
        "name_en": str(told.get("name_en") or "")[:120], "shape": drawn,
    }  # fmt: skip


def collection(shown: Iterable[Plot], system: str = "wgs84", **said: Any) -> dict[str, Any]:
    """Plots as a FeatureCollection that `changes` reads again."""
    return {"type": "FeatureCollection", "system": system, **said, "features": [_feature(p, system) for p in shown]}


def _feature(plot: Plot, system: str) -> dict[str, Any]:
    drawn = plots.geojson(plot.shape) if plot.shape is not None else None
    return {
        "type": "Feature",
        "id": plot.code,
        "properties": {
            "code": plot.code, "name": plot.name, "name_en": plot.name_en, "kind": plot.grid_kind or plot.kind,
            "parent": plot.parent,
        },
        "geometry": shape_to_gcj02(drawn) if drawn and system == "gcj02" else drawn,
    }  # fmt: skip
