"""Tracks (轨迹): the points of a shift, their stops, and a GPX of them. Pure."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from jiedao.lines.patrol.rules import Rules, metres

GAP = 300.0
"""Seconds without a point after which a track begins anew: nobody knows where the person was meanwhile."""


@dataclass(frozen=True)
class Fix:
    """One point of a track."""

    at: datetime
    lon: float
    lat: float
    accuracy: float | None = None


@dataclass(frozen=True)
class Stop:
    """A place where somebody stayed: from, to, its middle."""

    since: datetime
    until: datetime
    lon: float
    lat: float

    @property
    def minutes(self) -> int:
        return int((self.until - self.since).total_seconds() // 60)


def stops(track: Sequence[Fix], rules: Rules) -> list[Stop]:
    """Stays within `stop_metres` of their first point for at least `stop_for`, in order of time."""
    found: list[Stop] = []
    first = 0
    for here in range(1, len(track) + 1):
        if here < len(track) and _together(track, first, here, rules):
            continue
        lot = track[first:here]
        if lot[-1].at - lot[0].at >= rules.stop_for:
            lon, lat = sum(p.lon for p in lot) / len(lot), sum(p.lat for p in lot) / len(lot)
            found.append(Stop(lot[0].at, lot[-1].at, lon, lat))
        first = here
    return found


def _together(track: Sequence[Fix], first: int, here: int, rules: Rules) -> bool:
    near = metres((track[first].lon, track[first].lat), (track[here].lon, track[here].lat)) <= rules.stop_metres
    return near and (track[here].at - track[here - 1].at).total_seconds() <= GAP


def pieces(track: Sequence[Fix]) -> list[list[Fix]]:
    """The track in stretches without a gap."""
    found: list[list[Fix]] = []
    for point in track:
        if not found or (point.at - found[-1][-1].at).total_seconds() > GAP:
            found.append([])
        found[-1].append(point)
    return found


def length(track: Sequence[Fix]) -> int:
    """Metres of its stretches. Of one track alone; sums over people do not exist (R14)."""
    return round(
        sum(
            metres((one.lon, one.lat), (other.lon, other.lat))
            for piece in pieces(track)
            for one, other in itertools.pairwise(piece)
        )
    )


MOST_DRAWN = 3_000


def drawn(track: Sequence[Fix], stops: Sequence[Stop]) -> dict[str, Any]:
    """What a map draws of a track: its stretches as `[lon, lat, seconds]`, every n-th point of a long one; its stops."""
    step = max(1, len(track) // MOST_DRAWN)
    found = [[*piece[::step], *([piece[-1]] if (len(piece) - 1) % step else [])] for piece in pieces(track)]
    return {
        "pieces": [[[round(p.lon, 6), round(p.lat, 6), int(p.at.timestamp())] for p in piece] for piece in found],
        "stops": [[round(stop.lon, 6), round(stop.lat, 6), stop.minutes] for stop in stops],
        "seconds": int((track[-1].at - track[0].at).total_seconds()) if track else 0,
    }


def gpx(track: Sequence[Fix], name: str) -> str:
    """The track as GPX 1.1, in WGS 84."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<gpx version="1.1" creator="Jiedao" xmlns="http://www.topografix.com/GPX/1/1">',
        f"<trk><name>{escape(name)}</name>",
    ]
    for piece in pieces(track):
        lines.append("<trkseg>")
        lines += [
            f'<trkpt lat="{p.lat:.7f}" lon="{p.lon:.7f}"><time>{p.at:%Y-%m-%dT%H:%M:%SZ}</time></trkpt>' for p in piece
        ]
        lines.append("</trkseg>")
    return "\n".join([*lines, "</trk></gpx>", ""])
