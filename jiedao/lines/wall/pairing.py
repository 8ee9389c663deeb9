"""Pairing (配对大屏): a duty officer makes a code, somebody types it at the display, and for some hours it may look."""

import base64
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from jiedao.ground.journal import notes
from jiedao.ground.people import Actor, guesses, posts
from jiedao.ground.terms import competence
from jiedao.kit import vault
from jiedao.kit.clock import now
from jiedao.kit.ids import new_id
from jiedao.kit.ports import chance
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.wall.models import Screen

PAIR = "wall_pair"
"""Who may pair a display: posts that the district names."""
LONGEST = 12
CODE_FOR = timedelta(minutes=10)
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Thirty-two signs that nobody takes for one another."""
LENGTH = 8
GUESS = guesses.Door("wall", 20, timedelta(hours=1), 60, timedelta(hours=1))
MOST = 20


def make(name: str, hours: int, *, by: Actor) -> tuple[Screen, str]:
    """A pairing and, this once, its code. Refuses `not_competent`, and more than twelve hours or twenty screens."""
    competence.require(by, PAIR)
    if not 1 <= hours <= LONGEST:
        raise Refused("too_long_paired", hours=LONGEST)
    assert by.person is not None and by.post is not None
    at, code = now(), "".join(LETTERS[byte % len(LETTERS)] for byte in chance.secret(LENGTH))
    with transaction.atomic():
        if running().count() >= MOST:
            raise Refused("too_many_screens", most=MOST)
        screen = Screen(
            id=new_id(), name=name.strip()[:40], person=by.person, post=by.post, made_at=at,
            ends_at=at + timedelta(hours=hours), code_hash=_hash(code), code_ends_at=at + CODE_FOR,
        )  # fmt: skip
        screen.save(force_insert=True)
        _noted(screen, "made", by, hours=hours)
    return screen, code


def pair(code: str, *, address: str) -> str:
    """The display's key for a code that was typed there. A code works once; guesses are counted. `wrong_wall_code` else."""
    typed = "".join(sign for sign in code.upper() if sign in LETTERS)
    guesses.spend(GUESS, address, "wall")
    key = base64.urlsafe_b64encode(chance.secret(32)).decode().rstrip("=")
    with transaction.atomic():
        found = Screen.objects.select_for_update().filter(code_hash=_hash(typed), ended_at=None).first()
        if found is None or found.code_ends_at < now() or len(typed) != LENGTH:
            raise Refused("wrong_wall_code")
        found.code_hash, found.hash, found.paired_at = None, _hash(key), now()
        found.save(update_fields=["code_hash", "hash", "paired_at"])
        _noted(found, "paired", None)
    guesses.passed(GUESS, address, "wall")
    return key


def seen_by(key: str) -> tuple[Screen, Actor] | None:
    """The screen of a key and as whom it looks. None once it has ended, or who paired it holds the post no more."""
    if not 20 <= len(key) <= 80:
        return None
    rows = Screen.objects.select_related("person", "post__unit__area", "post__unit__parent", "post__kind", "post__area")
    found = rows.filter(hash=_hash(key), ended_at=None, ends_at__gt=now()).first()
    if found is None or found.post not in posts.held_by(found.person):
        return None
    return found, Actor.at(found.post, found.person)


def running() -> Any:
    """Screens that look, or still may be paired."""
    at = now()
    return Screen.objects.filter(ended_at=None, ends_at__gt=at).exclude(paired_at=None, code_ends_at__lt=at)


def of(by: Actor) -> list[Screen]:
    """The screens that posts of the actor's unit have paired."""
    if by.post is None:
        return []
    mine = running().filter(post__unit_id__in=by.post.unit.acts_for)
    return list(mine.select_related("post__unit", "post__kind").order_by("-made_at")[:MOST])


def end(screen_id: UUID, *, by: Actor) -> None:
    """The display looks no more, from its next question on. `Absent` for another unit's."""
    with transaction.atomic():
        found = next((one for one in of(by) if one.id == screen_id), None)
        if found is None:
            raise Absent
        Screen.objects.filter(pk=found.pk).update(ended_at=now(), code_hash=None)
        _noted(found, "ended", by)


def _noted(screen: Screen, verb: str, by: Actor | None, **facts: Any) -> None:
    notes.change(
        "screen", screen.id, verb,
        person_id=by.person.id if by and by.person else None,
        post_id=by.post.id if by and by.post else None,
        system="" if by else "wall", **facts,
    )  # fmt: skip


def _hash(text: str) -> bytes:
    return vault.blind(text, "wall screen")
