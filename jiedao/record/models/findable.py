"""What a case is found by (检索): its folded words and their grams, beside the case and not in it."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from jiedao.ground.db.rows import Row


class Findable(Row):
    """One case as a search sees it. Its id is the case's, so the newest case is the greatest id.

    Kept by a listener after the entry that changed the words: an index of many numbers would make every report pay.
    """

    text = models.TextField()
    grams = ArrayField(models.IntegerField())

    worker_may_delete = True
    holds: ClassVar[dict[str, str]] = {"P1": "text grams"}

    class Meta:
        indexes: ClassVar[list[models.Index]] = [GinIndex(fields=["grams"], name="findable_grams")]
