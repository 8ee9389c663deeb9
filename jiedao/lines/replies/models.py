"""Reply templates and drafts (答复模板、草稿)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jiedao.ground.db.rows import Row
from jiedao.ground.people.models import Person


class ReplyTemplate(Row):
    """One version of a district's template for replies (答复模板), for an item, a kind of request, or any.

    Placeholders such as `{number}` are filled from the case. A version never changes; the next one ends it. What a
    package brings stands in the terms of the table `reply`; a row of the same code takes its place.
    """

    code = models.CharField(max_length=40)
    version = models.IntegerField()
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, blank=True)
    item_code = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=12, blank=True)
    says = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    made_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)
    dropped = models.BooleanField(default=False)

    holds: ClassVar[dict[str, str]] = {
        "P0": "code version name name_en item_code kind says made_at ended_at dropped",
        "P1": "made_by",
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code", "version"], name="one_template_per_version"),
            models.UniqueConstraint(fields=["code"], condition=Q(ended_at=None), name="one_template_in_force_per_code"),
        ]


class Draft(Row):
    """What somebody has typed into a form and not sent (草稿): his alone, gone when it is sent, or after a month."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    typed = models.JSONField(default=dict)
    place = models.CharField(max_length=80, blank=True)
    saved_at = models.DateTimeField(db_index=True)

    holds: ClassVar[dict[str, str]] = {"P1": "person name place saved_at", "P2": "typed"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "name"], name="one_draft_per_form")
        ]
