"""Rounds (定时): the tick and the sweeper over all districts, called by the supervised ticker; and the job's module.

Neither takes a lock of its own: a killed process would keep it, and everything behind it would wait.
"""

import logging
from collections.abc import Callable

from jiedao.ground.districts import district
from jiedao.ground.districts.models import District
from jiedao.record import consequences, seals, succession, tick, tidying
from jiedao.record.consequences import follow

__all__ = ["catch_up_all", "follow", "in_each", "seal_all", "succeed_all", "sweep_all", "tick_all", "tidy_all"]

log = logging.getLogger(__name__)


def tick_all() -> int:
    """One tick in every district."""
    return in_each("tick", tick.tick)


def seal_all() -> int:
    """Seals what moved in every district whose last seal is an hour old."""
    return in_each("seal", seals.seal_when_due)


def succeed_all() -> int:
    """Carries out in every district what the day brings: re-organisations, and the accounts of those who left."""
    return in_each("succession", succession.tick)


def tidy_all() -> int:
    """Deletes what has served its time, in every district; says how many rows and files went."""
    return in_each("tidying", lambda: sum(tidying.tidy().values()))


def catch_up_all() -> int:
    """Files cases that no search finds yet, in every district."""
    return in_each("catching up", tidying.catch_up)


def sweep_all() -> int:
    """Sends again the consequences that are missing (a lost job, a crash between two nodes)."""
    return in_each("sweep", _sweep)


def _sweep() -> int:
    found = consequences.missing()
    for entry in found:
        consequences.defer(entry)
    return len(found)


def in_each(what: str, act: Callable[[], int]) -> int:
    """The sum over all districts; one that fails keeps no other from its turn."""
    total = 0
    for place in District.objects.all():
        try:
            with district(place):
                total += act()
        except Exception:
            log.exception("%s failed in %s", what, place.code)
    return total
