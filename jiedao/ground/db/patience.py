"""Patience (耐心): how long one request waits for the database in all; then it answers 503 and may be sent again (G05).

A server behind a slow, cut or silent line never says no by itself, and its own timeouts do not cross that line. What
is counted is waiting alone: a page that computes for long is not in anybody's way.
"""

import threading
from time import monotonic
from typing import Any

import psycopg
from psycopg import errors

SILENT = "the database did not answer in time"
USUAL = 4.0
"""Seconds. The whole answer must be there within five."""
LONGER = 14.0
"""For an export, which reads ten thousand rows; the server's own statement timeout stands at fifteen."""


class _Budget(threading.local):
    left: float | None = None


_budget = _Budget()
_given = [USUAL, LONGER]


def use(seconds: float) -> None:
    """What the operator allows a request; an export has as much more as before."""
    _given[:] = [seconds, seconds + LONGER - USUAL]


def begin(path: str = "") -> None:
    """A request of this thread begins."""
    _budget.left = _given["export" in path]


def left(otherwise: float | None = None) -> float | None:
    """Seconds that this thread may still wait. `otherwise` where it serves no request."""
    return otherwise if _budget.left is None else max(0.0, _budget.left)


def spend(seconds: float) -> None:
    if _budget.left is not None:
        _budget.left -= seconds


class Connection(psycopg.Connection[Any]):
    """A connection that is given up once its request has waited long enough."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        began = monotonic()
        try:
            return super().wait(gen, interval, left(_given[0]))
        except errors._WaitTimeout:
            # Nobody knows what the server made of it: this line is never used again.
            self.pgconn.finish()
            raise psycopg.OperationalError(SILENT) from None
        finally:
            spend(monotonic() - began)
