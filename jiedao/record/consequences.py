"""Consequences (联动动作): what follows an entry. The job is a row of the entry's own transaction.

`wiring.py` says which listener hears which verb. A listener takes an entry, may run twice, and does its part inside
the transaction that notes its effect. The sweeper finds entries whose effects are missing and sends them again, so
that a lost job loses nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from uuid import UUID

from django.db import connection, transaction
from procrastinate.contrib.django import app

from jiedao import wiring
from jiedao.ground.db.asking import ask
from jiedao.ground.districts import district, schema
from jiedao.kit.clock import now
from jiedao.kit.ids import new_id
from jiedao.record.models import Effect, Entry

QUEUE = "consequences"
TASK = "jiedao.follow"

_DEFER = """
INSERT INTO public.procrastinate_jobs (queue_name, task_name, priority, args) VALUES ($1, $2, 0, $3)
"""

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


def defer(entry: Entry) -> None:
    """Puts the job of an entry's consequences into this transaction. None if nobody listens to the verb.

    Written as one INSERT: procrastinate's own call costs three times as much and takes no other road to the table.
    """
    if not wiring.listeners(entry.verb):
        return
    if _waiting is not None:
        _waiting.append(entry.id)
        return
    ask(_DEFER, [QUEUE, TASK, {"schema": schema(), "entry": str(entry.id)}])


@app.task(name=TASK, queue=QUEUE)
def follow(schema: str, entry: str) -> None:
    """The job: every listener of the entry's verb, each in its own transaction."""
    with district(schema.removeprefix("d")):
        act(UUID(entry))


def act(entry_id: UUID) -> int:
    """Runs the listeners whose effect is missing; says how many. A rehearsal calls it in place of the job."""
    entry = Entry.objects.select_related("case", "case__process").get(pk=entry_id)
    done = 0
    for path in wiring.listeners(entry.verb):
        with transaction.atomic():
            if _first_time(entry, path):
                _listener(path)(entry)
                done += 1
    return done


def _first_time(entry: Entry, path: str) -> bool:
    """Takes the effect's row; a second worker with the same job waits here and then finds it taken."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO record_effect (id, entry_id, listener, at) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [new_id(), entry.id, path, now()],
        )
        return bool(cursor.rowcount == 1)


def _listener(path: str) -> Listener:
    module, name = path.rsplit(".", 1)
    found: Listener = getattr(import_module(module), name)
    return found


def missing(older_than: timedelta = timedelta(minutes=2), most: int = 500) -> list[Entry]:
    """Entries of the last days whose consequences have not all happened: the sweeper's list."""
    heard = wiring.heard_verbs()
    since, until = now() - timedelta(days=7), now() - older_than
    late = []
    for entry in Entry.objects.filter(at__gte=since, at__lte=until, verb__in=heard).order_by("at").iterator():
        wanted = set(wiring.listeners(entry.verb))
        if wanted - set(Effect.objects.filter(entry=entry).values_list("listener", flat=True)):
            late.append(entry)
            if len(late) >= most:
                break
    return late
