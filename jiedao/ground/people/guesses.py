"""Guesses (试码): how often a password or a code may be tried, from one address and at one target (G20).

Only wrong ones count: two hundred colleagues behind one address sign in unhindered, and who gets in at last has
taken his own slips back. Addresses from which a target was right before are known to it: a crowd of strangers
guessing at an account keeps its owner out of nothing.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from jiedao.ground.people.models import Guess
from jiedao.kit import vault
from jiedao.kit.clock import now
from jiedao.kit.refusal import Refused

log = logging.getLogger(__name__)

KNOWN_FOR = timedelta(days=30)
"""How long an address stays known to a target after it was right. Local default."""

CODE_USED_FOR = timedelta(minutes=3)
"""Longer than any one-time code is good for."""


@dataclass(frozen=True)
class Door:
    """Where one guesses: how many wrong guesses an address has, and how many a target, in which span."""

    name: str
    per_place: int
    place_span: timedelta
    per_target: int
    target_span: timedelta


HOUR = timedelta(hours=1)
SIGN_IN = Door("sign_in", 20, HOUR, 5, timedelta(minutes=1))
SECOND = Door("second", 20, HOUR, 20, HOUR)
FOLLOW = Door("follow", 20, HOUR, 20, HOUR)


def spend(door: Door, address: str, target: str) -> None:
    """Takes one guess before it is checked; it counts as wrong until `passed`. Refuses `too_many_guesses`.

    Taken first and under two locks: ten guesses at the same instant would each find room for one more.
    """
    place, aim = _blind(door, "place", address), _blind(door, "target", target)
    with transaction.atomic():
        for name in sorted((place, aim)):
            _alone(name)
        at = now()
        if _is_known(door, place, aim, at):
            _refuse_over(door, door.per_place, at - door.place_span, door.place_span, place=place, target=aim)
        else:
            _refuse_over(door, door.per_place, at - door.place_span, door.place_span, place=place)
            _refuse_over(door, door.per_target, at - door.target_span, door.target_span, target=aim)
        _add(door, place, aim, False, at)


def passed(door: Door, address: str, target: str) -> None:
    """The guess was right: the slips before it no longer count, and the address is known to the target."""
    _add(door, _blind(door, "place", address), _blind(door, "target", target), True, now())


def used_before(target: str, code: str) -> bool:
    """Whether a one-time code was used already; if not, it is now. A code works once, in whichever process."""
    place, aim = vault.blind(f"{target}:{code}", "guess once"), vault.blind(target, "guess once")
    with transaction.atomic():
        _alone(aim)
        at = now()
        if Guess.objects.filter(door="once", place=place, target=aim, at__gt=at - CODE_USED_FOR).exists():
            return True
        Guess(door="once", place=place, target=aim, passed=True, at=at).save(force_insert=True)
    return False


def _blind(door: Door, what: str, text: str) -> bytes:
    return vault.blind(text.casefold(), f"guess {door.name} {what}")


def _alone(name: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{connection.schema_name}:guess:{name.hex()}"]
        )


def _add(door: Door, place: bytes, target: bytes, right: bool, at: datetime) -> None:
    Guess(door=door.name, place=place, target=target, passed=right, at=at).save(force_insert=True)


def _is_known(door: Door, place: bytes, target: bytes, at: datetime) -> bool:
    since = at - KNOWN_FOR
    return Guess.objects.filter(door=door.name, place=place, target=target, passed=True, at__gt=since).exists()


_WRONG = """
SELECT count(*), min(g.at) FROM people_guess g
WHERE g.door = %s AND g.at > %s AND NOT g.passed {where} AND NOT EXISTS (
  SELECT 1 FROM people_guess r
  WHERE r.door = g.door AND r.place = g.place AND r.target = g.target AND r.passed AND r.at >= g.at)
"""


def _refuse_over(door: Door, most: int, since: datetime, span: timedelta, **where: bytes) -> None:
    """Refuses when so many wrong guesses stand that nobody took back by being right."""
    columns = "".join(f" AND g.{name} = %s" for name in where)
    with connection.cursor() as cursor:
        cursor.execute(_WRONG.format(where=columns), [door.name, since, *where.values()])
        count, first = cursor.fetchone()
    if count >= most:
        log.warning("guessing at %s: %d wrong within %s, no more are checked", door.name, count, span)
        raise Refused("too_many_guesses", again_at=(first + span).isoformat())
