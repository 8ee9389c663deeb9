"""Bundling (离线包): the release with its wheels, browser packages and compiled words, each file with its hash."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from jiedao.doors.web import assets
from jiedao.ground.db.home import CHECKOUT, Trouble, folder
from jiedao.release import NAMED, release

SUMS = "SHA256SUMS"
WHEELS = "wheels"
TOPS = ("jiedao", "deploy", "docs", "run", "README.md", "README.zh-CN.md", "LICENSE", "CHANGELOG.md", "pyproject.toml",
        "requirements.lock", "requirements-dev.lock", "package.json", "package-lock.json")  # fmt: skip
NOT = ("__pycache__", "node_modules")


def pack(out: Path, *, wheels: bool, say: Callable[[str], None]) -> Path:
    """Makes the bundle; its name is the release's."""
    if not assets.is_current(CHECKOUT):
        raise Trouble("The browser packages are not as the lock file says. Run first: jiedao assets")
    name = f"jiedao-{release()}"
    with tempfile.TemporaryDirectory(dir=folder(out)) as inside:
        draft = Path(inside) / name
        copy(draft)
        if wheels:
            _wheels(draft / WHEELS)
            say(f"  wheels   {len(list((draft / WHEELS).iterdir()))}")
        (draft / NAMED).write_text(release() + "\n")
        (draft / SUMS).write_text("".join(f"{digest(path)}  {path.relative_to(draft)}\n" for path in _files(draft)))
        say(f"  files    {sum(1 for _ in _files(draft))}")
        made = out / f"{name}.tar"
        with tarfile.open(made, "w") as tar:
            tar.add(draft, name)
    made.with_name(f"{made.name}.sha256").write_text(f"{digest(made)}  {made.name}\n")
    return made


def copy(target: Path) -> None:
    """The code as it lies here, with what was compiled and installed into it, and nothing of its data."""
    for top in TOPS:
        source = CHECKOUT / top
        if source.is_dir():
            shutil.copytree(source, target / top, ignore=shutil.ignore_patterns(*NOT))
        elif source.is_file():
            (target / top).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / top)


def _wheels(place: Path) -> None:
    """Every package of the lock file with its hashes, for this machine's kind and Python."""
    place.mkdir()
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]
    command += ["--require-hashes", "--dest", str(place), "-r", str(CHECKOUT / "requirements.lock")]
    done = subprocess.run(command, env=os.environ | {"PIP_NO_INPUT": "1"}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Trouble(f"The wheels could not be fetched:\n{done.stderr.strip()[-1500:]}")


def _files(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file() and path.name != SUMS)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
