"""From inside (剖析): one request after another, in one thread, without a web server; for counting and profiling.

Rates depend on who else runs; the processor time of a request hardly does. Runs inside the bench's installation, the
material on its standard input: `python -m bench.inside cost list 200` prints JSON.
"""

import cProfile
import io
import json
import os
import pstats
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

# One connection that stays, as a thread of the server has it. Read by the settings, so before them.
os.environ.setdefault("DATABASE_POOL", "1")

from django.db import connection

from bench import requests
from bench.material import MARK
from bench.place import DISTRICT
from jiedao.ground.districts import district, find
from jiedao.wsgi import application

WARM = 20


def cost(kind: str, times: int, material: dict[str, Any]) -> dict[str, Any]:
    """Milliseconds of processor per request, ours and the server's, and the share of each package in ours."""
    asked = _asked(kind, 2 * times + WARM, material)
    _answers(asked, WARM)
    server, waits = psutil.Process(_server()), []
    began, before = time.process_time(), sum(server.cpu_times()[:2])
    statuses = Counter(status for status, _ in _answers(asked, times, waits))
    ours, theirs = time.process_time() - began, sum(server.cpu_times()[:2]) - before
    with cProfile.Profile() as profile:
        _answers(asked, times)
    done = statuses.total() or 1
    return {
        "statuses": dict(statuses),
        "ours_ms": round(1000 * ours / done, 3),
        "server_ms": round(1000 * theirs / done, 3),
        "median_ms": round(1000 * statistics.median(waits), 2),
        "p95_ms": round(1000 * sorted(waits)[int(0.95 * len(waits))], 2),
        "shares": _shares(profile),
    }


def _shares(profile: cProfile.Profile) -> dict[str, float]:
    """Percent of the time by package. The profiler slows small functions, so only the order counts."""
    spent: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        spent[_package(file, name)] += own
    return {name: round(100 * own / spent.total(), 1) for name, own in spent.most_common(8)}


def _package(file: str, name: str) -> str:
    parts = Path(file).parts
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1].removesuffix(".py")
    if "jiedao" in parts:
        return ".".join(parts[parts.index("jiedao") :][:3]).removesuffix(".py")
    return "waiting for the server" if "psycopg" in name else "python"


def marked(kind: str, times: int, material: dict[str, Any]) -> dict[str, Any]:
    """Sends each request twice and marks the second in the server's log; for lists, at 1, 10 and 50 rows."""
    found, place = {}, find(DISTRICT)
    for rows in (1, 10, 50) if kind == "list" else (0,):
        asked = _asked(kind, times + WARM, material, rows)
        _answers(asked, WARM)  # what the process keeps is there now
        _mark(place, f"{MARK} {rows} begins")
        *_, (_, body) = _answers(asked, times)
        _mark(place, f"{MARK} {rows} ends")
        found[rows] = len(json.loads(body).get("cases", []))
    return found


def _mark(place: Any, words: str) -> None:
    """Asked in the district, so that the mark itself changes nothing."""
    with district(place), connection.cursor() as cursor:
        cursor.execute(f"SELECT '{words}'")
    connection.close()


def _asked(kind: str, times: int, material: dict[str, Any], rows: int = 50) -> Iterator[dict[str, Any]]:
    given = requests.of(kind, material, times, rows)
    # Made before anything is measured.
    return iter([_environ(request) for _, request in zip(range(times), given, strict=False)])


def _answers(asked: Iterator[dict[str, Any]], times: int, waits: list[float] | None = None) -> list[tuple[str, bytes]]:
    """The answers; how long each took, in seconds, goes to `waits`."""
    found = []
    for _, environ in zip(range(times), asked, strict=False):
        began = time.perf_counter()
        found.append(_answer(environ))
        if waits is not None:
            waits.append(time.perf_counter() - began)
    return found


def _answer(environ: dict[str, Any]) -> tuple[str, bytes]:
    told: list[str] = []
    given = application(environ, lambda status, headers, fault=None: told.append(status))
    try:
        return told[0], b"".join(given)
    finally:
        getattr(given, "close", bool)()


def _server() -> int:
    """The server's process of our one connection."""
    connection.ensure_connection()
    found = int(connection.connection.info.backend_pid)
    connection.close()
    return found


def _environ(request: bytes) -> dict[str, Any]:
    """The same bytes as a web server would hand them over."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    headers = dict(line.split(": ", 1) for line in lines)
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return environ | {
        "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query,
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)), "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr,
        "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
    }  # fmt: skip


if __name__ == "__main__":
    what, kind, times, heard = sys.argv[1], sys.argv[2], int(sys.argv[3]), json.load(sys.stdin)
    json.dump({"cost": cost, "marked": marked}[what](kind, times, heard), sys.stdout)
