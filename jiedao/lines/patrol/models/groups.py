"""Groups (编组): people on duty put together for a case or a shift, with messages and a room to talk."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jiedao.ground.db.rows import Row
from jiedao.ground.people.models import Person, Unit
from jiedao.lines.patrol.models.shifts import Shift
from jiedao.record.models import Case


class Group(Row):
    """An ad-hoc group (临时编组): by squad, area or a line drawn on the map. It ends with its case or its shifts.

    `room` is the name of its call at the gateway, chance and no name; empty while no call was opened.
    """

    name = models.CharField(max_length=80)
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    room = models.CharField(max_length=60, blank=True)
    room_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {"P1": "name case unit made_at made_by ends_at ended_at room room_at"}

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["unit"], name="group_running", condition=Q(ended_at=None))
        ]


class GroupMember(Row):
    """One shift in a group; `left_at` when it was taken out."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="members")
    shift = models.ForeignKey(Shift, models.PROTECT, related_name="+")
    left_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {"P1": "group shift left_at"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["group", "shift"], name="one_membership_per_group_and_shift")
        ]


class GroupMessage(Row):
    """What was said to a group (喊话); each member gets a notice."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="messages")
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    text = models.CharField(max_length=300)

    append_only = True
    holds: ClassVar[dict[str, str]] = {"P1": "group at by text"}
