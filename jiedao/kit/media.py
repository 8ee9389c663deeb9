"""Media (附件): an upload is opened in a child process with limits; what leaves it is ours or has been looked through.

Pictures are re-encoded, so nothing of the original survives; when and where one was taken is handed back beside it
(R16). Everything else is kept as it came, after it was read from end to end (A15); of a PDF the first page is drawn small.
"""

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jiedao.kit.refusal import Refused

LARGEST = 20 * 1024 * 1024
PIXELS = 30_000_000
VOICE_SECONDS = 120
WALL_SECONDS = 15.0  # the child's own limit counts CPU; this one is for a machine that has none to give
_AT_ONCE = 2
_LONGEST_WAIT = 20.0
_ROOT = Path(__file__).resolve().parents[2]
# -I: no user site, no environment, no current folder; the child sees this package and what is installed.
_CHILD = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from jiedao.kit.media_child import main; main()"
# Each child may take half a gigabyte: ten uploads at the same instant wait for one another.
_turns = threading.BoundedSemaphore(_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an upload is, by its content. `kept` is what may be stored; None where a kind has no such thing.

    `taken_at`, `lon` and `lat` are what the device said: evidence, never our clock or our place.
    """

    kind: str  # picture, voice, pdf, sheet, document, table
    mime: str
    suffix: str
    name: str
    kept: Path
    size: int
    thumb: Path | None = None
    width: int | None = None
    height: int | None = None
    taken_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None
    seconds: float | None = None
    pages: int | None = None


def inspect(source: Path, name: str, out: Path) -> Verdict:
    """Looks through an upload and writes what may be kept to `out`, the thumbnail of a picture or a PDF beside it.

    Refuses `bad_file` with `why`: empty, too_big, kind, broken, pixels, too_long, too_heavy, encrypted, macros,
    active, external, bomb, rows or columns. What the sender called the file decides nothing but its title.
    """
    size = source.stat().st_size
    if size == 0:
        raise _bad(name, "empty")
    if size > LARGEST:
        raise _bad(name, "too_big", most=LARGEST, size=size)
    thumb = out.with_name(out.name + ".thumb")
    found: dict[str, Any] = {}
    try:
        found = _ask_child(source, name, out, thumb)
        if "why" in found:
            raise _bad(name, **found)
    finally:
        if not found or "why" in found:
            out.unlink(missing_ok=True)
            thumb.unlink(missing_ok=True)
    return Verdict(
        **{**found, "taken_at": datetime.fromisoformat(found["taken_at"]) if found.get("taken_at") else None},
        name=f"{_title(name)}.{found['suffix']}",
        kept=out,
        size=out.stat().st_size,
        thumb=thumb if thumb.exists() else None,
    )


def _ask_child(source: Path, name: str, out: Path, thumb: Path) -> dict[str, Any]:
    if not _turns.acquire(timeout=_LONGEST_WAIT):
        raise Refused("busy")
    try:
        ended = subprocess.run(
            [sys.executable, "-I", "-c", _CHILD, *(str(path.absolute()) for path in (source, out, thumb))],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=WALL_SECONDS,
            env={},
            cwd=source.absolute().parent,
            check=False,
        )
        code, said, faults = ended.returncode, ended.stdout, ended.stderr
    except subprocess.TimeoutExpired as late:
        code, said, faults = -1, late.stdout or b"", b""
    finally:
        _turns.release()
    if said.endswith(b"\n"):  # whole; what it drew after that may have cost it its life
        answer: dict[str, Any] = json.loads(said)
        return answer
    if code < 0:  # a signal: out of its CPU time, or a decoder fell over
        raise _bad(name, "too_heavy")
    raise RuntimeError(f"the media child did not start: {faults[-500:].decode(errors='replace')}")


def _bad(name: str, why: str, **facts: Any) -> Refused:
    return Refused("bad_file", name=_title(name), why=why, **facts)


def _title(name: str) -> str:
    """The sender's name for the file: no folders, no ending, nothing that a path, a header or a terminal would read."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    stem = last.rsplit(".", 1)[0] if "." in last[1:] else last
    kept = "".join(sign if sign.isalnum() or sign in " -_()（）·" else "_" for sign in stem).strip(" .")
    return kept[:80] or "file"
