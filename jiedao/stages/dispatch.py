"""Dispatch (派遣): who is sent the case, taken back, ruled upon, reminded and supervised."""

from datetime import datetime
from typing import Any
from uuid import UUID

from jiedao.ground.districts.calendar import calendar
from jiedao.ground.people import Actor, posts
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import now
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused
from jiedao.record import children, clocks, flow, orders, precedents, standing
from jiedao.record.models import Case, DispatchOrder, Entry


def dispatch(
    case_id: UUID,
    *,
    by: Actor,
    lead: Unit | None,
    helpers: list[Unit] | None = None,
    limit: str = "",
    reason: str = "",
    seen: int | None = None,
) -> Entry:
    """Sends the case to its lead and helpers (派遣), each with its own order and clocks.

    Without `lead`, helpers join a case that has one. What is not admitted does not reach a sub-district or community,
    and nothing reaches a unit the case is about.
    """
    helpers = helpers or []
    with flow.hold(case_id, seen=seen) as case:
        said = {
            "units": [u.code for u in (lead, *helpers) if u],
            "lead": lead.code if lead else "",
            "limit": limit,
            "reason": reason,
        }
        move = flow.permit(case, "dispatch", by=by, said=said)
        if lead is None and not case.orders.open().filter(role=DispatchOrder.Role.LEAD).exists():
            raise Refused("incomplete", verb="dispatch", missing=["lead"])
        if lead is None and not helpers:
            raise Refused("incomplete", verb="dispatch", missing=["helpers"])
        _send(case, lead, helpers, by=by, limit=limit)
        return flow.advance(case, move, by=by, said=said, public=True, **_held_by(case, lead, helpers, limit))


def _held_by(case: Case, lead: Unit | None, helpers: list[Unit], limit: str) -> dict[str, Any]:
    """What a dispatch changes on the case: who may see it, who has it now, and with a lead the printed limit."""
    held = {"holder": lead, "held_since": now(), "limit": limit or case.limit} if lead else {}
    return held | {"units": orders.seen_by(case, [u for u in (lead, *helpers) if u]), "marks": _joint(case)}


def _send(
    case: Case, lead: Unit | None, helpers: list[Unit], *, by: Actor, limit: str, no_return: bool = False
) -> None:
    at = now()
    if lead:
        why = case.routing.get("why", {}) if case.routing.get("proposed_lead") == str(lead.id) else {"by": "person"}
        # What a ruling settled for the item in this community is not asked again by sending it back.
        no_return = no_return or why.get("by") == "precedent"
        orders.send(case, lead, "lead", by=by, at=at, limit=limit, no_return=no_return, why=why)
    for unit in helpers:
        orders.send(case, unit, "helper", by=by, at=at, limit=limit)


def _joint(case: Case) -> dict[str, Any]:
    """Several units on one case carry the mark `joint`."""
    if case.orders.open().count() > 1 and "joint" not in case.marks:
        return {**case.marks, "joint": {"since": now().isoformat()}}
    marks: dict[str, Any] = case.marks
    return marks


def blow(case_id: UUID, *, by: Actor, seen: int | None = None) -> Entry:
    """Blows a reviewed whistle (吹哨). Each signature is a line; with the last one the departments are called."""
    with flow.hold(case_id, seen=seen) as case:
        move = flow.permit(case, "blow", by=by, said={})
        called = [Unit.objects.get(pk=pk) for pk in (case.routing["lead"], *case.routing.get("helpers", []))]
        said = {"units": [u.code for u in called]}
        if standing.unsigned(case, move, by):
            return flow.advance(case, move, by=by, said=said)
        _send(case, called[0], called[1:], by=by, limit=case.routing.get("limit", ""))
        return flow.advance(
            case,
            move,
            by=by,
            said=said,
            units=orders.seen_by(case, called),
            holder=called[0],
            held_since=now(),
            marks=_joint(case),
        )


def recall(order: DispatchOrder, *, by: Actor, reason: str, seen: int | None = None) -> Entry:
    """Takes an order back before the unit has signed it (撤回派单)."""
    with flow.hold(order.case_id, seen=seen) as case:
        orders.refresh(case, order)
        _must_be_open(order)
        move = flow.permit(case, "recall", by=by, said={"reason": reason}, order=order)
        return orders.step(case, move, order, "recalled", by=by, said={"reason": reason}, **_freed(case, order))


def rule(order: DispatchOrder, *, by: Actor, reason: str, unit: Unit | None = None, seen: int | None = None) -> Entry:
    """Decides who must act (裁定): this unit, or the one named. The unit ruled upon cannot return it again.

    After a return it makes a new order; on an objection it says that the order stands. Either way it is a precedent.
    """
    with flow.hold(order.case_id, seen=seen) as case:
        orders.refresh(case, order)
        target = unit or order.unit
        said = {"unit": target.code, "reason": reason}
        move = flow.permit(case, "rule", by=by, said=said, order=order)
        order.ruled_at = now()
        order.no_return = True
        order.save(update_fields=["ruled_at", "no_return"])
        if order.is_open and target.id == order.unit_id:
            return _settled(case, target, order.role, flow.note(case, "rule", by=by, said=said, order=order))
        if order.is_open:
            order.recalled_at = order.ruled_at
            clocks.took(case, order, "recalled", order.ruled_at)
            order.save(update_fields=["recalled_at", "due_at"])
        role = "helper" if case.orders.open().filter(role="lead").exists() else "lead"
        orders.send(case, target, role, by=by, at=now(), no_return=True, why={"by": "ruling"})
        entry = flow.advance(
            case,
            move,
            by=by,
            said=said,
            order=order,
            units=orders.seen_by(case, [target]),
            holder=target if role == "lead" else case.holder,
            held_since=now(),
        )
        return _settled(case, target, role, entry)


def _settled(case: Case, unit: Unit, role: str, entry: Entry) -> Entry:
    """Who leads by ruling, leads the next case of the item in this community too."""
    if role == DispatchOrder.Role.LEAD:
        precedents.set_by(case, unit, entry)
    return entry


def uphold(order: DispatchOrder, *, by: Actor, reason: str, seen: int | None = None) -> Entry:
    """The objection is right: the order ends as returned, and the case waits for another unit."""
    with flow.hold(order.case_id, seen=seen) as case:
        orders.refresh(case, order)
        _must_be_open(order)
        move = flow.permit(case, "uphold", by=by, said={"reason": reason}, order=order)
        order.ruled_at = now()
        order.save(update_fields=["ruled_at"])
        return orders.step(case, move, order, "returned", by=by, said={"reason": reason}, **_freed(case, order))


def _freed(case: Case, order: DispatchOrder) -> dict[str, Any]:
    """With the lead gone nobody holds the case, and the supervision list shows it so."""
    return {"holder": None, "held_since": now()} if order.role == DispatchOrder.Role.LEAD else {}


def _must_be_open(order: DispatchOrder) -> None:
    if not order.is_open:
        raise Refused("order_over", unit=order.unit.name)


def remind(case_id: UUID, *, by: Actor, text: str = "", order: DispatchOrder | None = None) -> Entry:
    """Urges whoever has it to get on (催办). Not again before the process's interval has passed: `too_soon`."""
    with flow.hold(case_id) as case:
        move = flow.permit(case, "remind", by=by, said={"text": text}, order=None)
        last = case.entries.filter(verb="remind", order_id=order.id if order else None).order_by("-seq").first()
        if last:
            again = Limit(case.process.definition.remind_again_after).due(last.at, calendar())
            if now() < again:
                raise Refused("too_soon", verb="remind", again_at=again.isoformat(), phone=_duty_phone(case))
        return flow.advance(case, move, by=by, said={"text": text}, order=order)


def _duty_phone(case: Case) -> str:
    return case.holder.duty_phone if case.holder else ""


def instruct(
    case_id: UUID,
    *,
    by: Actor,
    text: str,
    unit: Unit | None = None,
    until: datetime | None = None,
    seen: int | None = None,
) -> Entry:
    """A leader's written word on a case (批示): who sees to it, by when. No mark, and it counts in no score."""
    with flow.hold(case_id, seen=seen) as case:
        said = {"text": text, "until": until, "unit": unit.code if unit else case.holder.code if case.holder else ""}
        move = flow.permit(case, "instruct", by=by, said=said)
        return flow.advance(case, move, by=by, said=said)


def supervise(
    case_id: UUID, *, by: Actor, reason: str, until: datetime | None = None, seen: int | None = None
) -> Entry:
    """A leader or the centre supervises the case (督办), with a date. A mark: the state beneath goes on."""
    return _mark(case_id, "supervise", "supervised", by=by, said={"reason": reason, "until": until}, seen=seen)


def escalate(case_id: UUID, *, by: Actor, reason: str, seen: int | None = None) -> Entry:
    """Hands the case one level up (提级): refused, overdue, or beyond the unit's power."""
    return _mark(case_id, "escalate", "escalated", by=by, said={"reason": reason}, seen=seen)


def lift(case_id: UUID, *, by: Actor, reason: str = "", seen: int | None = None) -> Entry:
    """Ends the supervision."""
    with flow.hold(case_id, seen=seen) as case:
        move = flow.permit(case, "lift", by=by, said={"reason": reason})
        marks = {name: mark for name, mark in case.marks.items() if name != "supervised"}
        return flow.advance(case, move, by=by, said={"reason": reason}, marks=marks)


def _mark(case_id: UUID, verb: str, mark: str, *, by: Actor, said: dict[str, Any], seen: int | None) -> Entry:
    with flow.hold(case_id, seen=seen) as case:
        move = flow.permit(case, verb, by=by, said=said)
        set_by = {"since": now().isoformat(), "unit": str(by.unit_id or "")}
        if said.get("until"):
            set_by["until"] = said["until"].isoformat()
        return flow.advance(case, move, by=by, said=said, marks={**case.marks, mark: set_by})


def open_child(case_id: UUID, process: str, *, by: Actor, reason: str, order: DispatchOrder | None = None) -> Case:
    """Another procedure grows out of the case: a whistle, a dispute. Its end comes back as a line."""
    with flow.hold(case_id) as case:
        said = {"process": process, "reason": reason}
        move = flow.permit(case, "open_child", by=by, said=said, order=order)
        if process not in move.opens:
            raise Refused("not_now", verb="open_child", state=case.state, label={"zh": process, "en": process})
        return children.opened(
            case,
            process,
            by=by,
            said={"reason": reason},
            order=order,
            from_unit=posts.body_of(by.post) if by.post else None,
        )
