"""Seats (在岗): accounts and posts by their ids alone, for a process that may not read who people are (live)."""

from datetime import date
from typing import Any
from uuid import UUID

from jiedao.ground.people.models import Account, Post, Tenure
from jiedao.kit.clock import today


def active_account(pk: UUID) -> Account | None:
    """An account that may sign in."""
    return Account.objects.filter(pk=pk, is_active=True).first()


def held_by(person_id: UUID) -> list[Post]:
    """The posts somebody holds today, with their units and areas. One query."""
    day = today()
    rows: Any = Tenure.objects.on(day).filter(person_id=person_id).select_related("post__unit__area", "post__area")
    rows = rows.defer("post__unit__area__shape", "post__area__shape")
    return [row.post for row in rows if _in_force(row.post, day) and _in_force(row.post.unit, day)]


def _in_force(row: Any, day: date) -> bool:
    return bool(row.valid_from <= day and (row.valid_to is None or row.valid_to > day))
