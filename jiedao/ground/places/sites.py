"""Sites (点位): places one visits, by kind and by the area they lie in on a day."""

from collections import Counter
from datetime import date

from django.db.models import Q, QuerySet
from shapely.geometry import Point, shape

from jiedao.ground.places.models import Area, Site

MOST = 500


def on(day: date | None = None, kind: str = "", within: str = "", words: str = "") -> QuerySet[Site]:
    """Sites in use, of one kind, below the path of an area, by words of name, address or code."""
    found = Site.objects.on(day).select_related("area").defer("area__shape")
    if kind:
        found = found.filter(kind=kind)
    if within:
        found = found.filter(Q(area__path=within) | Q(area__path__startswith=f"{within}/"))
    if words:
        found = found.filter(Q(name__icontains=words) | Q(name_en__icontains=words) | Q(code__startswith=words))
    return found.order_by("kind", "code")


def counts(within: str = "") -> dict[str, int]:
    """How many sites there are of each kind."""
    return dict(Counter(on(within=within).values_list("kind", flat=True)))


def inside(area: Area) -> list[Site]:
    """Sites inside an area: by their point where both have one, else by the area they were given."""
    given = Q(area__path=area.path) | Q(area__path__startswith=f"{area.path}/")
    if not area.shape:
        return list(on().filter(given)[:MOST])
    box = Q(lon__range=(area.west, area.east), lat__range=(area.south, area.north))
    ground = shape(area.shape)
    rows = on().filter(box | (Q(lon=None) & given))[:MOST]
    return [site for site in rows if site.lon is None or ground.intersects(Point(site.lon, site.lat))]
