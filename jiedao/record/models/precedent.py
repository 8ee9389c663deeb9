"""Precedents (派单先例): what a ruling settled for the next case of the same item in the same community."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jiedao.ground.db.rows import Row
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area
from jiedao.record.models.case import Case


class Precedent(Row):
    """Who must act on an item in an area, since which ruling. A later ruling ends it and stands in its place.

    Without an area it holds where no smaller one does. The reason is in the words of the ruling's entry.
    """

    item_code = models.CharField(max_length=40)
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+", db_index=False)
    area_path = models.CharField(max_length=100, blank=True, db_collation="C")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="precedents", db_index=False)
    seq = models.IntegerField()
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {"P1": "item_code area area_path unit case seq since ended_at"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["item_code", "area_path"], condition=Q(ended_at=None), name="one_precedent_per_item_and_area"
            )
        ]
