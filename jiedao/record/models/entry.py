"""Entries (流转记录): one row per thing done to a case. Audit, timeline, outbox and live feed in one."""

from typing import ClassVar

from django.db import models

from jiedao.ground.db.rows import Row
from jiedao.record.models.case import Case


class Entry(Row):
    """One line of a case: verb, by whom, when, which state before and after. Insert-only, chained within its case.

    `facts` hold codes, ids and numbers; free text lies in `Words`, whose salted digest the hash covers, so that
    words can be deleted and the chain still verifies. `public`: the resident may read this line.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="entries", db_index=False)
    seq = models.IntegerField()
    verb = models.CharField(max_length=20)
    at = models.DateTimeField()
    was = models.CharField(max_length=40, blank=True)
    now = models.CharField(max_length=40)
    actor = models.CharField(max_length=8)
    person_id = models.UUIDField(null=True)
    post_id = models.UUIDField(null=True)
    unit_id = models.UUIDField(null=True)
    system = models.CharField(max_length=40, blank=True)
    order_id = models.UUIDField(null=True)
    public = models.BooleanField(default=False)
    facts = models.JSONField(default=dict)
    digest = models.BinaryField(max_length=32, default=bytes)
    prev = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    append_only = True
    holds: ClassVar[dict[str, str]] = {
        "I": "case seq verb at was now actor person_id post_id unit_id system order_id public facts digest prev hash"
    }

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["at"], name="entry_at"),
            # What a leader has asked to be told of: few lines of very many.
            models.Index(
                fields=["person_id"], name="entry_led", condition=models.Q(verb__in=["instruct", "supervise"])
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "seq"], name="one_entry_per_step")
        ]


class Words(Row):
    """What was said with an entry (办理内容): masked free text and its salt. Deleted as retention says."""

    entry = models.OneToOneField(Entry, models.PROTECT, related_name="words")
    salt = models.BinaryField(max_length=16)
    said = models.JSONField()

    append_only = True
    worker_may_delete = True
    holds: ClassVar[dict[str, str]] = {"P1": "entry said", "I": "salt"}


class Effect(Row):
    """That a listener has done its part for an entry (联动动作): the job may run twice, the effect happens once."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="effects", db_index=False)
    listener = models.CharField(max_length=80)
    at = models.DateTimeField()

    append_only = True
    holds: ClassVar[dict[str, str]] = {"P1": "entry listener at"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["entry", "listener"], name="one_effect_per_listener")
        ]


class Attachment(Row):
    """A file that hangs on an entry (附件). Stored re-encoded, without metadata; evidence of time and place is here."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="attachments")
    case = models.ForeignKey(Case, models.PROTECT, related_name="attachments")
    kind = models.CharField(max_length=12)
    mime = models.CharField(max_length=100)
    path = models.CharField(max_length=200)
    thumb = models.CharField(max_length=200, blank=True)
    size = models.IntegerField()
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    sha256 = models.BinaryField(max_length=32)
    name = models.CharField(max_length=120)
    taken_at = models.DateTimeField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    public = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    worker_may_delete = True
    append_only = True
    holds: ClassVar[dict[str, str]] = {
        "P1": "entry case kind mime size width height sha256 public made_at",
        "P2": "path thumb name taken_at lon lat",
    }
