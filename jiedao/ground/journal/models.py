"""Receipt, change, look, seal (回执、变更、查看、封存)."""

from typing import ClassVar

from django.db import models

from jiedao.ground.db.rows import Row


class Receipt(Row):
    """That a write was taken (回执): the client's key, the body's fingerprint, what came of it. Kept 30 days.

    `scope` is the actor (`person:<id>`, `resident:<id>`), or the key itself where nobody is signed in.
    """

    scope = models.CharField(max_length=60)
    key = models.CharField(max_length=64)
    fingerprint = models.BinaryField(max_length=32)
    outcome = models.JSONField(null=True)
    at = models.DateTimeField(db_index=True)

    worker_may_delete = True
    holds: ClassVar[dict[str, str]] = {"P1": "scope key fingerprint outcome at"}

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["scope", "key"], name="one_receipt_per_key")
        ]


class Change(Row):
    """A change of something that is not a case (变更), chained per object."""

    kind = models.CharField(max_length=60)
    object_id = models.UUIDField()
    seq = models.IntegerField()
    verb = models.CharField(max_length=40)
    at = models.DateTimeField()
    person_id = models.UUIDField(null=True)
    post_id = models.UUIDField(null=True)
    system = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict)
    prev = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    append_only = True
    holds: ClassVar[dict[str, str]] = {
        "I": "kind object_id seq verb at person_id post_id system facts prev hash",
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "object_id", "seq"], name="one_change_per_step")
        ]


class Look(Row):
    """One reading of personal data or of a complaint (查看), with its purpose; chained per reader."""

    reader = models.CharField(max_length=60)
    seq = models.IntegerField()
    at = models.DateTimeField()
    person_id = models.UUIDField(null=True)
    post_id = models.UUIDField(null=True)
    unit_id = models.UUIDField(null=True)
    what = models.CharField(max_length=40)
    object_id = models.UUIDField(db_index=True)
    purpose = models.CharField(max_length=200, blank=True)
    prev = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    append_only = True
    holds: ClassVar[dict[str, str]] = {
        "I": "reader seq at person_id post_id unit_id what object_id purpose prev hash",
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["reader", "seq"], name="one_look_per_step")
        ]


class Seal(Row):
    """The signed root over all chain heads that moved since the last seal (封存), chained itself.

    `heads`: `[kind, whose, seq, hash]`; `root` their digest, `signature` that of `hash` by the installation's key.
    """

    seq = models.IntegerField(unique=True)
    at = models.DateTimeField()
    heads = models.JSONField()
    root = models.BinaryField(max_length=32)
    prev = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)
    signature = models.BinaryField(max_length=64)

    append_only = True
    holds: ClassVar[dict[str, str]] = {"I": "seq at heads root prev hash signature"}
