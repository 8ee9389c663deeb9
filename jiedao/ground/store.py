"""The file store (附件库): uploads that passed their checks, under district, year and id; kept before their row.

Files are checked and written before the transaction that hangs them on an entry; what never got a row is swept
after a day.
"""

import hashlib
import logging
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from jiedao.ground.shelves import Shelf, proper, shelf
from jiedao.kit import media
from jiedao.kit.clock import now, today
from jiedao.kit.ids import new_id
from jiedao.kit.ports import virus_scan
from jiedao.kit.refusal import Refused

log = logging.getLogger(__name__)

LARGEST = 20 * 1024 * 1024
"""Bytes of one upload (A10)."""

QUARANTINED = ".unscanned"
"""Ending of the original that lies beside a file until the scanner, down when it came, has looked at it."""


@dataclass(frozen=True)
class Stored:
    """A file in the store, checked: what its row will say. `path` and `thumb` are relative to the store."""

    kind: str
    mime: str
    path: str
    thumb: str
    size: int
    sha256: bytes
    name: str
    width: int | None = None
    height: int | None = None
    taken_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None


def take(chunks: Iterable[bytes], name: str) -> Stored:
    """Checks an upload and stores what may be kept of it. Refuses `bad_file` and `file_too_large`.

    Pictures are re-encoded without metadata; when and where they were taken is handed back beside them (R16).
    """
    with tempfile.TemporaryDirectory(prefix="jiedao-upload-") as folder:
        came = Path(folder) / "came"
        _spool(chunks, came)
        scanned = virus_scan.scan(came)
        if scanned.infected:
            raise Refused("bad_file", name=Path(name).name[:80], why="infected")
        verdict = media.inspect(came, name, Path(folder) / "kept")
        ident = new_id().hex
        path = _place(f"{ident}.{verdict.suffix}")
        if scanned.outcome == "down":
            # Before the file itself: a crash in between must not leave one behind that looks scanned.
            _keep(came, path + QUARANTINED)
        _keep(verdict.kept, path)
        thumb = _place(f"{ident}.thumb.jpg") if verdict.thumb else None
        if verdict.thumb and thumb:
            _keep(verdict.thumb, thumb)
        return Stored(
            kind=verdict.kind,
            mime=verdict.mime,
            path=path,
            thumb=thumb or "",
            size=verdict.size,
            sha256=hashlib.sha256(verdict.kept.read_bytes()).digest(),
            name=verdict.name,
            width=verdict.width,
            height=verdict.height,
            taken_at=verdict.taken_at,
            lon=verdict.lon,
            lat=verdict.lat,
        )


def _spool(chunks: Iterable[bytes], target: Path) -> None:
    size = 0
    with target.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > LARGEST:
                raise Refused("file_too_large", most_mb=LARGEST // 1024 // 1024)
            file.write(chunk)


def _place(name: str) -> str:
    """Where a file goes, relative to the store: by district and year."""
    return f"{connection.schema_name}/{today().year}/{name}"


def _keep(source: Path, relative: str) -> None:
    shelf().put(relative, source.read_bytes())


def root() -> Path:
    """The folder of the shelf on disk."""
    return Path(settings.MEDIA_ROOT)


def read(path: str, sha256: bytes | None = None) -> bytes:
    """A stored file. `FileNotFoundError` if retention has deleted it, or while it waits for the virus scanner.

    A path that leaves the store is not found either; nor is what no longer has the hash its row says.
    """
    kept = shelf()
    if not _released(kept, proper(path)):
        raise FileNotFoundError(path)
    content = kept.get(path)
    if sha256 is not None and hashlib.sha256(content).digest() != bytes(sha256):
        log.error("the file %s is not what was stored", path)
        raise FileNotFoundError(path)
    return content


def _released(kept: Shelf, path: str) -> bool:
    """Whether the scanner has passed a file. What came while it was down is shown to it again now."""
    waiting = path.replace(".thumb", "", 1) + QUARANTINED
    if not kept.has(waiting):
        return True
    with tempfile.TemporaryDirectory(prefix="jiedao-scan-") as folder:
        shown = Path(folder) / "came"
        shown.write_bytes(kept.get(waiting))
        scanned = virus_scan.scan(shown)
    if scanned.outcome == "down" or scanned.infected:
        return False
    kept.drop(waiting)
    return True


def unclaimed(claimed: set[str], older_than: timedelta = timedelta(days=1)) -> Iterator[str]:
    """Files of this district that no row names and that are older than a day: left by writes that were refused."""
    before = now() - older_than
    for kept in shelf().each(connection.schema_name):
        if kept.at < before and kept.path.removesuffix(QUARANTINED) not in claimed:
            yield kept.path


def forget(*paths: str) -> None:
    """Deletes files whose rows are gone, and what the scanner has not seen of them."""
    for path in filter(None, paths):
        drop(path)
        drop(path + QUARANTINED)


def drop(path: str) -> None:
    shelf().drop(path)
