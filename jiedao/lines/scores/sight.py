"""Sight of scores (评分可见范围): whose figures an actor may read. Units only; no figure is about a person (R14)."""

from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.refusal import Absent

CITYWIDE = frozenset({Unit.Kind.CENTRE, Unit.Kind.LEADERSHIP})


def units(actor: Actor) -> list[Unit]:
    """The units whose figures the actor may read, by code. One query.

    The district's centre and leaders read every unit's; anybody else those of the own body and of the units below it.
    """
    if actor.kind != "person" or actor.post is None:
        return []
    own = actor.post.unit
    found = Unit.objects.on().exclude(kind__in=[Unit.Kind.OFFICE, *CITYWIDE])
    if own.level != Unit.Level.DISTRICT or own.kind not in CITYWIDE:
        found = found.filter(above__overlap=own.acts_for)
    return sorted(found, key=lambda unit: (unit.level != Unit.Level.DISTRICT, unit.code))


def unit_or_absent(actor: Actor, code: str) -> Unit:
    """One of them by its code. `Absent` for any other, whether it exists or not."""
    for unit in units(actor):
        if unit.code == code:
            return unit
    raise Absent
