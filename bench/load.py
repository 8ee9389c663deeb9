"""The load (压力): HTTP/1.1 requests over a few kept connections from one thread, as lean as Python allows.

It shares the cores with what it measures, so it does as little as it can: requests are bytes made beforehand, an
answer is read as far as its length says, one selector serves every connection.
"""

import re
import selectors
import socket
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_STATUS = slice(9, 12)
LONGEST_WAIT = 60.0


@dataclass
class Measured:
    """What came back: how many answers of each status in how many seconds, and how long each took."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    refusals: list[bytes] = field(default_factory=list)

    @property
    def good(self) -> int:
        return sum(n for status, n in self.statuses.items() if status.startswith("2"))

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.good / self.seconds if self.seconds else 0.0

    def wait(self, share: float) -> float:
        """The milliseconds in which this share of the requests was answered (0.95 for p95)."""
        ordered = sorted(self.waits)
        return 1000 * ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


class _Line:
    """One kept connection and the answer under way on it."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=LONGEST_WAIT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer = b""
        self.whole = 0
        self.began = 0.0

    def send(self, request: bytes) -> None:
        self.answer, self.whole, self.began = b"", 0, time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> bool:
        """Takes what has come; True once the answer is whole."""
        part = self.socket.recv(1 << 18)
        if not part:
            raise ConnectionError(f"the server hung up after {self.answer[:200]!r}")
        self.answer += part
        if not self.whole:
            end = self.answer.find(b"\r\n\r\n")
            if end < 0:
                return False
            found = _LENGTH.search(self.answer[:end])
            self.whole = end + 4 + int(found[1] if found else 0)
        return len(self.answer) >= self.whole


def run(port: int, requests: Iterator[bytes], *, clients: int, seconds: float) -> Measured:
    """Keeps `clients` requests under way until the time is up or none are left; those under way are answered first."""
    found = Measured()
    began = time.perf_counter()
    with selectors.DefaultSelector() as ready:
        for _ in range(clients):
            request = next(requests, None)
            if request is not None:
                line = _Line(("127.0.0.1", port))
                ready.register(line.socket, selectors.EVENT_READ, line)
                line.send(request)
        while ready.get_map():
            for key, _ in ready.select(LONGEST_WAIT):
                if key.data.read():
                    _took(found, key.data)
                    _go_on(ready, key.data, requests, began + seconds)
    found.seconds = time.perf_counter() - began
    return found


def paced(port: int, requests: Iterator[bytes], *, rate: float, clients: int, seconds: float) -> Measured:
    """Sends `rate` requests a second however long the answers take; a wait counts from when the request was due."""
    found, idle = Measured(), deque(_Line(("127.0.0.1", port)) for _ in range(clients))
    began = time.perf_counter()
    due, number = began, 0
    with selectors.DefaultSelector() as ready:
        for line in idle:
            ready.register(line.socket, selectors.EVENT_READ, line)
        while due < began + seconds or len(idle) < clients:
            now = time.perf_counter()
            if due <= now and idle and due < began + seconds:
                line = idle.popleft()
                line.send(next(requests))
                line.began, number = due, number + 1
                due = began + number / rate
                continue
            for key, _ in ready.select(max(0.0, min(due - now, 1.0)) if idle else LONGEST_WAIT):
                if key.data.read():
                    _took(found, key.data)
                    idle.append(key.data)
    found.seconds = time.perf_counter() - began
    for line in idle:
        line.socket.close()
    return found


def _took(found: Measured, line: _Line) -> None:
    found.waits.append(time.perf_counter() - line.began)
    status = line.answer[_STATUS].decode()
    found.statuses[status] += 1
    if not status.startswith("2") and len(found.refusals) < 5:
        found.refusals.append(line.answer[:1000])


def _go_on(ready: selectors.BaseSelector, line: _Line, requests: Iterator[bytes], until: float) -> None:
    request = next(requests, None) if time.perf_counter() < until else None
    if request is None:
        ready.unregister(line.socket)
        line.socket.close()
    else:
        line.send(request)


def get(path: str, token: str, host: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def post(path: str, token: str, host: str, key: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
