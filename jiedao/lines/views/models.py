"""A saved view (常用视图): the address of a list, kept by one person, for himself or for his unit."""

from typing import ClassVar

from django.db import models

from jiedao.ground.db.rows import Row
from jiedao.ground.people.models import Person, Post, Unit


class SavedView(Row):
    """One view. `query` is the query of the list's address; it holds codes and words of the list, never a person's number.

    With a unit everybody of the unit has it; who saved it alone takes it away.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    unit = models.ForeignKey(Unit, models.CASCADE, null=True, related_name="+")
    desk = models.CharField(max_length=30)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=600)
    made_at = models.DateTimeField()

    holds: ClassVar[dict[str, str]] = {"P1": "person unit desk name query made_at"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "desk", "name"], name="one_view_per_name")
        ]


class Glance(Row):
    """Which row somebody has open at a desk now (同看). One row a person, written over; no history, and no names shown."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="+")
    post = models.ForeignKey(Post, models.CASCADE, related_name="+", db_index=False)
    case_id = models.UUIDField(db_index=True)
    at = models.DateTimeField()

    holds: ClassVar[dict[str, str]] = {"P1": "person post case_id at"}
