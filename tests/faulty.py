"""A line that can be broken (故障线路): stands before a neighbour and delays, drips, resets, swallows or half closes (G05)."""

import contextlib
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

FAULTS = ("latency", "drip", "reset", "black hole", "half close")
SLOW = 2.0
"""Seconds that the neighbour's words take in `latency`; `drip` is a kilobyte a second."""


class Line:
    """Carries bytes between whoever connects here and `target`; `fault` breaks it for all, also what is open already."""

    def __init__(self, target: Any, here: Any) -> None:
        self.target, self.fault = target, ""
        family = socket.AF_UNIX if isinstance(here, str) else socket.AF_INET
        self._server = socket.socket(family, socket.SOCK_STREAM)
        self._server.bind(here)
        self._server.listen(64)
        self.port = 0 if isinstance(here, str) else self._server.getsockname()[1]
        self._open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while self._open:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        if self.fault == "reset":
            _reset(near)
            return
        self._swallow()
        family = socket.AF_UNIX if isinstance(self.target, str) else socket.AF_INET
        far = socket.socket(family, socket.SOCK_STREAM)
        try:
            far.connect(self.target)
        except OSError:
            near.close()
            return
        threading.Thread(target=self._pump, args=(near, far, False), daemon=True).start()
        self._pump(far, near, True)

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        """What the neighbour says is what a fault strikes; a black hole takes what it is told as well."""
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                self._swallow()
                if self.fault == "reset":
                    _reset(sink if answers else source)
                    break
                if answers and self.fault == "half close":
                    sink.shutdown(socket.SHUT_WR)
                    break
                if answers and self.fault == "latency":
                    time.sleep(SLOW)
                if answers and self.fault == "drip":
                    self._drip(piece, sink)
                else:
                    sink.sendall(piece)
        for end in (source, sink):
            if self.fault != "half close":
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _swallow(self) -> None:
        while self.fault == "black hole" and self._open:
            time.sleep(0.02)

    def _drip(self, piece: bytes, sink: socket.socket) -> None:
        while piece and self.fault == "drip":
            sink.sendall(piece[:100])
            piece = piece[100:]
            time.sleep(0.1)
        sink.sendall(piece)

    def close(self) -> None:
        self._open = False
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def broken_line(target: Any, here: Any = ("127.0.0.1", 0)) -> Iterator[Line]:
    line = Line(target, here)
    try:
        yield line
    finally:
        line.close()
        if isinstance(here, str):
            os.unlink(here)
