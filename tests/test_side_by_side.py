"""Old and new code side by side (新旧并行): migrated under thirty writes a second, new on it, old again; none fails (G42).

Two roads: a migration made up here, of every kind the linter lets through, and the schema of the last commit before
migrations changed, which its own code builds and serves while the code of today migrates it.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from jiedao.ground.db.home import CHECKOUT
from jiedao.ground.db.roles import parameters
from tests.conftest import _answers, free_port, wait_for
from tests.test_defects import LEFT_OUT

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1200)]
A_SECOND = 30


class Writers:
    """Thirty reports a second, to every server that is named; each by its own key, sent once: a 503 is a failure."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.ports: list[int] = []
        self.failed: list[str] = []
        self.done = 0
        self._begun, self._over = Counter[int](), Counter[int]()
        self._counting, self._ended = threading.Lock(), threading.Event()
        self._crowd = ThreadPoolExecutor(16)
        self._clock = threading.Thread(target=self._beat, daemon=True)

    def _beat(self) -> None:
        began, sent = time.monotonic(), 0
        while not self._ended.is_set():
            if self.ports:
                port = self.ports[sent % len(self.ports)]
                self._begun[port] += 1
                self._crowd.submit(self._write, port, sent)
            sent += 1
            time.sleep(max(0.0, began + sent / A_SECOND - time.monotonic()))

    def _write(self, port: int, turn: int) -> None:
        body = json.dumps({"words": f"第 {turn} 盏路灯不亮"}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/v1/events", body,
            {"Host": "gulou.localhost", "Authorization": f"Bearer {self.token}", "Idempotency-Key": str(uuid4()),
             "Content-Type": "application/json"},
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=30):
                with self._counting:
                    self.done += 1
        except urllib.error.HTTPError as refused:
            self.failed.append(f"{refused.code} {refused.read()[:300]!r}")
        except OSError as lost:
            self.failed.append(repr(lost))
        finally:
            with self._counting:
                self._over[port] += 1

    def leave(self, port: int) -> None:
        """Nothing more to this server, and what is under way is waited for: it is about to stop."""
        self.ports = [other for other in self.ports if other != port]
        time.sleep(0.2)
        wait_for(lambda: self._over[port] == self._begun[port], 60)

    def __enter__(self) -> "Writers":
        self._clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._clock.join()
        self._crowd.shutdown()


def _env(name: str) -> dict[str, str]:
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("PYTEST", "DJANGO_", "JIEDAO_ROLE"))}
    return kept | {"DATABASE_NAME": name}


def jiedao(checkout: Path, name: str, *words: str, **more: str) -> str:
    env = _env(name) | more
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=checkout, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@contextlib.contextmanager
def served(checkout: Path, name: str, log: Path) -> Iterator[int]:
    port = free_port()
    with log.open("wb") as out:
        running = subprocess.Popen(
            [sys.executable, "-m", "jiedao", "serve", "--port", str(port), "--threads", "6"],
            cwd=checkout, env=_env(name), stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        wait_for(lambda: _answers(port) or running.poll() is not None, 90)
        assert running.poll() is None, log.read_text()
        yield port
    finally:
        running.terminate()
        running.wait(30)


def old_new_old(old: Path, new: Path, name: str, tmp_path: Path) -> Writers:
    """Old code serves, new code migrates beneath it, both serve, old code alone serves again."""
    told = jiedao(old, name, "jiedao", "token", "make", "--district", "gulou", "--account", "grid", "--json")
    with Writers(json.loads(told)["token"]) as writers, served(old, name, tmp_path / "old.log") as port:
        writers.ports = [port]
        time.sleep(3)
        jiedao(new, name, "jiedao", "migrate")
        time.sleep(3)
        with served(new, name, tmp_path / "new.log") as second:
            writers.ports = [port, second]
            time.sleep(6)
            writers.leave(second)
        time.sleep(4)
        writers.leave(port)
    return writers


def checked(writers: Writers, name: str) -> None:
    with psycopg.connect(**parameters("owner") | {"dbname": name}) as owner:
        cases = owner.execute("SELECT count(*) FROM d320106.record_case").fetchone()[0]
    print(f"reached {writers.done} writes, {len(writers.failed)} failed")
    assert writers.failed == []
    assert cases == writers.done > A_SECOND * 10


MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("record", "{last}")]
    operations = [
        migrations.AddField("case", "weather", models.CharField(max_length=20, null=True)),
        migrations.AddField("entry", "weather", models.IntegerField(null=True)),
        migrations.AddIndex("case", models.Index(fields=["weather"], name="by_weather")),
        migrations.CreateModel("Weather", [("id", models.UUIDField(primary_key=True, serialize=False)),
                                           ("what", models.CharField(max_length=20))]),
    ]
"""


def widened(checkout: Path) -> Path:
    """This checkout with one migration more, and a model that reads and writes the new column."""
    folder = checkout / "jiedao" / "record" / "migrations"
    last = sorted(path.stem for path in folder.glob("0*.py"))[-1]
    (folder / "9000_weather.py").write_text(MIGRATION.format(last=last), encoding="utf-8")
    return checkout


def test_a_migration_beneath_thirty_writes_a_second_fails_none_of_them(cluster, template, tmp_path):
    new = tmp_path / "new"
    shutil.copytree(CHECKOUT, new, ignore=LEFT_OUT, symlinks=True)
    name = f"test_{os.getpid()}_beside"
    cluster.copy(template, name)
    try:
        writers = old_new_old(CHECKOUT, widened(new), name, tmp_path)
        checked(writers, name)
    finally:
        cluster.drop(name)


def test_the_schema_before_the_last_migrations_is_brought_up_beneath_its_own_code(cluster, tmp_path):
    old = tmp_path / "old"
    commit = _before_the_last_migration()
    _unpack(commit, old)
    name = f"test_{os.getpid()}_old"
    with psycopg.connect(**parameters("owner") | {"dbname": "postgres"}, autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {name}")
    try:
        jiedao(old, name, "tests.template", JIEDAO_ROLE="owner")
        writers = old_new_old(old, CHECKOUT, name, tmp_path)
        print(f"reached the schema of {commit[:7]}")
        checked(writers, name)
    finally:
        cluster.drop(name)


def _before_the_last_migration() -> str:
    """The commit before the newest one that changed a migration; a history cut short proves nothing."""
    git = shutil.which("git")
    asked = ["log", "-1", "--format=%H", "--", "jiedao/**/migrations/*.py"]
    found = subprocess.run([git or "git", *asked], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    parent = subprocess.run(
        [git or "git", "rev-parse", f"{found.stdout.strip()}~1"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode or parent.returncode or not found.stdout.strip():
        pytest.skip("no history here, or one that was cut short")
    return parent.stdout.strip()


def _unpack(commit: str, target: Path) -> None:
    target.mkdir()
    packed = target.with_suffix(".tar")
    with packed.open("wb") as out:
        subprocess.run(["git", "archive", commit], cwd=CHECKOUT, stdout=out, check=True)
    with tarfile.open(packed) as tar:
        tar.extractall(target, filter="data")
