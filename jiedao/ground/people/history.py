"""A unit's surroundings (机构沿革): what stands above and below it, what it was made of, what became of it, who is linked."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q

from jiedao.ground.journal.models import Change
from jiedao.ground.people.models import Link, Person, Post, Tenure, Unit
from jiedao.ground.places.models import Area

MOST_CHANGES = 30


def bodies(day: date) -> list[Unit]:
    """The sub-districts and departments, to choose one by."""
    kinds = [Unit.Kind.SUBDISTRICT, Unit.Kind.DEPARTMENT]
    return sorted(Unit.objects.on(day).filter(kind__in=kinds), key=lambda u: (u.kind == Unit.Kind.DEPARTMENT, u.code))


def above(unit: Unit) -> list[Unit]:
    """What stands above it, the topmost first. What it was made of is no part of it."""
    over = [pk for pk in unit.above if pk != unit.id and pk not in unit.came_from]
    found = Unit.objects.in_bulk(over)
    return [found[pk] for pk in reversed(over) if pk in found]


def below(unit: Unit, day: date) -> list[Unit]:
    """The units right below it on a day."""
    return list(Unit.objects.on(day).filter(parent=unit).order_by("level", "code")[:400])


def before(unit: Unit) -> list[Unit]:
    """The units it was made of."""
    return list(Unit.objects.filter(pk__in=unit.came_from).order_by("code")) if unit.came_from else []


def after(unit: Unit) -> list[Unit]:
    """The units it became."""
    return list(Unit.objects.filter(came_from__contains=[unit.id]).order_by("valid_from"))


def links(day: date, *, unit: Unit | None = None, post: Post | None = None, area: Area | None = None) -> list[Link]:
    """Links in force: of a leader's seat, of an area and all that hold it, of a unit (its own seats', or to it)."""
    rows: Any = Link.objects.on(day).select_related("post__unit", "post__kind", "area", "unit")
    if post is not None:
        rows = rows.filter(post=post)
    if area is not None:
        rows = rows.filter(area__code__in=area.path.split("/"))
    if unit is not None:
        to_area = Q(area=unit.area_id) if unit.area_id else Q()
        rows = rows.filter(Q(post__unit=unit) | Q(unit=unit) | to_area)
    return list(rows.order_by("post__unit__code", "post__code", "area__code")[:500])


def changes(unit: Unit) -> list[tuple[Change, Person | None]]:
    """The last changes of a unit, newest first, with who made each. Two queries."""
    rows = list(Change.objects.filter(kind="unit", object_id=unit.id).order_by("-seq")[:MOST_CHANGES])
    people: dict[UUID, Person] = Person.objects.in_bulk({row.person_id for row in rows if row.person_id})
    return [(row, people.get(row.person_id) if row.person_id else None) for row in rows]


def tenures_of(person: Person) -> list[Tenure]:
    """Every post somebody has held, the latest first."""
    rows = Tenure.objects.filter(person=person).select_related("post__unit")
    return list(rows.order_by("-valid_from", "post__code"))
