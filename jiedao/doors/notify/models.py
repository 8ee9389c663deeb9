"""Notices (通知): one row per unit or person concerned; reading it is a row too, so that a unit's notice is read by each."""

from typing import ClassVar

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
