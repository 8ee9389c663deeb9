"""Requests of subjects, holds, and runs of retention (权利请求、暂缓删除、到期清理)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jiedao.ground.db.rows import Row
from jiedao.ground.people.models import Subject


class SubjectRequest(Row):
    """That a resident asks for a copy, a correction or the deletion of what is kept (权利请求), with a counted limit.

    `purpose` is a term of the table `purpose`, `basis` how the asker was known to be the subject. It holds no name and
    no number: whom it is about is the subject's row, which holds none either.
    """

    class Kind(models.TextChoices):
        COPY = "copy"
        CORRECT = "correct"
        DELETE = "delete"

    subject = models.ForeignKey(Subject, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    basis = models.CharField(max_length=200)
    limit = models.CharField(max_length=40)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    asked_by = models.UUIDField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.UUIDField(null=True)
    refused = models.CharField(max_length=200, blank=True)

    holds: ClassVar[dict[str, str]] = {
        "P1": "kind basis limit asked_at due_at asked_by done_at done_by refused",
        "P2": "subject",
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["subject", "kind"], condition=Q(done_at=None), name="one_open_request_per_subject_and_kind"
            )
        ]


class Hold(Row):
    """That something is kept beyond its period (暂缓删除): of a case or a subject, until a day, for a reason (R8)."""

    class What(models.TextChoices):
        CASE = "case"
        SUBJECT = "subject"

    what = models.CharField(max_length=8, choices=What)
    object_id = models.UUIDField()
    number = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=200)
    until = models.DateField()
    made_at = models.DateTimeField()
    made_by = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {"P1": "what object_id number reason until made_at made_by lifted_at"}

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["what", "object_id"], name="hold_object")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["what", "object_id"], condition=Q(lifted_at=None), name="one_hold_in_force_per_object"
            )
        ]


class Purge(Row):
    """One run of retention over one class (到期清理): what went, what a hold kept. The operator's list."""

    code = models.CharField(max_length=40)
    months = models.IntegerField()
    at = models.DateTimeField()
    gone = models.JSONField()
    held = models.IntegerField(default=0)

    append_only = True
    holds: ClassVar[dict[str, str]] = {"I": "code months at gone held"}

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["-at"], name="purge_at")]
