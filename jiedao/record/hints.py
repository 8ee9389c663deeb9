"""Hints (更新提示): after the commit one statement tells live pages what changed, and workers that work came."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, transaction

from jiedao.ground.db import asking
from jiedao.ground.districts import schema
from jiedao.record.models import Case, Entry

CHANNEL = "jiedao_hints"
JOBS = "procrastinate_any_queue_v1"

# Not flushed to disk: the notice's own commit would hold the database-wide lock of NOTIFY until it is.
_TELL = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2), pg_notify($3, $4)"

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


def _told(case: Case, entry: Entry) -> asking.Statement:
    """Case, area, units and verb: enough to know whom it concerns, no words."""
    told = {
        "district": schema(),
        "case": str(case.id),
        "number": case.number,
        "verb": entry.verb,
        "area": case.area_path,
        "units": [str(u) for u in case.units],
        "not": [str(u) for u in case.reported_units],
        "from": str(case.from_unit_id or ""),
        "seq": entry.seq,
        "phase": case.phase,
    }
    return _TELL, [CHANNEL, told, JOBS, '{"type":"job_inserted","job_id":0}']
