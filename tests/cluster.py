"""The tests' server (测试数据库): an embedded cluster of its own, a template database, and copies of it."""

import fcntl
import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from jiedao.ground.db.embedded import Embedded
from jiedao.ground.db.home import CHECKOUT, Trouble, folder
from jiedao.ground.db.roles import parameters

KEPT_TEMPLATES = 2
# What makes another template: everything that shapes tables, rights, packages or the demo's districts.
SHAPING = (
    "jiedao/ground",
    "jiedao/record/definition.py",
    "jiedao/record/migrations",
    "jiedao/record/models",
    "jiedao/record/processes",
    "jiedao/record/versions.py",
    "jiedao/packages",
    "jiedao/doors/demo.py",
    "jiedao/doors/package",
    "jiedao/settings.py",
    "tests/template.py",
    "requirements.lock",
)
SHAPING_EVERYWHERE = ("models.py", "migrations/*.py")
SHAPING_NAMES = ("*.py", "*.yaml", "*.yml", "*.geojson", "*.json", "*.csv")


def test_home() -> Path:
    """The data folder of test runs: beside the real one, or a temporary one where that is not writable."""
    if given := os.environ.get("JIEDAO_TEST_HOME"):
        return Path(given)
    try:
        return folder(CHECKOUT / "var" / "test")
    except Trouble:
        return folder(Path(f"/tmp/jiedao-test-{os.geteuid()}"))


class Cluster:
    """Shared by every worker of every run on this checkout; whoever leaves last stops it."""

    def __init__(self) -> None:
        self.home = test_home()
        self.embedded = Embedded(self.home)
        self.users = (self.home / "users.lock").open("a")
        self.going: list[threading.Thread] = []

    def enter(self) -> None:
        fcntl.flock(self.users, fcntl.LOCK_SH)
        self.embedded.start()

    def leave(self) -> None:
        for going in self.going:
            going.join()
        try:
            fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        self.embedded.stop()
        self.users.close()

    def template(self) -> str:
        """The name of a template that fits the code as it is now; built if there is none.

        A run inside a run (a broken copy of the checkout) is told the template that the outer one holds.
        """
        if given := os.environ.get("JIEDAO_TEST_TEMPLATE"):
            return given
        name = f"template_{_shape()}"
        with _locked(self.home / "template.lock"):
            # Held for the life of this process: a run beside us, on other code, must not tidy it away.
            self.used = (self.home / f"{name}.lock").open("a")
            fcntl.flock(self.used, fcntl.LOCK_SH)
            if name not in self._databases("template_"):
                self._build(name)
            self._forget_old(name)
        return name

    def copy(self, template: str, name: str) -> None:
        with self._owner() as owner:
            made = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
            for again in range(20):
                try:
                    owner.execute(made)
                    return
                except psycopg.errors.ObjectInUse:  # autovacuum looks in now and then
                    if again == 19:
                        raise
                    time.sleep(0.1)

    def drop(self, name: str) -> None:
        """Autovacuum may be in it, and is not the owner's to end; what stays after a while the next run drops."""
        dropped = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with self._owner() as owner:
            for _ in range(60):
                try:
                    owner.execute(dropped)
                    return
                except psycopg.errors.InsufficientPrivilege:
                    time.sleep(0.25)

    def drop_beside(self, name: str) -> None:
        """Drops it while the next tests run: the server waits for a checkpoint, and nobody waits for the server."""
        going = threading.Thread(target=self.drop, args=(name,))
        going.start()
        self.going.append(going)

    def drop_leftovers(self) -> None:
        """Databases of runs that were killed: `test_<process>_…` of a process that lives no more."""
        for name in self._databases("test_"):
            if not psutil.pid_exists(int(name.split("_")[1])):
                self.drop(name)

    def _build(self, name: str) -> None:
        draft = f"building_{os.getpid()}"
        self.drop(draft)
        env = os.environ | {"DATABASE_NAME": draft, "JIEDAO_ROLE": "owner", "JIEDAO_HOME": str(self.home)}
        command = [sys.executable, "-m", "tests.template"]
        done = subprocess.run(command, env=env, cwd=CHECKOUT, capture_output=True, text=True, check=False)
        if done.returncode:
            self.drop(draft)
            raise RuntimeError(f"the template database could not be built:\n{done.stdout}{done.stderr}")
        with self._owner() as owner:
            renamed = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            owner.execute(renamed.format(sql.Identifier(draft), sql.Identifier(name)))

    def _forget_old(self, current: str) -> None:
        """Keeps the last templates: going back and forth between two branches builds nothing anew."""
        others = [name for name in self._databases("template_") if name != current]
        for name in others[: max(0, len(others) - KEPT_TEMPLATES + 1)]:
            path = self.home / f"{name}.lock"
            with path.open("a") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                self.drop(name)
                path.unlink()

    def _databases(self, beginning: str) -> list[str]:
        """Oldest first."""
        asked = "SELECT datname FROM pg_database WHERE datname ~ %s ORDER BY oid"
        with self._owner() as owner:
            return [row[0] for row in owner.execute(asked, [f"^{beginning}[0-9a-f]"])]

    def _owner(self) -> psycopg.Connection:
        try:
            return psycopg.connect(**parameters("owner") | {"dbname": "postgres"}, autocommit=True)
        except psycopg.OperationalError:
            # On a fresh checkout every worker comes here at once, and PostgreSQL refuses to change a role twice.
            with _locked(self.home / "owner.lock"):
                self._bootstrap()
            return psycopg.connect(**parameters("owner") | {"dbname": "postgres"}, autocommit=True)

    def _bootstrap(self) -> None:
        """A cluster made a moment ago has no owner yet."""
        from jiedao.ground.db.roles import _make_role

        with psycopg.connect(**self.embedded.admin(), autocommit=True) as admin:
            _make_role(admin, "owner", "CREATEDB CREATEROLE")


def _shape() -> str:
    """A hash over every file that shapes the template."""
    digest = hashlib.sha256()
    files: list[Path] = []
    for place in SHAPING:
        path = CHECKOUT / place
        files += [path] if path.is_file() else [f for names in SHAPING_NAMES for f in path.rglob(names)]
    files += [f for names in SHAPING_EVERYWHERE for f in (CHECKOUT / "jiedao").rglob(names)]
    for path in sorted(f for f in set(files) if f.is_file() and "__pycache__" not in f.parts):
        digest.update(str(path.relative_to(CHECKOUT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    beforehand = Cluster()
    beforehand.enter()
    print(beforehand.template())
    beforehand.leave()
