"""Checks and ratings (核查、评价): facts that assessment counts. Never updated; a correction is a new row."""

from typing import ClassVar

from django.db import models

from jiedao.ground.db.rows import Row
from jiedao.record.models.case import Case
from jiedao.record.models.entry import Entry
from jiedao.record.models.order import DispatchOrder


class Check(Row):
    """Somebody else looked whether it is really done (核查): on site, by phone, or in the papers."""

    class Way(models.TextChoices):
        SITE = "site"
        PHONE = "phone"
        PAPER = "paper"

    case = models.ForeignKey(Case, models.PROTECT, related_name="checks")
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="check_made")
    way = models.CharField(max_length=8, choices=Way)
    agrees = models.BooleanField()
    person_id = models.UUIDField(null=True)
    post_id = models.UUIDField(null=True)
    unit_id = models.UUIDField(null=True)
    at = models.DateTimeField()

    append_only = True
    holds: ClassVar[dict[str, str]] = {"I": "case entry way agrees person_id post_id unit_id at"}


class Rating(Row):
    """What the caller, or the one who sent the order, says of a unit's work (评价).

    `by` is `resident` (on the page), `callback` (asked by phone) or `sender` (the whistling or sending unit).
    `reached` is false when nobody could be asked: such a row counts in no rate. `contacted`, `solved` are yes, no
    or not asked; `satisfied` is `satisfied`, `basically`, `dissatisfied` or empty.
    """

    class By(models.TextChoices):
        RESIDENT = "resident"
        CALLBACK = "callback"
        SENDER = "sender"

    class Satisfied(models.TextChoices):
        SATISFIED = "satisfied"
        BASICALLY = "basically"
        DISSATISFIED = "dissatisfied"

    case = models.ForeignKey(Case, models.PROTECT, related_name="ratings")
    order = models.ForeignKey(DispatchOrder, models.PROTECT, null=True, related_name="ratings")
    unit_id = models.UUIDField(null=True)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="ratings")
    by = models.CharField(max_length=10, choices=By)
    reached = models.BooleanField(default=True)
    contacted = models.BooleanField(null=True)
    solved = models.BooleanField(null=True)
    satisfied = models.CharField(max_length=14, choices=Satisfied, blank=True)
    arrival = models.SmallIntegerField(null=True)
    handling = models.SmallIntegerField(null=True)
    at = models.DateTimeField()

    append_only = True
    holds: ClassVar[dict[str, str]] = {
        "I": "case order unit_id entry by reached contacted solved satisfied arrival handling at"
    }

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["unit_id", "at"], name="rating_unit_at")]
