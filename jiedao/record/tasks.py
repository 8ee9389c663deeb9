"""Rounds (定时): the tick and the sweeper over all districts, called by the supervised ticker; and the job's module.

Neither takes a lock of its own: a killed process would keep it, and everything behind it would wait.
"""

import logging

from jiedao.ground.districts import district
from jiedao.ground.districts.models import District
from jiedao.record import consequences, seals, tick, tidying
from jiedao.record.consequences import follow

__all__ = ["follow", "seal_all", "sweep_all", "tick_all", "tidy_all"]

log = logging.getLogger(__name__)


def tick_all() -> int:
    """One tick in every district; a district that fails keeps no other from ringing."""
    rung = 0
    for place in District.objects.all():
        try:
            with district(place):
                rung += tick.tick()
        except Exception:
            log.exception("tick failed", extra={"district": place.code})
    return rung


def seal_all() -> int:
    """Seals what moved in every district whose last seal is an hour old."""
    made = 0
    for place in District.objects.all():
        with district(place):
            made += seals.seal_when_due()
    return made


def tidy_all() -> int:
    """Deletes what has served its time, in every district; says how many rows and files went."""
    gone = 0
    for place in District.objects.all():
        with district(place):
            gone += sum(tidying.tidy().values())
    return gone


def sweep_all() -> int:
    """Sends again the consequences that are missing (a lost job, a crash between two nodes)."""
    sent = 0
    for place in District.objects.all():
        with district(place):
            for entry in consequences.missing():
                consequences.defer(entry)
                sent += 1
    return sent
