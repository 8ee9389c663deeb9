"""Similar open findings (附近相似的问题): what somebody about to report may be told of others: never who, words or where."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, radians

from django.db.models import Q, QuerySet

from jiedao.ground.duties.models import DutyItem
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area
from jiedao.kit.clock import now
from jiedao.kit.text import alike
from jiedao.record.models import Case
from jiedao.record.queries.near import METRES, distance

SINCE = timedelta(days=60)
LIKE = 0.18
"""From which likeness of words an unsorted report is shown as like another. Local default."""
LOOKED_AT = 60
SHOWN = 4
_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Similar:
    """An open finding as a stranger may know it. `like`: it was told in like words."""

    number: str
    item: DutyItem | None
    community: Area | None
    opened_at: datetime
    case: Case
    unit: Unit | None
    like: bool


def similar(point: tuple[float, float] | None, area: Area | None, words: str = "") -> list[Similar]:
    """The likeliest few around a point, or in a community. Empty without a place: words alone are no reason.

    Complaints and calls for help are nobody else's business. What no clerk has sorted yet has nothing to be known
    by, so it is shown only to who says the same.
    """
    if point is None and area is None:
        return []
    found = []
    for case in (
        _around(point, area).select_related("item", "area", "holder", "process").defer("area__shape")[:LOOKED_AT]
    ):
        like = bool(words) and alike(words, case.words) >= LIKE
        metres = distance(point, (case.lon, case.lat)) if point and case.lon is not None and case.lat is not None else 0
        if (case.item or like) and metres <= METRES:
            found.append(
                (not like, metres, Similar(case.number, case.item, case.area, case.opened_at, case, case.holder, like))
            )
    return [one for _, _, one in sorted(found, key=lambda row: row[:2])[:SHOWN]]


def _around(point: tuple[float, float] | None, area: Area | None) -> QuerySet[Case]:
    open_ones = Case.objects.filter(
        kind=Case.Kind.FINDING, parent=None, merged_into=None, opened_at__gte=now() - SINCE
    ).exclude(phase="closed")
    if point:
        high = METRES / _METRES_PER_DEGREE
        wide = high / max(cos(radians(point[1])), 0.01)
        box = {"lat__range": (point[1] - high, point[1] + high), "lon__range": (point[0] - wide, point[0] + wide)}
        return open_ones.filter(**box).order_by("-opened_at")
    assert area is not None
    return open_ones.filter(Q(area_path=area.path) | Q(area_path__startswith=f"{area.path}/")).order_by("-opened_at")
