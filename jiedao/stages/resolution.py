"""Resolution (处置): what a unit does with an order it was sent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from jiedao.ground.districts.calendar import calendar
from jiedao.ground.people import Actor
from jiedao.ground.store import Stored
from jiedao.kit.clock import now
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused
from jiedao.record import arrival, attachments, clocks, flow, orders
from jiedao.record.models import Case, Deadline, DispatchOrder, Entry


def acknowledge(order: DispatchOrder, *, by: Actor, seen: int | None = None) -> Entry:
    """The unit has it and answers for it (签收)."""
    with flow.hold(order.case_id, seen=seen) as case:
        _fresh(case, order)
        if order.acknowledged_at:
            raise Refused("already_acknowledged", unit=order.unit.name, at=order.acknowledged_at.isoformat())
        move = flow.permit(case, "acknowledge", by=by, said={}, order=order)
        return orders.step(case, move, order, "acknowledged", by=by, said={}, public=True)


def contact(
    order: DispatchOrder, *, by: Actor, way: str, text: str, reached: bool = True, seen: int | None = None
) -> Entry:
    """The unit speaks with the caller first (首次联系). Not reaching anyone is a line and stops no clock.

    Behind the complainant's shield the unit writes and the platform passes it on: that stops its clock (R7).
    """
    with flow.hold(order.case_id, seen=seen) as case:
        _fresh(case, order)
        if case.shielded and case.has_caller and way != "platform":
            raise Refused("through_the_platform", number=case.number)
        said = {"way": way, "reached": reached, "text": text}
        move = flow.permit(case, "contact", by=by, said=said, order=order)
        if not reached or order.contacted_at:
            return flow.note(case, "contact", by=by, said=said, order=order, public=case.shielded)
        return orders.step(case, move, order, "contacted", by=by, said=said, public=True)


def arrive(
    order: DispatchOrder, *, by: Actor, code: str, point: tuple[float, float] | None = None, seen: int | None = None
) -> Entry:
    """A department reports in on site (报到): it enters the code that changes on the host's screen."""
    with flow.hold(order.case_id, seen=seen) as case:
        _fresh(case, order)
        if order.arrived_at:
            raise Refused("already_arrived", unit=order.unit.name, at=order.arrived_at.isoformat())
        if not arrival.valid(case, code):
            raise Refused("arrival_code_old", seconds=arrival.GOOD_FOR)
        said = {"point": list(point) if point else None}
        move = flow.permit(case, "arrive", by=by, said=said, order=order)
        return orders.step(case, move, order, "arrived", by=by, said=said)


def start(order: DispatchOrder, *, by: Actor, plan: str = "", seen: int | None = None) -> Entry:
    """Work begins (开始办理), for a whistle by the plan agreed on the spot."""
    with flow.hold(order.case_id, seen=seen) as case:
        _fresh(case, order)
        move = flow.permit(case, "start", by=by, said={"plan": plan}, order=order)
        return flow.advance(case, move, by=by, said={"plan": plan}, order=order)


def reply(
    order: DispatchOrder,
    *,
    by: Actor,
    outcome: str,
    text: str,
    photos: Sequence[Stored] = (),
    took_up: str = "",
    spoke_with: str = "",
    did: str = "",
    finished: str = "",
    seen: int | None = None,
) -> Entry:
    """The unit reports what it did (反馈).

    Where several units were asked, the case waits for the last of them; each earlier reply only adds a line to
    the timeline.
    """
    said = {
        "outcome": outcome,
        "text": text,
        "photos": [p.sha256.hex() for p in photos],
        "took_up": took_up,
        "spoke_with": spoke_with,
        "did": did,
        "finished": finished,
    }
    with flow.hold(order.case_id, seen=seen) as case:
        orders.refresh(case, order)
        if order.answered_at:
            raise Refused("already_replied", unit=order.unit.name, at=order.answered_at.isoformat())
        _must_be_open(order)
        move = flow.permit(case, "reply", by=by, said=said, order=order)
        order.outcome = outcome
        order.answered_by = by.person.id if by.person else None
        told = ("outcome", "answered_by")
        entry = orders.step(case, move, order, "answered", by=by, said=said, public=True, also=told)
        attachments.attach(entry, photos, public=True)
        return entry


def return_(order: DispatchOrder, *, by: Actor, reason: str, article: str, seen: int | None = None) -> Entry:
    """Not ours (退回): with a reason and the article or list item that says so. Not after a ruling."""
    with flow.hold(order.case_id, seen=seen) as case:
        _fresh(case, order)
        said = {"reason": reason, "article": article}
        move = flow.permit(case, "return", by=by, said=said, order=order)
        freed: dict[str, Any] = {"holder": None, "held_since": now()} if order.role == "lead" else {}
        return orders.step(case, move, order, "returned", by=by, said=said, **freed)


def object_(order: DispatchOrder, *, by: Actor, reason: str, article: str, seen: int | None = None) -> Entry:
    """Denies that it must act (派单异议), and goes on until somebody rules. One objection per order."""
    with flow.hold(order.case_id, seen=seen) as case:
        _fresh(case, order)
        said = {"reason": reason, "article": article}
        move = flow.permit(case, "object", by=by, said=said, order=order)
        order.objected_at = now()
        order.save(update_fields=["objected_at"])
        return flow.advance(case, move, by=by, said=said, order=order)


def refuse(order: DispatchOrder, *, by: Actor, reason: str, seen: int | None = None) -> Entry:
    """Does not come to a whistle, or will not act (拒不履行): on the record, for whoever it is escalated to."""
    with flow.hold(order.case_id, seen=seen) as case:
        _fresh(case, order)
        move = flow.permit(case, "refuse", by=by, said={"reason": reason}, order=order)
        marks = {**case.marks, "refused": {"since": now().isoformat(), "unit": str(order.unit_id)}}
        return flow.advance(case, move, by=by, said={"reason": reason}, order=order, marks=marks)


def ask_extension(order: DispatchOrder, *, by: Actor, limit: str, reason: str, seen: int | None = None) -> Entry:
    """Asks for more time (申请延期): the limit it wants in all, counted from the order, and why."""
    Limit(limit)
    with flow.hold(order.case_id, seen=seen) as case:
        _fresh(case, order)
        said = {"limit": limit, "reason": reason}
        move = flow.permit(case, "ask_extension", by=by, said=said, order=order)
        order.extension_asked_at, order.extension_limit = now(), limit
        order.extension_decided_at = order.extension_granted = None
        order.save(update_fields=["extension_asked_at", "extension_limit", "extension_decided_at", "extension_granted"])
        return flow.advance(case, move, by=by, said=said, order=order)


def decide_extension(
    order: DispatchOrder, *, by: Actor, granted: bool, reason: str = "", limit: str = "", seen: int | None = None
) -> Entry:
    """Grants or denies more time (同意、不同意延期). Granted, the clock runs on and the caller is told the new date."""
    verb = "grant_extension" if granted else "deny_extension"
    with flow.hold(order.case_id, seen=seen) as case:
        _fresh(case, order)
        limit = limit or order.extension_limit
        said = {"limit": limit if granted else "", "reason": reason}
        move = flow.permit(case, verb, by=by, said=said, order=order)
        order.extension_decided_at, order.extension_granted = now(), granted
        order.save(update_fields=["extension_decided_at", "extension_granted"])
        if granted:
            for deadline in _counted_with(case, order):
                clocks.extend(deadline, limit)
            _sort(case, order)
        return flow.advance(case, move, by=by, said=said, order=order, public=granted)


def _counted_with(case: Case, order: DispatchOrder) -> list[Deadline]:
    """The order's own limit, and with the lead's what the caller was promised; a helper changes no promise."""
    own = clocks.running(case, order, "answered")
    return own + (clocks.promises(case) if order.role == DispatchOrder.Role.LEAD else [])


def _sort(case: Case, order: DispatchOrder) -> None:
    order.due_at = clocks.next_due(case, order)
    order.save(update_fields=["due_at"])


def pause(
    order: DispatchOrder, *, by: Actor, why: str, reason: str, until: datetime | None = None, seen: int | None = None
) -> Entry:
    """The clock stands still (暂停计时), for a reason the process knows and never longer than its cap."""
    with flow.hold(order.case_id, seen=seen) as case:
        _fresh(case, order)
        definition = case.process.definition
        if why not in definition.pause_reasons:
            raise Refused("unknown_pause_reason", why=why, known=list(definition.pause_reasons))
        said = {"why": why, "reason": reason, "until": until}
        move = flow.permit(case, "pause", by=by, said=said, order=order)
        at = now()
        running = [d for d in _counted_with(case, order) if d.paused_since is None]
        if not running:
            raise Refused("already_paused", unit=order.unit.name)
        for deadline in running:
            cap = Limit(definition.pause_cap).due(at, calendar()) - clocks.paused_for(deadline, at)
            if cap <= at or (until and until > cap):
                raise Refused("pause_cap", cap=definition.pause_cap, until=max(cap, at).isoformat())
            clocks.pause(deadline, why, at, min(until, cap) if until else cap)
        _sort(case, order)
        return flow.advance(case, move, by=by, said=said, order=order, public=True)


def resume(order: DispatchOrder, *, by: Actor, reason: str = "", seen: int | None = None) -> Entry:
    """The clock runs on (恢复计时)."""
    with flow.hold(order.case_id, seen=seen) as case:
        _fresh(case, order)
        move = flow.permit(case, "resume", by=by, said={"reason": reason}, order=order)
        paused = [d for d in _counted_with(case, order) if d.paused_since]
        if not paused:
            raise Refused("not_paused", unit=order.unit.name)
        for deadline in paused:
            clocks.resume(deadline, now())
        _sort(case, order)
        return flow.advance(case, move, by=by, said={"reason": reason}, order=order)


def defer(order: DispatchOrder, *, by: Actor, reason: str, seen: int | None = None) -> Entry:
    """Cannot be finished in any extended time (挂账): the unit explains, the centre signs, the clocks stand still."""
    with flow.hold(order.case_id, seen=seen) as case:
        _fresh(case, order)
        move = flow.permit(case, "defer", by=by, said={"reason": reason}, order=order)
        entry = flow.advance(case, move, by=by, said={"reason": reason}, order=order, public=True)
        if entry.verb == "defer":
            order.deferred_at = entry.at
            order.save(update_fields=["deferred_at"])
        return entry


def undefer(order: DispatchOrder, *, by: Actor, reason: str, seen: int | None = None) -> Entry:
    """The cause is gone (销账): work goes on and the clocks run."""
    with flow.hold(order.case_id, seen=seen) as case:
        _fresh(case, order)
        move = flow.permit(case, "undefer", by=by, said={"reason": reason}, order=order)
        order.deferred_at = None
        order.save(update_fields=["deferred_at"])
        return flow.advance(case, move, by=by, said={"reason": reason}, order=order, public=True)


def terminate(order: DispatchOrder, *, by: Actor, reason: str, seen: int | None = None) -> Entry:
    """Work ends without a result (终止办理), only when unit and centre have both signed; the caller is told why."""
    with flow.hold(order.case_id, seen=seen) as case:
        _fresh(case, order)
        move = flow.permit(case, "terminate", by=by, said={"reason": reason}, order=order)
        entry = flow.advance(case, move, by=by, said={"reason": reason}, order=order, public=True)
        if entry.verb == "terminate":
            orders.end_all(case, entry.at)
        return entry


def _fresh(case: Case, order: DispatchOrder) -> None:
    """Under the lock: what another request just did to this order counts. Refuses `order_over`."""
    orders.refresh(case, order)
    _must_be_open(order)


def _must_be_open(order: DispatchOrder) -> None:
    if not order.is_open:
        raise Refused("order_over", unit=order.unit.name)
