"""Reminders (催办记录): when each case of a list was last reminded, and when it may be again. One query."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from jiedao.ground.districts.calendar import calendar
from jiedao.kit.clock import now
from jiedao.kit.limits import Limit
from jiedao.record.definition import Definition
from jiedao.record.queries import scope
from jiedao.record.queries.worklists import CaseRow

_LAST = """
SELECT w.id, e.at FROM unnest(%s::uuid[]) w(id) JOIN LATERAL (
  SELECT at FROM record_entry WHERE case_id = w.id AND verb = 'remind' ORDER BY seq DESC LIMIT 1
) e ON TRUE
"""


@dataclass(frozen=True)
class Reminded:
    """The last reminder of a case, and from when the process allows the next."""

    at: datetime
    again_at: datetime

    @property
    def is_open(self) -> bool:
        return now() >= self.again_at


def reminded(rows: Iterable[CaseRow], known: dict[UUID, Definition]) -> dict[UUID, Reminded]:
    """By case; one that was never reminded has none."""
    processes = {row.id: row.process_id for row in rows}
    found = scope.rows(_LAST, [list(processes)]) if processes else []
    days = calendar() if found else None
    return {
        pk: Reminded(at, Limit(known[processes[pk]].remind_again_after).due(at, days))  # type: ignore[index,arg-type]
        for pk, at in found
    }
