"""Shifts (勤务): the roster of a squad, who is on it, its task orders, spot checks, notes a head signs."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jiedao.ground.db.rows import Row
from jiedao.ground.people.models import Person, Post, Unit
from jiedao.ground.places.models import Area, Site
from jiedao.record.models import Case


class Roster(Row):
    """One squad's turn on duty (班次) with its pre-shift briefing (岗前训示): `words` and the task orders below it.

    Acknowledged once `published_at` stands; `closed_at` ends the post-shift check (岗后规整).
    """

    squad = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    words = models.TextField(blank=True)
    made_at = models.DateTimeField()
    made_by = models.UUIDField(null=True)
    published_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)

    holds: ClassVar[dict[str, str]] = {
        "P1": "squad begins_at ends_at words made_at made_by published_at closed_at closed_by"
    }

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["squad", "-begins_at"], name="roster_squad")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["squad", "begins_at"], name="one_roster_per_squad_and_begin"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="a_roster_ends_after_it_begins"),
        ]


class Shift(Row):
    """One person's turn (当班): briefed, on duty, wrapping up, closed. It is not attendance and feeds no score.

    `paused_since` while the person rests. `call_sign` (呼号) is what the map shows instead of a name.
    """

    roster = models.ForeignKey(Roster, models.PROTECT, related_name="shifts")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    call_sign = models.CharField(max_length=20)
    briefed_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    paused_since = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {"P1": "roster person post call_sign briefed_at started_at paused_since ended_at"}

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person", "-started_at"], name="shift_person"),
            models.Index(fields=["roster"], name="shift_on_duty", condition=Q(started_at__isnull=False, ended_at=None)),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["roster", "person"], name="one_shift_per_person_and_roster"),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(started_at__isnull=False, ended_at=None),
                name="one_running_shift_per_person",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")), name="a_shift_ends_after_it_started"
            ),
        ]

    @property
    def state(self) -> str:
        """`planned`, `briefed`, `on_duty`, `paused` or `ended`."""
        if self.ended_at:
            return "ended"
        if self.started_at:
            return "paused" if self.paused_since else "on_duty"
        return "briefed" if self.briefed_at else "planned"


class Sharing(Row):
    """A span in which the person shared the position (位置共享). Points outside all spans are not stored (R10)."""

    shift = models.ForeignKey(Shift, models.PROTECT, related_name="sharings")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {"P1": "shift since until"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["shift"], condition=Q(until=None), name="one_open_sharing_per_shift")
        ]


class TaskOrder(Row):
    """One order of a briefing (任务指令): where, when, what; for the squad, or for one `shift` of it.

    After the shift each is checked: done, not done, or handed over to `handed_to` of the next roster.
    """

    class Outcome(models.TextChoices):
        DONE = "done"
        NOT_DONE = "not_done"
        HANDED_OVER = "handed_over"

    roster = models.ForeignKey(Roster, models.PROTECT, related_name="tasks")
    shift = models.ForeignKey(Shift, models.PROTECT, null=True, related_name="tasks")
    place = models.CharField(max_length=200, blank=True)
    site = models.ForeignKey(Site, models.PROTECT, null=True, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+")
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    at = models.DateTimeField(null=True)
    text = models.CharField(max_length=500)
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    told_by = models.UUIDField(null=True)
    told = models.CharField(max_length=500, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    checked_at = models.DateTimeField(null=True)
    checked_by = models.UUIDField(null=True)
    handed_to = models.ForeignKey("self", models.PROTECT, null=True, related_name="handed_from")

    holds: ClassVar[dict[str, str]] = {
        "P1": "roster shift place site area lon lat at text case made_at told_at told_by told outcome checked_at "
        "checked_by handed_to"
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(outcome="") | Q(checked_at__isnull=False), name="an_outcome_was_checked"
            ),
            models.CheckConstraint(
                condition=~Q(outcome="handed_over") | Q(handed_to__isnull=False),
                name="a_task_handed_over_goes_somewhere",
            ),
        ]


class SpotCheck(Row):
    """One look of a checker on the road (见勤抽查): whether the squad was met. Of a squad, never of a person (R14)."""

    squad = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    place = models.CharField(max_length=200)
    met = models.BooleanField()
    note = models.CharField(max_length=300, blank=True)
    checker = models.ForeignKey(Person, models.PROTECT, related_name="+")
    checker_post = models.ForeignKey(Post, models.PROTECT, related_name="+")

    append_only = True
    holds: ClassVar[dict[str, str]] = {"I": "squad at place met note checker checker_post"}

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["squad", "at"], name="spot_check_squad")]


class DutyNote(Row):
    """What a squad's head notes on attendance or discipline (考勤纪律记录), signs, and the person reads.

    `kind` is a term of the table `duty_note`.
    """

    squad = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    on = models.DateField()
    text = models.CharField(max_length=500)
    written_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    written_post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True)

    holds: ClassVar[dict[str, str]] = {
        "P1": "squad person kind on written_by written_post signed_at read_at",
        "P2": "text answer",
    }

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["person", "-on"], name="duty_note_person")]
