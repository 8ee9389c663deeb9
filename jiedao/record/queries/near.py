"""Near duplicates (可能重复): open cases near in place and time, on the same item or in like words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, hypot, radians
from uuid import UUID

from jiedao.ground.people import Actor
from jiedao.kit.text import alike
from jiedao.record import sight
from jiedao.record.models import Case
from jiedao.record.queries import scope

METRES = 300
DAYS = 14
LIKE = 0.35
"""From which likeness of words two reports near one another may be the same matter. Local defaults."""

LOOKED_AT = 200
SHOWN = 5
_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Near:
    """A case that may be the same: how far, how long apart, and why it is shown. `told`: the reporter said so."""

    id: UUID
    number: str
    title: str
    opened_at: datetime
    metres: int
    same_item: bool
    likeness: float
    told: bool = False


_NEAR = """
SELECT c.id, c.number, c.title, c.words, c.opened_at, c.lon, c.lat, c.item_id FROM record_case c
WHERE c.phase <> 'closed' AND c.id <> %s AND c.merged_into_id IS NULL AND c.lat BETWEEN %s AND %s
  AND c.lon BETWEEN %s AND %s AND c.opened_at BETWEEN %s AND %s AND c.parent_id IS NULL AND {sight}
ORDER BY c.opened_at DESC LIMIT %s
"""


def duplicates(case: Case, by: Actor) -> list[Near]:
    """The one the reporter named, then the likeliest five. Without a point nothing else: words alone are no reason."""
    named = _named(case, by)
    if case.lon is None or case.lat is None:
        return named
    high = METRES / _METRES_PER_DEGREE
    wide = high / max(cos(radians(case.lat)), 0.01)
    sight, seen = scope.seen_by(by)
    span = timedelta(days=DAYS)
    found = scope.rows(
        _NEAR.format(sight=sight),
        [
            case.id,
            case.lat - high,
            case.lat + high,
            case.lon - wide,
            case.lon + wide,
            case.opened_at - span,
            case.opened_at + span,
            *seen,
            LOOKED_AT,
        ],
    )
    near = []
    for pk, number, title, words, opened_at, lon, lat, item in found:
        metres = distance((case.lon, case.lat), (lon, lat))
        same_item = item is not None and item == case.item_id
        likeness = alike(case.words, words)
        if metres <= METRES and (same_item or likeness >= LIKE):
            near.append(Near(pk, number, title, opened_at, round(metres), same_item, likeness))
    near = [one for one in near if all(one.id != other.id for other in named)]
    return named + sorted(near, key=lambda one: (not one.same_item, -one.likeness, one.metres))[:SHOWN]


def _named(case: Case, by: Actor) -> list[Near]:
    """The open case that who reported says is the same (我也遇到). Empty if none was named or it is over."""
    number = case.routing.get("same_as", "")
    found = sight.visible_to(by).filter(number=number, merged_into=None) if number else Case.objects.none()
    other = found.exclude(pk=case.id).exclude(phase="closed").first()
    if other is None:
        return []
    metres = 0
    if None not in (case.lon, case.lat, other.lon, other.lat):
        metres = round(distance((case.lon, case.lat), (other.lon, other.lat)))  # type: ignore[arg-type]
    same_item = other.item_id is not None and other.item_id == case.item_id
    likeness = alike(case.words, other.words)
    return [Near(other.id, other.number, other.title, other.opened_at, metres, same_item, likeness, told=True)]


def around(case: Case, metres: int = 100) -> tuple[float, float, float, float]:
    """The box about a case's point, west to north. Only for a case that has one."""
    assert case.lon is not None and case.lat is not None
    high = metres / _METRES_PER_DEGREE
    wide = high / max(cos(radians(case.lat)), 0.01)
    west, south, east, north = case.lon - wide, case.lat - high, case.lon + wide, case.lat + high
    return round(west, 6), round(south, 6), round(east, 6), round(north, 6)


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres between two WGS 84 points; flat, which is exact enough for a few hundred of them."""
    east = (other[0] - one[0]) * cos(radians(one[1])) * _METRES_PER_DEGREE
    return hypot(east, (other[1] - one[1]) * _METRES_PER_DEGREE)
