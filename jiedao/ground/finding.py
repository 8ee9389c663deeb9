"""Finding (查找): units, posts, people, areas, items by a code or an id that somebody wrote. None if none fits."""

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q

from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.people.models import Person, Post, Unit
from jiedao.ground.places.models import Area
from jiedao.kit.text import clean


def unit(written: Any) -> Unit | None:
    """A unit in force."""
    return Unit.objects.on().select_related("area", "parent").filter(_named(written)).first()  # type: ignore[return-value]


def post(written: Any) -> Post | None:
    """A post in force."""
    return Post.objects.on().select_related("unit", "kind", "area").filter(_named(written)).first()  # type: ignore[return-value]


def person(written: Any) -> Person | None:
    """Somebody who works here and has not left."""
    return Person.objects.filter(_named(written), left_on=None).first()


def area(written: Any) -> Area | None:
    """An area in force."""
    return Area.objects.on().filter(_named(written)).first()


def item(written: Any) -> DutyItem | None:
    """An item of a duty list in force; of several lists the district's, which names who is responsible."""
    rows = DutyItem.objects.filter(_named(written), list__in=DutyList.objects.on(), list__kind=DutyList.Kind.DUTY)
    found = sorted(rows.select_related("list"), key=lambda one: one.list.level != Unit.Level.DISTRICT)
    return found[0] if found else None


def row(table: type[models.Model], pk: UUID, *to: str) -> Any:
    """A row by its id, with what it points at."""
    return table._default_manager.select_related(*to).filter(pk=pk).first()


def _named(written: Any) -> Q:
    try:
        return Q(pk=UUID(str(written)))
    except ValueError:
        # What cannot be stored cannot be looked for either: the database refuses NUL with a fault.
        return Q(code=clean(str(written)[:60], one_line=True))
