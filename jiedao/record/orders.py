"""Orders (派单): making one, taking a step on it, and whether that step moves the case."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from jiedao.ground.duties.responsible import admitted, barred
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import local, now
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused
from jiedao.record import clocks, flow, writing
from jiedao.record.definition import Move
from jiedao.record.models import Case, DispatchOrder, Entry


def check_receiver(case: Case, unit: Unit) -> None:
    """Whether a unit may be sent this case at all: `reported_party`, `negative_list`, `not_admitted`.

    Every way of sending goes through here, so that no door can pass down what was not admitted (D3, R7).
    """
    if set(unit.above) & set(case.reported_units):
        raise Refused("reported_party", unit=unit.name, unit_en=unit.name_en)
    if unit.level == Unit.Level.DISTRICT:
        return
    if case.item is None:
        raise Refused("has_item", verb="dispatch", state=case.state)
    day = local(now()).date()
    entry = barred(case.item.code, unit.level, day)
    if entry:
        raise Refused("negative_list", list=entry.list.name, **_gate(unit, entry.code, entry.name))
    if not admitted(case.item.code, unit.level, day):
        raise Refused("not_admitted", **_gate(unit, case.item.code, case.item.name))


def _gate(unit: Unit, item: str, name: str) -> dict[str, str]:
    """What the refusal says, and what an application would begin with."""
    return {"unit": unit.name, "receiver": unit.code, "level": unit.level, "item": item, "item_name": name}


def send(
    case: Case,
    unit: Unit,
    role: str,
    *,
    by: Actor,
    at: datetime,
    limit: str = "",
    no_return: bool = False,
    why: dict[str, Any] | None = None,
    passes_work: bool = True,
) -> DispatchOrder:
    """Makes one unit's order on a held case and starts its clocks. Refuses `order_open`, `lead_open` and as
    `check_receiver` does; who only examines papers or gives an opinion is passed no work, and needs no admission.
    """
    if passes_work:
        check_receiver(case, unit)
    if limit:
        Limit(limit)
    rows = case.held_orders()
    if any(row.unit_id == unit.id and row.is_open for row in rows):
        raise Refused("order_open", unit=unit.name)
    if role == DispatchOrder.Role.LEAD and any(row.role == role and row.is_open for row in rows):
        raise Refused("lead_open", unit=unit.name)
    order = DispatchOrder(
        case=case,
        unit=unit,
        sender_id=by.unit_id,
        role=role,
        item=case.item,
        limit=limit,
        sent_at=at,
        no_return=no_return,
        why=why or {},
        round=1 + sum(row.unit_id == unit.id for row in rows),
    )
    clocks.sent(case, order)
    order.save(force_insert=True)
    rows.append(order)
    return order


def end_all(case: Case, at: datetime) -> None:
    """The case ends without their answers: open orders are taken back, so that they leave every desk."""
    for row in case.held_orders():
        if row.is_open:
            row.recalled_at = at
            clocks.took(case, row, "recalled", at)
            writing.update(row, ["recalled_at", "due_at"])


def seen_by(case: Case, units: Iterable[Unit]) -> list[Any]:
    """The case's `units` with these and all above them added: who works there may see it from now on."""
    known = list(case.units)
    return known + [u for unit in units for u in unit.above if u not in known]


def moves_case(case: Case, order: DispatchOrder, step: str) -> bool:
    """Whether this order's step moves the case: the first one's, the lead's or the last one's, as defined.

    Asked under the case's lock: two last replies at the same instant would each wait for the other.
    """
    rule = case.process.definition.steps[step].moves if step in case.process.definition.steps else "last"
    if rule == "first":
        return True
    if rule == "lead":
        return order.role == DispatchOrder.Role.LEAD
    return not any(row.is_open for row in case.held_orders() if row.pk != order.pk)


def refresh(case: Case, order: DispatchOrder) -> None:
    """The order as it is under the case's lock, not as a door read it before: another request may have been first."""
    rows = case.held_orders()
    at = next(n for n, row in enumerate(rows) if row.pk == order.pk)
    for field in DispatchOrder._meta.concrete_fields:
        order.__dict__[field.attname] = rows[at].__dict__[field.attname]
    rows[at] = order  # from here on one object: what is changed on it is what predicates and clocks read


def step(
    case: Case,
    move: Move,
    order: DispatchOrder,
    name: str,
    *,
    by: Actor,
    said: dict[str, Any],
    public: bool = False,
    also: Iterable[str] = (),
    **columns: Any,
) -> Entry:
    """Takes a step of an order: its time, its clock, and the case's move if this order's step is what counts.

    `also` names fields of the order that came with the step.
    """
    # A server's clock may be set back: what follows an order still comes after it.
    at = max(now(), order.acknowledged_at or order.sent_at)
    setattr(order, f"{name}_at", at)
    clocks.took(case, order, name, at)
    writing.update(order, [f"{name}_at", "due_at", *also])
    if move.to and moves_case(case, order, name):
        return flow.advance(case, move, by=by, said=said, order=order, public=public, **columns)
    return flow.note(case, move.verb, by=by, said=said, order=order, public=public, **columns)
