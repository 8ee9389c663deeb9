"""Set up and run everything on this machine: database, demo districts, pages, live, worker, ticker (启动)."""

import argparse
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, Any

import psutil

from jiedao.doors.supervisor import Supervisor, end_leftovers
from jiedao.ground.db.embedded import Embedded
from jiedao.ground.db.home import Trouble, folder, home
from jiedao.ground.db.roles import server

EXAMPLES = """
  ./run
  ./run --port 8080 --home /srv/jiedao
  ./run --host 0.0.0.0 --district gulou     one district, for phones on the network
  ./run --ready-file /tmp/ready.json        for programs: written once the pages answer
  ./run --stop
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8000, help="port of the pages (default 8000)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--home", type=Path, help="data folder (default var/ in the checkout, or JIEDAO_HOME)")
    parser.add_argument("--district", default="", help="serve this district on every host name (DEFAULT_DISTRICT)")
    parser.add_argument("--ready-file", type=Path, help="write the addresses here as JSON once the pages answer")
    parser.add_argument("--no-demo", action="store_true", help="load no demo districts")
    parser.add_argument("--stop", action="store_true", help="end the installation that runs on this data folder")


def run(args: argparse.Namespace) -> int:
    if args.home:
        os.environ["JIEDAO_HOME"] = str(args.home.resolve())
    place = folder(home())
    if args.stop:
        return _stop(place)
    lock = _lock(place)
    if lock is None:
        return _already(place)
    with lock:
        ended = threading.Event()
        for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(kind, lambda *_: ended.set())
        return _run(args, place, ended)


def _run(args: argparse.Namespace, place: Path, ended: threading.Event) -> int:
    if left := end_leftovers(place):
        _say(f"Ended {left} processes of an earlier run that was killed.")
    _refuse_taken(args.host, args.port)
    live = _free_port(args.host, args.port + 1)
    embedded = server()
    # A server that a killed run left is this run's to stop; one that `jiedao db start` began is not.
    started = bool(embedded and (embedded.start() or _known(place).get("database")))
    supervisor = Supervisor(place)
    known = {"url": f"http://localhost:{args.port}", "live": f"http://localhost:{live}", "pid": os.getpid()}
    _write(place / "run.json", known | {"database": started})
    try:
        sign_ins = _prepare(args)
        if ended.is_set():
            return 0
        _children(supervisor, args, live)
        supervisor.start()
        _wait_ready(supervisor, args.port, ended)
        if args.ready_file and not ended.is_set():
            _write(args.ready_file, known | {"home": str(place)})
        _say(f"\nJiedao runs at {known['url']}\n\n{sign_ins.rstrip()}\n\nCtrl-C stops it. Logs: {place / 'logs'}")
        _watch(supervisor, embedded, ended)
    except Trouble:
        if not ended.is_set():  # Ctrl-C ends the step under way too, which is no trouble
            raise
    finally:
        _say("Stopping ...")
        supervisor.stop()
        (place / "run.json").unlink(missing_ok=True)
        if embedded and started:
            embedded.stop()
    return 0


def _lock(place: Path) -> IO[str] | None:
    """The lock of the data folder. None when a living process holds it; a killed one holds nothing."""
    try:
        lock = (place / "run.lock").open("a")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    except OSError as error:
        raise Trouble(
            f"The data folder {place} is not writable for you ({error.strerror}).\nChoose another one: ./run --home DIR"
        ) from error
    return lock


def _known(place: Path) -> dict[str, Any]:
    """What the run that has, or had, this data folder wrote down. Empty if it ended as it should."""
    try:
        return dict(json.loads((place / "run.json").read_text()))
    except (OSError, ValueError):
        return {}


def _write(path: Path, known: dict[str, Any]) -> None:
    """A reader finds all of it or nothing."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(known))
    draft.replace(path)


def _already(place: Path) -> int:
    known = _known(place)
    if known:
        _say(f"Already running at {known['url']} (process {known['pid']}). Stop it there with Ctrl-C, or ./run --stop.")
    else:
        _say(f"Another ./run is just starting on {place}. Wait for it, or choose another data folder with --home DIR.")
    return 0


def _stop(place: Path) -> int:
    known = _known(place)
    if _lock(place) is not None:
        _say("Nothing runs here.")  # the process id is a stale one
        return 0
    os.kill(known["pid"], signal.SIGTERM)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if _lock(place) is not None:
            _say("Stopped.")
            return 0
        time.sleep(0.1)
    raise Trouble(f"Process {known['pid']} does not end. Its logs: {place / 'logs'}")


def _refuse_taken(host: str, port: int) -> None:
    if _is_free(host, port):
        return
    other = _free_port(host, port + 10)
    raise Trouble(f"Port {port} is taken{_taker(port)}.\nChoose another one: ./run --port {other}")


def _taker(port: int) -> str:
    """Who listens there, where the system tells us."""
    try:
        for used in psutil.net_connections("tcp"):
            if used.laddr and used.laddr.port == port and used.status == psutil.CONN_LISTEN and used.pid:
                return f" by {psutil.Process(used.pid).name()} (process {used.pid})"
    except (psutil.Error, OSError):
        pass
    return ""


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise Trouble(f"Port {port} needs rights that you lack; choose one above 1024: --port 8000") from error
        except OverflowError as error:
            raise Trouble(f"There is no port {port}; the highest is 65535.") from error
        except OSError:
            return False
    return True


def _free_port(host: str, first: int) -> int:
    return next((port for port in range(first, first + 50) if _is_free(host, port)), first)


def _prepare(args: argparse.Namespace) -> str:
    """Schemas, demo districts, catalogues, browser packages; each does nothing when nothing changed."""
    _step("messages", "message catalogues")
    try:
        _step("assets", "browser packages")
    except Trouble as trouble:
        _say(f"{trouble}\nThe pages work without them; maps and charts stay empty until ./run reaches the registry.")
    if args.no_demo:
        return _step("migrate", "database")
    sign_ins = _step("demo", "database and demo districts")
    try:
        _step("rehearse", "a day in progress", "--day")
    except Trouble as trouble:
        _say(f"{trouble}\nThe desks of the demo districts stay empty; `jiedao rehearse --day` tries again.")
    return sign_ins


def _step(command: str, what: str, *words: str) -> str:
    """One command of ours in a process of its own; its progress is shown, its output given back."""
    began = time.monotonic()
    child = {name: value for name, value in os.environ.items() if name != "JIEDAO_ROLE"}
    done = subprocess.run(
        [sys.executable, "-m", "jiedao", command, *words], env=child, stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        raise Trouble(f"`jiedao {command}` failed; its words are above.")
    _say(f"  {what:<28}{time.monotonic() - began:5.1f} s")
    return done.stdout


def _children(supervisor: Supervisor, args: argparse.Namespace, live: int) -> None:
    jiedao = [sys.executable, "-m", "jiedao"]
    env = {"LIVE_URL": os.environ.get("LIVE_URL") or f"http://{{host}}:{live}", "PORT": str(args.port)}
    here = "127.0.0.1" if args.host == "0.0.0.0" else args.host  # noqa: S104 -- what was asked for, looked at
    env |= {"WATCH_URL": f"http://{here}:{args.port}", "WATCH_LIVE_URL": f"http://{here}:{live}"}
    if args.district:
        env["DEFAULT_DISTRICT"] = args.district
    at = ["--host", args.host]
    supervisor.add("web", [*jiedao, "serve", *at, "--port", str(args.port)], **env)
    supervisor.add("live", [*jiedao, "live", *at, "--port", str(live)], **env)
    supervisor.add("worker", [*jiedao, "work"], **env)
    supervisor.add("ticker", [*jiedao, "work", "--ticker"], **env)


def _wait_ready(supervisor: Supervisor, port: int, ended: threading.Event, wait: float = 60) -> None:
    """Until the pages answer. A child that ends on the way ends the start: its log says why."""
    until = time.monotonic() + wait
    while time.monotonic() < until and not ended.is_set():
        for child in supervisor.children:
            if child.process and child.process.poll() is not None:
                raise Trouble(f"{child.name} did not start. The end of {child.log}:\n{child.last_words()}")
        if _answers(port):
            return
        time.sleep(0.1)
    if not ended.is_set():
        raise Trouble(f"The pages do not answer within {wait:.0f} s. Look into {supervisor.home / 'logs'}.")


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
    return True


def _watch(supervisor: Supervisor, embedded: Embedded | None, ended: threading.Event) -> None:
    beat = 0
    while not ended.wait(0.5):
        for said in supervisor.look():
            _say(said)
        beat += 1
        if embedded and beat % 4 == 0 and not embedded.status().running:
            _say("The database ended; it is started again.")
            embedded.start()


def _say(line: str) -> None:
    print(line, flush=True)
