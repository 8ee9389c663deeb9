"""Slow and broken neighbours (外部故障): behind a bad line every answer comes in five seconds, and it heals by itself (G05).

Each fault of `tests/faulty.py` × database, virus scanner, and the one way out by which text messages, the hotline's
push and webhooks go; a gateway for text messages and a push to 12345 do not exist yet, their port does.
"""

import contextlib
import json
import socketserver
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest
from psycopg.conninfo import make_conninfo

from jiedao.doors.notify import transport
from jiedao.ground.db.roles import parameters
from jiedao.kit import ports
from jiedao.kit.clamd import Clamd
from jiedao.kit.ports import Delivery, Unreachable
from tests.api_calls import Api, token_of
from tests.conftest import _other_database, _serving, wait_for
from tests.faulty import FAULTS, broken_line
from tests.residents import photo

ANSWERED_WITHIN = 5.0
HEALED_WITHIN = 10.0


# Whom we call


@contextlib.contextmanager
def serving(server: Any) -> Iterator[tuple[str, int]]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address
    finally:
        server.shutdown()
        server.server_close()


class _Web(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "8000")
        self.end_headers()
        self.wfile.write(b"{}" + b" " * 7998)

    def log_message(self, *_: Any) -> None:
        pass


class _Scanner(socketserver.StreamRequestHandler):
    """As much of clamd as a scan needs."""

    def handle(self) -> None:
        self.rfile.read(10)
        while size := int.from_bytes(self.rfile.read(4), "big"):
            self.rfile.read(size)
        self.wfile.write(b"stream: OK\0")


class _SmsGateway:
    """What a deployer's gateway looks like: through the port, like everything that goes out."""

    def __init__(self, url: str, http: ports.Http) -> None:
        self.url, self.http = url, http

    def send(self, phone: str, text: str) -> Delivery:
        answer = self.http.post(self.url, json.dumps({"to": phone, "text": text}).encode(), within=3.0)
        return Delivery("sent" if answer.status == 200 else "refused")


def sms(url: str, port: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(ports.sms, "gateway", _SmsGateway(url, ports.Http(lambda: f"127.0.0.1:{port}")))
    return ports.sms.send("10000000009", "您的诉求已办结").sent


def push(url: str, port: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """What a push of results to the hotline will do: one request by the port."""
    try:
        return ports.Http(lambda: f"127.0.0.1:{port}").post(url, b"{}", within=3.0).status == 200
    except Unreachable:
        return False


def webhook(url: str, port: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setenv("OUTBOUND_HOSTS", f"127.0.0.1:{port}")
    return transport.send("json", url.replace("http://", "json://"), "标题", "内容", "key").sent


@pytest.mark.parametrize("call", [sms, push, webhook], ids=["sms", "12345", "webhook"])
def test_whoever_calls_out_over_a_bad_line_hears_so_in_time_and_the_next_call_goes_through(call, monkeypatch):
    late = []
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), _Web)) as place, broken_line(place) as line:
        url = f"http://127.0.0.1:{line.port}/hook"
        assert call(url, line.port, monkeypatch)
        for line.fault in FAULTS:
            began = time.monotonic()
            call(url, line.port, monkeypatch)
            if time.monotonic() - began > ANSWERED_WITHIN:
                late.append((line.fault, time.monotonic() - began))
        line.fault = ""

        assert late == []
        assert call(url, line.port, monkeypatch)


@pytest.mark.parametrize("fault", FAULTS)
def test_an_upload_is_taken_while_the_scanner_is_broken_and_shown_when_it_is_back(
    in_gulou, settings, tmp_path, monkeypatch, fault
):
    settings.MEDIA_ROOT = tmp_path
    api = Api(token_of("grid"))
    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Scanner)) as place, broken_line(place) as line:
        monkeypatch.setattr(ports.virus_scan, "scanner", Clamd("127.0.0.1", line.port, within=1.0))
        line.fault = fault
        began = time.monotonic()
        answer = api.upload(photo().getvalue(), "lamp.jpg")

        assert (answer.status, time.monotonic() - began < ANSWERED_WITHIN) == (201, True), answer.body
        waiting = list(tmp_path.rglob("*.unscanned"))
        assert len(waiting) == (fault != "drip"), "a verdict of a dozen letters comes in time at a kilobyte a second"
        line.fault = ""
        from jiedao.ground import store

        path = next(p for p in tmp_path.rglob("*.jpg") if ".thumb" not in p.name)
        assert store.read(str(path.relative_to(tmp_path)))


# The database


class Pages:
    """Served pages, and a clock on each answer."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token

    def ask(self, path: str, body: bytes | None = None) -> tuple[int, bool, float]:
        """Status, whether a 503 says when to come back, seconds."""
        headers = {"Host": "gulou.localhost"}
        if body is not None:
            headers |= {"Authorization": f"Bearer {self.token}", "Idempotency-Key": str(uuid4())}
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, headers)
        began = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                answer.read()
                status, says = answer.status, True
        except urllib.error.HTTPError as refused:
            status, says = refused.code, refused.headers.get("Retry-After", "").isdigit()
        return status, says, time.monotonic() - began

    def several(self) -> list[tuple[int, bool, float]]:
        """A page, a form and two reports at one moment, twice."""
        report = json.dumps({"words": "路灯不亮"}).encode()
        asked: list[Callable[[], Any]] = [
            lambda: self.ask("/report/"),
            lambda: self.ask("/lists/"),
            lambda: self.ask("/api/v1/events", report),
            lambda: self.ask("/api/v1/events", report),
        ]
        with ThreadPoolExecutor(4) as four:
            return [future.result() for future in [four.submit(one) for one in asked * 2]]

    def is_well(self) -> bool:
        return all(status in (200, 201) for status, _, _ in self.several())


@pytest.fixture
def behind_a_line(cluster, template, django_db_setup, django_db_blocker) -> Iterator[tuple[Any, Pages]]:
    """Pages whose way to the database is a line that can be broken."""
    own = parameters("web")
    with (
        tempfile.TemporaryDirectory(prefix="jiedao-line-") as folder,
        broken_line(f"{own['host']}/.s.PGSQL.5432", f"{folder}/.s.PGSQL.5432") as line,
        _other_database(cluster, template, django_db_blocker) as name,
    ):
        token = token_of("grid")
        url = make_conninfo("", **own | {"host": folder, "dbname": name})
        with _serving("serve", DATABASE_ROLE_URL=url, DATABASE_PATIENCE="4") as port:
            pages = Pages(port, token)
            wait_for(pages.is_well, 60)
            yield line, pages


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seconds", [5, 40], ids=["short", "long"])
def test_with_a_broken_line_to_the_database_every_answer_comes_in_time_and_it_heals_by_itself(behind_a_line, seconds):
    line, pages = behind_a_line
    wrong, healed = [], {}
    for line.fault in FAULTS:
        fault, end = line.fault, time.monotonic() + seconds
        while time.monotonic() < end:
            for status, says, took in pages.several():
                if took > ANSWERED_WITHIN or not (status in (200, 201) or (status == 503 and says)):
                    wrong.append((fault, status, says, round(took, 1)))
        line.fault = ""
        began = time.monotonic()
        wait_for(pages.is_well, HEALED_WITHIN)
        healed[fault] = round(time.monotonic() - began, 1)

    print(f"reached healed after {max(healed.values())} s at most: {healed}")
    assert wrong == []


def test_a_request_that_waited_its_time_waits_no_more():
    """What the budget of a request is made of: spent by one wait, nothing is left for the next; an export has more."""
    from jiedao.ground.db import patience

    try:
        patience.use(4)
        patience.begin("/desk/")
        patience.spend(3.5)
        first = patience.left()
        patience.spend(3)
        last = patience.left()
        patience.begin("/cases/export/")
        longer = patience.left()
    finally:
        patience.use(60)
        patience._budget.left = None

    assert (first, last, longer) == (0.5, 0.0, 14.0)
    assert patience.left(60.0) == 60.0
