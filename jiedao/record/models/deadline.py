"""Deadlines (时限): one row per running limit, its pauses, and the rings it has given."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jiedao.ground.db.rows import Row
from jiedao.record.models.case import Case
from jiedao.record.models.order import DispatchOrder


class Deadline(Row):
    """One limit that runs (时限). `kind`: the promise to the caller, a state of the case, a step of an order.

    `due_at` follows from limit, start and pauses; `clocks.replay` computes it again. `soon_at` is when its last
    quarter begins. Stopped when what was asked has happened: in time if `stopped_at <= due_at`.
    """

    class Kind(models.TextChoices):
        PROMISE = "promise"
        STATE = "state"
        STEP = "step"

    case = models.ForeignKey(Case, models.PROTECT, related_name="deadlines")
    order = models.ForeignKey(DispatchOrder, models.PROTECT, null=True, related_name="deadlines")
    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=40)
    limit = models.CharField(max_length=40)
    source = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    soon_at = models.DateTimeField()
    paused_since = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    met = models.BooleanField(null=True)

    holds: ClassVar[dict[str, str]] = {
        "P1": "case order kind name limit source started_at due_at soon_at paused_since stopped_at met"
    }

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at"], name="deadline_due", condition=Q(stopped_at=None, paused_since=None)),
            models.Index(fields=["soon_at"], name="deadline_soon", condition=Q(stopped_at=None, paused_since=None)),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(due_at__gte=models.F("started_at")), name="due_after_it_started")
        ]


class Pause(Row):
    """A span in which a deadline stood still (暂停): why, since, until; at `cap_at` it ends by itself."""

    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="pauses")
    reason = models.CharField(max_length=40)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    cap_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {"P1": "deadline reason since until cap_at"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["deadline"], condition=Q(until=None), name="one_open_pause_per_deadline")
        ]


class Ring(Row):
    """That a deadline rang (到期提示): once per deadline, ring and due time, whatever happened in between."""

    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="rings", db_index=False)
    ring = models.CharField(max_length=8)
    due_at = models.DateTimeField()
    at = models.DateTimeField()

    append_only = True
    holds: ClassVar[dict[str, str]] = {"P1": "deadline ring due_at at"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["deadline", "ring", "due_at"], name="a_limit_rings_once")
        ]
