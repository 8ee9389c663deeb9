"""Attachments (附件): files that were checked and stored before, now hung on an entry."""

from collections.abc import Sequence

from jiedao.ground.store import Stored
from jiedao.kit.clock import now
from jiedao.kit.refusal import Refused
from jiedao.kit.text import mask_free
from jiedao.record.models import Attachment, Entry

MOST = 9
"""Files per entry (A10)."""
MOST_SIGNS = 100
"""Of a file's name; a mask may be longer than what it stands for."""


def attach(entry: Entry, files: Sequence[Stored], *, public: bool, known: str = "") -> list[Attachment]:
    """Hangs stored files on an entry, in its transaction. Refuses `too_many_files` and `file_used`.

    A file hangs on one entry only: retention of the one must not take it from the other. What a file is called is free
    text like any other, and masked; `known` is the caller's own name.
    """
    if not files:
        return []
    if len(files) > MOST:
        raise Refused("too_many_files", most=MOST)
    if Attachment.objects.filter(path__in=[f.path for f in files]).exists():
        raise Refused("file_used")
    rows = [
        Attachment(
            entry=entry,
            case_id=entry.case_id,
            kind=f.kind,
            mime=f.mime,
            path=f.path,
            thumb=f.thumb,
            size=f.size,
            width=f.width,
            height=f.height,
            sha256=f.sha256,
            name=_named(f.name, known),
            taken_at=f.taken_at,
            lon=f.lon,
            lat=f.lat,
            public=public,
            made_at=now(),
        )
        for f in files
    ]
    Attachment.objects.bulk_create(rows)
    return rows


def _named(name: str, known: str) -> str:
    """The file's name without numbers and names of people, its ending kept: it stands in the handling unit's list."""
    stem, dot, ending = name.rpartition(".")
    return f"{mask_free(stem, known)[:MOST_SIGNS]}{dot}{ending}"
