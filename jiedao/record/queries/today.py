"""Today (今日): what the wall shows of the day: opened and closed by hour, whistles that run, the last moves, no persons."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jiedao.kit.clock import local, now
from jiedao.record.definition import Label
from jiedao.record.queries import scope
from jiedao.record.queries.scope import Count
from jiedao.record.queries.worklists import Lists, Named, clock_of

WHISTLES = ("whistle_progress", "whistle_hard")
SHOWN = 6
MOVES = 5
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Hours:
    """How many cases were opened and ended in each hour of the day so far."""

    opened: list[int]
    closed: list[int]


@dataclass(frozen=True)
class Move:
    """One of the last moves: what was done with which case by which unit. No person, no word of anybody."""

    number: str
    label: Label
    unit: Named | None
    at: datetime


@dataclass(frozen=True)
class Blown:
    """A whistle that runs: its number, who has it, its clock."""

    number: str
    unit: Named | None
    clock: dict[str, Any] | None


def figures(lists: Lists) -> dict[str, Count]:
    """The counts of the wall, each the very list of the supervision desk."""
    heaps = {
        "overdue": lists.supervision("overdue"),
        "soon": lists.supervision("soon"),
        "whistles": lists.whistles("running", *WHISTLES),
    }
    return scope.counts({name: heap.source for name, heap in heaps.items()})


def hours(lists: Lists) -> Hours:
    """Opened and ended by hour of the day of China, up to this hour."""
    at = now()
    here = local(at)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    found: dict[str, list[int]] = {}
    for column in ("opened_at", "closed_at"):
        source, values = lists.where(f"c.{column} >= %s AND c.{column} <= %s", midnight, at).source
        rows = scope.rows(
            f"SELECT extract(hour FROM c.{column} AT TIME ZONE 'Asia/Shanghai')::int, count(*) {source} GROUP BY 1",
            values,
        )
        counted = dict(rows)
        found[column] = [counted.get(hour, 0) for hour in range(here.hour + 1)]
    return Hours(found["opened_at"], found["closed_at"])


def whistles(lists: Lists) -> list[Blown]:
    """The whistles that run, the most pressing first."""
    rows = lists.whistles("running", *WHISTLES).page(1, SHOWN)
    return [Blown(row.number, row.waits_for or row.holder, row.clock) for row in rows]


_MOVES = """
SELECT c.number, c.process_id, e.verb, u.name, u.name_en, u.code, e.at FROM record_entry e
JOIN record_case c ON c.id = e.case_id LEFT JOIN people_unit u ON u.id = e.unit_id
WHERE e.at > %s AND {where} ORDER BY e.at DESC, e.id DESC LIMIT %s
"""


def moves(lists: Lists) -> list[Move]:
    """The last moves in sight, newest first."""
    found = lists.where()
    rows = scope.rows(_MOVES.format(where=found.where), [now() - DAY, *found.params, MOVES])
    return [
        Move(number, lists.known[process].verb_label(verb), Named(name, name_en, code) if name else None, at)
        for number, process, verb, name, name_en, code, at in rows
    ]


__all__ = ["Blown", "Hours", "Move", "clock_of", "figures", "hours", "moves", "whistles"]
