"""Uploads on their way (待用上传): a file a program has sent and will name in a later write, for one day.

The note lies beside the file in the store, not in the database: what never came into a write is swept with its file.
Only who has sent it may name it.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from django.db import connection

from jiedao.ground import store
from jiedao.ground.shelves import shelf
from jiedao.ground.store import Stored
from jiedao.kit import vault
from jiedao.kit.clock import now
from jiedao.kit.refusal import Refused

GOOD_FOR = timedelta(days=1)


class _Note(msgspec.Struct):
    """What the note says: whose, when, the fingerprint of what was sent, and the stored file."""

    scope: str
    at: datetime
    sent: bytes
    file: Stored


def keep(chunks: Iterable[bytes], name: str, *, scope: str, key: str) -> tuple[UUID, Stored]:
    """Checks and stores an upload under its key: sent again, it gives the same id and stores nothing anew.

    Refuses `key_reused` if the key came with another file.
    """
    ident = _ident(scope, key)
    content = list(_counted(chunks))
    sent = hashlib.sha256(b"".join(content)).digest()
    known = _read(ident)
    if known is None:
        stored = store.take(content, name)
        _write(ident, _Note(scope, now(), sent, stored))
        known = _read(ident)
        assert known is not None
    if known.sent != sent:
        raise Refused("key_reused", key=key)
    return ident, known.file


def named(ident: str, *, scope: str) -> Stored:
    """The file of an id that this scope has uploaded within the last day. Refuses `unknown_file`."""
    try:
        note = _read(UUID(ident))
    except ValueError:
        note = None
    if note is None or note.scope != scope or now() - note.at.astimezone(UTC) > GOOD_FOR:
        raise Refused("unknown_file", given=ident[:40])
    return note.file


def _counted(chunks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > store.LARGEST:
            raise Refused("file_too_large", most_mb=store.LARGEST // 1024 // 1024)
        yield chunk


def _ident(scope: str, key: str) -> UUID:
    return UUID(bytes=vault.blind(f"{scope}:{key}", "upload")[:16])


def _path(ident: UUID) -> str:
    return f"{connection.schema_name}/uploads/{ident.hex}.json"


def _read(ident: UUID) -> _Note | None:
    try:
        return msgspec.json.decode(shelf().get(_path(ident)), type=_Note)
    except FileNotFoundError:
        return None


def _write(ident: UUID, note: _Note) -> None:
    """Of two equal uploads at once the first stays, and the second's file is swept."""
    shelf().put(_path(ident), msgspec.json.encode(note), fresh=True)
