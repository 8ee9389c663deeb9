"""Rules of patrol (巡查规则): pure answers over the district's data: who may share, what is stale, how far, how long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from math import ceil, cos, radians
from typing import Any

import numpy as np

from jiedao.ground.people.models import Post
from jiedao.ground.terms.models import Term, terms
from jiedao.kit.limits import Limit

SWITCH = "positions"
"""The switch of a district without which nobody's position is taken (R10)."""

BASIS = "track_basis"
"""The table of post kinds that may be asked for their position, each with its legal basis."""

TABLE = "patrol_rule"
METRES_PER_DEGREE = 111_320.0

# What counts where a district has said nothing. All local defaults.
DEFAULTS: dict[str, dict[str, Any]] = {
    "stale": {"within": "5 minutes"},
    "answer": {"within": "3 minutes"},
    "pace": {"metres_a_minute": 150, "detour": "1.3"},
    "clock": {"ahead": "2 minutes", "steady": "36 hours"},
    "keep": {"days": 30},
    "arrive": {"metres": 150},
    "stop": {"metres": 50, "within": "5 minutes"},
    "offset": {"samples": 5, "metres": 150},
    "checklist": {"lines": []},
}


@dataclass(frozen=True)
class Rules:
    """The district's limits of patrol, read once per question."""

    stale: timedelta
    answer: str
    pace: float
    detour: float
    ahead: timedelta
    steady: timedelta
    keep_days: int
    arrive_metres: int
    stop_metres: int
    stop_for: timedelta
    offset_samples: int
    offset_metres: int
    checklist: list[dict[str, str]]


def of(given: Mapping[str, Term]) -> Rules:
    """The rules as a table of terms says them."""
    return of_facts({code: term.facts for code, term in given.items()})


def of_facts(given: Mapping[str, Mapping[str, Any]]) -> Rules:
    """The same from the facts alone, by code."""

    def fact(code: str, name: str) -> Any:
        return given.get(code, {}).get(name, DEFAULTS[code][name])

    return Rules(
        stale=_span(fact("stale", "within")),
        answer=str(fact("answer", "within")),
        pace=float(fact("pace", "metres_a_minute")),
        detour=float(fact("pace", "detour")),
        ahead=_span(fact("clock", "ahead")),
        steady=_span(fact("clock", "steady")),
        keep_days=min(int(fact("keep", "days")), 30),
        arrive_metres=int(fact("arrive", "metres")),
        stop_metres=int(fact("stop", "metres")),
        stop_for=_span(fact("stop", "within")),
        offset_samples=int(fact("offset", "samples")),
        offset_metres=int(fact("offset", "metres")),
        checklist=list(fact("checklist", "lines")),
    )


def rules() -> Rules:
    """Those of the district one is in. One query."""
    return of(terms(TABLE))


@lru_cache(maxsize=64)
def _span(limit: str) -> timedelta:
    """A limit by the clock; in minutes or hours, for nobody's position waits for office hours."""
    return Limit(limit).span or timedelta(hours=24)


def basis(post: Post, switches: Mapping[str, Any], known: Mapping[str, Term]) -> Term | None:
    """The legal basis on which a post may be asked for its position. None: it may not (R10)."""
    if switches.get(SWITCH) is not True:
        return None
    term = known.get(post.kind.code)
    return term if term is not None and str(term.facts.get("basis", "")).strip() else None


def state(*, paused: bool, busy: bool, taken_at: datetime | None, at: datetime, stale: timedelta, tracked: bool) -> str:
    """`paused`, `stale`, `busy` or `free`: one word per person, so that the four add up to those on duty.

    Where the district takes no positions nobody's is stale: there is none.
    """
    if paused:
        return "paused"
    if tracked and (taken_at is None or at - taken_at > stale):
        return "stale"
    return "busy" if busy else "free"


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Between two WGS 84 points (lon, lat); flat, good to a few parts in a thousand within a district."""
    east = (other[0] - one[0]) * cos(radians((one[1] + other[1]) / 2)) * METRES_PER_DEGREE
    return float(np.hypot(east, (other[1] - one[1]) * METRES_PER_DEGREE))


def distances(point: tuple[float, float], lons: Sequence[float], lats: Sequence[float]) -> "np.ndarray[Any, Any]":
    """Metres from a point to many, in their order; NaN where one has no place."""
    east = (np.asarray(lons, float) - point[0]) * cos(radians(point[1])) * METRES_PER_DEGREE
    north = (np.asarray(lats, float) - point[1]) * METRES_PER_DEGREE
    return np.asarray(np.hypot(east, north))


def nearest(point: tuple[float, float], lons: Sequence[float], lats: Sequence[float], most: int) -> list[int]:
    """The places in the list of the nearest, nearest first."""
    found = distances(point, lons, lats)
    if len(found) > most:
        near = np.argpartition(found, most)[:most]
        return [int(one) for one in near[np.argsort(found[near])]]
    return [int(one) for one in np.argsort(found)]


def travel(far: float, pace: float, detour: float) -> int:
    """Whole minutes on the way: streets are longer than the straight line, by the district's factor."""
    return max(1, ceil(far * detour / pace))


def inside_world(lon: float, lat: float) -> bool:
    """Whether a pair of numbers is a place on Earth. The point 0, 0 is what a receiver says that has no fix."""
    return -180 <= lon <= 180 and -90 <= lat <= 90 and not (lon == 0 and lat == 0)
