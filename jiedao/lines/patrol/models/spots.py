"""Bad spots (治安乱点) and joint patrols (联合巡查): extra rounds online and on foot, plans with stops."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from jiedao.ground.db.rows import Row
from jiedao.ground.people.models import Person, Unit
from jiedao.ground.places.models import Area, Site


class HotSpot(Row):
    """A grid with poor public order (乱点网格), from one day to another, with the checklist its rounds share."""

    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    why = models.CharField(max_length=300)
    checklist = models.JSONField(default=list)
    since = models.DateField()
    until = models.DateField()
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {"P1": "area unit why checklist since until made_by ended_at"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="a_bad_spot_lasts"),
            models.UniqueConstraint(fields=["area"], condition=Q(ended_at=None), name="one_bad_spot_per_grid"),
        ]


class Round(Row):
    """One round of a bad spot (巡查轮次), online or on foot; `ticks` answers the spot's checklist by its codes."""

    class Way(models.TextChoices):
        ONLINE = "online"
        FOOT = "foot"

    spot = models.ForeignKey(HotSpot, models.PROTECT, related_name="rounds")
    way = models.CharField(max_length=8, choices=Way)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ticks = models.JSONField(default=dict)
    note = models.CharField(max_length=500, blank=True)

    holds: ClassVar[dict[str, str]] = {"P1": "spot way person began_at ended_at ticks note"}


class CameraLook(Row):
    """That a camera's link was opened in a round, with its purpose and what was seen (查看摄像头)."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="looks")
    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=200)
    seen = models.CharField(max_length=300, blank=True)

    append_only = True
    holds: ClassVar[dict[str, str]] = {"I": "round site at person purpose seen"}


class JointPatrol(Row):
    """A joint patrol (联合巡查): several units, stops in order, on a day."""

    name = models.CharField(max_length=120)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    units = ArrayField(models.UUIDField(), default=list)
    begins_at = models.DateTimeField()
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)

    holds: ClassVar[dict[str, str]] = {"P1": "name unit units begins_at made_by made_at ended_at note"}


class PatrolStop(Row):
    """One stop of a joint patrol: a site; arrived at by scanning its code or by place. `metres` off by place."""

    class Way(models.TextChoices):
        CODE = "code"
        PLACE = "place"

    patrol = models.ForeignKey(JointPatrol, models.CASCADE, related_name="stops")
    seq = models.SmallIntegerField()
    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    due_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    arrived_by = models.UUIDField(null=True)
    way = models.CharField(max_length=8, choices=Way, blank=True)
    metres = models.IntegerField(null=True)
    note = models.CharField(max_length=300, blank=True)

    holds: ClassVar[dict[str, str]] = {"P1": "patrol seq site due_at arrived_at arrived_by way metres note"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["patrol", "seq"], name="one_stop_per_place_in_a_patrol")
        ]
