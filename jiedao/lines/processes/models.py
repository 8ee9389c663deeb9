"""Drafts of a district's processes (流程草案). What is published is a `ProcessVersion` and never changes."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jiedao.ground.db.rows import Row


class ProcessDraft(Row):
    """A version in the making: begun from the one in force, changed, asked to be published, published or dropped.

    `document` is the whole definition as YAML. `seq` counts the changes: a form sends the one it saw. `changed_by` is who
    last changed it, who therefore does not publish it. `effective_on` lies ahead where it is put in force later.
    """

    class Outcome(models.TextChoices):
        SCHEDULED = "scheduled"
        PUBLISHED = "published"
        DROPPED = "dropped"

    code = models.CharField(max_length=40)
    based_on = models.IntegerField()
    document = models.TextField()
    reason = models.CharField(max_length=400, blank=True)
    seq = models.IntegerField(default=0)
    made_at = models.DateTimeField()
    made_by = models.UUIDField()
    changed_at = models.DateTimeField()
    changed_by = models.UUIDField()
    effective_on = models.DateField(null=True)
    asked_at = models.DateTimeField(null=True)
    asked_by = models.UUIDField(null=True)
    given_back = models.CharField(max_length=400, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)
    version = models.IntegerField(null=True)

    holds: ClassVar[dict[str, str]] = {
        "P1": "code based_on document reason seq made_at made_by changed_at changed_by effective_on asked_at asked_by "
        "given_back outcome ended_at ended_by version"
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["code"], condition=Q(outcome__in=["", "scheduled"]), name="one_draft_at_a_time_per_process"
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=["scheduled", "published"]) | ~Q(ended_by=models.F("changed_by")),
                name="nobody_publishes_what_he_changed",
            ),
        ]
