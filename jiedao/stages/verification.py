"""Verification (核查、回访): somebody other than the handler looks whether it is done, and the caller is asked."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from jiedao.ground.people import Actor
from jiedao.ground.store import Stored
from jiedao.kit.clock import now
from jiedao.kit.refusal import Refused
from jiedao.record import attachments, flow, orders
from jiedao.record.models import Case, Check, DispatchOrder, Entry, Rating


def ask_check(case_id: UUID, *, by: Actor, text: str = "", seen: int | None = None) -> Entry:
    """A check is asked for (派核查): on site, or by calling the caller back, as the process goes."""
    return _simple(case_id, "ask_check", by=by, said={"text": text}, seen=seen)


def check(
    case_id: UUID,
    *,
    by: Actor,
    way: str,
    agrees: bool,
    text: str,
    photos: Sequence[Stored] = (),
    seen: int | None = None,
) -> Entry:
    """Looks whether it is really done (核查). The checker's unit has never had an order on this case."""
    if way not in Check.Way.values:
        raise Refused("unknown_way", way=way, known=list(Check.Way.values))
    said = {"way": way, "agrees": agrees, "text": text, "photos": [p.sha256.hex() for p in photos]}
    with flow.hold(case_id, seen=seen) as case:
        move = flow.permit(case, "check", by=by, said=said)
        entry = flow.advance(case, move, by=by, said=said)
        Check.objects.create(
            case=case,
            entry=entry,
            way=way,
            agrees=agrees,
            person_id=entry.person_id,
            post_id=entry.post_id,
            unit_id=entry.unit_id,
            at=entry.at,
        )
        attachments.attach(entry, photos, public=False)
        return entry


def callback(
    case_id: UUID,
    *,
    by: Actor,
    reached: bool,
    contacted: bool | None = None,
    solved: bool | None = None,
    satisfied: str = "",
    text: str = "",
    seen: int | None = None,
) -> Entry:
    """The caller is asked (回访): were you contacted, is it solved, are you satisfied. No answer is not `satisfied`."""
    if reached and (contacted is None or solved is None or satisfied not in Rating.Satisfied.values):
        raise Refused("incomplete", verb="callback", missing=["contacted", "solved", "satisfied"])
    said = {"reached": reached, "text": text}
    if reached:
        said |= {"contacted": contacted, "solved": solved, "satisfied": satisfied}
    with flow.hold(case_id, seen=seen) as case:
        move = flow.permit(case, "callback", by=by, said=said)
        entry = flow.advance(case, move, by=by, said=said)
        for order in _answered(case):
            Rating.objects.create(
                case=case,
                order=order,
                unit_id=order.unit_id,
                entry=entry,
                by=Rating.By.CALLBACK,
                reached=reached,
                contacted=contacted if reached else None,
                solved=solved if reached else None,
                satisfied=satisfied if reached else "",
                at=entry.at,
            )
        return entry


def _answered(case: Case) -> list[DispatchOrder]:
    """The orders that the caller is asked about: each unit's last answer."""
    last: dict[UUID, DispatchOrder] = {}
    for order in case.orders.exclude(answered_at=None).order_by("answered_at"):
        last[order.unit_id] = order
    return list(last.values())


def rework(case_id: UUID, *, by: Actor, reason: str, limit: str = "", seen: int | None = None) -> Entry:
    """Not accepted (返工): the lead gets a new order with a new limit; the old one keeps its answer."""
    with flow.hold(case_id, seen=seen) as case:
        said = {"reason": reason, "limit": limit}
        move = flow.permit(case, "rework", by=by, said=said)
        units = _send_again(case, by=by, limit=limit)
        return flow.advance(
            case,
            move,
            by=by,
            said=said,
            public=True,
            holder=units[0].unit,
            held_since=units[0].sent_at,
        )


def _send_again(case: Case, *, by: Actor, limit: str) -> list[DispatchOrder]:
    """A new order to the last lead. Its ruling, if there was one, still holds."""
    lead = case.orders.filter(role="lead").exclude(answered_at=None).order_by("-answered_at").first()
    if lead is None:
        raise Refused("nobody_answered", number=case.number)
    return [
        orders.send(
            case,
            lead.unit,
            "lead",
            by=by,
            at=now(),
            limit=limit or lead.limit,
            no_return=lead.no_return,
            why={"by": "rework"},
        )
    ]


def verify(case_id: UUID, *, by: Actor, text: str, seen: int | None = None) -> Entry:
    """The sub-district checks a whistle's results on the spot and ends it (核实结项)."""
    return _simple(case_id, "verify", by=by, said={"text": text}, seen=seen)


def confirm(case_id: UUID, *, by: Actor, text: str = "", seen: int | None = None) -> Entry:
    """Who sent the order accepts what was done (确认)."""
    return _simple(case_id, "confirm", by=by, said={"text": text}, seen=seen)


def close(case_id: UUID, *, by: Actor, text: str = "", seen: int | None = None) -> Entry:
    """Check and report agree: the case ends (结案), and who reported it is told the result."""
    return _simple(case_id, "close", by=by, said={"text": text}, public=True, seen=seen)


def reopen(case_id: UUID, *, by: Actor, reason: str, seen: int | None = None) -> Entry:
    """A closed case goes on (重开) within the window of its process; the lead gets a new order."""
    with flow.hold(case_id, seen=seen) as case:
        move = flow.permit(case, "reopen", by=by, said={"reason": reason})
        again = _send_again(case, by=by, limit="") if case.orders.exclude(answered_at=None).exists() else []
        columns: dict[str, Any] = {"holder": again[0].unit, "held_since": again[0].sent_at} if again else {}
        return flow.advance(case, move, by=by, said={"reason": reason}, public=True, **columns)


def _simple(
    case_id: UUID, verb: str, *, by: Actor, said: dict[str, Any], public: bool = False, seen: int | None = None
) -> Entry:
    with flow.hold(case_id, seen=seen) as case:
        move = flow.permit(case, verb, by=by, said=said)
        return flow.advance(case, move, by=by, said=said, public=public)
