"""Notices (通知): one row per unit or person concerned; reading it is a row too, so that a unit's notice is read by each."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from jiedao.ground.db.rows import Row
from jiedao.ground.people.models import Person, Unit
from jiedao.record.models import Case, Entry


class Notice(Row):
    """That something happened which a unit, or one person, should know. Of a case it carries no words: the case has them.

    What is of no case (a question about a power) says its `title`, where its `link` leads, and which unit it comes from.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    case = models.ForeignKey(Case, models.CASCADE, null=True, related_name="+")
    entry = models.ForeignKey(Entry, models.CASCADE, null=True, related_name="+")
    title = models.CharField(max_length=200, blank=True)
    link = models.CharField(max_length=200, blank=True)
    from_unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    verb = models.CharField(max_length=20)
    ring = models.CharField(max_length=8, blank=True)
    at = models.DateTimeField()

    worker_may_delete = True
    holds: ClassVar[dict[str, str]] = {"P1": "unit person case entry title link from_unit verb ring at"}

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["unit", "-at"], name="notice_unit_at"),
            models.Index(fields=["person", "-at"], name="notice_person_at"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(unit=None, person__isnull=False) | Q(unit__isnull=False, person=None),
                name="a_notice_has_one_addressee",
            ),
            models.CheckConstraint(
                condition=Q(case__isnull=False, entry__isnull=False) | (Q(case=None, entry=None) & ~Q(link="")),
                name="a_notice_speaks_of_a_case_or_leads_somewhere",
            ),
            models.UniqueConstraint(
                fields=["entry", "unit"], condition=Q(person=None), name="one_notice_per_entry_and_unit"
            ),
            models.UniqueConstraint(
                fields=["entry", "person"], condition=Q(unit=None), name="one_notice_per_entry_and_person"
            ),
        ]


class NoticeRead(Row):
    """That one person has seen a notice."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="reads")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    worker_may_delete = True
    holds: ClassVar[dict[str, str]] = {"P1": "notice person at"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["notice", "person"], name="one_reading_per_person")
        ]


class Channel(Row):
    """A way to one person outside (送达渠道): a mail address, a chat group's robot. It carries nothing before it is proven.

    The address lies sealed beside it (`Address`, same id); here stands only its mask. `code` is the hash of what was
    sent to prove it. `failing_since` and `problem` say that it does not arrive.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="channels")
    kind = models.CharField(max_length=12)
    mask = models.CharField(max_length=80)
    is_on = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True)
    code = models.BinaryField(null=True)
    code_until = models.DateTimeField(null=True)
    code_tries = models.SmallIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    problem = models.CharField(max_length=40, blank=True)
    last_sent_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {
        "P1": "person kind is_on made_at proven_at code_until code_tries failing_since problem last_sent_at",
        "P2": "mask",
        "P3": "code",
    }


class Address(Row):
    """Where a channel leads (送达地址), under a key of its own; readable only when the gate opened its id."""

    key = models.BinaryField()
    sealed = models.BinaryField()

    row_secured = True
    holds: ClassVar[dict[str, str]] = {"P3": "key sealed"}


class Wishes(Row):
    """How somebody wants to be told (通知偏好). What is empty is as the district has it. `paces` by kind of notice."""

    person = models.OneToOneField(Person, models.PROTECT, related_name="+")
    own_hours = models.BooleanField(default=False)
    quiet_from = models.TimeField(null=True)
    quiet_to = models.TimeField(null=True)
    daily_at = models.TimeField(null=True)
    paces: Any = models.JSONField(default=dict)

    holds: ClassVar[dict[str, str]] = {"P1": "person own_hours quiet_from quiet_to daily_at paces"}


class Sending(Row):
    """One notice on its way by one channel (送达): when it is due, how often it was tried, what came of it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        BEGUN = "begun"
        SENT = "sent"
        FAILED = "failed"
        DROPPED = "dropped"

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    due_at = models.DateTimeField()
    key = models.UUIDField(null=True)
    tries = models.SmallIntegerField(default=0)
    begun_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=40, blank=True)

    holds: ClassVar[dict[str, str]] = {
        "P1": "notice channel state due_at key tries begun_at done_at problem",
    }

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["channel", "state", "due_at"], name="sending_by_channel"),
            models.Index(fields=["due_at"], name="sending_open", condition=Q(state__in=["waiting", "begun"])),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["notice", "channel"], name="one_sending_per_notice_and_channel")
        ]
