"""Jobs of dead workers (滞留任务): freed, given up after ten tries, and never those of a living one."""

import psycopg
import pytest

from jiedao.ground.db.jobs import MOST_TRIES, forget_done, free_stalled
from jiedao.ground.db.roles import parameters


@pytest.fixture
def queue(fresh_database):
    with psycopg.connect(**parameters("worker"), autocommit=True) as connection:
        yield connection


def worker(queue: psycopg.Connection, silent_for: str) -> int:
    made = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval) RETURNING id"
    return queue.execute(made, [silent_for]).fetchone()[0]


def job(queue: psycopg.Connection, of: int | None, tries: int = 0, twin: str | None = None) -> int:
    made = (
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, worker_id, attempts, queueing_lock) "
        "VALUES ('q', 't', '{}', 'doing', %s, %s, %s) RETURNING id"
    )
    return queue.execute(made, [of, tries, twin]).fetchone()[0]


def status(queue: psycopg.Connection, job: int) -> str:
    return queue.execute("SELECT status FROM procrastinate_jobs WHERE id = %s", [job]).fetchone()[0]


def test_the_job_of_a_silent_worker_is_sent_again(queue):
    left = job(queue, worker(queue, "1 minute"))

    assert free_stalled() == 1
    assert status(queue, left) == "todo"


def test_the_job_of_a_worker_that_is_gone_is_sent_again(queue):
    left = job(queue, None)

    assert free_stalled() == 1
    assert status(queue, left) == "todo"


def test_the_job_of_a_living_worker_is_left_alone(queue):
    busy = job(queue, worker(queue, "1 second"))

    assert free_stalled() == 0
    assert status(queue, busy) == "doing"


def test_a_job_that_killed_ten_workers_is_given_up(queue):
    poison = job(queue, None, tries=MOST_TRIES)

    assert free_stalled() == 1
    assert status(queue, poison) == "failed"


def test_a_job_whose_twin_waits_already_does_not_stop_the_others(queue):
    queue.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, queueing_lock) VALUES ('q', 't', '{}', 'x')"
    )
    double = job(queue, None, twin="x")
    left = job(queue, None)

    assert free_stalled() == 1
    assert (status(queue, double), status(queue, left)) == ("doing", "todo")


def test_jobs_done_long_ago_are_forgotten(queue):
    old, young = job(queue, None), job(queue, None)
    queue.execute("UPDATE procrastinate_jobs SET status = 'succeeded'")
    queue.execute("UPDATE procrastinate_events SET at = now() - interval '2 days' WHERE job_id = %s", [old])

    assert forget_done() == 1
    assert status(queue, young) == "succeeded"
