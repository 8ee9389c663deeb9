"""Coordinates (坐标): GCJ-02, the shifted system of Chinese web maps, to WGS 84 and back, at the edges only.

Inside the platform every point is WGS 84. The shift is some 300 to 700 m; nobody publishes it, so this is the
approximation that is in public use, turned round by iteration. CGCS2000, the national system of survey, has an
ellipsoid whose flattening differs from that of WGS 84 in the eleventh digit: a tenth of a millimetre on the ground.
Plates have moved some decimetres since its epoch, less than six digits of a degree show, so its degrees are taken as
they are. Its metres on a Gauss-Krüger grid are no degrees and are refused.
"""

from collections.abc import Callable
from math import cos, pi, radians, sin, sqrt
from typing import Any

from jiedao.kit.refusal import Refused

SYSTEMS = ("wgs84", "gcj02", "cgcs2000")
_AXIS = 6_378_245.0
_ECCENTRICITY = 0.006_693_421_622_965_943  # of the Krasovsky ellipsoid, squared
_FROM_LON, _FROM_LAT = 105.0, 35.0
_CLOSE = 1e-9
"""Degrees; a tenth of a millimetre."""

Point = tuple[float, float]


def in_china(lon: float, lat: float) -> bool:
    """Whether the shift is applied at all. The box is that of the maps, not of the border."""
    return 72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271


def to_gcj02(lon: float, lat: float) -> Point:
    """A WGS 84 point as Chinese web maps draw it. Outside their box nothing moves."""
    if not in_china(lon, lat):
        return lon, lat
    east, north = _shift(lon, lat)
    return lon + east, lat + north


def to_wgs84(lon: float, lat: float) -> Point:
    """A GCJ-02 point on the ground. The shift itself cannot be inverted, so it is approached."""
    if not in_china(lon, lat):
        return lon, lat
    found_lon, found_lat = lon, lat
    for _ in range(20):
        back_lon, back_lat = to_gcj02(found_lon, found_lat)
        found_lon, found_lat = found_lon + lon - back_lon, found_lat + lat - back_lat
        if abs(lon - back_lon) < _CLOSE and abs(lat - back_lat) < _CLOSE:
            break
    return found_lon, found_lat


def as_wgs84(lon: float, lat: float, system: str = "wgs84") -> Point:
    """A point that came in under a named system. Refuses `unknown_coordinates`."""
    if system not in SYSTEMS:
        raise Refused("unknown_coordinates", system=str(system)[:40], known=list(SYSTEMS))
    return to_wgs84(lon, lat) if system == "gcj02" else (lon, lat)


def shape_to_wgs84(shape: dict[str, Any]) -> dict[str, Any]:
    """A GeoJSON geometry in GCJ-02 as WGS 84; any depth of rings."""
    return {**shape, "coordinates": _each(shape["coordinates"], to_wgs84)}


def shape_to_gcj02(shape: dict[str, Any]) -> dict[str, Any]:
    """A GeoJSON geometry in WGS 84 as Chinese web maps draw it, for a download."""
    return {**shape, "coordinates": _each(shape["coordinates"], to_gcj02)}


def _each(value: Any, turn: Callable[[float, float], Point]) -> Any:
    if isinstance(value[0], int | float):
        return list(turn(value[0], value[1]))
    return [_each(part, turn) for part in value]


def _shift(lon: float, lat: float) -> Point:
    """How far the maps move a point, in degrees east and north."""
    x, y = lon - _FROM_LON, lat - _FROM_LAT
    ripple = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    root = sqrt(abs(x))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    latitude = radians(lat)
    bulge = 1 - _ECCENTRICITY * sin(latitude) ** 2
    per_degree_north = _AXIS * (1 - _ECCENTRICITY) / (bulge * sqrt(bulge)) * pi / 180
    per_degree_east = _AXIS / sqrt(bulge) * cos(latitude) * pi / 180
    return east / per_degree_east, north / per_degree_north
