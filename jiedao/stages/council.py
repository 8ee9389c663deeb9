"""Council (会商审议): papers that are examined, heard, reviewed and decided: admission, changes of lists, rights.

Nothing is done in the street here, so there is no dispatch and no check. Whose turn it is says the definition's switch
`turns`: state → which office leads, which are heard. The line that opened the case keeps its papers.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area
from jiedao.ground.terms.offices import office
from jiedao.kit.clock import now
from jiedao.kit.refusal import Refused
from jiedao.record import clocks, flow, orders, standing, versions, writing
from jiedao.record.definition import Move
from jiedao.record.models import Case, DispatchOrder, Entry

HEARD, LEAD = DispatchOrder.Role.HEARD, DispatchOrder.Role.LEAD


def begin(
    process: str,
    *,
    by: Actor,
    title: str,
    words: str,
    from_unit: Unit,
    routing: dict[str, Any] | None = None,
    said: dict[str, Any] | None = None,
    **columns: Any,
) -> Case:
    """Opens a case of a council's process and gives it to whose turn the first state is. It lies in the whole district.

    For the line whose papers these are: it calls this and writes them in one transaction.
    """
    version = versions.process(process)
    with receipts.whole():
        area = Area.objects.on().filter(kind=Area.Kind.DISTRICT).first()
        columns = {"area": area, "area_path": area.path if area else "", "channel": "department"} | columns
        case, _ = flow.open(
            version,
            version.definition.opens_with,
            by=by,
            said={"words": words, **(said or {})},
            title=title[:200],
            words=words,
            from_unit=from_unit,
            routing=routing or {},
            **columns,
        )
        with flow.hold(case.id) as held:
            if turned := turn(held, held.state, by=by):
                told = {"units": [row.unit.code for row in held.held_orders()]}
                flow.note(held, "pass_on", by=Actor.system("flow"), said=told, **turned)
            return held


def turn(case: Case, state: str, *, by: Actor) -> dict[str, Any]:
    """Sends the orders of a state's turn on a held case: what `flow` is to change on it. Empty where nothing passes on.

    A new lead ends the turn of the last one. `from` as an office's name stands for who opened the case.
    """
    wanted = case.process.definition.switches.get("turns", {}).get(state, {})
    if not wanted:
        return {}
    at, changed = now(), {}
    if wanted.get("lead"):
        finish(case, at, (row for row in case.held_orders() if row.role == LEAD))
        lead = _office(case, wanted["lead"])
        orders.send(case, lead, LEAD, by=by, at=at, passes_work=False, why={"by": "turn"})
        changed = {"holder": lead, "held_since": at}
    heard = [_office(case, code) for code in wanted.get("heard", ())]
    return changed | ask(case, heard, by=by, at=at, limit=case.routing.get("limit", ""))


def _office(case: Case, code: str) -> Unit:
    """An office of the district, or one that the line has named for this case."""
    named = case.routing.get("offices", {}).get(code)
    if named:
        return Unit.objects.get(pk=named)
    if code == "from" and case.from_unit_id:
        return Unit.objects.get(pk=case.from_unit_id)
    return office(code)


def ask(case: Case, units: Iterable[Unit], *, by: Actor, at: datetime, limit: str = "") -> dict[str, Any]:
    """Asks units for their opinion on a held case; who has been asked and has not answered is not asked twice."""
    units = list(units)
    waiting = {row.unit_id for row in case.held_orders() if row.is_open}
    for unit in units:
        if unit.id not in waiting:
            orders.send(case, unit, HEARD, by=by, at=at, limit=limit, passes_work=False, why={"by": "turn"})
    return {"units": orders.seen_by(case, [*units, *(row.unit for row in case.held_orders())])}


def finish(case: Case, at: datetime, rows: Iterable[DispatchOrder], outcome: str = "") -> None:
    """Ends the turn of those who have had it: their orders count as answered."""
    for row in rows:
        if row.is_open:
            row.answered_at, row.outcome = at, outcome or row.outcome
            clocks.took(case, row, "answered", at)
            writing.update(row, ["answered_at", "outcome", "due_at"])


def accept(case_id: UUID, *, by: Actor, text: str = "", seen: int | None = None) -> Entry:
    """The papers are complete and are examined from here on (受理)."""
    return _moved(case_id, "accept", by=by, said={"text": text}, seen=seen)


def send_back(case_id: UUID, *, by: Actor, reason: str, seen: int | None = None) -> Entry:
    """Something is missing or wrong (退回补正): who applied corrects the papers; nothing is lost."""
    with flow.hold(case_id, seen=seen) as case:
        move = flow.permit(case, "send_back", by=by, said={"reason": reason})
        _recall(case, [row for row in case.held_orders() if row.role == HEARD])
        return flow.advance(case, move, by=by, said={"reason": reason}, **turn(case, move.to, by=by))


def hear(
    case_id: UUID, *, by: Actor, units: list[Unit], question: str, limit: str = "", seen: int | None = None
) -> Entry:
    """Asks those concerned for their opinion (征求意见), each by an order with the limit of the process or its own."""
    with flow.hold(case_id, seen=seen) as case:
        limit = limit or case.process.definition.switches.get("hear", {}).get("within", "")
        said = {"units": [u.code for u in units], "question": question, "limit": limit}
        move = flow.permit(case, "hear", by=by, said=said)
        _recall(case, [row for row in case.held_orders() if row.role == HEARD and row.unit in units])
        columns = ask(case, units, by=by, at=now(), limit=limit)
        return flow.advance(case, move, by=by, said=said, **columns)


def opine(order: DispatchOrder, *, by: Actor, stance: str, text: str, seen: int | None = None) -> Entry:
    """A unit that was asked answers (答复意见): agrees, agrees under a condition, objects. The last one moves the case.

    Counted under the lock: two last opinions at once would each wait for the other.
    """
    with flow.hold(order.case_id, seen=seen) as case:
        _fresh(case, order)
        said = {"unit": order.unit.code, "stance": stance, "text": text}
        move = flow.permit(case, "opine", by=by, said=said, order=order)
        _answered(case, order, stance, by=by)
        if move.to and not any(row.is_open and row.role == HEARD for row in case.held_orders()):
            return flow.advance(case, move, by=by, said=said, order=order, **turn(case, move.to, by=by))
        return flow.note(case, "opine", by=by, said=said, order=order)


def pass_on(case_id: UUID, *, by: Actor, text: str = "", seen: int | None = None) -> Entry:
    """On to the next step (移送), although somebody has let the limit for an opinion pass; the record says so."""
    with flow.hold(case_id, seen=seen) as case:
        late = [row for row in case.held_orders() if row.is_open and row.role == HEARD]
        said = {"text": text, "silent": [row.unit.code for row in late]}
        move = flow.permit(case, "pass_on", by=by, said=said)
        _recall(case, late)
        return flow.advance(case, move, by=by, said=said, **turn(case, move.to, by=by))


def vet(order: DispatchOrder, *, by: Actor, lawful: bool, text: str, seen: int | None = None) -> Entry:
    """The justice office says whether it is lawful, no duplicate, and in no negative list (法制审核)."""
    with flow.hold(order.case_id, seen=seen) as case:
        _fresh(case, order)
        said = {"lawful": lawful, "text": text}
        move = flow.permit(case, "vet", by=by, said=said, order=order)
        _answered(case, order, "lawful" if lawful else "unlawful", by=by)
        return flow.advance(case, move, by=by, said=said, order=order, **turn(case, move.to, by=by))


def table(case_id: UUID, *, by: Actor, text: str = "", seen: int | None = None) -> Entry:
    """Submits the papers with all opinions to those who decide (提交审议)."""
    return _moved(case_id, "table", by=by, said={"text": text}, seen=seen)


def approve(case_id: UUID, *, by: Actor, text: str = "", seen: int | None = None) -> Entry:
    """Approves (批准); with several signatures asked, the last one does."""
    return _moved(case_id, "approve", by=by, said={"text": text}, seen=seen)


def turn_down(case_id: UUID, *, by: Actor, reason: str, seen: int | None = None) -> Entry:
    """Not approved (不予批准), with the reason; the case ends and everybody's turn with it."""
    return _moved(case_id, "turn_down", by=by, said={"reason": reason}, seen=seen)


def decide(
    case_id: UUID, *, by: Actor, decision: str, text: str = "", reason: str = "", seen: int | None = None
) -> Entry:
    """Decides after the opinion is in (作出决定). Against it needs a reason, and where it binds cannot be done."""
    with flow.hold(case_id, seen=seen) as case:
        late = [row for row in case.held_orders() if row.is_open and row.role == HEARD]
        said = {"decision": decision, "text": text, "reason": reason, "silent": [row.unit.code for row in late]}
        move = flow.permit(case, "decide", by=by, said=said)
        _recall(case, late)
        return flow.advance(case, move, by=by, said=said, **onward(case, move.to, by=by))


def _moved(case_id: UUID, verb: str, *, by: Actor, said: dict[str, Any], seen: int | None) -> Entry:
    with flow.hold(case_id, seen=seen) as case:
        move = flow.permit(case, verb, by=by, said=said)
        if not (free := signed(case, move, by=by)):
            return flow.advance(case, move, by=by, said=said)
        return flow.advance(case, free, by=by, said=said, **onward(case, free.to, by=by))


def signed(case: Case, move: Move, *, by: Actor) -> Move | None:
    """The move as it happens once this actor has signed. None while others have still to sign.

    Asked before the turn passes on: who has had his turn has no standing left to sign with.
    """
    if move.signed_by and standing.unsigned(case, move, by):
        return None
    return replace(move, signed_by=None)


def onward(case: Case, to: str, *, by: Actor) -> dict[str, Any]:
    """What follows a move on a held case: the next turn, or with an end nobody's turn any more.

    Who was only asked and kept silent has not answered: such an order is taken back.
    """
    definition = case.process.definition
    if to and definition.state(to).end:
        if "heard" not in definition.switches.get("turns", {}).get(case.state, {}):
            _recall(case, [row for row in case.held_orders() if row.role == HEARD])
        finish(case, now(), case.held_orders())
        return {}
    return turn(case, to, by=by) if to else {}


def _recall(case: Case, rows: Iterable[DispatchOrder]) -> None:
    at = now()
    for row in rows:
        if row.is_open:
            row.recalled_at = at
            clocks.took(case, row, "recalled", at)
            writing.update(row, ["recalled_at", "due_at"])


def _answered(case: Case, order: DispatchOrder, outcome: str, *, by: Actor) -> None:
    at = now()
    order.answered_at, order.outcome = at, outcome
    order.answered_by = by.person.id if by.person else None
    clocks.took(case, order, "answered", at)
    writing.update(order, ["answered_at", "outcome", "answered_by", "due_at"])


def _fresh(case: Case, order: DispatchOrder) -> None:
    """The order as it is under the lock. Refuses what was answered or taken back meanwhile."""
    orders.refresh(case, order)
    if order.answered_at:
        raise Refused("already_replied", unit=order.unit.name, at=order.answered_at.isoformat())
    if not order.is_open:
        raise Refused("order_over", unit=order.unit.name)
