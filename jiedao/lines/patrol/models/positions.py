"""Positions (位置): where people on duty were, for thirty days, and from what device the points came (R10, G31)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jiedao.ground.db.rows import Row
from jiedao.ground.people.models import Person


class Source(Row):
    """A kind of sender with its declared coordinate system (位置来源). What it sends is never guessed, only declared.

    `hash`: of the key of a forwarder that speaks for many devices (Traccar); empty for others.
    """

    class Kind(models.TextChoices):
        PAGE = "page"
        OWNTRACKS = "owntracks"
        TRACCAR = "traccar"
        GPX = "gpx"
        CAMERA = "camera"

    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    system = models.CharField(max_length=8, default="wgs84")
    declared_at = models.DateTimeField()
    hash = models.BinaryField(max_length=32, null=True, unique=True)
    ended_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {"P1": "code kind name name_en system declared_at ended_at", "P3": "hash"}


class Device(Row):
    """One device of one person (设备). Its key says who it is; what its message claims does not.

    `label` is the forwarder's own number for it. Only the key's hash is kept.
    """

    source = models.ForeignKey(Source, models.PROTECT, related_name="devices")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    label = models.CharField(max_length=60)
    hash = models.BinaryField(max_length=32, null=True, unique=True)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {"P1": "source person label made_at ends_at revoked_at", "P3": "hash"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["source", "label"], condition=Q(revoked_at=None), name="one_device_per_source_and_label"
            )
        ]


class Position(models.Model):
    """One point of a track (轨迹点), in WGS 84, within a shift and its sharing. Partitioned by the day of `taken_at`.

    The device's clock, put right by what it said when it sent; ours stands in `came_at`. A point that comes twice is
    one row. Partitions are opened and dropped by the owner's functions; nobody deletes rows.
    """

    pk = models.CompositePrimaryKey("shift_id", "taken_at")
    shift_id = models.UUIDField()
    taken_at = models.DateTimeField()
    lon = models.FloatField()
    lat = models.FloatField()
    accuracy = models.FloatField(null=True)
    came_at = models.DateTimeField()
    source_id = models.UUIDField()

    append_only = True
    row_secured = True
    opened_by = "shift_id"
    functions: ClassVar[dict[str, tuple[str, ...]]] = {
        "patrol_open_day(date)": ("web", "worker"),
        "patrol_drop_days(date)": ("worker",),
    }
    holds: ClassVar[dict[str, str]] = {"P1": "shift_id taken_at came_at source_id", "P3": "lon lat accuracy"}


class LastPosition(Row):
    """Where somebody on duty was last (最近位置): one row per running shift, gone when it ends. Its id is the shift's."""

    squad_id = models.UUIDField()
    taken_at = models.DateTimeField()
    came_at = models.DateTimeField()
    lon = models.FloatField()
    lat = models.FloatField()
    accuracy = models.FloatField(null=True)

    row_secured = True
    opened_by = "squad_id"
    holds: ClassVar[dict[str, str]] = {"P1": "squad_id taken_at came_at", "P3": "lon lat accuracy"}


class Refusal(Row):
    """Points of one batch that were not stored, or were put right: why, and how many (G31). Of no person.

    `reasons` is `{"off_shift": 3, "duplicate": 1}`; deleted with the tracks.
    """

    source = models.ForeignKey(Source, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    points = models.IntegerField()
    reasons = models.JSONField(default=dict)

    append_only = True
    worker_may_delete = True
    holds: ClassVar[dict[str, str]] = {"P1": "source at points reasons"}

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["at"], name="refusal_at")]


class OffsetSample(Row):
    """How far a source's point lay from a place known by other means (a scanned code): metres east and north.

    Many alike say that the source's system is declared wrongly. Of no person.
    """

    source = models.ForeignKey(Source, models.PROTECT, related_name="samples")
    at = models.DateTimeField()
    east = models.FloatField()
    north = models.FloatField()
    lon = models.FloatField()
    lat = models.FloatField()

    append_only = True
    worker_may_delete = True
    holds: ClassVar[dict[str, str]] = {"P1": "source at east north lon lat"}
