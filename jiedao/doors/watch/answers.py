"""Answers (探针): /livez, /readyz and /metrics, before any host, session or district is looked at.

`/livez`: the process answers. `/readyz`: the database answers too and is as new as this code. `/metrics` only to this
machine and METRICS_FROM, and never through the proxy. None of them says anything of a person.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.db import Error, connection

from jiedao.doors.watch import metrics, traces
from jiedao.ground.db import schemas

Environ = dict[str, Any]
Start = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[Environ, Start], Iterable[bytes]]

PATHS = frozenset({"/livez", "/readyz", "/metrics"})
LOCAL = ("127.0.0.1", "::1")
SLOW = 1.0
log = logging.getLogger("jiedao.requests")
_current = {"schemas": False}


def watched(pages: Application) -> Application:
    """The application with the probes before it; with counters and traces where they are switched on."""
    inner = pages
    if settings.METRICS or settings.TRACES_URL:
        inner = _counted(pages)

    def application(environ: Environ, start: Start) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in PATHS:
            status, kind, body = answer(environ)
            length = ("Content-Length", str(len(body)))
            start(status, [("Content-Type", kind), length, ("Cache-Control", "no-store")])
            return [body]
        return inner(environ, start)

    return application


def answer(environ: Environ) -> tuple[str, str, bytes]:
    """Status, kind and body of a probe."""
    path = environ["PATH_INFO"]
    if path == "/livez":
        return "200 OK", "text/plain", b"live\n"
    if path == "/readyz":
        why = not_ready()
        return (
            ("503 Service Unavailable", "text/plain", f"{why}\n".encode())
            if why
            else ("200 OK", "text/plain", b"ready\n")
        )
    if not settings.METRICS or not _may_read(environ):
        return "404 Not Found", "text/plain", b"\n"
    return "200 OK", metrics.KIND, metrics.text()


def _may_read(environ: Environ) -> bool:
    """By the address of the connection. What came through the proxy comes from outside, whatever it says."""
    forwarded = any(name in environ for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP"))
    return not forwarded and environ.get("REMOTE_ADDR") in {*LOCAL, *settings.METRICS_FROM}


def not_ready() -> str:
    """Why no request should come here yet; empty when they may. Districts only ever move on, so it is asked once."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _current["schemas"]:
            if behind := schemas.pending():
                return f"migrations are missing: {len(behind)} schemas (jiedao migrate)"
            _current["schemas"] = True
    except Error:
        return "the database does not answer"
    finally:
        connection.close()
    return ""


def _counted(pages: Application) -> Application:
    def application(environ: Environ, start: Start) -> Iterable[bytes]:
        began, said = time.perf_counter(), {"status": "500"}

        def noted(status: str, headers: list[tuple[str, str]]) -> Any:
            said["status"] = status[:3]
            return start(status, headers)

        door = metrics.door(environ.get("PATH_INFO", ""))
        with traces.request(environ, door) as span:
            try:
                return pages(environ, noted)
            finally:
                seconds = time.perf_counter() - began
                span(said["status"])
                metrics.count(environ.get("REQUEST_METHOD", ""), door, said["status"], seconds)
                if seconds > SLOW:
                    log.warning(
                        "slow: %s %s %s in %.0f ms", environ.get("REQUEST_METHOD"), door, said["status"], seconds * 1000
                    )

    return application
