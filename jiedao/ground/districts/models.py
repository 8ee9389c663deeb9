"""Districts, their host names, and the calendar they share (区、域名、日历). These tables are public."""

from typing import ClassVar

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin


class District(TenantMixin):
    """A district (区): one schema, named after its division code: `d320106`.

    `office_hours` are pairs of local times, `[["09:00", "12:00"], ["13:30", "17:30"]]`; `switches` are what two
    districts decide differently (`whistle_hard_either`, …), as its package says.
    """

    code = models.CharField(max_length=6, unique=True)
    label = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, blank=True)
    city = models.CharField(max_length=60, blank=True)
    city_en = models.CharField(max_length=60, blank=True)
    office_hours = models.JSONField(default=list)
    switches = models.JSONField(default=dict)
    demo = models.BooleanField(default=False)

    holds: ClassVar[dict[str, str]] = {
        "P0": "id schema_name code label name name_en city city_en office_hours",
        "P1": "switches demo",
    }

    auto_create_schema = False
    auto_drop_schema = False

    def __str__(self) -> str:
        return self.name


class Host(DomainMixin):
    """A host name that leads to a district. A bare label (`gulou`) answers to `gulou.<any host>`."""

    holds: ClassVar[dict[str, str]] = {"P0": "id domain tenant is_primary"}


class CalendarDay(models.Model):
    """A day that is not what its weekday says: a public holiday, or a make-up working day (调休).

    Seeded from the yearly notice of the State Council; a year without rows follows weekdays, and doctor says so.
    """

    on = models.DateField(primary_key=True)
    working = models.BooleanField()
    name = models.CharField(max_length=40)
    source = models.CharField(max_length=120)

    holds: ClassVar[dict[str, str]] = {"P0": "on working name source"}
