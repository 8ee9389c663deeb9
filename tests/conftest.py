"""Fixtures of every test (公共夹具): the database, a fresh one for tests that commit, the site, a browser."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.core.cache import cache
from django.db import connection, connections

from jiedao.ground.db.home import CHECKOUT
from tests.cluster import Cluster
from tests.nursery import Nursery
from tests.plugin import OWN

CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""By preference. The first is the same browser without windows, which nobody looks at here."""
# Without these it looks for hosts that are not ours, which no test may (G22).
QUIET_CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
_fresh = count(1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The server of the tests, running."""
    used = Cluster()
    used.enter()
    used.drop_leftovers()
    yield used
    used.leave()


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """The name of the template database: the five demo districts, and nobody's cases."""
    return cluster.template()


@pytest.fixture(scope="session")
def django_db_setup(cluster: Cluster, template: str, django_db_blocker: Any) -> Iterator[None]:
    """In place of pytest-django's: a copy of the template, used as the web role and never as the owner."""
    cluster.copy(template, OWN)
    yield
    with django_db_blocker.unblock():
        connections.close_all()
    cluster.drop(OWN)


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """No test begins in another's district or with another's cache."""
    yield
    cache.clear()
    if connection.connection is not None:
        connection.set_schema_to_public()


@contextmanager
def _other_database(cluster: Cluster, template: str, blocker: Any) -> Iterator[str]:
    name = f"{OWN}_{next(_fresh)}"
    cluster.copy(template, name)
    _use(name, blocker)
    try:
        with blocker.unblock():
            yield name
    finally:
        _use(OWN, blocker)
        cluster.drop_beside(name)


def _use(name: str, blocker: Any) -> None:
    with blocker.unblock():
        connections.close_all()
    # Every thread's connection shares this one dict of settings.
    connections.databases["default"]["NAME"] = name
    os.environ["DATABASE_NAME"] = name


@pytest.fixture
def fresh_database(cluster: Cluster, template: str, django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A copy of its own for a test that commits: races, crashes, jobs. Dropped after it."""
    with _other_database(cluster, template, django_db_blocker) as name:
        yield name


@pytest.fixture
def in_gulou(db: None) -> Iterator[Any]:
    """Inside the district of Gulou, rolled back at the end."""
    yield from _inside("gulou")


@pytest.fixture
def in_jianghan(db: None) -> Iterator[Any]:
    """Inside the district of Jianghan, rolled back at the end."""
    yield from _inside("jianghan")


@pytest.fixture
def in_liunan(db: None) -> Iterator[Any]:
    """Inside the district of Liunan, rolled back at the end."""
    yield from _inside("liunan")


@pytest.fixture
def in_guangming(db: None) -> Iterator[Any]:
    """Inside the district of Guangming, rolled back at the end."""
    yield from _inside("guangming")


@pytest.fixture
def in_neijiang(db: None) -> Iterator[Any]:
    """Inside the district of Shizhong, Neijiang, rolled back at the end."""
    yield from _inside("neijiang")


def _inside(label: str) -> Iterator[Any]:
    from jiedao.ground.districts import district

    with district(label) as place:
        yield place


class Site:
    """A real server of ours on a database of its own."""

    def __init__(self, port: int, database: str) -> None:
        self.port = port
        self.live_port = port
        self.database = database

    def url(self, path: str = "/", district: str = "gulou") -> str:
        """An address a browser opens; Chromium resolves *.localhost by itself."""
        return f"http://{district}.localhost:{self.port}{path}"


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Forks servers of pages that are there at once."""
    kept = Nursery()
    yield kept
    kept.close()


@pytest.fixture(scope="module")
def site(
    cluster: Cluster, template: str, nursery: Nursery, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Site]:
    """The pages served for one test module; the ORM of the test sees the same database."""
    with _other_database(cluster, template, django_db_blocker) as name, nursed(nursery, name) as port:
        yield Site(port, name)


@contextmanager
def nursed(nursery: Nursery, database: str, at: int = 0, live_url: str = "") -> Iterator[int]:
    """The pages of this database on a port, until the end."""
    port = at or free_port()
    log = Path(os.environ["JIEDAO_HOME"]) / f"pages-{port}.log"
    server = nursery.serve(database=database, port=port, log=str(log), live_url=live_url)
    try:
        wait_for(lambda: _answers(port) or not psutil.pid_exists(server), 60)
        assert psutil.pid_exists(server), log.read_text()
        yield port
    finally:
        os.kill(server, signal.SIGKILL)
        log.unlink(missing_ok=True)


@contextmanager
def _serving(command: str, at: int = 0, **env: str) -> Iterator[int]:
    port = at or free_port()
    log = Path(os.environ["JIEDAO_HOME"]) / f"{command}-{port}.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "jiedao", command, "--port", str(port)],
            env=os.environ | env,
            cwd=CHECKOUT,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_for(lambda: _answers(port) or server.poll() is not None, 60)
        assert server.poll() is None, log.read_text()
        yield port
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
        log.unlink(missing_ok=True)


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(question: Callable[[], object], seconds: float = 10) -> None:
    """Asks until the answer is yes; fails after the time given."""
    end = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium. Without one a browser test proves nothing; under CI that is a failure."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found:
        return found
    missing = (
        "no Chromium on this machine; install it (Debian: apt-get install chromium-headless-shell) or set CHROMIUM"
    )
    if os.environ.get("CI"):
        pytest.fail(f"NOT PROVEN: {missing}")
    pytest.skip(missing)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """A headless Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium, args=QUIET_CHROMIUM)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """An empty page in a profile of its own; an error in one of our scripts fails the test."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()
    assert faults == []


@pytest.fixture
def run_jiedao(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Calls a command of ours as a user would; `home=` gives it another data folder."""
    # The data folder is every test's, and what a ticker seals in one database is missing in all the others.
    own = {"SEALS_ROOT": str(tmp_path / "carried-out")}

    def call(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
        given = own | {name.upper(): value for name, value in env.items()} | {"DJANGO_ALLOW_ASYNC_UNSAFE": ""}
        return subprocess.run(
            [sys.executable, "-m", "jiedao", *words],
            env=os.environ | given,
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return call
