"""Sending people (派人): an assignment inside the squad's order; where there is none yet, the order comes with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol import power, scope
from jiedao.lines.patrol.models import Group, Shift
from jiedao.record import cases
from jiedao.record.models import Case, DispatchOrder, Entry
from jiedao.stages import assignment, dispatch

MOST = 40
"""People sent by one act."""


@dataclass(frozen=True)
class Sent:
    """What came of it: the orders under which people were asked, and the last line."""

    orders: tuple[UUID, ...]
    entry: Entry


def send(case: Case, shifts: Sequence[UUID], *, by: Actor, seen: int | None = None) -> Sent:
    """Asks people on duty to go to a case (派人), each within the order of the own squad or the body it acts for.

    Without such an order the squad gets one: as lead if nobody leads, else as helper. Refuses `not_on_duty`,
    `may_not_act` with why, `no_certificate`, and whatever the gate says of the order.
    """
    rows = _on_duty(shifts, by)
    with receipts.whole():
        persons = [row.person_id for row in rows]  # type: ignore[attr-defined]
        powers, papers = power.Powers(case), power.Papers(case, power.certified(persons))
        homes = power.homes(persons)
        for row in rows:
            home = homes.get(row.person_id)  # type: ignore[attr-defined]
            may = powers.of(row.roster.squad, [home] if home else [])
            if not may.may:
                raise Refused("may_not_act", call_sign=row.call_sign, how=may.how)
            if papers.lacks(row.person_id):  # type: ignore[attr-defined]
                raise Refused("no_certificate", call_sign=row.call_sign)
        used: list[UUID] = []
        entry: Entry | None = None
        for squad, people in _by_squad(rows).items():
            order = _order_for(case, squad, by=by, seen=seen if not used else None)
            entry = assignment.assign_all(order, by=by, seats=[(row.post, row.person) for row in people])
            used.append(order.id)
        assert entry is not None
    return Sent(tuple(used), entry)


def send_group(case: Case, group: Group, *, by: Actor, seen: int | None = None) -> Sent:
    """Sends everybody of a group who is on duty."""
    members = group.members.filter(left_at=None, shift__ended_at=None)  # type: ignore[attr-defined]
    return send(case, list(members.values_list("shift_id", flat=True)), by=by, seen=seen)


def _on_duty(shifts: Sequence[UUID], by: Actor) -> list[Shift]:
    """The shifts, each in the actor's scope and running. `Absent` for another's, `not_on_duty` for one that is over."""
    if not 0 < len(set(shifts)) <= MOST:
        raise Refused("incomplete", verb="assign", missing=["person"])
    rows = list(
        Shift.objects.filter(pk__in=set(shifts))
        .select_related("roster__squad__parent", "person", "post__unit")
        .order_by("call_sign")
    )
    mine = set(scope.squads(by))
    if len(rows) != len(set(shifts)) or any(row.roster.squad_id not in mine for row in rows):  # type: ignore[attr-defined]
        raise Absent
    for row in rows:
        if row.started_at is None or row.ended_at is not None or row.paused_since is not None:
            raise Refused("not_on_duty", call_sign=row.call_sign)
    return rows


def _by_squad(rows: Sequence[Shift]) -> dict[Unit, list[Shift]]:
    found: dict[Unit, list[Shift]] = {}
    for row in rows:
        found.setdefault(row.roster.squad, []).append(row)
    return found


def _order_for(case: Case, squad: Unit, *, by: Actor, seen: int | None) -> DispatchOrder:
    """The open order under which a squad's people go; a new one where none fits."""
    held = cases.numbered(case.number)
    assert held is not None
    if order := _fitting(held, squad):
        return order
    leads = any(row.is_open and row.role == DispatchOrder.Role.LEAD for row in held.held_orders())
    dispatch.dispatch(
        case.id, by=by, lead=None if leads else squad, helpers=[squad] if leads else [], reason="", seen=seen
    )
    anew = cases.numbered(case.number)
    assert anew is not None
    order = _fitting(anew, squad)
    assert order is not None
    return order


def _fitting(case: Case, squad: Unit) -> DispatchOrder | None:
    """The squad's own order before that of the body it acts for."""
    rows = [row for row in case.held_orders() if row.is_open and row.unit_id in squad.acts_for]  # type: ignore[attr-defined]
    rows.sort(key=lambda row: squad.acts_for.index(row.unit_id))  # type: ignore[attr-defined]
    return rows[0] if rows else None
