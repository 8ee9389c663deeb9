"""The row every table starts from (数据行): a UUIDv7, and a data class for every field."""

from typing import ClassVar

from django.db import models

from jiedao.kit.ids import new_id

CLASSES = ("P0", "P1", "P2", "P3", "I")
"""Public, internal, personal, sensitive, integrity: docs/proof.md names the guarantee (G36) that every field has one."""


class Row(models.Model):
    """A table of a district.

    `holds` names the fields of each data class, as one string of words per class; the build fails on a field
    that none names. `append_only` rows are facts: the application's roles may insert and read, no more.
    `worker_may_clear`: columns of a
    fact that retention empties. `row_secured` tables show only what the transaction opened (`jiedao.opened`).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    holds: ClassVar[dict[str, str]] = {}
    append_only: ClassVar[bool] = False
    row_secured: ClassVar[bool] = False
    worker_may_delete: ClassVar[bool] = False
    worker_may_clear: ClassVar[str] = ""

    class Meta:
        abstract = True


def class_of(model: type[models.Model], field: str) -> str | None:
    """The data class of a field; None if nobody has classified it. The id is internal."""
    if field == "id" and issubclass(model, Row):
        return "P1"
    for data_class, names in getattr(model, "holds", {}).items():
        if field in names.split():
            return str(data_class)
    return None


def unclassified(model: type[models.Model]) -> list[str]:
    """Fields of the model that carry no data class."""
    return [f.name for f in model._meta.concrete_fields if class_of(model, f.name) is None]
