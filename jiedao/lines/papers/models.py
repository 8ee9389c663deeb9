"""The papers' table (文书的表)."""

from typing import ClassVar

from django.db import models

from jiedao.ground.db.rows import Row
from jiedao.record.models import Case


class Paper(Row):
    """One paper as it was made (文书): what it says, its file and hash, when and by which post. A copy names its original.

    `told` is what stood on it, masked as its reader might read it; a copy is set from it again. `token` is what its
    code leads to, and tells a stranger nothing. Kept as long as the words of its case may be kept.
    """

    class Kind(models.TextChoices):
        FILE = "file"
        RECEIPT = "receipt"

    case = models.ForeignKey(Case, models.PROTECT, related_name="papers")
    kind = models.CharField(max_length=12, choices=Kind)
    layout = models.CharField(max_length=8)
    told = models.JSONField()
    content = models.BinaryField()
    sha256 = models.BinaryField(max_length=32)
    token = models.CharField(max_length=43, unique=True)
    made_at = models.DateTimeField()
    person_id = models.UUIDField(null=True)
    post_id = models.UUIDField(null=True)
    unit_id = models.UUIDField(null=True)
    original = models.ForeignKey("self", models.PROTECT, null=True, related_name="copies")

    worker_may_delete = True
    goes_with = "words"
    holds: ClassVar[dict[str, str]] = {
        "P1": "case kind layout made_at person_id post_id unit_id original",
        "P2": "told content",
        "P3": "token",
        "I": "sha256",
    }
