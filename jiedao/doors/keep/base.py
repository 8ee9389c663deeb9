"""Point in time (按时间点恢复): a base backup of our own server, and the way from it over the segments to a moment."""

import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from jiedao.doors.keep import dumps, places, wal
from jiedao.doors.keep.sealed import Sealing, Unsealed
from jiedao.ground.db.embedded import Embedded
from jiedao.ground.db.home import Trouble, folder, secret
from jiedao.kit.clock import now

BASE = "base.tar.sealed"
WAIT = 3600.0


def take(place: Path, manifest: places.Manifest) -> None:
    """A copy of the server's data folder, in itself whole: the segments it needs are in it."""
    command = [dumps.program("pg_basebackup"), "--pgdata=-", "--format=tar", "--wal-method=fetch", "--no-password"]
    command += ["--checkpoint=fast", "--manifest-checksums=SHA256"]
    first = _now_at()
    with tempfile.TemporaryFile() as said:
        with Sealing(place / BASE, places.key(), BASE) as sealing:
            env = dumps.environment(dumps.admin())
            with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=said) as running:
                assert running.stdout is not None
                while chunk := running.stdout.read(256 * 1024):
                    sealing.write(chunk)
            if running.returncode:
                said.seek(0)
                raise Trouble(f"pg_basebackup failed: {said.read()[-1000:].decode(errors='replace').strip()}")
    manifest.parts[BASE] = dumps.weigh(place / BASE)
    manifest.base = {"first": first, "ended_at": now().isoformat()}


def _now_at() -> str:
    """The segment that is written now: no recovery from this copy needs an older one."""
    with dumps.connected() as connection:
        row = connection.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone()
    return str(row[0]) if row else ""


def before(moment: datetime | None) -> places.Manifest:
    """The newest base backup that ended before a moment; the newest of all for none."""
    for name in reversed(places.all_names()):
        found = places.read(name)
        if found.base and (moment is None or datetime.fromisoformat(found.base["ended_at"]) <= moment):
            return found
    when = f" that ended before {moment.isoformat()}" if moment else ""
    raise Trouble(
        f"There is no base backup{when} under {places.root()}.\n"
        "They are made by `jiedao backup` while WAL_ARCHIVE=1 is set and the server is our own."
    )


@contextmanager
def recovered(moment: datetime | None, embedded: Embedded, inside: Path) -> Iterator[Embedded]:
    """A server beside the real one that has recovered to the moment. It is stopped in the end; its folder stays."""
    manifest = before(moment)
    dumps.check_parts(manifest)
    copy = _unpack(manifest, embedded, inside)
    segments = copy.place / "wal"
    wal.lay_out(segments, manifest.base["first"], embedded)
    (copy.data / "recovery.signal").touch()
    _give(copy.place, copy)
    copy.options = {"restore_command": f"cp '{segments}/%f' '%p'", "hot_standby": "off", "archive_mode": "off"}
    if moment:
        copy.options |= {"recovery_target_time": moment.isoformat(), "recovery_target_action": "promote"}
    try:
        copy.start(wait=WAIT)
    except Trouble as trouble:
        raise Trouble(f"{_why(copy, moment)}{trouble}") from trouble
    try:
        yield copy
    finally:
        copy.stop()


def _why(copy: Embedded, moment: datetime | None) -> str:
    if moment and copy.log.exists() and "before configured recovery target" in copy.log.read_text(errors="replace"):
        return f"The segments do not reach {moment.isoformat()}; leave the moment out to go to their end.\n"
    return ""


def _unpack(manifest: places.Manifest, embedded: Embedded, inside: Path) -> Embedded:
    """The data folder of the copy, with the password of the server it is a copy of."""
    secret("database_admin", embedded.home)
    folder(inside / "secrets", 0o700)
    shutil.copy2(embedded.home / "secrets" / "database_admin", inside / "secrets" / "database_admin")
    copy = Embedded(inside)
    copy.data.mkdir(parents=True, mode=0o700)
    reading = Unsealed(manifest.folder / BASE, places.key(), BASE)
    with tarfile.open(fileobj=reading, mode="r|") as tar:  # type: ignore[call-overload]
        tar.extractall(copy.data, filter="tar")
    for name in ("postmaster.pid", "backup_label.old"):
        (copy.data / name).unlink(missing_ok=True)
    return copy


def _give(place: Path, to: Embedded) -> None:
    """As root: to the user the server runs as, who could not read it otherwise."""
    if to.user:
        for path in [place, *place.rglob("*")]:
            os.chown(path, to.user.pw_uid, to.user.pw_gid, follow_symlinks=False)
