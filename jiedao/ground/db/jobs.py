"""Stalled jobs (滞留任务): those of dead workers are freed, one transaction each, without a lock (A13)."""

import psycopg

from jiedao.ground.db.roles import parameters

SILENT_FOR = "30 seconds"
"""A worker sends a sign of life every ten seconds."""
MOST_TRIES = 10

_STALLED = """
SELECT job.id, job.attempts FROM public.procrastinate_jobs job
LEFT JOIN public.procrastinate_workers worker ON worker.id = job.worker_id
WHERE job.status = 'doing' AND (worker.id IS NULL OR worker.last_heartbeat < now() - %s::interval)
ORDER BY job.id LIMIT %s
"""
_AGAIN = "SELECT public.procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)"
_GIVE_UP = "UPDATE public.procrastinate_jobs SET status = 'failed' WHERE id = %s AND status = 'doing'"

KEPT_FOR = "1 day"
_DONE = """
DELETE FROM public.procrastinate_jobs WHERE id IN (
    SELECT job_id FROM public.procrastinate_events
    WHERE type IN ('succeeded', 'cancelled') AND at < now() - %s::interval ORDER BY job_id LIMIT %s
) AND status IN ('succeeded', 'cancelled')
"""


def stalled(connection: psycopg.Connection, most: int = 500) -> list[tuple[int, int]]:
    """Jobs begun by a worker that is silent or gone, each with its number of tries."""
    return [(int(row[0]), int(row[1])) for row in connection.execute(_STALLED, [SILENT_FOR, most])]


def free_stalled() -> int:
    """Send the jobs of dead workers again, and give up what has killed its worker too often. Says how many."""
    freed = 0
    with psycopg.connect(**parameters("worker"), autocommit=True) as connection:
        for job, tries in stalled(connection):
            try:
                connection.execute(_GIVE_UP if tries >= MOST_TRIES else _AGAIN, [job])
                freed += 1
            except (psycopg.errors.RaiseException, psycopg.errors.UniqueViolation):
                continue  # finished meanwhile, or its twin already waits
    return freed


def forget_done(most: int = 20_000) -> int:
    """Deletes jobs that were done a day ago; entries and effects tell what happened, the queue need not."""
    with psycopg.connect(**parameters("worker"), autocommit=True) as connection:
        return connection.execute(_DONE, [KEPT_FOR, most]).rowcount
