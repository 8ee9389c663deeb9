"""Rights used (职权行使): who was asked what, about whom, under which right. Opinion and decision stand in the record."""

from typing import ClassVar

from django.db import models

from jiedao.ground.db.rows import Row
from jiedao.ground.people.models import Person, Post, Unit
from jiedao.record.models import Case


class RightUse(Row):
    """One question under a right (职权行使), one-to-one with its case. `right` is a term of the table `right`.

    `holder` is who must be asked; `about_…` what the question is about: a post to be moved, a person to be appointed,
    a project's unit. None of them where the question says it in words.
    """

    case = models.OneToOneField(Case, models.PROTECT, related_name="+")
    right = models.CharField(max_length=40)
    asker = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    holder = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    about_unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    about_post = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    about_person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    question = models.TextField()
    asked_at = models.DateTimeField()

    holds: ClassVar[dict[str, str]] = {
        "P1": "case right asker holder about_unit about_post about_person question asked_at"
    }

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["holder", "-asked_at"], name="right_holder"),
            models.Index(fields=["asker", "-asked_at"], name="right_asker"),
        ]
