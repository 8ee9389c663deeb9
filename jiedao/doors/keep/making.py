"""Making a backup (备份): dump, files and, of our own server, a base copy; then what is too old goes."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from jiedao.doors.keep import base, dumps, erasures, files, places, wal
from jiedao.ground.db.embedded import archives
from jiedao.ground.db.home import Trouble, folder, home
from jiedao.ground.db.roles import server
from jiedao.kit.clock import now
from jiedao.release import release

Say = Callable[[str], None]


@dataclass(frozen=True)
class District:
    """A district as commands name it."""

    code: str
    label: str
    schema: str


def district(name: str) -> District:
    """By label or code."""
    asked = "SELECT code, label, schema_name FROM public.districts_district WHERE %s IN (code, label)"
    with dumps.connected() as connection:
        row = connection.execute(asked, [name]).fetchone()
        known = connection.execute("SELECT label FROM public.districts_district ORDER BY code").fetchall()
    if row is None:
        raise Trouble(f"There is no district {name}. There are: {', '.join(str(one[0]) for one in known) or 'none'}.")
    return District(*map(str, row))


def make(
    name: str = "", say: Say = lambda line: None, progress: files.Progress = lambda count: None
) -> places.Manifest:
    """A backup of everything, or of one district. Half of one leaves nothing behind."""
    began, place = now(), district(name) if name else None
    places.key(make=True)
    title = places.fresh_name() + (f"-{place.label}" if place else "")
    manifest = places.Manifest(title, began.isoformat(), district=place.label if place else "", release=release())
    _room(manifest)
    draft = folder(places.root(), 0o700) / f".{title}.part"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    try:
        schema = place.schema if place else ""
        dumps.dump(draft, manifest, schema)
        say(f"  database {manifest.rows:,} rows of {len(manifest.tables)} tables")
        files.copy(draft, manifest, schema, progress)
        say(f"  files    {manifest.files:,}")
        if not place and server() and archives():
            base.take(draft, manifest)
            say("  base     for recovery to a moment")
        manifest.seconds = round((now() - began).total_seconds(), 1)
        places.write(manifest, draft)
        draft.rename(places.root() / title)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    wal.carry()
    erasures.carry_all()
    return manifest


def _room(manifest: places.Manifest) -> None:
    """As much as the last one took, and half as much again; what is checked before is not half done."""
    names = places.all_names()
    wanted = places.read(names[-1]).size * 1.5 if names else 0
    free = shutil.disk_usage(folder(places.root(), 0o700)).free
    if free < wanted + 200 * 1024**2:
        raise Trouble(
            f"{places.root()} has {free / 1024**3:.1f} GB free; a backup takes about {wanted / 1024**3:.1f} GB.\n"
            "Free some space, or set BACKUP_ROOT to a larger place."
        )


def tidy() -> int:
    """Takes away what is past its days, and what only that needed. Says how many backups went."""
    gone = places.old(settings.BACKUP_KEEP_DAYS)
    for name in gone:
        shutil.rmtree(places.root() / name, ignore_errors=True)
    if gone:
        files.forget_unlisted()
    for left in places.root().glob(".2*.part"):
        if now().timestamp() - left.stat().st_mtime > 24 * 3600:
            shutil.rmtree(left, ignore_errors=True)
    bases = [one.base["first"] for name in places.all_names() if (one := places.read(name)).base]
    if bases:
        wal.forget_before(min(bases))
    return len(gone)


def newest() -> datetime | None:
    """When the last backup of everything was begun. None while there is none; what cannot be read counts for nothing."""
    try:
        return places.find("latest").at
    except Trouble:
        return None


def copy_keys(to: Path) -> list[str]:
    """Keys and secrets to another place: without them no backup gives anybody back."""
    places.key(make=True)
    target = folder(to / f"jiedao-keys-{places.fresh_name()}", 0o700)
    copied = []
    for name in ("keys", "secrets"):
        source = places.key_file().parent if name == "keys" else home() / name
        for path in sorted(source.iterdir()) if source.is_dir() else []:
            if path.is_file() and not path.name.startswith("."):
                inside = folder(target / name, 0o700)
                shutil.copy2(path, inside / path.name)
                (inside / path.name).chmod(0o600)
                copied.append(str(inside / path.name))
    return copied
