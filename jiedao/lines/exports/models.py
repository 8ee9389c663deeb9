"""The tables of exports (导出的表): the ledger, and the files beside it, each under a key of its own."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jiedao.ground.db.rows import Row
from jiedao.ground.people.models import Person, Post


class Export(Row):
    """One list that somebody asked for (导出): which query, what for, who said yes, when it was made and taken, until when.

    `path` and `query` are the list's own address. An `unmasked` one waits for a second person. The row stays as the
    ledger; with `key` the file is gone, in backups too.
    """

    class State(models.TextChoices):
        WAITING = "waiting"  # for a second person
        ASKED = "asked"  # for the job
        READY = "ready"
        FAILED = "failed"
        REFUSED = "refused"
        GONE = "gone"

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    title = models.CharField(max_length=80)
    path = models.CharField(max_length=200)
    query = models.CharField(max_length=1000, blank=True)
    form = models.CharField(max_length=4)
    lang = models.CharField(max_length=8)
    purpose = models.CharField(max_length=20)
    reason = models.CharField(max_length=200, blank=True)
    unmasked = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State)
    asked_at = models.DateTimeField()
    second = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    second_post = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    name = models.CharField(max_length=80, blank=True)
    rows = models.IntegerField(null=True)
    sha256 = models.BinaryField(max_length=32, null=True)
    key = models.BinaryField(null=True)
    taken = models.SmallIntegerField(default=0)
    taken_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {
        "P1": "person post title path query form lang purpose reason unmasked state asked_at second second_post"
        " decided_at answer made_at until name rows taken taken_at",
        "P3": "key",
        "I": "sha256",
    }

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person", "-asked_at"], name="export_person"),
            models.Index(fields=["state", "until"], name="export_state"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(unmasked=False) | Q(state__in=["waiting", "refused", "gone"]) | Q(second__isnull=False),
                name="an_unmasked_export_has_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(second=None) | ~Q(second=F("person")), name="nobody_seconds_an_own_export"
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(key__isnull=False, until__isnull=False, sha256__isnull=False),
                name="a_ready_export_has_a_file_and_an_end",
            ),
        ]


class ExportFile(Row):
    """The file of an export (导出文件), of the same id, under its key; readable only when the gate opened its id."""

    sealed = models.BinaryField()

    row_secured = True
    holds: ClassVar[dict[str, str]] = {"P3": "sealed"}
