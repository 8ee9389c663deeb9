"""Setting up (首次安装): from nothing but Python 3.11+ to the locked packages. Standard library alone.

Used by `./run` and `./test` before anything is installed, so it imports nothing of ours.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
STAMP = "jiedao.json"
DEVELOPMENT = "requirements-dev.lock"


class CannotSetUp(Exception):
    """What is missing, and what to do about it."""


def python(home: Path, lock: str) -> Path:
    """The Python of our environment, with every package of the lock file.

    Does nothing, and needs no network, while the lock file is the one installed last.
    """
    # Beside the code, or in the data folder when the checkout is not ours to write.
    places = [CHECKOUT / ".venv", home / "venv"]
    for venv in places:
        if _is_current(venv, lock) and _runs(venv / "bin" / "python"):
            return venv / "bin" / "python"
    venv = next((place for place in places if _writable(place)), None)
    if venv is None:
        raise CannotSetUp(
            f"Neither {places[0]} nor {places[1]} is writable for you.\nChoose a data folder of yours: --home DIR"
        )
    _set_up(venv, lock)
    return venv / "bin" / "python"


def _is_current(venv: Path, lock: str) -> bool:
    """Whether this lock file was the last one installed, or the one for development, which holds all of it."""
    known = _known(venv)
    fresh = any(known.get(name) == _hash(name) for name in {lock, DEVELOPMENT})
    return fresh and known.get("checkout") == str(CHECKOUT)


def _hash(lock: str) -> str:
    return hashlib.sha256((CHECKOUT / lock).read_bytes()).hexdigest()


def _set_up(venv: Path, lock: str) -> None:
    print(f"Setting up {venv} (once) ...", file=sys.stderr, flush=True)
    known = _known(venv)
    if known.get("python") != sys.version or not _runs(venv / "bin" / "python"):
        _make(venv)
        known = {}
    _install(venv, CHECKOUT / lock)
    _link(venv)
    # Written last: a set-up that was interrupted starts over.
    known |= {lock: _hash(lock), "python": sys.version, "checkout": str(CHECKOUT)}
    (venv / STAMP).write_text(json.dumps(known))


def _known(venv: Path) -> dict[str, str]:
    try:
        return dict(json.loads((venv / STAMP).read_text()))
    except (OSError, ValueError):
        return {}


def _writable(venv: Path) -> bool:
    place = venv
    while not place.exists():
        place = place.parent
    return os.access(place, os.W_OK)


def _runs(program: Path) -> bool:
    """Whether it starts: the system's Python may have been replaced under it."""
    try:
        return subprocess.run([program, "-c", ""], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _make(venv: Path) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    uv = shutil.which("uv")
    attempts = [[sys.executable, "-m", "venv", str(venv)]]
    if uv:
        # --seed: so that pip is at hand should uv fail later.
        attempts.insert(0, [uv, "venv", "--quiet", "--seed", "--python", sys.executable, str(venv)])
    said = ""
    for command in attempts:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=_env())
        if done.returncode == 0 and _runs(venv / "bin" / "python"):
            return
        said = (done.stderr or done.stdout).strip()[-800:]
        shutil.rmtree(venv, ignore_errors=True)
    raise CannotSetUp(
        f"No virtual environment can be made in {venv}:\n{said}\n"
        "On Debian and Ubuntu: apt-get install python3-venv. Elsewhere install uv, or Python with its venv module."
    )


def _install(venv: Path, lock: Path) -> None:
    """By uv if it can be had, else by pip; both check every file against the hashes of the lock file."""
    program = venv / "bin" / "python"
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    uv = _uv(venv, lock)
    if uv:
        command = [uv, "pip", "install", *quiet, "--python", str(program), "--require-hashes", "-r", str(lock)]
        command += _offline()
        if subprocess.run(command, env=_env(), check=False).returncode == 0:
            return
        print("uv did not manage; trying pip ...", file=sys.stderr, flush=True)
    command = [str(program), "-m", "pip", "install", *quiet, "--disable-pip-version-check"]
    command += ["--require-hashes", "-r", str(lock), *_offline()]
    if subprocess.run(command, env=_env(), check=False).returncode:
        raise CannotSetUp(
            "The packages could not be installed; the reason stands above. The first set-up, and one after the lock\n"
            "file changed, needs the package registry. Behind a mirror or a certificate authority of your own, set\n"
            "UV_DEFAULT_INDEX and PIP_INDEX_URL, SSL_CERT_FILE and PIP_CERT."
        )


def _offline() -> list[str]:
    """A bundle brings every wheel of the lock file: no registry is asked. Empty for a checkout."""
    wheels = CHECKOUT / "wheels"
    return ["--no-index", "--find-links", str(wheels)] if wheels.is_dir() else []


def _uv(venv: Path, lock: Path) -> str | None:
    """uv from the path, or the locked one put into the environment. None if it cannot be had."""
    if found := shutil.which("uv"):
        return found
    own = venv / "bin" / "uv"
    if own.exists():
        return str(own)
    if _offline():
        return None  # a bundle brings no uv; pip does it
    pinned = _pin(lock.with_name(DEVELOPMENT), "uv")
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "uv.txt"
        wanted.write_text(pinned)
        command = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--require-hashes", "-r", str(wanted)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=_env())
    return str(own) if done.returncode == 0 and own.exists() else None


def _pin(lock: Path, package: str) -> str:
    """The lines of one package in a lock file, hashes included."""
    kept: list[str] = []
    for line in lock.read_text().splitlines():
        if line.startswith(f"{package}=="):
            kept = [line]
        elif kept and line.startswith(" "):
            kept.append(line)
        elif kept:
            break
    return "\n".join(kept) + "\n"


def _env() -> dict[str, str]:
    """uv's built-in certificate list does not know the authorities of our users' networks."""
    return os.environ | {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1", "UV_LINK_MODE": "copy"}


def _link(venv: Path) -> None:
    """Our package in the environment, without a build: a path file, and the command `jiedao`."""
    program = venv / "bin" / "python"
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run([program, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()
    (Path(packages) / "jiedao.pth").write_text(f"{CHECKOUT}\n")
    command = venv / "bin" / "jiedao"
    command.write_text(f"#!{program}\nimport sys\nfrom jiedao.__main__ import main\nsys.exit(main())\n")
    command.chmod(0o755)
