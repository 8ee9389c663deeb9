"""`./run` on a laptop (启动): twice, killed, with its port taken, without rights; each works or says what to do."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from jiedao.doors.supervisor import MARK
from jiedao.ground.db.embedded import Embedded, still_there
from jiedao.ground.db.home import CHECKOUT
from tests.conftest import free_port, wait_for

ENV = {name: value for name, value in os.environ.items() if name not in {"JIEDAO_ROLE", "DATABASE_NAME", "JIEDAO_HOME"}}


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="jiedao-run-"))
    place.chmod(0o755)
    yield place
    call("--home", str(place), "--stop")
    Embedded(place).stop()
    shutil.rmtree(place)


def call(*words: str) -> subprocess.CompletedProcess[str]:
    """`./run` with these words, to its end."""
    command = [sys.executable, str(CHECKOUT / "run"), *words]
    return subprocess.run(command, env=ENV, capture_output=True, text=True, check=False, timeout=120)


@contextmanager
def running(home: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """`./run` until its pages answer; ended by Ctrl-C unless the test has ended it."""
    ready = home / "ready.json"
    ready.unlink(missing_ok=True)
    command = [sys.executable, str(CHECKOUT / "run"), "--home", str(home), "--port", str(port)]
    run = subprocess.Popen(
        [*command, "--no-demo", "--ready-file", str(ready)],
        env=ENV,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_for(lambda: ready.exists() or run.poll() is not None, 120)
        assert run.poll() is None, run.stdout.read() if run.stdout else ""
        yield run
    finally:
        if run.poll() is None:
            run.send_signal(signal.SIGINT)
            assert run.wait(60) == 0


def ours(home: Path) -> list[psutil.Process]:
    """Every process that this data folder's supervisor started."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(home):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def doctor(home: Path) -> dict[str, bool | None]:
    command = [sys.executable, "-m", "jiedao", "doctor", "--json"]
    done = subprocess.run(command, env=ENV | {"JIEDAO_HOME": str(home)}, capture_output=True, text=True, check=False)
    return {finding["name"]: finding["well"] for finding in json.loads(done.stdout)}


def test_a_day_of_a_laptop(home):
    """One story, because every start costs seconds: run, run again, kill a part, kill everything, run again."""
    port = free_port()
    with running(home, port) as run:
        known = json.loads((home / "run.json").read_text())
        assert (known["url"], known["pid"]) == (f"http://localhost:{port}", run.pid)
        assert [name for name, well in doctor(home).items() if well is False] == []

        again = call("--home", str(home), "--port", str(port))
        assert again.returncode == 0
        assert f"Already running at http://localhost:{port}" in again.stdout

        other = call("--home", str(home.with_name(f"{home.name}-other")), "--port", str(port))
        assert other.returncode == 1
        assert f"Port {port} is taken" in other.stderr
        assert "./run --port" in other.stderr
        shutil.rmtree(home.with_name(f"{home.name}-other"))

        worker = next(process for process in ours(home) if process.cmdline()[-1] == "work")
        worker.kill()
        wait_for(lambda: any(p.cmdline()[-1:] == ["work"] and p.pid != worker.pid for p in ours(home)), 20)

        database = psutil.Process(Embedded(home).status().pid)
        everything = [psutil.Process(run.pid), *ours(home), database, *database.children(recursive=True)]
        for process in everything:
            process.kill()
        psutil.wait_procs(everything, 10)
        run.wait(10)

    with running(home, port):
        assert [name for name, well in doctor(home).items() if well is False] == []

    assert ours(home) == []
    assert Embedded(home).status().running is False


@pytest.mark.nightly
def test_after_kill_9_of_the_supervisor_alone_the_next_run_takes_over(home):
    port = free_port()
    with running(home, port) as run:
        run.kill()
        run.wait(10)
        orphans = ours(home)
        assert orphans != []

    with running(home, port):
        assert still_there(orphans, patience=0) == []

    assert ours(home) == []
    assert Embedded(home).status().running is False


@pytest.mark.nightly
def test_stop_ends_it_from_elsewhere(home):
    with running(home, free_port()) as run:
        stopped = call("--home", str(home), "--stop")

        assert stopped.returncode == 0
        assert run.wait(60) == 0
    assert call("--home", str(home), "--stop").stdout == "Nothing runs here.\n"


@pytest.mark.parametrize("words", [("--port", "70000"), ("--home", "/proc/nowhere")])
def test_what_cannot_be_is_refused_in_a_line_or_two(words):
    with tempfile.TemporaryDirectory() as place:
        given = words if "--home" in words else ("--home", place, *words)

        refused = call(*given)

    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert 1 <= len(refused.stderr.strip().splitlines()) <= 3


def test_a_taken_port_names_who_has_it():
    with socket.socket() as taken, tempfile.TemporaryDirectory() as place:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        refused = call("--home", place, "--port", str(port))

    assert refused.returncode == 1
    assert f"Port {port} is taken by" in refused.stderr
    assert f"(process {os.getpid()})" in refused.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_without_write_permission_it_says_so():
    python = shutil.which("python3.11", path="/usr/bin:/usr/local/bin")
    if python is None:
        pytest.skip("no Python 3.11 that another user may start")
    with tempfile.TemporaryDirectory() as place:
        command = [python, str(CHECKOUT / "run"), "--home", f"{place}/var"]
        refused = subprocess.run(
            command,
            env={"PATH": os.environ["PATH"]},
            user="nobody",
            extra_groups=[],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    assert refused.returncode == 1
    assert "writable for you" in refused.stderr
    assert "--home DIR" in refused.stderr
