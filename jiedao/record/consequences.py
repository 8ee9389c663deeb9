"""Consequences (联动动作): what follows an entry. The job is a row of the entry's own transaction.

`wiring.py` says which listener hears which verb. A listener takes an entry, may run twice, and does its part inside
the transaction that notes its effect. The sweeper finds entries whose effects are missing and sends them again, so
that a lost job loses nothing.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from uuid import UUID

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from jiedao import wiring
from jiedao.ground.db import asking
from jiedao.ground.db.jobs import MOST_TRIES
from jiedao.ground.districts import district, schema
from jiedao.kit.clock import now
from jiedao.kit.ids import new_id
from jiedao.record import reading, versions, writing
from jiedao.record.models import Entry
from jiedao.record.writing import Plain

QUEUE = "consequences"
TASK = "jiedao.follow"

log = logging.getLogger(__name__)

Listener = Callable[[Entry], None]


_waiting: list[UUID] | None = None


@contextmanager
def in_place() -> Iterator[Callable[[], int]]:
    """For rehearsals: consequences wait in memory and are run by the function handed out. One thread only."""
    global _waiting
    _waiting = []

    def drain() -> int:
        done = 0
        while _waiting:
            done += act(_waiting.pop(0))
        return done

    try:
        yield drain
    finally:
        _waiting = None


def job(entry: Entry) -> Plain | None:
    """The job of an entry's consequences, to be written with the entry. None if nobody listens to the verb.

    A row like any other: procrastinate's own call costs three times as much and takes no other road to the table.
    """
    if not wiring.listeners(entry.verb):
        return None
    if _waiting is not None:
        _waiting.append(entry.id)
        return None
    args = {"schema": schema(), "entry": str(entry.id)}
    return Plain("public.procrastinate_jobs", ("queue_name", "task_name", "priority", "args"), (QUEUE, TASK, 0, args))


def defer(entry: Entry) -> None:
    """Puts the job of an entry into this transaction once more: the sweeper, for one that was lost."""
    writing.insert([job(entry)])


# Two seconds after the first fault, a quarter of an hour in all: a database that starts again costs no consequence.
AGAIN = RetryStrategy(max_attempts=MOST_TRIES - 1, exponential_wait=2)


@app.task(name=TASK, queue=QUEUE, retry=AGAIN)
def follow(schema: str, entry: str) -> None:
    """The job: every listener of the entry's verb, each in its own transaction."""
    with district(schema.removeprefix("d")):
        act(UUID(entry))


def act(entry_id: UUID) -> int:
    """Runs the listeners whose effect is missing; says how many. A rehearsal calls it in place of the job.

    One that fails keeps no other from its part; the job fails with it and is tried again.
    """
    found = reading.rows(Entry, "t.id = $1", [entry_id], to=("case",))
    if not found:
        raise Entry.DoesNotExist
    entry = found[0]
    # A published version is known here already; with every entry its document would travel again.
    entry.case.process = versions.published(entry.case.process_id)
    done, fault = 0, None
    for path in wiring.listeners(entry.verb):
        try:
            with transaction.atomic():
                if _first_time(entry, path):
                    _listener(path)(entry)
                    done += 1
        except Exception as failed:
            log.warning("%s failed for entry %s: %s", path, entry.id, failed)
            fault = failed
    if fault:
        raise fault
    return done


_TAKE = (
    "INSERT INTO record_effect (id, entry_id, listener, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING 1"
)


def _first_time(entry: Entry, path: str) -> bool:
    """Takes the effect's row; a second worker with the same job waits here and then finds it taken."""
    return bool(asking.ask(_TAKE, [new_id(), entry.id, path, now()]))


def _listener(path: str) -> Listener:
    module, name = path.rsplit(".", 1)
    found: Listener = getattr(import_module(module), name)
    return found


_MISSING = """
SELECT e.* FROM record_entry e
WHERE e.at BETWEEN %s AND %s AND EXISTS (
    SELECT 1 FROM unnest(%s::text[], %s::text[]) AS heard (verb, listener) WHERE heard.verb = e.verb
    AND NOT EXISTS (SELECT 1 FROM record_effect f WHERE f.entry_id = e.id AND f.listener = heard.listener))
  AND NOT EXISTS (SELECT 1 FROM public.procrastinate_jobs j WHERE j.task_name = %s
    AND j.status IN ('todo', 'doing', 'failed') AND j.args ->> 'entry' = e.id::text)
ORDER BY e.at LIMIT %s
"""


def missing(older_than: timedelta = timedelta(minutes=2), most: int = 500) -> list[Entry]:
    """Entries of the last days whose consequences have not all happened and whose job is gone: the sweeper's list.

    A job that waits its turn is not lost, and one that was given up after its tries must not begin anew each minute.
    """
    heard = [(verb, path) for verb in wiring.heard_verbs() for path in wiring.listeners(verb)]
    verbs, paths = (list(column) for column in zip(*heard, strict=True))
    since, until = now() - timedelta(days=7), now() - older_than
    return list(Entry.objects.raw(_MISSING, [since, until, verbs, paths, TASK, most]))
