"""Live pages (实时): a hint reaches who may see the case within a second of its commit, and nobody else."""

import http.client
import json
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from jiedao.doors.live import app
from jiedao.doors.live.viewers import viewer_of
from jiedao.doors.web.middleware import IDLE_MINUTES
from jiedao.ground.districts import district
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Account, Tenure
from jiedao.kit.clock import now
from jiedao.lines.patrol.actions import shifts
from jiedao.record import sight
from jiedao.record.models import Case
from tests import patrols
from tests.api_calls import Api, token_of
from tests.conftest import _serving, wait_for


def sign_in(username: str, label: str = "gulou", **more: object) -> str:
    """The session of somebody signed in, as the pages leave it."""
    with district(label):
        account = Account.objects.get(username=username)
        session = SessionStore()
        session[SESSION_KEY] = str(account.pk)
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session[HASH_SESSION_KEY] = account.get_session_auth_hash()
        session["acted_at"] = int(now().timestamp())
        session.update(more)
        session.save()
        return str(session.session_key)


class Listener:
    """One open page, reading in a thread of its own."""

    def __init__(self, port: int, session: str, label: str = "gulou", origin: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Host": f"{label}.localhost:{port}", "Cookie": f"sessionid={session}"}
        self.connection.request("GET", "/live/", headers=headers | ({"Origin": origin} if origin else {}))
        self.socket = self.connection.sock
        self.answer = self.connection.getresponse()
        self.events: queue.Queue[tuple[str, str]] = queue.Queue()
        self.closed = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        name = ""
        try:
            for raw in self.answer:
                field, _, value = raw.decode().strip().partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    self.events.put((name, value))
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass
        self.closed.set()

    def next(self, name: str, seconds: float = 5) -> dict | None:
        """The next event of a name. None if none came in time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                found, value = self.events.get(timeout=left)
            except queue.Empty:
                return None
            if found == name:
                return json.loads(value) if name == "hint" else {}
        return None

    def close(self) -> None:
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def live(site) -> Iterator[int]:
    with _serving("live") as port:
        yield port


@pytest.fixture
def listen(live) -> Iterator[object]:
    opened: list[Listener] = []

    def start(username: str, label: str = "gulou", **more: object) -> Listener:
        opened.append(Listener(live, sign_in(username, label, **more), label))
        assert opened[-1].next("beat") is not None
        return opened[-1]

    yield start
    for listener in opened:
        listener.close()


def through(site) -> Api:
    """Reports through the real server: the hint follows its commit."""
    from tests.test_double_submission import send

    class Real(Api):
        def post(self, path, body=None, key=None):
            from uuid import uuid4

            status, content = send(site.port, self.token, path, body or {}, key or str(uuid4()))
            return type("Said", (), {"status": status, "body": json.loads(content)})()

    return Real(token_of("dispatcher"))


def test_a_hint_reaches_who_may_see_the_case_within_a_second(site, listen):
    dispatcher, urban = listen("dispatcher"), listen("urban")
    api = through(site)

    number = api.report("路灯不亮", process="call")
    began = time.monotonic()
    told = dispatcher.next("hint")

    assert time.monotonic() - began < 1
    with district("gulou"):
        assert told == {"case": str(Case.objects.get(number=number).id), "verb": "report", "spread": 0}
    assert urban.next("hint", 0.5) is None

    api.do(number, "dispatch", lead="urban")
    assert urban.next("hint")["verb"] == "dispatch"


def test_the_neighbour_hears_nothing(site, listen):
    here, there = listen("dispatcher"), listen("dispatcher", "jianghan")

    through(site).report("路灯不亮")

    assert here.next("hint") is not None
    assert there.next("hint", 0.5) is None


def test_who_watches_a_squad_hears_that_somebody_moved_and_not_who_or_where(site, listen):
    watcher, neighbour = listen("dispatcher", "guangming"), listen("dispatcher")
    with district("guangming"):
        shift = patrols.running(call_sign="巡-77")
        patrols.seen(shift)
        patrols.seen(shift, age=5)

    assert watcher.next("positions", 4) == {}
    assert neighbour.next("positions", 0.2) is None
    assert watcher.next("positions", 0.3) is None
    with district("guangming"):
        shifts.end(shift.id, by=Actor.at(shift.post, shift.person))
    assert watcher.next("positions", 4) == {}


def test_a_unit_a_complaint_is_about_hears_nothing_of_it(site, listen):
    api = through(site)
    number = api.report("投诉城管不作为", kind="complaint", process="call")
    dispatcher, urban = listen("dispatcher"), listen("urban")

    api.do(number, "classify", reported_units=["urban"], item="street-lights")
    api.do(number, "dispatch", lead="housing")

    assert dispatcher.next("hint") is not None
    assert urban.next("hint", 0.5) is None


def test_a_sign_of_life_comes_within_four_seconds(listen):
    assert listen("dispatcher").next("beat", 4.2) is not None


@pytest.mark.parametrize("session", ["", "nobody", "x" * 32, "'; DROP", "%00"])
def test_who_is_not_signed_in_is_told_to_stay_away(live, session):
    refused = Listener(live, session)

    assert refused.next("end") is not None
    assert refused.closed.wait(3)


def test_a_session_of_one_district_opens_no_stream_in_another(live):
    assert Listener(live, sign_in("dispatcher"), "jianghan").next("end") is not None


def test_an_idle_session_opens_no_stream(live):
    acted_at = int(now().timestamp()) - IDLE_MINUTES * 60 - 1

    assert Listener(live, sign_in("dispatcher", acted_at=acted_at)).next("end") is not None


def test_only_pages_of_the_same_host_may_listen(live):
    session = sign_in("dispatcher")

    assert Listener(live, session, origin="http://evil.example").answer.status == 403
    assert Listener(live, session, origin="http://jianghan.localhost:8000").answer.status == 403
    ours = Listener(live, session, origin="http://gulou.localhost:8000").answer
    assert (ours.status, ours.headers["Access-Control-Allow-Origin"]) == (200, "http://gulou.localhost:8000")
    assert ours.headers["Access-Control-Allow-Credentials"] == "true"


def test_a_revoked_sign_in_ends_its_stream(site, monkeypatch):
    """In place of the minute a process waits: the same question, asked when it is due."""
    session = sign_in("market")
    with district("gulou") as place:
        assert viewer_of(place, session) is not None
        Account.objects.filter(username="market").update(is_active=False)
    try:
        assert viewer_of(place, session) is None
    finally:
        with district("gulou"):
            Account.objects.filter(username="market").update(is_active=True)
    assert app.ASK_AGAIN <= 60


def test_streams_heal_after_the_database_cut_them_off(cluster, site, listen):
    dispatcher = listen("dispatcher")
    with psycopg.connect(**cluster.embedded.admin(), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND query LIKE 'LISTEN%%'",
            [site.database],
        )

    assert dispatcher.closed.wait(5)
    wait_for(lambda: _hears(site, listen), 15)


def _hears(site, listen) -> bool:
    again = listen("dispatcher")
    through(site).report("恢复之后")
    return again.next("hint", 1) is not None


def test_the_sight_of_streams_is_the_sight_of_pages(site):
    api = through(site)
    numbers = [api.report("路灯不亮", area="320106001901001"), api.report("没有位置的事", process="call")]
    api.do(numbers[1], "dispatch", lead="urban")
    with district("gulou") as place:
        cases = [Case.objects.get(number=number) for number in numbers]
        hints = [
            {"district": place.schema_name, "case": str(c.id), "area": c.area_path, "units": [str(u) for u in c.units],
             "not": [str(u) for u in c.reported_units], "from": str(c.from_unit_id or "")}
            for c in cases
        ]  # fmt: skip
        for username in ("dispatcher", "urban", "grid", "community", "secretary", "leader", "water"):
            viewer = viewer_of(place, sign_in(username))
            with district("gulou"):
                rows = Tenure.objects.on().filter(person__accounts__username=username)
                actors = [
                    Actor.at(t.post, t.person)
                    for t in rows.select_related("post__unit__area", "post__kind", "post__area", "person")
                ]
                for case, hint in zip(cases, hints, strict=True):
                    seen = any(sight.visible_to(actor).filter(pk=case.pk).exists() for actor in actors)
                    assert viewer.sees(hint) == seen, (username, case.number)
