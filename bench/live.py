"""Live (实时性能): a thousand open desks, one move after another; from the commit to the hint at each of them.

Runs inside the bench's installation: `python -m bench.live 1000 60` prints JSON. The streams are read by one thread
with plain sockets; the moves are made in this process, so that the moment of the commit is known and not guessed.
"""

import json
import os
import resource
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

GOAL_MS = 150
PATIENCE = 20.0


@dataclass(frozen=True)
class Live:
    """What was found: every wait from a commit to one stream, in milliseconds."""

    desks: int
    moves: int
    heard: int
    missed: int
    p50_ms: float
    p95_ms: float
    slowest_ms: float
    spread_ms: int
    goal_ms: int = GOAL_MS

    @property
    def holds(self) -> bool:
        return self.p95_ms < self.goal_ms and not self.missed


def told(found: dict[str, Any]) -> str:
    return (
        f"{found['desks']:,} open desks, {found['moves']} moves: commit to hint p50 {found['p50_ms']:.0f} ms, "
        f"p95 {found['p95_ms']:.0f} ms (goal under {found['goal_ms']}), slowest {found['slowest_ms']:.0f} ms; "
        f"{found['missed']} of {found['heard'] + found['missed']:,} hints missed; reloads spread over {found['spread_ms']} ms"
    )


class Desks:
    """Open streams and when each heard of a case."""

    def __init__(self, port: int, host: str, sessions: Sequence[str], count: int) -> None:
        self.selector = selectors.DefaultSelector()
        self.heard: dict[str, list[float]] = {}
        self.spread = 0
        self.open = 0
        for index in range(count):
            line = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
            session = sessions[index % len(sessions)]
            line.sendall(f"GET /live/ HTTP/1.1\r\nHost: {host}\r\nCookie: sessionid={session}\r\n\r\n".encode())
            self.selector.register(line, selectors.EVENT_READ, bytearray())
        self.running = True
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        begun: set[int] = set()
        while self.running:
            for key, _ in self.selector.select(0.5):
                part = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]
                at = time.perf_counter()
                if not part:
                    self.selector.unregister(key.fileobj)
                    continue
                key.data.extend(part)
                if key.fd not in begun and b"beat" in key.data:
                    begun.add(key.fd)
                    self.open = len(begun)
                self._events(key.data, at)

    def _events(self, data: bytearray, at: float) -> None:
        *whole, rest = bytes(data).split(b"\n\n")
        data[:] = rest
        for event in whole:
            _, _, text = event.partition(b"data: ")
            if b"event: hint" not in event:
                continue
            with suppress(ValueError):
                hint = json.loads(text.split(b"\r\n")[0])
                self.heard.setdefault(hint["case"], []).append(at)
                self.spread = max(self.spread, hint["spread"])

    def close(self) -> None:
        self.running = False
        self.thread.join(2)
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self.selector.close()


def measure(desks: int, moves: int) -> Live:
    """Opens the desks, makes the moves, waits until every desk has heard of each."""
    from bench.place import DISTRICT  # noqa: PLC0415 -- app ready
    from jiedao.ground.districts import district  # noqa: PLC0415 -- app ready

    _room(desks * 2 + 200)
    with district(DISTRICT) as place:
        port, server = _serve()
        try:
            opened = Desks(port, f"{place.label}.localhost", _sessions(), desks)
            until = time.monotonic() + 60
            while opened.open < desks and time.monotonic() < until:
                time.sleep(0.1)
            waits, missed = _moves(opened, desks, moves)
            opened.close()
        finally:
            server.terminate()
            server.wait(10)
    waits.sort()
    at = lambda share: 1000 * waits[min(int(len(waits) * share), len(waits) - 1)] if waits else 0.0  # noqa: E731
    return Live(desks, moves, len(waits), missed, round(at(0.5), 1), round(at(0.95), 1), round(at(1), 1), opened.spread)


def _moves(opened: Desks, desks: int, moves: int) -> tuple[list[float], int]:
    from django.db import transaction  # noqa: PLC0415 -- app ready

    from jiedao.ground.people import Actor  # noqa: PLC0415 -- app ready
    from jiedao.ground.people.models import Post, Tenure  # noqa: PLC0415 -- app ready
    from jiedao.stages import intake  # noqa: PLC0415 -- app ready

    post = Post.objects.on().filter(kind__code="dispatcher").select_related("unit__area", "kind", "area").first()
    assert post is not None
    held = Tenure.objects.on().filter(post=post).select_related("person").first()
    assert held is not None
    by = Actor.at(post, held.person)
    waits: list[float] = []
    missed = 0
    for number in range(moves):
        committed: list[float] = []
        with transaction.atomic():
            transaction.on_commit(lambda: committed.append(time.perf_counter()))  # noqa: B023 -- runs before the next round
            case = intake.report(intake.Told(f"bench {number}", "grid"), by=by).case
        until = time.monotonic() + PATIENCE
        heard = opened.heard.setdefault(str(case.id), [])
        while len(heard) < desks and time.monotonic() < until:
            time.sleep(0.005)
        waits += [max(0.0, at - committed[0]) for at in heard]
        missed += desks - len(heard)
    return waits, missed


def sessions(label: str) -> list[str]:
    from jiedao.ground.districts import district  # noqa: PLC0415 -- app ready

    with district(label):
        return _sessions()


def _sessions() -> list[str]:
    """Colleagues of the centre, who hear of everything, each signed in once."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: PLC0415 -- app ready
    from django.contrib.sessions.backends.db import SessionStore  # noqa: PLC0415 -- app ready

    from jiedao.ground.people.models import Account  # noqa: PLC0415 -- app ready
    from jiedao.kit.clock import now  # noqa: PLC0415 -- app ready

    found = []
    for account in Account.objects.filter(
        is_active=True, username__in=("dispatcher", "hotline", "callback", "inspector")
    ):
        session = SessionStore()
        session[SESSION_KEY] = str(account.pk)
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session[HASH_SESSION_KEY] = account.get_session_auth_hash()
        session["acted_at"] = int(now().timestamp())
        session.save()
        found.append(str(session.session_key))
    return found


def _serve() -> tuple[int, "subprocess.Popen[bytes]"]:
    """The live server as `jiedao live` starts it."""
    from bench.place import free_port  # noqa: PLC0415 -- app ready

    port = free_port()
    command = [sys.executable, "-m", "jiedao", "live", "--port", str(port)]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, env=os.environ | {"JIEDAO_ROLE": "live"}, stdout=quiet, stderr=quiet)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return port, server
        time.sleep(0.1)
    server.terminate()
    raise RuntimeError("the live server did not start")


def _room(files: int) -> None:
    """A connection is an open file, and the usual limit is about as many as the desks."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(files, hard), hard))


def main() -> None:
    import django  # noqa: PLC0415 -- slow import

    django.setup()
    if sys.argv[1] == "sessions":
        print(json.dumps(sessions(sys.argv[2])))
        return
    found = measure(int(sys.argv[1]), int(sys.argv[2]))
    print(json.dumps(vars(found) | {"holds": found.holds}))


if __name__ == "__main__":
    main()
