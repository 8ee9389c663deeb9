"""Published processes (流程版本): a version never changes; a case pins one for life."""

from functools import cached_property
from typing import ClassVar

from django.db import models
from django.db.models import Q

from jiedao.ground.db.rows import Row
from jiedao.record.definition import Definition, read


class ProcessVersion(Row):
    """One version of a process: the YAML as published, whole, with the district's own limits and labels in it."""

    code = models.CharField(max_length=40)
    version = models.IntegerField()
    document = models.TextField()
    based_on = models.CharField(max_length=60, blank=True)
    published_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {"P0": "code version document based_on published_at retired_at"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code", "version"], name="one_process_per_version"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(retired_at=None), name="one_version_in_force_per_process"
            ),
        ]

    @cached_property
    def definition(self) -> Definition:
        """The parsed document; equal documents share one object."""
        return read(self.document)
