"""A wall screen (大屏): one pairing of a display, by one officer, for at most twelve hours."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jiedao.ground.db.rows import Row
from jiedao.ground.people.models import Person, Post


class Screen(Row):
    """One pairing (配对). The code is typed at the display once; then the display's own key says which it is.

    It sees what the post sees that paired it, as long as that person holds the post. Only hashes are kept.
    """

    name = models.CharField(max_length=40)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    code_hash = models.BinaryField(max_length=32, null=True, unique=True)
    code_ends_at = models.DateTimeField()
    hash = models.BinaryField(max_length=32, null=True, unique=True)
    paired_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    holds: ClassVar[dict[str, str]] = {
        "P1": "name person post made_at ends_at code_ends_at paired_at ended_at",
        "P3": "code_hash hash",
    }

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("made_at")), name="a_screen_ends_after_it_was_made")
        ]
