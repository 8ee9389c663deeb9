"""Succession (机构承接): what hung on a unit that has ended goes over to what it became: open orders and cases (O2).

The plan is the ground's; here it is carried out and its cases follow, in the same transaction as far as they are few,
the rest with the next ticks. Who sees an old unit's closed cases is said by `Unit.acts_for`.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor, reorganising, staffing
from jiedao.ground.people.models import Reorganisation, Unit
from jiedao.kit.clock import now, today
from jiedao.record import clocks, flow, writing
from jiedao.record.models import Case, DispatchOrder
from jiedao.record.queries import scope

AT_ONCE = 200
"""Cases that go over in the transaction of the re-organisation itself; a page waits for them."""

_LEFT_BEHIND = """
SELECT DISTINCT c.id FROM unnest(%s::uuid[], %s::uuid[]) became (old, new)
JOIN record_case c ON c.phase <> 'closed' AND (
  (c.units @> ARRAY[became.old] AND NOT c.units @> ARRAY[became.new])
  OR (c.reported_units @> ARRAY[became.old] AND NOT c.reported_units @> ARRAY[became.new])
  OR c.from_unit_id = became.old OR c.holder_id = became.old)
LIMIT %s
"""


def reorganise(name: str, changes: list[dict[str, Any]], *, by: Actor, on: Any, basis: str = "") -> Reorganisation:
    """Old units become new ones on a day (机构改革): at once if the day has come, else by the ticker on that day."""
    with receipts.whole():
        row = reorganising.plan(name, changes, by=by, on=on, basis=basis)
        if on <= today():
            reorganising.carry_out(row, by=by)
            follow(by=by, most=AT_ONCE)
    return row


def tick() -> int:
    """What the day brings: plans that are due, the cases they left behind, accounts of those who left. How many."""
    ticker = Actor.system("ticker")
    done = sum(reorganising.carry_out(row, by=ticker) for row in reorganising.due(today()))
    return done + follow(by=ticker) + staffing.close_departed()


def follow(*, by: Actor, most: int = 500) -> int:
    """Moves open cases of units that have ended to their successors; how many. Nothing is left to do a second time."""
    became = reorganising.successors()
    if not became:
        return 0
    found = scope.rows(_LEFT_BEHIND, [list(became), [unit.id for unit in became.values()], most])
    for (pk,) in found:
        take_over(pk, became, by=by)
    return len(found)


def take_over(case_id: UUID, became: Mapping[UUID, Unit], *, by: Actor) -> None:
    """One case goes over, with a line: its orders keep their clocks, of two that meet in one unit the lead's stays."""
    with flow.hold(case_id) as case:
        if case.phase == "closed":
            return
        named = (*case.units, *case.reported_units, case.from_unit_id, case.holder_id)
        new = {became[pk].code for pk in named if pk is not None and pk in became}
        said = {"units": sorted(new), "orders": _orders(case, became)}
        columns: dict[str, Any] = {
            "units": _with(case.units, became, whole=True),
            "reported_units": _with(case.reported_units, became),
            "routing": _renamed(case.routing, {str(pk): str(unit.id) for pk, unit in became.items()}),
        }
        for name, pk in (("holder", case.holder_id), ("from_unit", case.from_unit_id)):
            if pk is not None and pk in became:
                columns[name] = became[pk]
        flow.note(case, "succeed", by=by, said=said, **columns)


def _orders(case: Case, became: Mapping[UUID, Unit]) -> int:
    """The open orders of ended units get the new unit; how many did."""
    open_now = [order for order in case.held_orders() if order.is_open]
    taken: set[UUID] = set()
    going: list[tuple[DispatchOrder, Unit]] = []
    for order in sorted(open_now, key=lambda o: (o.role != DispatchOrder.Role.LEAD, o.sent_at)):
        unit = became.get(order.unit_id)
        target = unit.id if unit else order.unit_id
        if target in taken:
            order.recalled_at = now()
            clocks.took(case, order, "recalled", order.recalled_at)
            writing.update(order, ["recalled_at", "due_at"])
        elif unit is not None:
            going.append((order, unit))
        taken.add(target)
    # After the recalls: two open orders of one unit on one case may not stand even for a moment.
    for order, unit in going:
        order.unit = unit
        writing.update(order, ["unit"])
    return len(going)


def _with(units: list[UUID], became: Mapping[UUID, Unit], *, whole: bool = False) -> list[UUID]:
    """The same units and what some of them became; with `whole`, all that stand above those too."""
    known = list(units)
    for pk in units:
        if pk in became:
            known += [u for u in (became[pk].above if whole else [became[pk].id]) if u not in known]
    return known


def _renamed(value: Any, ids: Mapping[str, str]) -> Any:
    """The case's routing with the ids of ended units replaced."""
    if isinstance(value, dict):
        return {key: _renamed(one, ids) for key, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one, ids) for one in value]
    return ids.get(value, value) if isinstance(value, str) else value
