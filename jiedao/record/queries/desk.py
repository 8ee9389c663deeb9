"""A unit's orders (部门派单): what is asked of it, which step comes next, and when that is due."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from jiedao.ground.people import Actor
from jiedao.kit.clock import now
from jiedao.record.definition import Definition, Label
from jiedao.record.queries import scope
from jiedao.record.queries.scope import OPEN_ORDER, Count
from jiedao.record.queries.worklists import PAGE, Named, clock_of

NEXT = (("acknowledged", "acknowledge"), ("contacted", "contact"), ("arrived", "arrive"), ("answered", "reply"))
"""The steps of an order in the order they are taken, and the verb of each."""


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order of a unit's list."""

    id: UUID
    case_id: UUID
    number: str
    title: str
    kind: str
    severity: int
    state: Label
    process: Label
    process_code: str
    marks: dict[str, Any]
    role: str
    round: int
    unit: Named
    area: Named | None
    item: Named | None
    address: str
    sent_at: datetime
    answered_at: datetime | None
    outcome: str
    no_return: bool
    clock: dict[str, Any] | None
    next: str
    next_label: Label
    seq: int


_TABS = {
    "open": f"{OPEN_ORDER} AND c.phase <> 'closed'",
    "answered": "o.answered_at IS NOT NULL",
    "sent_back": "(o.returned_at IS NOT NULL OR o.recalled_at IS NOT NULL)",
}
_ORDERS = {
    "open": "(o.due_at < %s) IS TRUE DESC, CASE WHEN o.due_at < %s THEN o.due_at END, c.severity DESC, "
    "o.due_at NULLS LAST, o.id",
}
_LATEST = "coalesce(o.answered_at, o.returned_at, o.recalled_at) DESC, o.id"

_SELECT = """
SELECT o.id, o.case_id, c.number, c.title, c.kind, c.severity, c.process_id, c.state, c.marks, o.role, o.round,
  u.name, u.name_en, u.code, u.duty_phone, a.name, a.name_en, a.code, i.name, i.name_en, i.code, c.address, o.sent_at,
  o.answered_at, o.outcome, o.no_return, o.acknowledged_at, o.contacted_at, o.arrived_at, c.has_caller, c.from_unit_id,
  d.due_at, d.soon_at, d.started_at, d.paused_since, d."limit", d.name, c.seq
FROM record_dispatchorder o JOIN record_case c ON c.id = o.case_id JOIN people_unit u ON u.id = o.unit_id
LEFT JOIN places_area a ON a.id = c.area_id LEFT JOIN duties_dutyitem i ON i.id = o.item_id
LEFT JOIN LATERAL (
  SELECT r.* FROM record_deadline r WHERE r.order_id = o.id AND r.case_id = o.case_id AND r.stopped_at IS NULL
  ORDER BY r.paused_since IS NOT NULL, r.due_at LIMIT 1
) d ON TRUE
"""


class Orders:
    """The orders of the units an actor takes work up for, by tab: `open`, `answered`, `sent_back`."""

    def __init__(self, actor: Actor) -> None:
        sight, seen = scope.seen_by(actor)
        self._units = actor.post.unit.acts_for if actor.post else []
        self._where = "o.unit_id = ANY(%s::uuid[]) AND " + sight
        self._params = [self._units, *seen]

    def source(self, tab: str) -> tuple[str, list[Any]]:
        source = "FROM record_dispatchorder o JOIN record_case c ON c.id = o.case_id"
        return f"{source} WHERE {_TABS[tab]} AND {self._where}", self._params

    def counts(self) -> dict[str, Count]:
        return scope.counts({tab: self.source(tab) for tab in _TABS})

    def page(self, tab: str, number: int = 1, size: int = PAGE) -> list[OrderRow]:
        """One page, overdue longest first; ended orders newest first."""
        known = scope.definitions()
        order = _ORDERS.get(tab, _LATEST)
        sql = f"{_SELECT} WHERE {_TABS[tab]} AND {self._where} ORDER BY {order} LIMIT %s OFFSET %s"
        keys = [now(), now()] if tab in _ORDERS else []
        found = scope.rows(sql, [*self._params, *keys, size, (max(number, 1) - 1) * size])
        return [_order_row(row, known) for row in found]


def _order_row(row: tuple[Any, ...], known: dict[UUID, Definition]) -> OrderRow:
    pk, case_id, number, title, kind, severity, process, state, marks, role, turn, *rest = row
    unit, area, item, address = rest[0:4], rest[4:7], rest[7:10], rest[10]
    sent, answered, outcome, no_return, acknowledged, contacted, arrived, caller, sender, *clock, seq = rest[11:]
    definition = known[process]
    taken = {"acknowledged": acknowledged, "contacted": contacted, "arrived": arrived, "answered": answered}
    step = next_step(definition, taken, (caller and role == "lead") or sender is not None)
    step = possible(definition, state, step, role)
    return OrderRow(
        pk,
        case_id,
        number,
        title,
        kind,
        severity,
        definition.state(state).label,
        definition.label,
        definition.code,
        json.loads(marks) if isinstance(marks, str) else marks,
        role,
        turn,
        Named(*unit),
        Named(*area) if area[0] else None,
        Named(*item) if item[0] else None,
        address,
        sent,
        answered,
        outcome,
        no_return,
        clock_of(*clock),
        step,
        definition.verb_label(step) if step else {},
        seq,
    )


OTHERWISE = ("start", "accept", "opine", "vet", "hear", "table", "admit", "approve")
"""Where the next step is none of an order's own: some processes ask for a start before the reply, councils for theirs."""


def possible(definition: Definition, state: str, step: str, role: str) -> str:
    """The step, if its side may take it in this state; else the first that it may. Empty where it only waits."""
    if not step or _may(definition, state, step, role):
        return step
    return next((verb for verb in OTHERWISE if _may(definition, state, verb, role)), "")


def _may(definition: Definition, state: str, verb: str, role: str) -> bool:
    """Whether the handling side may do a verb in a state; who is heard only gives an opinion, reviews or signs."""
    handling = {"heard"} if role == "heard" else {"lead", "helper", "assignee"}
    return any(definition.roles[r].standing in handling for move in definition.moves_of(verb, state) for r in move.by)


def next_step(definition: Definition, taken: dict[str, Any], owes_contact: bool) -> str:
    """The verb of the first step that was asked and not taken. Empty once the order is answered, and where papers go
    from office to office: there the state says what comes next.
    """
    if taken.get("answered") or "turns" in definition.switches:
        return ""
    for step, verb in NEXT:
        asked = step == "acknowledged" or (step in definition.steps and definition.steps[step].asked)
        if step == "contacted" and not owes_contact:
            continue
        if asked and not taken.get(step):
            return verb
    return "reply"
