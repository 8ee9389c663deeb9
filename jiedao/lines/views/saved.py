"""Saving and finding views (常用视图的存取). Thirty of one person on one list; the rest is forgotten by nobody but him."""

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from jiedao.ground.people import Actor
from jiedao.kit.clock import now
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.views.models import SavedView

MOST = 30


def of(actor: Actor, desk: str) -> list[SavedView]:
    """The views somebody has on a list: his own and his unit's, by name. One query."""
    if actor.person is None:
        return []
    mine = Q(person=actor.person)
    if actor.post:
        mine |= Q(unit__in=actor.post.unit.above)
    return list(SavedView.objects.filter(mine, desk=desk).order_by("unit_id", "name")[: MOST * 2])


def save(actor: Actor, desk: str, name: str, query: str, *, for_unit: bool = False) -> SavedView:
    """Keeps a view; one of the same name is replaced. Refuses `too_many_views`, and `incomplete` without a name."""
    if actor.person is None:
        raise Absent
    name = name.strip()[:40]
    if not name:
        raise Refused("incomplete", verb="", missing=["name"])
    unit = actor.post.unit if for_unit and actor.post else None
    with transaction.atomic():
        kept = SavedView.objects.select_for_update().filter(person=actor.person, desk=desk)
        if kept.exclude(name=name).count() >= MOST:
            raise Refused("too_many_views", most=MOST)
        view, _ = SavedView.objects.update_or_create(
            person=actor.person,
            desk=desk,
            name=name,
            defaults={"query": query[:600], "unit": unit, "made_at": now()},
            create_defaults={"id": new_id(), "query": query[:600], "unit": unit, "made_at": now()},
        )
    return view


def forget(actor: Actor, view_id: UUID) -> None:
    """Takes a view of one's own away. `Absent` for any other."""
    gone, _ = SavedView.objects.filter(pk=view_id, person=actor.person).delete()
    if not gone:
        raise Absent
