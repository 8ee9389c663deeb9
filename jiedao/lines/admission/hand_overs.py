"""Hand-overs (随事划转): what comes down with work is booked, handed over, received, used; what is left shows (D7)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from jiedao.ground.journal import notes
from jiedao.ground.people import Actor, posts
from jiedao.ground.people.models import Unit
from jiedao.ground.terms import competence
from jiedao.ground.terms.models import fact
from jiedao.kit.clock import now, today
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.admission.models import HandOver, HandUse

Kind = HandOver.Kind


@dataclass(frozen=True)
class Balance:
    """What was received, what is used, what waits for approval, what is left: yuan for money, pieces for the rest."""

    received: Decimal
    used: Decimal
    waiting: Decimal

    @property
    def left(self) -> Decimal:
        return self.received - self.used - self.waiting


def book(
    *,
    by: Actor,
    kind: str,
    what: str,
    to_unit: Unit,
    quantity: int | None = None,
    amount: Decimal | None = None,
    from_unit: Unit | None = None,
    item_code: str = "",
    basis: str = "",
    due_on: date | None = None,
) -> HandOver:
    """Books what is to come down. Who gives books it, or who keeps admission for others."""
    giver = from_unit or _body(by)
    if giver.id not in _own(by):
        competence.require(by, "admission")
    if kind not in Kind.values or not what.strip():
        raise Refused("incomplete", verb="hand_over", missing=["kind" if kind not in Kind.values else "what"])
    if (kind == Kind.MONEY) != (amount is not None and amount > 0):
        raise Refused("incomplete", verb="hand_over", missing=["amount"])
    if giver.id == to_unit.id or giver.id in _below(to_unit):
        raise Refused("not_downward", unit=giver.name, unit_en=giver.name_en, level=to_unit.level)
    row = HandOver(
        kind=kind, what=what.strip()[:120], quantity=None if kind == Kind.MONEY else quantity, from_unit=giver,
        to_unit=to_unit, amount=amount if kind == Kind.MONEY else None, item_code=item_code, basis=basis, due_on=due_on,
    )  # fmt: skip
    with transaction.atomic():
        row.save(force_insert=True)
        _noted(row, "book", by)
    return row


def _below(unit: Unit) -> set[object]:
    """Units that stand under one: nothing is handed up as if it were handed down."""
    return set(Unit.objects.filter(above__contains=[unit.id]).values_list("id", flat=True))


def hand(row_id: UUID, *, by: Actor) -> HandOver:
    """Handed over by who gives it (移交)."""
    with transaction.atomic():
        row = _held(row_id)
        if row.from_unit_id not in _own(by):
            competence.require(by, "admission")
        if row.handed_on:
            raise Refused("handed_already", what=row.what, on=row.handed_on.isoformat())
        row.handed_on = today()
        row.save(update_fields=["handed_on"])
        _noted(row, "hand", by)
    return row


def receive(row_id: UUID, *, by: Actor) -> HandOver:
    """Received by who gets it, and by nobody else (接收)."""
    with transaction.atomic():
        row = _held(row_id)
        _must_be(row.to_unit, by)
        if not row.handed_on:
            raise Refused("not_handed", what=row.what, unit=row.from_unit.name, unit_en=row.from_unit.name_en)
        if row.received_on:
            raise Refused("received_already", what=row.what, on=row.received_on.isoformat())
        row.received_on, row.received_by = today(), by.person
        row.save(update_fields=["received_on", "received_by"])
        _noted(row, "receive", by)
    return row


def use(row_id: UUID, *, by: Actor, text: str, quantity: int | None = None, amount: Decimal | None = None) -> HandUse:
    """Used by who received it (使用). Money above what this level spends alone waits for approval from above (D7)."""
    with transaction.atomic():
        row = _held(row_id)
        _must_be(row.to_unit, by)
        if not row.received_on or row.ended_on:
            raise Refused("not_received", what=row.what)
        wanted = amount if row.kind == Kind.MONEY else Decimal(quantity or 0)
        if not text.strip() or wanted is None or wanted <= 0:
            raise Refused("incomplete", verb="hand_over", missing=["amount" if row.kind == Kind.MONEY else "quantity"])
        left = balance(row).left
        if wanted > left:
            raise Refused("more_than_left", what=row.what, left=f"{left:,.2f}" if row.amount else f"{left:.0f}")
        used = HandUse(
            hand_over=row, on=today(), text=text.strip()[:200], by_post=by.post, amount=amount if row.amount else None,
            quantity=None if row.amount else quantity, needs_approval=_needs_approval(row, wanted),
        )  # fmt: skip
        used.save(force_insert=True)
        _noted(row, "use", by, use=str(used.id), waits=used.needs_approval)
    return used


def _needs_approval(row: HandOver, wanted: Decimal) -> bool:
    """Above what the district's table `spending` lets this level spend alone; where the table is silent, never."""
    alone = fact("spending", row.to_unit.level, "alone_up_to")
    return row.kind == Kind.MONEY and alone is not None and wanted > Decimal(str(alone))


def approve(use_id: UUID, *, by: Actor, agreed: bool = True) -> HandUse:
    """The unit above who spends approves it, or does not (审批)."""
    with transaction.atomic():
        used = HandUse.objects.select_for_update(of=("self",)).filter(pk=use_id).first()
        if used is None:
            raise Absent
        row = _held(used.hand_over_id)
        above = row.to_unit.parent or row.from_unit
        _must_be(above, by)
        if not used.needs_approval or used.approved_at or used.refused_at:
            raise Refused("nothing_to_approve", what=row.what)
        used.approved_at, used.refused_at = (now(), None) if agreed else (None, now())
        used.approved_by = by.post
        used.save(update_fields=["approved_at", "refused_at", "approved_by"])
        _noted(row, "approve" if agreed else "turn_down", by, use=str(used.id))
    return used


def balance(row: HandOver) -> Balance:
    """From its uses, every time: no running total can drift."""
    uses = [one for one in row.uses.all() if one.refused_at is None]

    def total(rows: list[HandUse]) -> Decimal:
        return sum((Decimal(one.amount or one.quantity or 0) for one in rows), Decimal(0))

    waiting = [one for one in uses if one.needs_approval and one.approved_at is None]
    received = Decimal(row.amount or row.quantity or 0) if row.received_on else Decimal(0)
    return Balance(received, total([one for one in uses if one not in waiting]), total(waiting))


def seen_by(actor: Actor) -> QuerySet[HandOver]:
    """What both sides see: who gives, who gets, who stands above either; who keeps admission sees all."""
    rows = HandOver.objects.select_related("from_unit", "to_unit__parent", "case").prefetch_related("uses__by_post")
    if actor.post is None:
        return rows.none()
    if competence.may(actor, "admission"):
        return rows
    own = _own(actor)
    below = Unit.objects.filter(above__overlap=own).values_list("id", flat=True)
    return rows.filter(Q(from_unit__in=own) | Q(to_unit__in=own) | Q(to_unit__in=below))


def _own(actor: Actor) -> list[object]:
    return list(actor.post.unit.acts_for) if actor.post else []


def is_of(actor: Actor, unit: Unit | None) -> bool:
    """Whether an actor acts for a unit."""
    return unit is not None and actor.post is not None and unit.id in _own(actor)


def _body(actor: Actor) -> Unit:
    if actor.post is None:
        raise Absent
    return posts.speaks_for(actor.post)


def _must_be(unit: Unit, by: Actor) -> None:
    if not is_of(by, unit):
        raise Refused("not_your_unit", unit=unit.name, unit_en=unit.name_en)


def _held(row_id: UUID) -> HandOver:
    rows = HandOver.objects.select_for_update(of=("self",)).select_related("from_unit", "to_unit__parent")
    row = rows.filter(pk=row_id).first()
    if row is None:
        raise Absent
    return row


def _noted(row: HandOver, verb: str, by: Actor, **facts: Any) -> None:
    notes.change(
        "hand_over", row.id, verb, **by.author, **facts,
    )  # fmt: skip
