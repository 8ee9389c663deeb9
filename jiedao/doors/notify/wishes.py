"""Wishes (通知偏好): quiet hours, the hour of the daily message, and how fast each kind of notice comes."""

from datetime import time

from django.db import transaction

from jiedao.doors.notify import pace
from jiedao.doors.notify.models import Wishes
from jiedao.ground.people import Actor
from jiedao.kit.refusal import Absent, Refused


def of(by: Actor) -> Wishes:
    """Somebody's wishes; unsaved and empty for who never had any."""
    if by.person is None:
        raise Absent
    return Wishes.objects.filter(person=by.person).first() or Wishes(person=by.person)


def keep(
    *, by: Actor, own_hours: bool, quiet_from: time | None, quiet_to: time | None, daily_at: time | None,
    paces: dict[str, str],
) -> Wishes:  # fmt: skip
    """Keeps them. Refuses `bad_hours` for quiet hours that begin and never end."""
    if own_hours and (quiet_from is None) != (quiet_to is None):
        raise Refused("bad_hours")
    known = pace.rules().kinds
    kept = {kind: wish for kind, wish in paces.items() if kind in known and wish in pace.PACES}
    with transaction.atomic():
        row, _ = Wishes.objects.update_or_create(
            person=of(by).person,
            defaults={
                "own_hours": own_hours, "quiet_from": quiet_from, "quiet_to": quiet_to, "daily_at": daily_at,
                "paces": kept,
            },
        )  # fmt: skip
    return row
