"""Areas (区域): where something is. District, sub-district, community, grid, each valid from one day to another."""

from datetime import date
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from jiedao.ground.db.rows import Row
from jiedao.kit.clock import today


class AreaQuerySet(models.QuerySet["Area"]):
    def on(self, day: date | None = None) -> "AreaQuerySet":
        """Areas in force on a day, by default today."""
        day = day or today()
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)


class Area(Row):
    """One area over one span of time. A redraw ends rows and makes new ones; a case keeps the row it happened in.

    `path` joins the codes from the district down, `320106/320106001/320106001001`, so that an area holds all whose
    path starts with its own. `shape` is a GeoJSON geometry in WGS 84, `west … north` its box.
    """

    class Kind(models.TextChoices):
        DISTRICT = "district"
        SUBDISTRICT = "subdistrict"
        COMMUNITY = "community"
        GRID = "grid"

    class GridKind(models.TextChoices):
        INTEGRATED = "integrated"
        EXCLUSIVE = "exclusive"

    kind = models.CharField(max_length=12, choices=Kind)
    grid_kind = models.CharField(max_length=12, choices=GridKind, blank=True)
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    path = models.CharField(max_length=100, db_index=True, db_collation="C")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    came_from = ArrayField(models.UUIDField(), default=list)
    shape = models.JSONField(null=True)
    west = models.FloatField(null=True)
    south = models.FloatField(null=True)
    east = models.FloatField(null=True)
    north = models.FloatField(null=True)

    objects = AreaQuerySet.as_manager()

    holds: ClassVar[dict[str, str]] = {
        "P0": "kind grid_kind code name name_en parent path valid_from valid_to came_from shape west south east north"
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code"], condition=Q(valid_to=None), name="one_area_in_force_per_code"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=models.F("valid_from")), name="area_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SiteQuerySet(models.QuerySet["Site"]):
    def on(self, day: date | None = None) -> "SiteQuerySet":
        """Sites in use on a day, by default today."""
        day = day or today()
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)


class Site(Row):
    """A place one visits (点位): an industrial park, a key enterprise, a service centre, an opinion point, a camera.

    `kind` is a `Term` of `site_kind`. The point is WGS 84; `area` is the smallest area it lies in.
    """

    code = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    address = models.CharField(max_length=200, blank=True)
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="sites")
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    facts = models.JSONField(default=dict)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = SiteQuerySet.as_manager()

    holds: ClassVar[dict[str, str]] = {"P0": "code kind name name_en address area lon lat facts valid_from valid_to"}

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["kind", "code"], name="site_kind_code")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code"], condition=Q(valid_to=None), name="one_site_in_use_per_code")
        ]

    def __str__(self) -> str:
        return self.name


class Redraw(Row):
    """A change of borders that is prepared, tried, and takes effect on a day (网格调整).

    `changes` is a list of `{"op": "split" | "merge" | "move" | "add" | "end", …}` with codes, names and GeoJSON geometries in
    WGS 84, applied in order to the areas in force on `effective_on`.
    """

    name = models.CharField(max_length=120)
    effective_on = models.DateField()
    changes = models.JSONField(default=list)
    made_at = models.DateTimeField()
    made_by = models.UUIDField()
    published_at = models.DateTimeField(null=True)
    published_by = models.UUIDField(null=True)
    dropped_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {
        "P1": "name effective_on changes made_at made_by published_at published_by dropped_at"
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(published_at=None) | Q(dropped_at=None), name="a_published_redraw_is_not_dropped"
            )
        ]

    def __str__(self) -> str:
        return self.name
