"""Killed jobs (任务中断): between effect and acknowledgement, in the middle, over and over; each effect is there once (G07, G08).

Every registered task is driven from the program's own list: a new one without a scene here fails.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app

from jiedao.doors.notify import channels, outbox
from jiedao.doors.notify.models import Channel, Notice, Sending
from jiedao.doors.web.exporting import ledger  # registers its task
from jiedao.ground.db.home import CHECKOUT
from jiedao.ground.db.jobs import MOST_TRIES, free_stalled
from jiedao.ground.db.roles import parameters
from jiedao.ground.districts import district
from jiedao.kit.clock import now
from jiedao.kit.ids import new_id
from jiedao.lines.exports.models import Export
from jiedao.record import consequences
from jiedao.record.models import Effect, Entry
from tests import cast
from tests.conftest import wait_for
from tests.post_office import web_server
from tests.residents import acting

TASKS = sorted(name for name in app.tasks if name.startswith("jiedao."))
GULOU = "d320106"


@pytest.fixture
def queue(fresh_database: str) -> Iterator[psycopg.Connection]:
    """The queue as a worker has it; Gulou is entered for the test itself."""
    with psycopg.connect(**parameters("worker"), autocommit=True) as worker, district("gulou"):
        worker.execute("DELETE FROM procrastinate_jobs")
        yield worker


# One rollback, no job; one commit, one job


def test_of_a_thousand_rollbacks_no_job_is_left_and_of_a_thousand_commits_a_thousand(queue):
    entry = Entry.objects.get(case=cast.reported(), seq=1)
    before = _count(queue)

    for _ in range(1_000):
        with contextlib.suppress(ZeroDivisionError), transaction.atomic():
            consequences.defer(entry)
            raise ZeroDivisionError
    assert _count(queue) == before

    for _ in range(1_000):
        with transaction.atomic():
            consequences.defer(entry)
    assert _count(queue) == before + 1_000


def _count(queue: psycopg.Connection) -> int:
    return queue.execute("SELECT count(*) FROM procrastinate_jobs").fetchone()[0]


# Killed between effect and acknowledgement


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with web_server() as found:
        monkeypatch.setenv("OUTBOUND_HOSTS", f"127.0.0.1:{found.port}")
        yield found


def _channel(office: Any, *, proven: bool) -> Channel:
    by = cast.seat("urban-handler-1")
    channel = channels.add(by=by, kind="json", given=f"json://127.0.0.1:{office.port}/hook")
    if proven:
        channels.confirm(channel.id, by=by, code=channels.waiting_code(channel))
    return channel


def follows(office: Any) -> Callable[[], Any]:
    """An entry whose listeners have something to do."""
    case = cast.dispatched("urban", acknowledged=False)

    def effects() -> Any:
        entries = Entry.objects.filter(case=case)
        twice = Effect.objects.filter(entry__in=entries).values_list("entry_id", "listener")
        return len(twice), len(set(twice)), Notice.objects.filter(entry__in=entries).count()

    return effects


def delivers(office: Any) -> Callable[[], Any]:
    """A notice that is due outside."""
    _channel(office, proven=True)
    case = cast.dispatched("urban", acknowledged=False)
    consequences.act(Entry.objects.filter(case=case, verb="dispatch").get().id)
    Sending.objects.update(due_at=now())
    _all_due()
    return lambda: (len(office.bodies), sorted(Sending.objects.values_list("state", flat=True)))


def proves(office: Any) -> Callable[[], Any]:
    """A channel that waits for its code. The same code comes again under the same key: the reader knows it."""
    _channel(office, proven=False)
    return lambda: len(
        {(body, head.get("Idempotency-Key")) for body, head in zip(office.bodies, office.headers, strict=True)}
    )


def exports(office: Any) -> Callable[[], Any]:
    """A list that was asked for: one file, and one notice to its asker."""
    cast.reported()
    ledger.ask(by=acting("dispatcher"), title="案件", path="/cases/", query="", form="csv", lang="en", purpose="work")

    def effects() -> Any:
        return list(Export.objects.values_list("state", "sha256")), Notice.objects.filter(verb="export").count()

    return effects


SCENES = {
    consequences.TASK: follows, "jiedao.deliver": delivers, "jiedao.prove_channel": proves, ledger.TASK: exports
}  # fmt: skip


def _all_due() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE public.procrastinate_jobs SET scheduled_at = NULL")


def test_every_task_has_its_scene():
    assert set(SCENES) == set(TASKS)


@pytest.mark.parametrize("task", TASKS)
def test_a_job_killed_after_its_effect_and_before_it_said_so_has_its_effect_once(queue, office, task):
    effects = SCENES[task](office)
    _all_due()
    jobs = _take_all(queue, task)
    assert jobs, "nothing was deferred"
    for _, args in jobs:
        app.tasks[task].func(**args)
    once = effects()

    # Nobody says that they were done: their worker is dead. They are freed, taken and run again.
    queue.execute("DELETE FROM procrastinate_workers")
    assert free_stalled() >= len(jobs)
    again = _take_all(queue, task)
    for _, args in again:
        app.tasks[task].func(**args)

    assert len(again) == len(jobs)
    assert effects() == once


def _take_all(queue: psycopg.Connection, task: str) -> list[tuple[int, dict[str, Any]]]:
    worker = queue.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id").fetchone()[0]
    taken = queue.execute(
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s, attempts = attempts + 1 "
        "WHERE status = 'todo' AND task_name = %s RETURNING id, args",
        [worker, task],
    )
    return [(row[0], row[1]) for row in taken]


# The sweeper, killed

SWEEPER = (
    "from jiedao.ground.db.jobs import free_stalled\nimport time\nprint('at work', flush=True)\n"
    "while True:\n    free_stalled()\n    time.sleep(0.002)\n"
)


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=[pytest.mark.nightly, pytest.mark.timeout(600)])])
def test_a_sweeper_killed_in_the_middle_holds_nobody_up(queue, kills):
    chance = random.Random(kills)
    for _ in range(kills):
        queue.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts) "
            "SELECT 'q', 't', '{}', 'doing', 1 FROM generate_series(1, 300)"
        )
        sweeper = subprocess.Popen(
            [sys.executable, "-c", SWEEPER], cwd=CHECKOUT, env=os.environ.copy(), stdout=subprocess.PIPE
        )
        assert sweeper.stdout.readline() == b"at work\n"
        time.sleep(chance.uniform(0.01, 0.12))
        sweeper.kill()
        sweeper.wait()

    began, freed = time.monotonic(), 0
    while done := free_stalled():
        freed += done
    left = queue.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'").fetchone()[0]
    print(f"reached {kills} kills, {300 * kills - freed} freed by who was killed, {freed} by the next")
    assert (left, time.monotonic() - began < 120) == (0, True)


# A worker, killed


@contextlib.contextmanager
def program(*words: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as out:
        running = subprocess.Popen(
            [sys.executable, "-m", "jiedao", *words], cwd=CHECKOUT, stdout=out, stderr=out,
            env=os.environ | {"DJANGO_ALLOW_ASYNC_UNSAFE": "", "SEALS_ROOT": str(log.parent / "seals")}, start_new_session=True,
        )  # fmt: skip
    try:
        yield running
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGTERM)
            running.wait(30)


def _left(queue: psycopg.Connection) -> int:
    asked = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND args ->> 'poison' IS NULL"
    return queue.execute(asked + " AND attempts < 5").fetchone()[0]


@pytest.mark.nightly
@pytest.mark.timeout(300)
def test_what_a_killed_worker_had_begun_is_done_again_within_a_minute(queue, tmp_path):
    entry = Entry.objects.get(case=cast.reported(), seq=1)
    with program("work", "--ticker", log=tmp_path / "ticker"):
        with program("work", log=tmp_path / "first") as first:
            wait_for(lambda: _left(queue) == 0, 60)
            for _ in range(400):
                consequences.defer(entry)
            wait_for(lambda: _left(queue) < 350, 30)
            first.kill()
            first.wait()
        begun = queue.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'").fetchone()[0]
        died = time.monotonic()
        with program("work", log=tmp_path / "second"):
            wait_for(lambda: _left(queue) == 0, 60)
    print(f"reached {begun} jobs in hand at the kill, all done {time.monotonic() - died:.0f} s after it")
    assert Effect.objects.filter(entry=entry).count() == len(
        set(Effect.objects.filter(entry=entry).values_list("listener"))
    )


@pytest.mark.nightly
@pytest.mark.timeout(300)
def test_poison_stops_after_ten_tries_and_delays_nobody_else(queue, tmp_path):
    entry = Entry.objects.get(case=cast.reported(), seq=1)
    poison = json.dumps({"schema": GULOU, "entry": str(new_id())})
    bad = "INSERT INTO procrastinate_jobs (queue_name, task_name, args, lock) VALUES ('consequences', %s, %s, NULL)"
    for _ in range(20):
        queue.execute(bad, [consequences.TASK, poison])
    with program("work", log=tmp_path / "worker"):
        wait_for(
            lambda: queue.execute("SELECT count(*) FROM procrastinate_jobs WHERE attempts > 0").fetchone()[0] >= 20, 60
        )
        began = time.monotonic()
        for _ in range(50):
            consequences.defer(entry)
        good = "SELECT count(*) FROM procrastinate_jobs WHERE status <> 'succeeded' AND args ->> 'entry' = %s"
        wait_for(lambda: queue.execute(good, [str(entry.id)]).fetchone()[0] == 0, 30)
        took = time.monotonic() - began
        wait_for(lambda: _hurried(queue), 120)
    tries = {row[0] for row in queue.execute("SELECT attempts FROM procrastinate_jobs WHERE status = 'failed'")}

    print(f"reached 50 jobs beside 20 of poison in {took:.1f} s; given up after {tries} tries")
    assert took < 5
    assert tries and max(tries) <= MOST_TRIES


def _hurried(queue: psycopg.Connection) -> bool:
    """Brings the next tries forward; their waits grow to a quarter of an hour."""
    queue.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo' AND scheduled_at > now()")
    return queue.execute("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')").fetchone()[0] == 0


def test_a_notice_taken_by_a_worker_that_died_is_sent_again_under_its_key(queue, office):
    """Killed in the middle: after it took the notice and before, or after, the message went out."""
    from jiedao.kit.ports import armed

    class Killed(BaseException):
        pass

    def dies() -> None:
        raise Killed

    effects = delivers(office)
    channel = Channel.objects.get()
    for where in ("notice_taken", "notice_sent"):
        with armed(where, dies), contextlib.suppress(Killed):
            outbox.deliver(channel.id)
        Sending.objects.filter(state="begun").update(begun_at=now() - outbox.BEGUN_FOR * 2)
        outbox.sweep()
    outbox.deliver(channel.id)

    keys = {head["Idempotency-Key"] for head in office.headers}
    assert (len(keys), effects()[1]) == (1, ["sent"])
