"""Lists, items and who answers for them (清单、事项、责任单位). A published version never changes."""

from datetime import date
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Func, Q, Value

from jiedao.ground.db.rows import Row
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area
from jiedao.kit.clock import today

_HASH = Func(F("code"), Value(0), function="hashtextextended")


class DutyListQuerySet(models.QuerySet["DutyList"]):
    def on(self, day: date | None = None) -> "DutyListQuerySet":
        """Versions in force on a day, by default today."""
        day = day or today()
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day), published_on__isnull=False, valid_from__lte=day)


class DutyList(Row):
    """One version of a list (清单). `level` is the level whose work it names.

    Duty, power, service and inspection lists admit work to their level; a negative list keeps it out; a certificate
    list says what a community may issue; a catalogue is the model from which lists are made (指导目录) and admits nothing.
    A version without `published_on` is a draft; `case_id` is the case of its change, `made_from` the version it began as.
    """

    class Kind(models.TextChoices):
        DUTY = "duty"
        POWER = "power"
        SERVICE = "service"
        INSPECTION = "inspection"
        CERTIFICATE = "certificate"
        NEGATIVE = "negative"
        CATALOGUE = "catalogue"

    code = models.CharField(max_length=40)
    version = models.IntegerField()
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.DUTY)
    level = models.CharField(max_length=12, choices=Unit.Level)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160)
    owner = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=200, blank=True)
    made_from = models.IntegerField(null=True)
    case_id = models.UUIDField(null=True)
    published_on = models.DateField(null=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    objects = DutyListQuerySet.as_manager()

    holds: ClassVar[dict[str, str]] = {
        "P0": "code version kind level name name_en owner source made_from case_id published_on valid_from valid_to"
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code", "version"], name="one_list_per_version"),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(valid_to=None, published_on__isnull=False),
                name="one_version_in_force_per_list",
            ),
            models.UniqueConstraint(
                fields=["code"], condition=Q(published_on=None), name="one_draft_at_a_time_per_list"
            ),
            # Without an extension: equal codes have equal hashes, and equal one-number ranges overlap.
            ExclusionConstraint(
                name="no_two_versions_of_a_list_on_one_day",
                expressions=[
                    (Func(_HASH, _HASH, Value("[]"), function="int8range"), "&&"),
                    (Func(F("valid_from"), F("valid_to"), function="daterange"), "&&"),
                ],
                condition=Q(published_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


ADMITS = frozenset({DutyList.Kind.DUTY, DutyList.Kind.POWER, DutyList.Kind.SERVICE, DutyList.Kind.INSPECTION})
"""The kinds of list that admit work to their level."""


class DutyItem(Row):
    """One item of a version (事项), or a sub-item of one (`parent`). `code` joins it to the same item elsewhere.

    `type` is the kind of power (权力类型), empty for plain duties. `giver` is the department that delegated it,
    `contact_post` who there is asked. `handbook` is `{"penalty_basis": [{"law", "article"}], "range": …, "steps": […],
    "points": […], "cautions": […], "cases": […]}` (D2); empty where nobody has written one. `demo` marks an invented item.

    `limit` is the time the unit has, `contact_limit` until it must have spoken with the caller, both as
    `kit.limits.Limit` reads them; empty leaves it to the process. `basis` is a list of
    `{"law": …, "article": …}`; `source` marks where limit and item come from.
    """

    class Type(models.TextChoices):
        LICENCE = "licence"
        PENALTY = "penalty"
        COERCION = "coercion"
        COLLECTION = "collection"
        PAYMENT = "payment"
        INSPECTION = "inspection"
        CONFIRMATION = "confirmation"
        REWARD = "reward"
        RULING = "ruling"
        SERVICE = "service"
        OTHER = "other"

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
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="parts")
    rank = models.IntegerField(default=0)
    type = models.CharField(max_length=12, choices=Type, blank=True)
    form = models.CharField(max_length=200, blank=True)
    frequency = models.CharField(max_length=80, blank=True)
    giver = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    given_on = models.DateField(null=True)
    contact_post = models.ForeignKey("people.Post", models.PROTECT, null=True, related_name="+")
    handbook = models.JSONField(default=dict)
    demo = models.BooleanField(default=False)

    holds: ClassVar[dict[str, str]] = {
        "P0": "list code category category_en name name_en words limit contact_limit basis source parent rank type form "
        "frequency giver given_on contact_post handbook demo"
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
