"""Lists, items and who answers for them (清单、事项、责任单位). A published version never changes."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import Q

from jiedao.ground.db.rows import Row
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area
from jiedao.kit.clock import today


class DutyListQuerySet(models.QuerySet["DutyList"]):
    def on(self, day: date | None = None) -> "DutyListQuerySet":
        """Versions in force on a day, by default today."""
        day = day or today()
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day), published_on__isnull=False, valid_from__lte=day)


class DutyList(Row):
    """One version of a list (清单). `level` is the level it admits work to; a negative list keeps work out."""

    class Kind(models.TextChoices):
        DUTY = "duty"
        NEGATIVE = "negative"

    code = models.CharField(max_length=40)
    version = models.IntegerField()
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.DUTY)
    level = models.CharField(max_length=12, choices=Unit.Level)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160)
    published_on = models.DateField(null=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    objects = DutyListQuerySet.as_manager()

    holds: ClassVar[dict[str, str]] = {"P0": "code version kind level name name_en published_on valid_from valid_to"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code", "version"], name="one_list_per_version"),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(valid_to=None, published_on__isnull=False),
                name="one_version_in_force_per_list",
            ),
        ]


class DutyItem(Row):
    """One item of a version (事项). `code` joins it to the same item in other lists and versions.

    `limit` is the time the unit has, `contact_limit` until it must have spoken with the caller, both as
    `kit.limits.Limit` reads them; empty leaves it to the process. `basis` is a list of
    `{"law": …, "article": …}`; `source` marks where limit and item come from.
    """

    basis = models.JSONField(default=list)  # stands first: below, `list` is the list the item is on
    list = models.ForeignKey(DutyList, models.PROTECT, related_name="items")
    code = models.CharField(max_length=40, db_index=True)
    category = models.CharField(max_length=60)
    category_en = models.CharField(max_length=80)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160)
    words = models.TextField(blank=True)
    limit = models.CharField(max_length=40, blank=True)
    contact_limit = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=200, blank=True)

    holds: ClassVar[dict[str, str]] = {
        "P0": "list code category category_en name name_en words limit contact_limit basis source"
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["list", "code"], name="one_item_per_list_and_code")
        ]

    def __str__(self) -> str:
        return self.name


class Responsibility(Row):
    """Who answers for an item in an area (责任): a named unit, or the sub-district or community of the place.

    Without an area it holds everywhere; the row of the smallest area wins.
    """

    class Role(models.TextChoices):
        LEAD = "lead"
        HELPER = "helper"

    class Relation(models.TextChoices):
        NAMED = "named"
        OWN_SUBDISTRICT = "own_subdistrict"
        OWN_COMMUNITY = "own_community"

    item = models.ForeignKey(DutyItem, models.CASCADE, related_name="responsibilities")
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+")
    relation = models.CharField(max_length=16, choices=Relation, default=Relation.NAMED)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=8, choices=Role)

    holds: ClassVar[dict[str, str]] = {"P0": "item area relation unit role"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(relation="named", unit__isnull=False) | (~Q(relation="named") & Q(unit=None)),
                name="a_named_responsibility_names_its_unit",
            )
        ]
