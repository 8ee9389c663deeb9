"""Reading GPX (轨迹文件): the points of a track with their times. Refuses what is no such file."""

from datetime import datetime
from xml.etree import ElementTree as ET

from jiedao.kit.refusal import Refused
from jiedao.lines.patrol.sorting import Point

LARGEST = 50_000_000
"""Bytes of one file."""


def read(text: bytes) -> list[Point]:
    """Every track point that has a time, in the order of the file. Refuses `not_gpx`; no document type is taken."""
    if len(text) > LARGEST or b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise Refused("not_gpx")
    try:
        root = ET.fromstring(text)  # noqa: S314 -- without a document type there are no entities to expand
        found = [_point(node) for node in root.iter() if _bare(node.tag) == "trkpt"]
    except (ET.ParseError, ValueError, KeyError):
        raise Refused("not_gpx") from None
    points = [point for point in found if point is not None]
    if not points:
        raise Refused("not_gpx")
    return points


def _point(node: ET.Element) -> Point | None:
    time = next((child.text for child in node if _bare(child.tag) == "time"), None)
    if not time:
        return None
    at = datetime.fromisoformat(time.strip())
    if at.tzinfo is None:
        raise ValueError(time)
    return Point(float(node.attrib["lon"]), float(node.attrib["lat"]), at.timestamp())


def _bare(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2]


def moved(points: list[Point], last: float) -> list[Point]:
    """The same track with its last point at a moment: an old recording as if it were of today."""
    by = last - max(point.at for point in points)
    return [point._replace(at=point.at + by) for point in points]
