"""Attempts at the gate (未经准入的派单): what was refused because it is not admitted, counted by sender and item."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max

from jiedao.ground.people import Actor, posts
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import now
from jiedao.lines.admission.models import Attempt

RULES = frozenset({"not_admitted", "negative_list"})


def count(facts: Mapping[str, Any], rule: str, *, by: Actor, verb: str) -> Attempt:
    """Writes an attempt, in a transaction of its own: the one that was refused has left nothing."""
    row = Attempt(
        sender=posts.speaks_for(by.post) if by.post else None,
        post=by.post,
        receiver=str(facts.get("receiver", ""))[:20],
        receiver_name=str(facts.get("unit", ""))[:80],
        level=str(facts.get("level", ""))[:12],
        item_code=str(facts.get("item", ""))[:40],
        item_name=str(facts.get("item_name", ""))[:120],
        rule=rule,
        verb=verb,
        at=now(),
    )
    with transaction.atomic():
        row.save(force_insert=True)
    return row


@dataclass(frozen=True)
class Tally:
    """How often a department tried to pass down one item, and when last."""

    sender: Unit | None
    item_code: str
    item_name: str
    level: str
    times: int
    last_at: datetime


def tallies(*, days: int = 365, sender: Unit | None = None, most: int = 200) -> list[Tally]:
    """By sender and item, the most frequent first. Two queries."""
    rows = Attempt.objects.filter(at__gte=now() - timedelta(days=days))
    if sender is not None:
        rows = rows.filter(sender=sender)
    grouped = rows.values("sender_id", "item_code", "item_name", "level").annotate(times=Count("id"), last=Max("at"))
    found = list(grouped.order_by("-times", "-last")[:most])
    known = Unit.objects.in_bulk([row["sender_id"] for row in found if row["sender_id"]])
    return [
        Tally(known.get(row["sender_id"]), row["item_code"], row["item_name"], row["level"], row["times"], row["last"])
        for row in found
    ]
