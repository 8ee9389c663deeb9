"""The machine (本机): what an installation needs of it, looked at before anything is written; and its service manager."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg

from jiedao.doors.install.layout import Layout
from jiedao.doors.install.writing import Choices, File
from jiedao.ground.db import checks
from jiedao.ground.db.checks import Finding
from jiedao.ground.db.home import Trouble

LITTLE_DISK = 10 * 1024**3
LITTLE_MEMORY = 3 * 1024**3
_HOST = re.compile(r"(?=.{1,200}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
OWNER_MAY = {"not_owner", "not_superuser"}


def findings(layout: Layout, choices: Choices) -> Iterator[Finding]:
    """What is wrong with it (False), what to know (None), what is well."""
    fits = bool(_HOST.fullmatch(choices.host))
    yield Finding(
        "host", fits, choices.host, "Say the name that the districts' names end in: --host jiedao.example.gov.cn"
    )
    yield _python(layout)
    yield _disk(layout)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    yield Finding(
        "memory", True if memory > LITTLE_MEMORY else None, f"{memory / 1024**3:.1f} GB", "4 GB or more for a district."
    )
    yield from _ports(layout, choices)
    if choices.tls == "files":
        there = all((layout.etc / "tls" / name).is_file() for name in ("cert.pem", "key.pem"))
        mend = f"Lay cert.pem (with its chain) and key.pem into {layout.etc}/tls/, or choose --tls internal."
        yield Finding("certificate", there, "is there" if there else "is missing", mend)
    found = shutil.which("systemctl")
    yield Finding(
        "systemd", True if found else None, found or "not found", "Without it, start the commands of the units by hand."
    )
    caddy = shutil.which("caddy")
    yield Finding(
        "caddy",
        True if caddy else None,
        caddy or "not found",
        "Install Caddy (caddyserver.com), or use a proxy of yours.",
    )
    if not choices.embedded:
        yield from _database(choices.database_url)


def _python(layout: Layout) -> Finding:
    from jiedao.ground.db.home import CHECKOUT  # noqa: PLC0415 -- app ready

    venv = CHECKOUT / ".venv" / "bin" / "python"
    said = str(venv) if venv.exists() else "no environment in this release"
    return Finding("environment", venv.exists(), said, f"Run {CHECKOUT}/deploy/install: it makes one from the bundle.")


def _disk(layout: Layout) -> Finding:
    place = layout.home
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    mend = "Free some space, or mount a larger disk there first."
    return Finding("disk", True if free > LITTLE_DISK else None, f"{free / 1024**3:.0f} GB free under {place}", mend)


def _ports(layout: Layout, choices: Choices) -> Iterator[Finding]:
    """Taken is right when it is we who listen: an installation may be written again over itself."""
    ours = layout.current.is_symlink()
    for port in (choices.port, choices.port + 1):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                said = "free"
            except OSError:
                said = "taken" if not ours else "in use, by this installation it seems"
        yield Finding("port", said != "taken", f"{port} is {said}", "Choose another one: --port 8100")


def _database(url: str) -> Iterator[Finding]:
    """The seven of G04 on a server of yours, before anything leans on it; that the owner owns is as it should be."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            number = connection.info.server_version
            yield Finding("postgresql", 150000 <= number < 190000, str(number // 10000), "Use PostgreSQL 15 to 18.")
            yield from (one for one in checks.of(connection) if one.name not in OWNER_MAY)
            asked = "SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user"
            row = connection.execute(asked).fetchone()
            yield Finding(
                "may_make_roles",
                bool(row and row[0]),
                connection.info.user,
                f"ALTER ROLE {connection.info.user} CREATEROLE;",
            )
    except psycopg.Error as error:
        yield Finding(
            "database",
            False,
            " ".join(str(error).split())[:200],
            "Check --database-url and pg_hba.conf of that server.",
        )


def user(layout: Layout) -> None:
    """The system user, and the folders that are its own."""
    if os.geteuid() == 0 and subprocess.run(["id", layout.user], capture_output=True, check=False).returncode:
        command = ["useradd", "--system", "--user-group", "--home-dir", str(layout.home)]
        _must([*command, "--shell", "/usr/sbin/nologin", layout.user], "The system user could not be made.")
    for place in (layout.home, layout.backups):
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(0o750)
        if os.geteuid() == 0:
            shutil.chown(place, layout.user, layout.user)


def write(layout: Layout, wanted: list[File]) -> None:
    """Every file, and the configuration for its user's eyes alone."""
    for file in wanted:
        file.write()
    if os.geteuid() == 0 and layout.user != "root":
        shutil.chown(layout.config, "root", layout.user)


def verify_units(layout: Layout) -> str:
    """What systemd says of the units; empty when it finds nothing wrong, or is not there to be asked."""
    program = shutil.which("systemd-analyze")
    if not program:
        return ""
    names = sorted(str(path) for path in layout.units.glob("jiedao*"))
    done = subprocess.run([program, "verify", "--man=no", *names], capture_output=True, text=True, check=False)
    lines = (done.stderr + done.stdout).splitlines()
    return "\n".join(line for line in lines if "jiedao" in line and "Failed to connect" not in line)


def systemctl(*words: str) -> None:
    """The service manager, or a plain word."""
    program = shutil.which("systemctl")
    if program is None:
        raise Trouble(f"systemctl is not here. By hand: systemctl {' '.join(words)}")
    _must([program, *words], f"systemctl {' '.join(words)} failed.")


def _must(command: list[str], trouble: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Trouble(f"{trouble}\n{(done.stderr or done.stdout).strip()[-1500:]}")


def jiedao(layout: Layout, *words: str, release: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """A command of ours as the installation's user with its configuration; in another release if one is named."""
    place = release or layout.current
    env = {name: value for name, value in os.environ.items() if name not in {"JIEDAO_ROLE", "PYTHONPATH"}}
    env |= configuration(layout) | more
    command = [str(place.resolve() / ".venv" / "bin" / "python"), "-m", "jiedao", *words]
    if os.geteuid() == 0 and layout.user != "root":
        command = ["setpriv", "--reuid", layout.user, "--regid", layout.user, "--init-groups", *command]
    return subprocess.run(command, env=env, cwd=place.resolve(), capture_output=True, text=True, check=False)


def configuration(layout: Layout) -> dict[str, str]:
    """The configuration file as systemd reads it."""
    found = {}
    for line in layout.config.read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.lstrip().startswith("#"):
            name, value = line.split("=", 1)
            found[name.strip()] = value.strip().strip('"')
    return found
