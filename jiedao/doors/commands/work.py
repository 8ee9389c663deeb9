"""The job worker, or with --ticker what rings deadlines and frees stalled jobs (任务、定时)."""

import argparse
import asyncio
import importlib
import logging
import os
import signal
import threading
import time
from collections.abc import Callable

from jiedao.ground.db.checks import refuse_unless_safe

EXAMPLES = """
  jiedao work
  jiedao work --ticker
  jiedao work --once       do what waits, then end
"""
# What the ticker does, and every how many seconds. Named, not imported: Django must be set up first.
ROUNDS = {
    "jiedao.record.tasks.tick_all": 10.0,
    "jiedao.record.tasks.sweep_all": 60.0,
    "jiedao.doors.notify.tasks.sweep_all": 60.0,
    "jiedao.record.tasks.seal_all": 300.0,
    "jiedao.record.tasks.succeed_all": 60.0,
    "jiedao.record.tasks.tidy_all": 3600.0,
    "jiedao.lines.processes.rounds.publish_all": 60.0,
    "jiedao.lines.replies.drafts.tidy_all": 3600.0,
    "jiedao.lines.patrol.keeping.keep_all": 60.0,
    "jiedao.doors.rehearsal.duty.move_all": 10.0,
    "jiedao.record.tasks.catch_up_all": 3600.0,
    "jiedao.lines.subjects.rounds.retain_all": 3600.0,
    "jiedao.doors.keep.wal.carry": 15.0,
    "jiedao.doors.keep.erasures.carry_all": 300.0,
    "jiedao.doors.watch.ringing.round_": 60.0,
    "jiedao.lines.exports.ledger.end_all": 300.0,
    "jiedao.ground.db.jobs.free_stalled": 15.0,
    "jiedao.ground.db.jobs.forget_done": 3600.0,
}
log = logging.getLogger("jiedao.work")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ticker", action="store_true", help="ring what is due and free jobs of dead workers")
    parser.add_argument("--once", action="store_true", help="one round, then end")
    parser.add_argument("--threads", type=int, default=2, help="jobs at once (default 2)")


def run(args: argparse.Namespace) -> int:
    os.environ["JIEDAO_ROLE"] = "worker"
    refuse_unless_safe("worker")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
    import django  # noqa: PLC0415 -- slow import

    django.setup()
    return _tick(args.once) if args.ticker else _work(args.threads, not args.once)


def _work(threads: int, wait: bool) -> int:
    from procrastinate.contrib.django import app  # noqa: PLC0415 -- app ready

    async def worker() -> None:
        async with app.open_async():
            # Polling each second: the insert trigger is off, and a hint that got lost must not leave a job lying.
            await app.run_worker_async(
                concurrency=threads, wait=wait, fetch_job_polling_interval=1.0, shutdown_graceful_timeout=8.0
            )

    with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
        asyncio.run(worker())
    return 0


def _tick(once: bool) -> int:
    """Every round by its own beat. One failing stops no other."""
    ended = threading.Event()
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, lambda *_: ended.set())
    rounds = _rounds()
    due = dict.fromkeys(rounds, 0.0)
    while True:
        for name, (every, act) in rounds.items():
            if time.monotonic() >= due[name]:
                due[name] = time.monotonic() + every
                _once(name, act)
        if once or ended.wait(1.0):
            return 0


def _rounds() -> dict[str, tuple[float, Callable[[], object]]]:
    rounds = {}
    for path, every in ROUNDS.items():
        module, name = path.rsplit(".", 1)
        rounds[path] = (every, getattr(importlib.import_module(module), name))  # two modules may use one name
    return rounds


def _once(name: str, act: Callable[[], object]) -> None:
    from django.db import close_old_connections  # noqa: PLC0415 -- app ready

    try:
        close_old_connections()
        act()
    except Exception:
        log.exception("the round %s failed", name)
