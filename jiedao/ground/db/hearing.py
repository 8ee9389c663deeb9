"""Hearing (听答): what the server answers on a line of libpq's, waited for no longer than the request may (G05).

libpq's own calls for this wait for ever, and hold the interpreter meanwhile.
"""

import select
from time import monotonic
from typing import Any

import psycopg
from psycopg.pq import ConnStatus, ExecStatus

from jiedao.ground.db import patience

PATIENCE = 60.0
"""Seconds without a word where nobody's request waits; the server's own statement timeout comes long before."""

LOST = "the connection is lost"


def answer(server: Any) -> Any:
    """The result of the one statement on its way."""
    _send(server)
    found = None
    while True:
        if server.is_busy():
            _wait(server, select.POLLIN)
            server.consume_input()
            continue
        result = server.get_result()
        if result is None:
            break
        found = result
    if found is None:
        raise psycopg.OperationalError(LOST)
    return found


def _send(server: Any) -> None:
    while server.flush():
        _wait(server, select.POLLOUT)


def _wait(server: Any, for_what: int) -> None:
    """Until the line can be read or written, without holding the interpreter."""
    ready = select.poll()
    ready.register(server.socket, for_what)
    limit, began = patience.left(PATIENCE), monotonic()
    is_ready = ready.poll((limit or 0) * 1000)
    patience.spend(monotonic() - began)
    if not is_ready:
        server.finish()  # half a trip lies in it
        raise psycopg.OperationalError(patience.SILENT)


def answers(server: Any, syncs: int) -> list[list[Any]]:
    """The results up to each sync."""
    groups: list[list[Any]] = [[]]
    _send(server)
    while len(groups) <= syncs:
        if server.is_busy():
            _wait(server, select.POLLIN)
            server.consume_input()
            continue
        result = server.get_result()
        if result is None:
            if server.status != ConnStatus.OK:  # a dead server says nothing for ever
                raise psycopg.OperationalError(LOST)
            continue
        if result.status == ExecStatus.PIPELINE_SYNC:
            groups.append([])
        else:
            groups[-1].append(result)
    return groups[:syncs]
