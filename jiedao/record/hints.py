"""Hints (更新提示): after the commit one statement tells live pages what changed, and workers that work came."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, transaction

from jiedao.ground.db import asking
from jiedao.ground.districts import schema
from jiedao.record.models import Case, Entry

CHANNEL = "jiedao_hints"
JOBS = "procrastinate_any_queue_v1"

# Not flushed to disk: the notice's own commit would hold the database-wide lock of NOTIFY until it is.
_TELL = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2), pg_notify($3, $4)"
_TELL_ONE = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)"

log = logging.getLogger(__name__)

_silent = False


@contextmanager
def silent() -> Iterator[None]:
    """For rehearsals: nobody watches days that are over, and each hint is a trip to the database. One thread only."""
    global _silent
    _silent = True
    try:
        yield
    finally:
        _silent = False


def follow(case: Case, entry: Entry) -> None:
    """The hint goes out right after the commit: with it in one trip, where the write has a receipt."""
    if not _silent and not asking.afterwards(lambda: _told(case, entry)):
        transaction.on_commit(lambda: send(case, entry), robust=True)


def send(case: Case, entry: Entry) -> None:
    """Sends one by itself. A lost hint costs a slow poll."""
    try:
        asking.ask(*_told(case, entry))
    except DatabaseError:
        log.warning("hint not sent", extra={"case": case.number})


def look(case: Case) -> None:
    """Somebody opened the row of a case at a desk: the same row at other desks says so. Nothing is on the record."""
    if not _silent:
        transaction.on_commit(lambda: _look(case), robust=True)


def _look(case: Case) -> None:
    try:
        asking.ask(_TELL_ONE, [CHANNEL, _facts(case, "look", case.seq)])
    except DatabaseError:
        log.warning("hint not sent", extra={"case": case.number})


def positions(units: Sequence[str]) -> None:
    """Somebody on duty moved, came or went: told to the posts of these units. Of whom and where, not a word."""
    if _silent:
        return
    statement: asking.Statement = (_TELL_ONE, [CHANNEL, {"district": schema(), "positions": list(units)}])
    if not asking.afterwards(lambda: statement):
        transaction.on_commit(lambda: _positions(statement), robust=True)


def _positions(statement: asking.Statement) -> None:
    try:
        asking.ask(*statement)
    except DatabaseError:
        log.warning("hint of positions not sent")


def _told(case: Case, entry: Entry) -> asking.Statement:
    return _TELL, [CHANNEL, _facts(case, entry.verb, entry.seq), JOBS, '{"type":"job_inserted","job_id":0}']


def _facts(case: Case, verb: str, seq: int) -> dict[str, Any]:
    """Case, area, units and verb: enough to know whom it concerns, no words."""
    return {
        "district": schema(),
        "case": str(case.id),
        "number": case.number,
        "verb": verb,
        "area": case.area_path,
        "units": [str(u) for u in case.units],
        "not": [str(u) for u in case.reported_units],
        "from": str(case.from_unit_id or ""),
        "seq": seq,
        "phase": case.phase,
    }
