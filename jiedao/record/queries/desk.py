"""A unit's orders (部门派单): what is asked of it, which step comes next, and when that is due."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from jiedao.ground.people import Actor
from jiedao.kit.clock import local, now
from jiedao.record.definition import Definition, Label
from jiedao.record.queries import scope
from jiedao.record.queries.scope import OPEN_ORDER, Count
from jiedao.record.queries.worklists import PAGE, Named, clock_of

Conditions = Sequence[tuple[str, list[Any]]]

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
    ended: "Ended | None" = None
    ruling: int | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How an order left the desk without an answer: which verb, by which post, when, and why in its words."""

    verb: Label
    post: Named | None
    at: datetime
    reason: str


_TABS = {
    "open": f"{OPEN_ORDER} AND c.phase <> 'closed' AND o.role <> 'heard'",
    "heard": f"{OPEN_ORDER} AND c.phase <> 'closed' AND o.role = 'heard'",
    "answered": "o.answered_at IS NOT NULL",
    "sent_back": "(o.returned_at IS NOT NULL OR o.recalled_at IS NOT NULL)",
}
_PRESSING = (
    "(o.due_at < %s) IS TRUE DESC, CASE WHEN o.due_at < %s THEN o.due_at END, c.severity DESC, "
    "o.due_at NULLS LAST, o.id"
)
_IN_MONTH = "o.answered_at >= %s"
_ON_TIME = """EXISTS (SELECT 1 FROM record_deadline r WHERE r.case_id = o.case_id AND r.order_id = o.id
  AND r.name = 'answered' AND r.due_at >= o.answered_at)"""
_LATEST = "coalesce(o.answered_at, o.returned_at, o.recalled_at) DESC, o.id"

# The order's own clock; where none runs on it, as in an admission, that of the case.
_SELECT = """
SELECT o.id, o.case_id, c.number, c.title, c.kind, c.severity, c.process_id, c.state, c.marks, o.role, o.round,
  u.name, u.name_en, u.code, u.duty_phone, a.name, a.name_en, a.code, i.name, i.name_en, i.code, c.address, o.sent_at,
  o.answered_at, o.outcome, o.no_return, o.acknowledged_at, o.contacted_at, o.arrived_at, c.has_caller, c.from_unit_id,
  d.due_at, d.soon_at, d.started_at, d.paused_since, d."limit", d.name, c.seq, e.verb, e.at, e.reason, e.post_name,
  e.post_name_en, e.post_code, g.seq
FROM record_dispatchorder o JOIN record_case c ON c.id = o.case_id JOIN people_unit u ON u.id = o.unit_id
LEFT JOIN places_area a ON a.id = c.area_id LEFT JOIN duties_dutyitem i ON i.id = o.item_id
LEFT JOIN LATERAL (
  SELECT r.* FROM record_deadline r
  WHERE (r.order_id = o.id OR r.order_id IS NULL) AND r.case_id = o.case_id AND r.stopped_at IS NULL
  ORDER BY r.order_id IS NULL, r.paused_since IS NOT NULL, r.due_at LIMIT 1
) d ON TRUE
LEFT JOIN LATERAL (
  SELECT n.verb, n.at, coalesce(w.said ->> 'reason', '') AS reason, q.name AS post_name, q.name_en AS post_name_en,
    q.code AS post_code
  FROM record_entry n LEFT JOIN record_words w ON w.entry_id = n.id LEFT JOIN people_post q ON q.id = n.post_id
  WHERE n.case_id = o.case_id AND n.order_id = o.id AND n.verb IN ('recall', 'return', 'uphold', 'refuse')
    AND (o.recalled_at IS NOT NULL OR o.returned_at IS NOT NULL)
  ORDER BY n.seq DESC LIMIT 1
) e ON TRUE
LEFT JOIN LATERAL (
  SELECT n.seq FROM record_entry n WHERE o.no_return AND n.case_id = o.case_id AND n.verb = 'rule' ORDER BY n.seq DESC LIMIT 1
) g ON TRUE
"""


class Orders:
    """The orders of the units an actor takes work up for, by tab: `open`, `heard`, `answered`, `sent_back`, `month`.

    `also` narrows by conditions on the case `c`, as the filters of a desk ask.
    """

    def __init__(self, actor: Actor, also: Conditions = ()) -> None:
        sight, seen = scope.seen_by(actor)
        self._units = actor.post.unit.acts_for if actor.post else []
        self._where = " AND ".join(["o.unit_id = ANY(%s::uuid[])", sight, *(condition for condition, _ in also)])
        self._params = [self._units, *seen, *(value for _, values in also for value in values)]

    def source(self, tab: str) -> tuple[str, list[Any]]:
        source = "FROM record_dispatchorder o JOIN record_case c ON c.id = o.case_id"
        condition, values = self._tab(tab)
        return f"{source} WHERE {condition} AND {self._where}", [*values, *self._params]

    def _tab(self, tab: str) -> tuple[str, list[Any]]:
        if tab in ("month", "on_time"):
            began = month_began()
            return (_IN_MONTH if tab == "month" else f"{_IN_MONTH} AND {_ON_TIME}"), [began]
        return _TABS[tab], []

    def counts(self) -> dict[str, Count]:
        return scope.counts({tab: self.source(tab) for tab in _TABS})

    def page(self, tab: str, number: int = 1, size: int = PAGE, order: str = "") -> list[OrderRow]:
        """One page, overdue longest first; ended orders newest first."""
        condition, values = self._tab(tab)
        pressing = tab in ("open", "heard") and not order
        order = order or (_PRESSING if pressing else _LATEST)
        keys = [now(), now()] if pressing else []
        sql = f"{_SELECT} WHERE {condition} AND {self._where} ORDER BY {order} LIMIT %s OFFSET %s"
        return _rows(sql, [*values, *self._params, *keys, size, (max(number, 1) - 1) * size])

    def these(self, orders: Sequence[str]) -> list[OrderRow]:
        """These orders, whatever became of them."""
        return _rows(f"{_SELECT} WHERE o.id = ANY(%s::uuid[]) AND {self._where}", [list(orders), *self._params])

    def ids(self, tab: str, most: int = 200) -> set[str]:
        """The ids of a tab's orders."""
        source, params = self.source(tab)
        return {str(row[0]) for row in scope.rows(f"SELECT o.id {source} LIMIT %s", [*params, most])}


def month_began() -> datetime:
    """The first instant of this month in China."""
    return local(now()).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _rows(sql: str, params: list[Any]) -> list[OrderRow]:
    known = scope.definitions()
    return [_order_row(row, known) for row in scope.rows(sql, params)]


def _order_row(row: tuple[Any, ...], known: dict[UUID, Definition]) -> OrderRow:
    pk, case_id, number, title, kind, severity, process, state, marks, role, turn, *rest = row
    unit, area, item, address = rest[0:4], rest[4:7], rest[7:10], rest[10]
    sent, answered, outcome, no_return, acknowledged, contacted, arrived, caller, sender, *more = rest[11:]
    clock, seq, (verb, ended_at, reason, *post), ruling = more[:6], more[6], more[7:13], more[13]
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
        Ended(definition.verb_label(verb), Named(*post) if post[0] else None, ended_at, reason) if verb else None,
        ruling,
    )


OTHERWISE = ("start", "accept", "opine", "vet", "hear", "table", "admit", "approve")
"""Where the next step is none of an order's own: some processes ask for a start before the reply, councils for theirs."""


def possible(definition: Definition, state: str, step: str, role: str) -> str:
    """The step, if its side may take it in this state; else the first that it may. Empty where it only waits."""
    if not step or _may(definition, state, step, role):
        return step
    return next((verb for verb in OTHERWISE if _may(definition, state, verb, role)), "")


def _may(definition: Definition, state: str, verb: str, role: str) -> bool:
    """Whether this side may do a verb in a state: where only helpers may answer yet, the lead has to start first."""
    handling = {"heard"} if role == "heard" else {role, "assignee"}
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
