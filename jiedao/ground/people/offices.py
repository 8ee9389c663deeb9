"""Offices for residents (找单位): the sub-districts with their communities, whom to ring, and the points one may go to."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Site
from jiedao.ground.terms.models import Term, terms

MOST = 30
"""Of each kind in the answer to a search; who finds more than that types another word."""


@dataclass
class Office:
    """One unit residents come to, the points in its area, and the communities below it."""

    unit: Unit
    points: list[Site] = field(default_factory=list)
    below: list["Office"] = field(default_factory=list)

    @property
    def phone(self) -> str:
        return self.unit.duty_phone


def point_kinds() -> dict[str, Term]:
    """The kinds of site that residents go to: the district's own terms marked so."""
    return {code: term for code, term in terms("site_kind").items() if term.facts.get("visit")}


def streets() -> list[Unit]:
    """The sub-districts and townships, by code."""
    return list(_units(Unit.Kind.SUBDISTRICT).order_by("area__path", "code"))


def inside(code: str) -> Office | None:
    """A sub-district by the code of its area, with its communities and points. None for any other. Three queries."""
    street = _units(Unit.Kind.SUBDISTRICT).filter(area__code=code).first()
    if street is None or street.area is None:
        return None
    found = _units(Unit.Kind.COMMUNITY).filter(area__path__startswith=f"{street.area.path}/")
    offices = [Office(unit) for unit in found.order_by("area__path", "code")]
    office = Office(street, below=offices)
    _placed(_points(Q(area__path=street.area.path) | Q(area__path__startswith=f"{street.area.path}/")), offices, office)
    return office


def found(words: str) -> tuple[list[Office], list[Site]]:
    """Sub-districts, communities and points by any part of their name; a point by its address too."""
    named = Q(name__icontains=words) | Q(name_en__icontains=words)
    units = _units(Unit.Kind.SUBDISTRICT, Unit.Kind.COMMUNITY).filter(named).order_by("area__path", "code")[:MOST]
    return [Office(unit) for unit in units], list(_points(named | Q(address__icontains=words))[:MOST])


def departments() -> list[Unit]:
    """Departments of the district with a number to ring."""
    return list(Unit.objects.on().filter(kind=Unit.Kind.DEPARTMENT).exclude(duty_phone="").order_by("code"))


def _units(*kinds: str) -> QuerySet[Unit]:
    return Unit.objects.on().filter(kind__in=kinds, area__isnull=False).select_related("area", "parent__area")


def _points(where: Q) -> QuerySet[Site]:
    kinds = list(point_kinds())
    return Site.objects.on().filter(where, kind__in=kinds).select_related("area").order_by("area__path", "code")


def _placed(points: Iterable[Site], communities: list[Office], street: Office) -> None:
    """Each point with the community it lies in, else with the sub-district."""
    by_path = {office.unit.area.path: office for office in communities if office.unit.area}
    for point in points:
        path = point.area.path if point.area else ""
        owner = next((office for at, office in by_path.items() if f"{path}/".startswith(f"{at}/")), street)
        owner.points.append(point)
