"""Files in a backup (附件备份): each sealed once, for a stored file never changes; a backup lists those of its day."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jiedao.doors.keep import places
from jiedao.doors.keep.dumps import weigh
from jiedao.doors.keep.sealed import Sealing, opened
from jiedao.ground import shelves
from jiedao.ground.db.home import Trouble
from jiedao.ground.store import QUARANTINED

LIST = "files.list.sealed"
Progress = Callable[[int], object]


@dataclass(frozen=True)
class Named:
    """One file as a backup lists it."""

    path: str
    size: int
    sha256: str


def kept(path: str) -> Path:
    """Where the sealed copy lies, beside all backups."""
    return places.root() / "files" / f"{shelves.proper(path)}.sealed"


def copy(folder: Path, manifest: places.Manifest, schema: str, progress: Progress = lambda count: None) -> None:
    """Copies what is not there yet; called after the dump, so every row of it finds its file.

    One that retention deletes meanwhile is in no list.
    """
    key, known, shelf = places.key(), _known(), shelves.shelf()
    lines = []
    for found in sorted(shelf.each(schema), key=lambda one: one.path):
        if found.path.endswith(QUARANTINED):
            continue
        sealed = kept(found.path)
        named = known.get(found.path)
        if named is None or not sealed.exists():
            try:
                content = shelf.get(found.path)
            except FileNotFoundError:
                continue
            with Sealing(sealed, key, found.path) as sealing:
                sealing.write(content)
            named = Named(found.path, len(content), hashlib.sha256(content).hexdigest())
        lines.append(json.dumps(vars(named)))
        progress(1)
    with Sealing(folder / LIST, key, LIST) as sealing:
        sealing.write("\n".join(lines).encode())
    manifest.parts[LIST] = weigh(folder / LIST)
    manifest.files = len(lines)


def _known() -> dict[str, Named]:
    """What earlier backups list: their files are not read again."""
    return {one.path: one for name in places.all_names()[-3:] for one in listed(places.read(name))}


def listed(manifest: places.Manifest) -> list[Named]:
    """The files of a backup. None for one without (a backup of the database alone)."""
    if LIST not in manifest.parts:
        return []
    text = b"".join(opened(manifest.folder / LIST, places.key(), LIST)).decode()
    return [Named(**json.loads(line)) for line in text.splitlines()]


def content(one: Named) -> bytes:
    """A file out of the backup. Trouble if it is not the one that was listed."""
    found = b"".join(opened(kept(one.path), places.key(), one.path))
    if hashlib.sha256(found).hexdigest() != one.sha256:
        raise Trouble(f"{kept(one.path)} is not the file that was backed up. Use an older backup.")
    return found


def faults(manifest: places.Manifest, progress: Progress = lambda count: None) -> Iterator[str]:
    """Reads every listed file; says which cannot be had."""
    for one in listed(manifest):
        try:
            content(one)
        except Trouble as trouble:
            yield str(trouble).splitlines()[0]
        progress(1)


def put_back(manifest: places.Manifest, schema: str = "", progress: Progress = lambda count: None) -> int:
    """Puts back what is not on the shelf; what is there stays. Says how many."""
    shelf, back = shelves.shelf(), 0
    for one in listed(manifest):
        if one.path.startswith(schema) and not shelf.has(one.path):
            shelf.put(one.path, content(one))
            back += 1
        progress(1)
    return back


def forget_unlisted() -> int:
    """Takes away copies that no kept backup lists: what retention deleted must not live on here."""
    wanted = {kept(one.path) for name in places.all_names() for one in listed(places.read(name))}
    gone = 0
    for path in (places.root() / "files").rglob("*.sealed"):
        if path not in wanted:
            path.unlink()
            gone += 1
    return gone
