"""The supervisor (守护): keeps the processes of one laptop installation running, and ends them all together."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from jiedao.ground.db.embedded import still_there
from jiedao.ground.db.home import Trouble, folder

MARK = "JIEDAO_SUPERVISED"
LARGEST_LOG = 10 * 1024**2
SLOWEST_RETRY = 30.0


@dataclass
class Child:
    """One process with its log; started anew when it ends, ever more slowly if it keeps ending."""

    name: str
    command: list[str]
    env: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    patience: float = 0.5
    waits_until: float = 0.0

    def start(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C is the supervisor's, and the group can be ended as one.
            self.process = subprocess.Popen(
                self.command, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.began = time.monotonic()

    def look(self) -> str | None:
        """Starts the process again if it has ended; says so. None while all is well."""
        if self.process and self.process.poll() is None:
            if time.monotonic() - self.began > 60:
                self.patience = 0.5
            return None
        if self.process:
            code, group = self.process.returncode, self.process.pid
            self.process = None
            # A master that was killed leaves its workers behind: they would keep the port, and the old code.
            _signal_group(group, signal.SIGKILL)
            self.waits_until = time.monotonic() + self.patience
            self.patience = min(self.patience * 2, SLOWEST_RETRY)
            return f"{self.name} ended ({code}) and is started again; its log: {self.log}"
        if time.monotonic() >= self.waits_until:
            self.start()
        return None

    def last_words(self, lines: int = 12) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""


@dataclass
class Supervisor:
    """The children of one data folder. Whoever holds its lock runs this installation."""

    home: Path
    children: list[Child] = field(default_factory=list)

    def add(self, name: str, command: list[str], **env: str) -> None:
        log = folder(self.home / "logs") / f"{name}.log"
        marked = os.environ | env | {MARK: str(self.home), "JIEDAO_HOME": str(self.home)}
        self.children.append(Child(name, command, marked, log))

    def start(self) -> None:
        for child in self.children:
            child.start()

    def look(self) -> Iterator[str]:
        for child in self.children:
            if said := child.look():
                yield said

    def stop(self, patience: float = 12) -> None:
        """Asks every group to end, then ends it."""
        alive = [child.process for child in self.children if child.process]
        for process in alive:
            _signal_group(process.pid, signal.SIGTERM)
        end = time.monotonic() + patience
        for process in alive:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, end - time.monotonic()))
            _signal_group(process.pid, signal.SIGKILL)


def _signal_group(group: int, kind: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, kind)


def end_leftovers(home: Path) -> int:
    """Ends what an earlier supervisor of this data folder left behind when it was killed. Says how many."""
    found = left = [process for process in psutil.process_iter() if _is_ours(process, home)]
    for kind in (signal.SIGTERM, signal.SIGKILL):
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(kind)
        left = still_there(left, patience=5)
    if left:
        pids = ", ".join(str(process.pid) for process in left)
        raise Trouble(f"Processes {pids} of an earlier run do not end. End them by hand, then start again.")
    return len(found)


def _is_ours(process: psutil.Process, home: Path) -> bool:
    """The mark in its environment names this very data folder; a process id alone may be anybody's by now.

    That is why no process of ours takes a title: setting one overwrites the environment that others see.
    """
    try:
        return process.pid != os.getpid() and process.environ().get(MARK) == str(home)
    except (psutil.Error, OSError):
        return False
