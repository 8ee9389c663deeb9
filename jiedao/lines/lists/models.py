"""Papers of list changes (清单变更材料), what streets say in a delegation round, and questions about delegated powers."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jiedao.ground.db.rows import Row
from jiedao.ground.duties.models import DutyList
from jiedao.ground.people.models import Person, Post, Unit


class ListChange(Row):
    """The papers of one change (变更申请), one-to-one with its case of the `list_change` process.

    `draft` is the next version as it is written; `summary` what it changed when it was submitted, as counts. `catalogue`
    is the code of the list that powers are given from (省级赋权目录), in a delegation round.
    """

    class Trigger(models.TextChoices):
        LAW = "law"
        BODY = "body"
        DELEGATION = "delegation"
        MERGER = "merger"
        ADMISSION = "admission"
        OTHER = "other"

    case_id = models.UUIDField(unique=True)
    list_code = models.CharField(max_length=40, db_index=True)
    draft = models.ForeignKey(DutyList, models.SET_NULL, null=True, related_name="+")
    trigger = models.CharField(max_length=12, choices=Trigger)
    reason = models.TextField()
    basis = models.TextField(blank=True)
    catalogue = models.CharField(max_length=40, blank=True)
    effective_on = models.DateField(null=True)
    summary = models.JSONField(default=dict)

    holds: ClassVar[dict[str, str]] = {
        "P1": "case_id list_code draft trigger reason basis catalogue effective_on summary"
    }


class Wish(Row):
    """What a sub-district says of one power in a round (承接意见): whether it needs it, whether it can carry it."""

    change = models.ForeignKey(ListChange, models.CASCADE, related_name="wishes")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    item_code = models.CharField(max_length=40)
    needs = models.BooleanField()
    carries = models.BooleanField()
    text = models.CharField(max_length=500, blank=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    holds: ClassVar[dict[str, str]] = {"P1": "change unit item_code needs carries text person at"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["change", "unit", "item_code"], name="one_wish_per_change_unit_and_item")
        ]


class Question(Row):
    """A question to the contact named for an item (业务咨询), and the answer (D2). Colleagues read both by the handbook."""

    list_code = models.CharField(max_length=40)
    item_code = models.CharField(max_length=40)
    version = models.IntegerField()
    to_post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    text = models.TextField()
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {
        "P1": "list_code item_code version to_post text asked_by asked_unit asked_at answer answered_by answered_at"
    }

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["list_code", "item_code", "-asked_at"], name="question_item"),
            models.Index(fields=["to_post"], condition=Q(answered_at=None), name="question_open"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="") | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="an_answered_question_has_an_answer",
            )
        ]
