"""The matrix of a whistle (吹哨矩阵): each department's steps, with the clock of each and its rating. Two queries."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from jiedao.kit.clock import local, now
from jiedao.record.queries import scope
from jiedao.record.queries.worklists import Listing, Named, clock_of


@dataclass
class WhistleOrder:
    """One department's row."""

    id: UUID
    unit: Named
    role: str
    recalled: bool
    taken: dict[str, datetime | None]
    clocks: dict[str, Any] = field(default_factory=dict)
    rating: tuple[int, int] | None = None


_ORDERS = """
SELECT o.id, o.case_id, u.name, u.name_en, u.code, u.duty_phone, o.role, o.recalled_at IS NOT NULL,
  o.acknowledged_at, o.contacted_at, o.arrived_at, o.answered_at, r.arrival, r.handling
FROM record_dispatchorder o JOIN people_unit u ON u.id = o.unit_id
LEFT JOIN LATERAL (SELECT g.arrival, g.handling FROM record_rating g WHERE g.order_id = o.id AND g.arrival IS NOT NULL
  ORDER BY g.at DESC LIMIT 1) r ON TRUE
WHERE o.case_id = ANY(%s::uuid[]) ORDER BY o.role DESC, o.sent_at, o.id
"""
_CLOCKS = """
SELECT d.order_id, d.name, d.due_at, d.soon_at, d.started_at, d.paused_since, d."limit", d.stopped_at
FROM record_deadline d WHERE d.case_id = ANY(%s::uuid[]) AND d.order_id IS NOT NULL
"""


def whistle_orders(cases: list[UUID]) -> dict[UUID, list[WhistleOrder]]:
    """The departments of each case, the lead first."""
    found: dict[UUID, list[WhistleOrder]] = defaultdict(list)
    by_id: dict[UUID, WhistleOrder] = {}
    for pk, case, name, name_en, code, phone, role, recalled, *times, came, worked in scope.rows(_ORDERS, [cases]):
        taken = dict(zip(("acknowledged", "contacted", "arrived", "answered"), times, strict=True))
        order = WhistleOrder(
            pk, Named(name, name_en, code, phone), role, recalled, taken, rating=(came, worked) if came else None
        )
        found[case].append(order)
        by_id[pk] = order
    for order_id, name, due, soon, started, paused, limit, stopped in scope.rows(_CLOCKS, [cases]):
        by_id[order_id].clocks[name] = clock_of(due, soon, started, paused, limit, name, stopped)
    return found


_QUARTER = """
SELECT count(DISTINCT o.case_id), count(*) FILTER (WHERE o.arrived_at IS NOT NULL)
FROM record_case c JOIN record_dispatchorder o ON o.case_id = c.id
WHERE {where} AND o.recalled_at IS NULL AND o.sent_at >= %s
"""


def quarter(listing: Listing) -> tuple[int, int]:
    """How many whistles of a list were blown this quarter, and how often a department came."""
    today = local(now())
    began = today.replace(month=today.month - (today.month - 1) % 3, day=1, hour=0, minute=0, second=0, microsecond=0)
    found = scope.rows(_QUARTER.format(where=listing.where), [*listing.params, began])
    return found[0][0], found[0][1]
