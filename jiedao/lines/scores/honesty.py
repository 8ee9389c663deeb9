"""Honesty watch (办结真实性提示): closed cases that people should look at again, week by week, each with its evidence.

It accuses nobody and scores nothing: each line names what the record says, and a person judges.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from jiedao.ground.people import Actor
from jiedao.record import sight

MOST = 100
"""Lines of one kind a week shows."""

KINDS: dict[str, tuple[str, str]] = {
    "no_contact": ("未联系诉求人就办结", "Closed without a contact"),
    "same_photo": ("同一照片用于两件", "The same photo in two cases"),
    "elsewhere": ("办结位置不在案件所在网格", "Closed outside the case's place"),
    "no_call": ("未回访却记满意", "Satisfied without a call"),
    "own_report": ("本单位自报自办", "Reported and handled by one unit"),
    "again": ("多次退回", "Returned again and again"),
}

_QUERIES = {
    "no_contact": """
        SELECT c.number, to_char(o.answered_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'), u.code
        FROM record_dispatchorder o JOIN seen c ON c.id = o.case_id JOIN people_unit u ON u.id = o.unit_id
        WHERE o.answered_at >= %s AND o.answered_at < %s AND o.contacted_at IS NULL AND c.has_caller
        ORDER BY c.number""",
    "same_photo": """
        SELECT c.number, string_agg(DISTINCT other.number, ', '), encode(a.sha256, 'hex')
        FROM record_attachment a JOIN seen c ON c.id = a.case_id
        JOIN record_attachment b ON b.sha256 = a.sha256 AND b.case_id <> a.case_id
        JOIN record_case other ON other.id = b.case_id
        WHERE a.made_at >= %s AND a.made_at < %s GROUP BY c.number, a.sha256 ORDER BY c.number""",
    "elsewhere": """
        SELECT c.number, round((sqrt(power((a.lon - c.lon) * cos(radians(c.lat)), 2) + power(a.lat - c.lat, 2)) * 111320)
            ::numeric)::text, ''
        FROM record_attachment a JOIN seen c ON c.id = a.case_id JOIN record_entry e ON e.id = a.entry_id
        WHERE a.made_at >= %s AND a.made_at < %s AND e.verb = 'reply' AND a.lon IS NOT NULL AND c.lon IS NOT NULL
            AND power((a.lon - c.lon) * cos(radians(c.lat)), 2) + power(a.lat - c.lat, 2) > power(500 / 111320.0, 2)
        ORDER BY c.number""",
    "no_call": """
        SELECT DISTINCT c.number, to_char(c.closed_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'), r.satisfied
        FROM record_rating r JOIN seen c ON c.id = r.case_id
        WHERE r.at >= %s AND r.at < %s AND r.satisfied IN ('satisfied', 'basically') AND r.by = 'callback'
            AND NOT r.reached ORDER BY c.number""",
    "own_report": """
        SELECT DISTINCT c.number, u.code, '' FROM record_dispatchorder o JOIN seen c ON c.id = o.case_id
        JOIN people_unit u ON u.id = o.unit_id JOIN record_entry e ON e.case_id = c.id AND e.seq = 1
        WHERE o.answered_at >= %s AND o.answered_at < %s AND e.unit_id = ANY(u.above) AND c.from_unit_id IS NULL
        ORDER BY c.number""",
    "again": """
        SELECT c.number, count(*)::text, string_agg(DISTINCT u.code, ', ') FROM record_entry e JOIN seen c ON c.id = e.case_id
        LEFT JOIN people_unit u ON u.id = e.unit_id
        WHERE e.verb = 'return' AND c.id IN (SELECT case_id FROM record_entry WHERE verb = 'return' AND at >= %s AND at < %s)
        GROUP BY c.number HAVING count(*) >= 2 ORDER BY c.number""",
}


@dataclass(frozen=True)
class Hint:
    """One line: the case, and what of it makes somebody look."""

    kind: str
    number: str
    evidence: str
    more: str


def week(by: Actor, start: datetime, end: datetime) -> list[Hint]:
    """What a week holds, in the actor's sight, by kind and number."""
    inner, values = sight.visible_to(by).values("id").query.sql_with_params()
    found = []
    with connection.cursor() as cursor:
        for kind, query in _QUERIES.items():
            told: list[Any] = [*values, start, end]
            seen = f"WITH seen AS (SELECT * FROM record_case WHERE id IN ({inner}) AND NOT imported)"
            cursor.execute(f"{seen} {query} LIMIT {MOST}", told)
            found += [Hint(kind, *map(str, row)) for row in cursor.fetchall()]
    return found
