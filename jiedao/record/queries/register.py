"""The register (案件总表): every case in sight by what one asks of it; one query for list, count and export alike."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jiedao.ground.people import Actor
from jiedao.kit.clock import now
from jiedao.record.queries import search, snapshot
from jiedao.record.queries.worklists import Listing, Lists
from jiedao.record.verbs import PHASES

CHINA = ZoneInfo("Asia/Shanghai")

ORDERS: dict[str, str] = {
    "": "",
    "newest": "c.opened_at DESC, c.id DESC",
    "oldest": "c.opened_at, c.id",
    "due": "c.due_at NULLS LAST, c.id",
    "closed": "c.closed_at DESC NULLS LAST, c.id DESC",
}
"""How a register may be sorted. The empty one is the order of every list: overdue longest first, then severity, then due."""

DUE: dict[str, str] = {
    "open": "c.phase <> 'closed'",
    "overdue": "c.phase <> 'closed' AND c.due_at < %(now)s",
    "soon": "c.phase <> 'closed' AND c.due_at >= %(now)s AND c.id IN (SELECT r.case_id FROM record_deadline r "
    "WHERE r.stopped_at IS NULL AND r.paused_since IS NULL AND r.soon_at <= %(now)s AND r.due_at >= %(now)s)",
    "week": "c.phase <> 'closed' AND c.due_at >= %(now)s AND c.due_at < %(week)s",
    "paused": "c.phase <> 'closed' AND c.due_at IS NULL",
    "unowned": "c.phase IN ('dispatch', 'resolution') AND c.holder_id IS NULL",
    "closed": "c.phase = 'closed'",
}
"""What a case's time says: running, past its limit, in its last quarter, due in a week, standing still, nobody's, ended."""


@dataclass(frozen=True)
class Asked:
    """What is asked of the register. Empty fields ask nothing. Days are of China, both included."""

    words: str = ""
    process: str = ""
    phase: str = ""
    kind: str = ""
    channel: str = ""
    area: str = ""
    unit: str = ""
    due: str = ""
    mark: str = ""
    since: date | None = None
    until: date | None = None
    order: str = ""
    box: snapshot.Box | None = None

    @property
    def narrows(self) -> bool:
        """Whether anything is asked beyond an order."""
        return any(value for name, value in vars(self).items() if name != "order")


def register(actor: Actor, asked: Asked) -> Listing:
    """The cases in sight that answer to everything asked."""
    lists = Lists(actor)
    found = lists.of_process(asked.process) if asked.process else lists.where()
    for condition, values in conditions(asked):
        found = found.also(condition, *values)
    return snapshot.inside(found, asked.box) if asked.box else found


Conditions = list[tuple[str, list[Any]]]


def conditions(asked: Asked) -> Conditions:
    """What is asked, as conditions on the case `c`: for this register, and for desks that narrow a list of their own."""
    found: Conditions = []
    if asked.words:
        found.append(search.held(asked.words))
    if asked.phase in PHASES:
        found.append(("c.phase = %s", [asked.phase]))
    found += [
        (f"c.{name} = %s", [value]) for name, value in (("kind", asked.kind), ("channel", asked.channel)) if value
    ]
    if asked.area:
        below = asked.area.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        found.append(("(c.area_path = %s OR c.area_path LIKE %s)", [asked.area, f"{below}/%"]))
    if asked.unit:
        found.append(("c.units @> %s::uuid[]", [[asked.unit]]))
    if asked.mark:
        found.append(("c.marks ? %s", [asked.mark]))
    if asked.due in DUE:
        found.append(_due(asked.due, now()))
    if asked.since:
        found.append(("c.opened_at >= %s", [_midnight(asked.since)]))
    if asked.until:
        found.append(("c.opened_at < %s", [_midnight(asked.until + timedelta(days=1))]))
    return found


def _due(code: str, at: datetime) -> tuple[str, list[Any]]:
    """The condition with its times in the order in which they stand in it."""
    condition, values = DUE[code], []
    for name, value in (("now", at), ("week", at + timedelta(days=7))):
        while f"%({name})s" in condition:
            condition = condition.replace(f"%({name})s", "%s", 1)
            values.append(value)
    return condition, values


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)
