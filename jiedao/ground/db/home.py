"""The data folder (数据目录): where an installation keeps its server, its files and its secrets."""

import os
import secrets
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]


class Trouble(Exception):
    """Something an operator has to mend; the text says what is wrong and what to do."""


def home() -> Path:
    """The data folder of this process: JIEDAO_HOME, or `var/` in the checkout."""
    return Path(os.environ.get("JIEDAO_HOME") or CHECKOUT / "var").resolve()


def folder(path: Path, mode: int = 0o755) -> Path:
    """Make a folder if it is missing, or say plainly why that cannot be done."""
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise Trouble(
            f"The data folder {path} cannot be made ({error.strerror}).\n"
            f"Choose another one with --home DIR (or JIEDAO_HOME), or make it writable for you."
        ) from error
    return path


def secret(name: str, root: Path | None = None) -> str:
    """One secret of the installation, made at first use and readable by its owner alone (0600)."""
    path = folder((root or home()) / "secrets", 0o700) / name
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return _make(path)
    except PermissionError as error:
        raise Trouble(
            f"{path} belongs to another user.\n"
            f"Run as the user who set up this data folder, or choose another one with --home DIR."
        ) from error


def _make(path: Path) -> str:
    fresh = secrets.token_urlsafe(48)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        draft.touch(mode=0o600)
        draft.write_text(fresh + "\n")
        # A link, not a rename: of two processes that start together only one secret may win.
        os.link(draft, path)
    except FileExistsError:
        return path.read_text().strip()
    except PermissionError as error:
        raise Trouble(
            f"{path.parent} is not writable for you.\n"
            f"Choose another data folder with --home DIR, or make this one writable."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return fresh
