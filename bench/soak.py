"""A long run (长时间运行): hours of ordinary work leave every process as large as it was, and no connection behind.

The whole installation as `jiedao up` starts it: pages, live, worker, ticker, server. It is asked evenly and lightly, by
programs and by people who are signed in, while desks are opened and closed; what grows with time grows here too.
"""

import itertools
import json
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import psutil
import psycopg

from bench import load, requests, road
from bench.live import Desks
from bench.place import DISTRICT, Place, free_port
from jiedao.doors.supervisor import MARK
from jiedao.ground.db.home import CHECKOUT

Say = Callable[[str], None]
KINDS = ("list", "case", "list", "number", "search", "case", "page", "intake", "page", "list")
"""What is asked, in turn. A page is one that a signed-in dispatcher looks at."""
PAGES = ("/desk/", "/triage/", "/cases/", "/map/", "/supervision/", "/notices/", "/board/")
LOOKS = 360
ALLOWED = 0.10


@dataclass(frozen=True)
class Size:
    """Seconds of it all, requests a second, and desks that are open, a part of them closed and opened each minute."""

    seconds: float
    rate: float
    desks: int


FULL = Size(2 * 3600, 6, 60)
QUICK = Size(45, 6, 10)


@dataclass
class Report:
    """Private bytes of each kind of process, the server's connections and all open files: early on and at the end."""

    seconds: float
    answered: int
    refused: dict[str, int] = field(default_factory=dict)
    early: dict[str, float] = field(default_factory=dict)
    late: dict[str, float] = field(default_factory=dict)

    def growth(self, what: str) -> float:
        """0.1 is a tenth more than early on."""
        return self.late[what] / self.early[what] - 1 if self.early.get(what) else 0.0

    @property
    def holds(self) -> bool:
        """No kind of process grew by a tenth, nor did connections or open files; nothing was refused."""
        return not self.refused and all(self.growth(what) < ALLOWED for what in self.early)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {
            "growth": {what: round(self.growth(what), 3) for what in self.early},
            "holds": self.holds,
        }


def run(size: Size, place: Place, say: Say) -> Report:
    """Sets up, serves, asks, looks; the first quarter is for warming up, of the rest the beginning and end are compared."""
    road.prepare(place, road.QUICK, say)
    material = place.told("bench.material", 400, role="owner")
    sessions = place.told("bench.live", "sessions", DISTRICT, role="owner")
    say(f"asking {size.rate:g} times a second for {size.seconds / 60:.0f} minutes")
    with _Running(place) as served:
        looks: list[Counter[str]] = []
        ended = threading.Event()
        beside = [
            threading.Thread(target=_look, args=(place, looks, max(1.0, size.seconds / LOOKS), ended)),
            threading.Thread(target=_desks, args=(served, material["host"], sessions, size.desks, ended)),
        ]
        for thread in beside:
            thread.start()
        asked = _asked(material, sessions[0])
        try:
            found = load.paced(served.port, asked, rate=size.rate, clients=8, seconds=size.seconds)
        finally:
            ended.set()
            for thread in beside:
                thread.join()
    bad = {status: count for status, count in found.statuses.items() if not status.startswith(("2", "3"))}
    early, late = looks[len(looks) // 4 : len(looks) // 2], looks[-max(1, len(looks) // 8) :]
    return Report(found.seconds, found.statuses.total(), bad, _medians(early), _medians(late))


def told(report: Report) -> str:
    lines = [f"{report.answered:,} answers in {report.seconds / 60:.0f} minutes; refused: {report.refused or 'none'}"]
    for what, early in report.early.items():
        unit, scale = ("MB", 2**20) if what not in ("connections", "files") else ("", 1)
        late = report.late[what]
        lines.append(
            f"  {what:14}{early / scale:10.1f} {unit:2} → {late / scale:10.1f} {unit:2} {report.growth(what):+8.1%}"
        )
    return "\n".join(lines)


class _Running:
    """`jiedao up` in the place, until its pages answer; ended like any other run."""

    def __init__(self, place: Place) -> None:
        self.place, self.ready = place, place.home / "ready.json"

    def __enter__(self) -> "_Running":
        self.ready.unlink(missing_ok=True)
        words = ("--home", self.place.home, "--port", free_port(), "--no-demo", "--ready-file", self.ready)
        log = (self.place.home / "logs" / "up.log").open("ab")
        command = [sys.executable, "-m", "jiedao", "up", *map(str, words)]
        self.process = subprocess.Popen(command, env=self.place.env, cwd=CHECKOUT, stdout=log, stderr=log)
        log.close()
        until = time.monotonic() + 120
        while not self.ready.exists():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"it did not start; see {self.place.home / 'logs' / 'up.log'}")
            time.sleep(0.2)
        known = json.loads(self.ready.read_text())
        self.port, self.live = (int(known[name].rsplit(":", 1)[1]) for name in ("url", "live"))
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)


def _asked(material: dict[str, Any], session: str) -> Iterator[bytes]:
    kinds = {kind: requests.of(kind, material, seed=1) for kind in set(KINDS) - {"page"}}
    kinds["page"] = itertools.cycle(
        f"GET {path} HTTP/1.1\r\nHost: {material['host']}\r\nCookie: sessionid={session}\r\n\r\n".encode()
        for path in PAGES
    )
    return (next(kinds[kind]) for kind in itertools.cycle(KINDS))


def _desks(served: _Running, host: str, sessions: list[str], count: int, ended: threading.Event) -> None:
    """Desks that stay, and a sixth of them that come and go each minute."""
    stays = Desks(served.live, host, sessions, count - count // 6)
    while not ended.is_set():
        passing = Desks(served.live, host, sessions, count // 6)
        ended.wait(60)
        passing.close()
    stays.close()


def _look(place: Place, looks: list[Counter[str]], every: float, ended: threading.Event) -> None:
    while not ended.wait(every):
        looks.append(_held(place))


def _held(place: Place) -> Counter[str]:
    """Private bytes by kind of process, connections of the server, open files of ours."""
    held: Counter[str] = Counter()
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) != str(place.home):
                continue
            held[_kind(process)] += process.memory_full_info().uss
            held["files"] += process.num_fds()
        except (psutil.Error, OSError):
            continue
    held["server"] = sum(_private(process) for process in psutil.Process(place.embedded.status().pid).children())
    with psycopg.connect(**place.database) as connection:
        (held["connections"],) = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).fetchone() or (0,)
    return held


def _private(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except psutil.Error:
        return 0


def _kind(process: psutil.Process) -> str:
    """Which part of the installation it is: pages and live run under granian, each with its application."""
    words = process.cmdline()
    if "work" in words:
        return "ticker" if "--ticker" in words else "worker"
    return "live" if any("asgi" in word for word in words) else "web"


def _medians(looks: list[Counter[str]]) -> dict[str, float]:
    every: dict[str, list[float]] = defaultdict(list)
    for look in looks:
        for what, value in look.items():
            every[what].append(value)
    return {what: statistics.median(values) for what, values in sorted(every.items())}
