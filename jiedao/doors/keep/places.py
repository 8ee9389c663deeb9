"""Places of backups (备份位置): the folder, the key, and the manifest that names, counts and signs what a backup holds."""

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from django.conf import settings

from jiedao.ground.db.home import Trouble, home
from jiedao.kit import signing, vault
from jiedao.kit.clock import now
from jiedao.kit.ports import chance

MANIFEST = "manifest.json"
STAMP = "%Y%m%dT%H%M%SZ"


def root() -> Path:
    """The folder of the backups; best a mount of another machine."""
    return Path(settings.BACKUP_ROOT) if settings.BACKUP_ROOT else home() / "backups"


def key_file() -> Path:
    """Beside the master key. Whoever has it reads every backup; without it nobody reads one."""
    return vault.key_file().with_name("backup.key")


def key(make: bool = False) -> bytes:
    """The backup key. Made with the first backup and never again."""
    path = key_file()
    if make and not path.exists():
        _make_key(path)
    try:
        return bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        raise Trouble(
            f"The backup key {path} is missing; without it no backup can be read.\n"
            f"Put it back from where `jiedao backup keys --to DIR` laid it."
        ) from None
    except (PermissionError, ValueError) as wrong:
        raise Trouble(f"The backup key {path} cannot be read ({wrong}). Run as the user who owns it.") from wrong


def _make_key(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".backup.{os.getpid()}.{chance.secret(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(chance.secret(32).hex().encode() + b"\n")
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):  # of two first backups at once, one key wins
        os.link(draft, path)
    draft.unlink()


@dataclass
class Manifest:
    """What a backup holds. Written last: a folder without it is no backup."""

    name: str
    made_at: str
    seconds: float = 0.0
    district: str = ""
    server: str = ""
    release: str = ""
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    districts: list[dict[str, Any]] = field(default_factory=list)
    tables: dict[str, list[Any]] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    files: int = 0
    base: dict[str, str] = field(default_factory=dict)

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    @property
    def folder(self) -> Path:
        return root() / self.name

    @property
    def size(self) -> int:
        return sum(int(part["size"]) for part in self.parts.values())

    @property
    def rows(self) -> int:
        return sum(int(table[0]) for table in self.tables.values())


def write(manifest: Manifest, folder: Path) -> None:
    """With the installation's signature over it."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, sort_keys=True)
    signed = {"manifest": text, "signature": signing.sign(text.encode()).hex(), "key": signing.public_key().hex()}
    draft = folder / f".{MANIFEST}"
    with draft.open("w", encoding="utf-8") as file:
        file.write(json.dumps(signed, ensure_ascii=False, indent=1))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / MANIFEST)


def read(name: str) -> Manifest:
    """One backup's manifest, if it says what it said when it was signed."""
    path = root() / name / MANIFEST
    try:
        told = json.loads(path.read_bytes())
        given, signature = bytes.fromhex(told["key"]), bytes.fromhex(told["signature"])
        whole = signing.holds(told["manifest"].encode(), signature, by=_trusted(given))
        found = Manifest(**json.loads(told["manifest"]))
    except FileNotFoundError:
        raise Trouble(f"There is no backup {name} under {root()}. `jiedao backup list` shows what there is.") from None
    except (ValueError, KeyError, TypeError, InvalidSignature) as broken:
        raise Trouble(f"{path} cannot be read: it was changed or cut off. Use another backup.") from broken
    if not whole or found.name != name:
        raise Trouble(f"{path} is not as it was signed. Use another backup.")
    return found


def _trusted(given: bytes) -> bytes:
    """This installation's own key; on a new machine, which has none yet, the one that is given."""
    return signing.public_key() if signing.key_file().exists() else given


def all_names() -> list[str]:
    """Backups that were ended, oldest first."""
    return sorted(path.parent.name for path in root().glob(f"2*/{MANIFEST}"))


def find(name: str) -> Manifest:
    """The backup of a name; the newest whole one for `latest`."""
    if name != "latest":
        return read(name)
    for one in reversed(all_names()):
        with contextlib.suppress(Trouble):
            if not (found := read(one)).district:
                return found
    raise Trouble(f"There is no backup under {root()} yet. Make one: jiedao backup")


def fresh_name() -> str:
    """By the moment it begins."""
    return now().strftime(STAMP)


def old(days: int) -> list[str]:
    """Backups past their time; the three newest stay however old they are."""
    before = (now() - timedelta(days=days)).strftime(STAMP)
    return [name for name in all_names()[:-3] if name[: len(before)] < before]
