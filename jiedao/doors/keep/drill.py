"""The drill (恢复演练): a backup restored beside the real database, counted, its chains recomputed, its files read; signed."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg.conninfo import make_conninfo

from jiedao.doors.keep import base, dumps, files, places
from jiedao.ground.db.embedded import Embedded
from jiedao.ground.db.home import Trouble, folder, home
from jiedao.ground.db.roles import database_name, parameters, server
from jiedao.kit import signing
from jiedao.kit.clock import now

Say = Callable[[str], None]
SHOWN = 50


@dataclass
class Drill:
    """What a drill did and found. No faults: the backup is good."""

    backup: str
    at: str
    to: str = ""
    seconds: float = 0.0
    tables: int = 0
    rows: int = 0
    files: int = 0
    entries: int = 0
    faults: list[str] = field(default_factory=list)


def of_dump(manifest: places.Manifest, say: Say, progress: files.Progress = lambda count: None) -> Drill:
    """Restores a dump into a database of its own, which is dropped afterwards."""
    began, drill = time.monotonic(), Drill(manifest.name, now().isoformat())
    drill.tables, drill.rows, drill.files = len(manifest.tables), manifest.rows, manifest.files
    try:
        dumps.check_parts(manifest)
        say("  parts    as they were written")
        with dumps.scratch(f"jiedao_drill_{os.getpid()}") as name:
            dumps.restore(manifest, name)
            drill.faults += dumps.compare(manifest, name)
            say(
                f"  database {manifest.rows:,} rows of {len(manifest.tables)} tables, {len(drill.faults)} tables differ"
            )
            if not manifest.district:
                _chains(drill, make_conninfo(**parameters("web") | {"dbname": name}), say)
        drill.faults += files.faults(manifest, progress)
        say(f"  files    {manifest.files:,} read")
    except Trouble as trouble:
        drill.faults.append(str(trouble))
    drill.seconds = round(time.monotonic() - began, 1)
    return drill


def of_moment(moment: datetime | None, say: Say) -> Drill:
    """Recovers to a moment beside the real server, and recomputes the chains there."""
    began, embedded = time.monotonic(), server()
    if embedded is None:
        raise Trouble("The server is yours (DATABASE_URL): recover it to a moment with its own tools.")
    drill = Drill(base.before(moment).name, now().isoformat(), to=moment.isoformat() if moment else "the end")
    inside = beside("drill")
    copy = Embedded(inside)
    try:
        with base.recovered(moment, embedded, inside) as copy:
            say("  server   recovered")
            told = parameters("web") | {"host": str(copy.sockets), "dbname": database_name()}
            _chains(drill, make_conninfo(**told), say)
    except Trouble as trouble:
        drill.faults.append(str(trouble))
    finally:
        clear(inside, copy)
    drill.seconds = round(time.monotonic() - began, 1)
    return drill


def beside(name: str) -> Path:
    """A folder for a copy of the server, on the disk of the real one: it can take its place by a rename."""
    inside = folder(home() / f"{name}-{places.fresh_name()}")
    inside.chmod(0o755)  # the server's user must pass it; what is in it is closed
    return inside


def clear(inside: Path, copy: Embedded) -> None:
    for place in (copy.place, copy.sockets, inside):
        shutil.rmtree(place, ignore_errors=True)


def _chains(drill: Drill, dsn: str, say: Say) -> None:
    """Recomputed by the command itself, in a process of its own that knows the copy alone.

    Seals carried out since the backup are missing in any older copy, so it looks at an empty folder of them.
    """
    with tempfile.TemporaryDirectory() as empty:
        env = os.environ | {"DATABASE_ROLE_URL": dsn, "SEALS_ROOT": empty, "SEALS_ALSO": "", "JIEDAO_ROLE": "web"}
        command = [sys.executable, "-m", "jiedao", "audit", "verify", "--json", "--quietly"]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    try:
        told: list[dict[str, Any]] = json.loads(done.stdout)
    except ValueError:
        drill.faults.append(f"the chains could not be recomputed: {done.stderr.strip()[-400:]}")
        return
    for one in told:
        drill.entries += one["entries"]
        drill.faults += [f"{one['district']}: {fault}" for fault in one["faults"][:SHOWN]]
    say(
        f"  chains   {drill.entries:,} entries of {len(told)} districts, {sum(len(one['faults']) for one in told)} faults"
    )


def record(drill: Drill) -> None:
    """Signed and kept with the backups: who asks when the last drill was, and what it found, reads it there."""
    text = json.dumps(asdict(drill), ensure_ascii=False, sort_keys=True)
    line = {"drill": text, "signature": signing.sign(text.encode()).hex(), "key": signing.public_key().hex()}
    with (folder(places.root(), 0o700) / "drills.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def recorded() -> list[Drill]:
    """The drills so far whose signature holds, oldest first."""
    path, found = places.root() / "drills.jsonl", []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        told = json.loads(line)
        if signing.holds(told["drill"].encode(), bytes.fromhex(told["signature"])):
            found.append(Drill(**json.loads(told["drill"])))
    return found
