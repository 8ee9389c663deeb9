"""WAL (预写日志归档): our own server lays each finished segment into a spool; from there it is sealed and carried out.

The server copies with `cp` alone and knows no key. With the nightly base backup the segments lead to any moment since.
"""

import os
import re
import zlib
from datetime import UTC, datetime
from pathlib import Path

from jiedao.doors.keep import places
from jiedao.doors.keep.sealed import Sealing, opened
from jiedao.ground.db.embedded import Embedded, archives
from jiedao.ground.db.roles import server

SEGMENT = re.compile(r"[0-9A-F]{24}(\.[0-9A-F]{8}\.backup)?|[0-9A-F]{8}\.history")


def folder() -> Path:
    return places.root() / "wal"


def carry() -> int:
    """Seals what lies in the spool and takes it away there. Says how many; 0 where nothing is archived."""
    embedded = server()
    if embedded is None or not archives() or not embedded.spool.is_dir():
        return 0
    key, count = places.key(make=True), 0
    for path in sorted(embedded.spool.iterdir()):
        if not SEGMENT.fullmatch(path.name):
            continue  # being written, or none of the server's
        with Sealing(folder() / f"{path.name}.sealed", key, path.name) as sealing:
            sealing.write(zlib.compress(path.read_bytes(), 1))
        path.unlink()
        count += 1
    return count


def newest() -> datetime | None:
    """When the last segment was carried out. None while there is none."""
    times = [entry.stat().st_mtime for entry in os.scandir(folder())] if folder().is_dir() else []
    return datetime.fromtimestamp(max(times), UTC) if times else None


def lay_out(target: Path, first: str, embedded: Embedded | None) -> int:
    """Lays every segment from the first on into a folder, as a server that recovers wants them.

    What the server had not archived yet is taken from its own folder, if that is still there: the last writes.
    """
    target.mkdir(parents=True, exist_ok=True)
    key, count = places.key(), 0
    for path in sorted(folder().glob("*.sealed")):
        name = path.name.removesuffix(".sealed")
        if name.endswith(".history") or name[8:24] >= first[8:24]:
            (target / name).write_bytes(zlib.decompress(b"".join(opened(path, key, name))))
            count += 1
    for left in [embedded.spool, embedded.data / "pg_wal"] if embedded else []:
        for path in sorted(left.iterdir()) if left.is_dir() else []:
            if SEGMENT.fullmatch(path.name) and not (target / path.name).exists():
                (target / path.name).write_bytes(path.read_bytes())
                count += 1
    return count


def forget_before(first: str) -> int:
    """Takes away segments that no kept base backup needs any more."""
    gone = 0
    for path in folder().glob("*.sealed"):
        if not path.name.startswith(first[:8]) and path.name.endswith(".history.sealed"):
            continue
        if path.name[8:24] < first[8:24]:
            path.unlink()
            gone += 1
    return gone
