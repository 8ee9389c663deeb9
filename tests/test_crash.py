"""Crashes (崩溃): whatever is killed whenever, what was acknowledged is there, once, with all that follows (G01, G08).

A throw-away installation: its own server, pages, job worker and ticker under our own supervisor, real HTTP. Clients
send again under the same key until they hear 201, as a phone would. Only recorded process ids are killed.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
import pytest
from django.conf import settings

from jiedao import wiring
from jiedao.doors.supervisor import Supervisor
from jiedao.ground.db.embedded import Embedded, binaries
from jiedao.ground.db.home import CHECKOUT, Trouble
from tests.conftest import free_port, wait_for

PATIENCE = 60
"""Seconds a client goes on asking before it calls an intake lost."""


class Installation:
    """Everything of ours in one folder, and the means to kill it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.embedded = Embedded(home)
        self.port = free_port()
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DATABASE_"))}
        self.env = env | {"JIEDAO_HOME": str(home), "DJANGO_ALLOW_ASYNC_UNSAFE": ""}
        self.env["MASTER_KEY_FILE"] = str(settings.MASTER_KEY_FILE)  # what the template was made with
        self.env.pop("JIEDAO_ROLE", None)
        self.supervisor = Supervisor(home)
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def set_up(self, cluster: "object", template: str) -> None:
        """The template's tables and the one district, from a dump: migrating anew would take a quarter of a minute."""
        self.jiedao("db", "start")
        source, target = cluster.embedded.admin(template), self.embedded.admin("jiedao")
        dump = [
            str(binaries() / "pg_dump"),
            "-h",
            source["host"],
            "-U",
            source["user"],
            "-n",
            "public",
            "-n",
            "d320106",
        ]
        load = [str(binaries() / "psql"), "-h", target["host"], "-U", target["user"], "-q", "-o", os.devnull]
        with subprocess.Popen(
            [*dump, "--clean", "--if-exists", template],
            stdout=subprocess.PIPE,
            env=os.environ | {"PGPASSWORD": source["password"]},
        ) as dumping:
            done = subprocess.run(
                [*load, "jiedao"], stdin=dumping.stdout, env=os.environ | {"PGPASSWORD": target["password"]}, check=True
            )
        assert dumping.returncode == done.returncode == 0
        with self.superuser() as target_server:
            target_server.execute(
                "DELETE FROM districts_host WHERE tenant_id <> (SELECT id FROM districts_district WHERE code = '320106')"
            )
            target_server.execute("DELETE FROM districts_district WHERE code <> '320106'")

    def jiedao(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "jiedao", *words],
            env=self.env,
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        jiedao = [sys.executable, "-m", "jiedao"]
        self.supervisor.add("web", [*jiedao, "serve", "--port", str(self.port), "--workers", "2", "--threads", "4"])
        self.supervisor.add("worker", [*jiedao, "work"])
        self.supervisor.add("ticker", [*jiedao, "work", "--ticker"])
        for child in self.supervisor.children:
            child.env = self.env | {"JIEDAO_SUPERVISED": str(self.home)}
        self.supervisor.start()
        self._watch.start()
        wait_for(lambda: self.ask("/") < 500, 60)

    def web_log(self) -> str:
        return (self.home / "logs" / "web.log").read_text(errors="replace")[-6000:]

    def left_over(self) -> list[int]:
        """Processes of ours that outlived their masters."""
        return [p.pid for p in psutil.process_iter(["cmdline"]) if str(self.port) in (p.info["cmdline"] or [])]

    def stop(self) -> None:
        self._ended.set()
        if self._watch.ident:
            self._watch.join(10)
        self.supervisor.stop(5)
        with contextlib.suppress(Trouble):
            self.embedded.stop()

    def _look(self) -> None:
        while not self._ended.wait(0.2):
            list(self.supervisor.look())

    def ask(self, path: str) -> int:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"Host": "gulou.localhost"})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as refused:
            return refused.code
        except OSError:
            return 599

    def superuser(self) -> psycopg.Connection:
        return psycopg.connect(
            **self.embedded.admin("jiedao"), autocommit=True, options="-c search_path=d320106,public"
        )

    # What dies

    def kill(self, what: str) -> None:
        {"web worker": self._kill_web_worker, "web master": self._kill_web_master, "job worker": self._kill_job_worker,
         "database": self._kill_database}[what]()  # fmt: skip

    def _pid(self, name: str) -> int:
        """The running process of that name; it may just be starting."""
        child = next(child for child in self.supervisor.children if child.name == name)
        wait_for(lambda: child.process is not None and child.process.poll() is None, 60)
        return child.process.pid

    def _kill_web_worker(self) -> None:
        workers: list[psutil.Process] = []

        def any_worker() -> bool:
            workers[:] = psutil.Process(self._pid("web")).children()
            return bool(workers)

        wait_for(any_worker, 60)
        workers[0].kill()

    def _kill_web_master(self) -> None:
        os.kill(self._pid("web"), signal.SIGKILL)

    def _kill_job_worker(self) -> None:
        os.kill(self._pid("worker"), signal.SIGKILL)

    def _kill_database(self) -> None:
        """The postmaster and all its children at one moment, then the start again, as ./run's own watch does it."""
        master = psutil.Process(self.embedded.status().pid)
        dying = [master, *master.children()]
        for process in dying:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        # One that is still dying is running to who asks, and nobody would start another.
        psutil.wait_procs(dying, 30)
        wait_for(self._database_starts, 60)

    def _database_starts(self) -> bool:
        try:
            self.embedded.start()
        except Trouble:
            return False
        return True


@dataclass
class Clients:
    """Who sends, and what each was told."""

    place: Installation
    token: str
    answers: dict[str, str] = field(default_factory=dict)  # key -> number
    lost: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    told: Counter = field(default_factory=Counter)
    tries: int = 0
    is_over: bool = False

    def none_at_fault(self) -> None:
        """A server that cannot answer says 503 or nothing; anything else is a fault of ours."""
        if self.faults:
            pytest.fail("\n".join(self.faults))

    @contextlib.contextmanager
    def sending(self, intakes: int) -> Iterator[list[Future]]:
        """Six at a time; whoever stops waiting stops them too."""
        senders = ThreadPoolExecutor(6)
        try:
            yield [senders.submit(self.send, turn) for turn in range(intakes)]
        finally:
            self.is_over = True
            senders.shutdown(cancel_futures=True)

    def send(self, turn: int) -> None:
        """One intake under one key, until it is acknowledged."""
        key, end = str(uuid4()), time.monotonic() + PATIENCE
        body = json.dumps({"words": f"第 {turn} 号井盖缺失，已放置警示"}).encode()
        while time.monotonic() < end and not self.faults and not self.is_over:
            self.tries += 1
            status, answer = self._once(body, key)
            if status == 201:
                self.answers[key] = answer["number"]
                return
            self.told[status] += 1
            if status not in (503, 599):
                self.faults.append(f"{status} {answer}\n{self.place.web_log()}")
            time.sleep(0.1)
        self.lost.append(key)

    def _once(self, body: bytes, key: str) -> tuple[int, dict]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.place.port}/api/v1/events", body, method="POST",
            headers={"Host": "gulou.localhost", "Authorization": f"Bearer {self.token}", "Idempotency-Key": key,
                     "Content-Type": "application/json"},
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            return refused.code, {"said": refused.read().decode(errors="replace")[:500]}
        except (OSError, ValueError):
            return 599, {}


@pytest.fixture
def installation(cluster, template) -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="jiedao-crash-") as folder:
        os.chmod(folder, 0o755)  # PostgreSQL does not run as root: its own user must get there
        place = Installation(Path(folder))
        try:
            place.set_up(cluster, template)
            place.start()
            yield place
        finally:
            place.stop()
        assert place.left_over() == []


def plan(chance: random.Random, kills: int, databases: int) -> list[str]:
    """What is killed, in which order: at least one of each kind."""
    rest = ["web worker", "web master", "job worker"]
    chosen = ["database"] * databases + [rest[n % 3] for n in range(kills - databases)]
    chance.shuffle(chosen)
    return chosen


@pytest.mark.parametrize(
    ("intakes", "kills", "databases"),
    [
        pytest.param(500, 6, 2, id="commit"),
        pytest.param(10_000, 30, 8, id="nightly", marks=[pytest.mark.nightly, pytest.mark.timeout(1800)]),
    ],
)
def test_nothing_acknowledged_is_lost_or_doubled_whatever_is_killed(installation, intakes, kills, databases):
    seed = int(os.environ.get("JIEDAO_SEED") or time.time())
    print(f"seed {seed} (JIEDAO_SEED={seed} plays it again)")
    chance = random.Random(seed)
    kinds = plan(chance, kills, databases)
    moments = sorted(chance.sample(range(intakes // 20, intakes * 19 // 20), kills))
    token = json.loads(installation.jiedao("token", "make", "--district", "gulou", "--account", "grid", "--json"))[
        "token"
    ]
    clients = Clients(installation, token)

    with clients.sending(intakes) as sent:
        for moment, kind in zip(moments, kinds, strict=True):
            wait_for(lambda m=moment: len(clients.answers) >= m or clients.faults, PATIENCE)
            clients.none_at_fault()
            print(f"{len(clients.answers)} acknowledged, killing the {kind}")
            installation.kill(kind)
        for one in sent:
            one.result()
    clients.none_at_fault()
    print(f"{clients.tries} requests for {intakes} intakes, refused on the way: {dict(clients.told)}")

    assert clients.lost == []
    with installation.superuser() as told:
        numbers = [row[0] for row in told.execute("SELECT number FROM record_case")]
        assert sorted(numbers) == sorted(clients.answers.values()), (
            "each acknowledged number is one case, and no other is"
        )
        _drained(installation, told)
        assert _counts(told) == _expected(told, intakes)
    masters = {child.process.pid for child in installation.supervisor.children if child.name == "web"}
    assert {psutil.Process(pid).ppid() for pid in installation.left_over()} <= masters | {os.getpid()}
    assert json.loads(installation.jiedao("verify", "--district", "gulou", "--json"))["faults"] == []


def _drained(place: Installation, told: psycopg.Connection) -> None:
    """Until the queue is empty. The silence after which a worker counts as dead is not waited for (G08 does, nightly)."""
    told.execute("DELETE FROM procrastinate_workers WHERE id < (SELECT max(id) FROM procrastinate_workers)")
    place.jiedao("work", "--ticker", "--once")
    left = "SELECT id, status, attempts FROM procrastinate_jobs WHERE status NOT IN ('succeeded', 'cancelled')"
    try:
        wait_for(lambda: told.execute(left).fetchone() is None, 90)
    except AssertionError:
        pytest.fail(f"stuck: {told.execute(left).fetchall()[:20]}")


COUNTS = {
    "cases": "SELECT count(*) FROM record_case",
    "entries": "SELECT count(*) FROM record_entry",
    "first entries": "SELECT count(DISTINCT case_id) FROM record_entry WHERE seq = 1 AND verb = 'report'",
    "events": "SELECT count(*) FROM record_event",
    "limits": "SELECT count(*) FROM record_deadline",
    "receipts": "SELECT count(*) FROM journal_receipt WHERE outcome IS NOT NULL",
    "effects": "SELECT count(*) FROM record_effect",
    "listeners heard": "SELECT count(DISTINCT (entry_id, listener)) FROM record_effect",
    "notices": "SELECT count(*) FROM notify_notice",
    "receipts without outcome": "SELECT count(*) FROM journal_receipt WHERE outcome IS NULL",
    "failed jobs": "SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'",
}


def _counts(told: psycopg.Connection) -> dict[str, int]:
    return {name: told.execute(question).fetchone()[0] for name, question in COUNTS.items()}


def _expected(told: psycopg.Connection, intakes: int) -> dict[str, int]:
    """A report makes one of each; its one listener tells the district's centre."""
    heard = len(wiring.listeners("report"))
    centres = "SELECT count(*) FROM people_unit WHERE kind = 'centre' AND level = 'district' AND valid_to IS NULL"
    once = dict.fromkeys(("cases", "entries", "first entries", "events", "limits", "receipts"), intakes)
    told_units = told.execute(centres).fetchone()[0]
    return once | {
        "effects": intakes * heard,
        "listeners heard": intakes * heard,
        "notices": intakes * told_units,
        "receipts without outcome": 0,
        "failed jobs": 0,
    }
