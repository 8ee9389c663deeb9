"""Findings (演练检查): what a rehearsal must never leave behind, and which states and verbs it reached."""

from dataclasses import dataclass

from django.db import connection

from jiedao.record import audit
from jiedao.record.models import Entry, ProcessVersion

_BROKEN = {
    "an open order on a closed case": """
        SELECT c.number FROM record_case c JOIN record_dispatchorder o ON o.case_id = c.id
        WHERE c.phase = 'closed' AND o.answered_at IS NULL AND o.returned_at IS NULL AND o.recalled_at IS NULL""",
    "two leads at once": """
        SELECT c.number FROM record_case c JOIN record_dispatchorder o ON o.case_id = c.id AND o.role = 'lead'
          AND o.answered_at IS NULL AND o.returned_at IS NULL AND o.recalled_at IS NULL
        GROUP BY c.number HAVING count(*) > 1""",
    "an order that ended twice": """
        SELECT c.number FROM record_case c JOIN record_dispatchorder o ON o.case_id = c.id
        WHERE num_nonnulls(o.answered_at, o.returned_at, o.recalled_at) > 1""",
    "held by a unit that is not the lead": """
        SELECT c.number FROM record_case c JOIN record_dispatchorder o ON o.case_id = c.id AND o.role = 'lead'
          AND o.answered_at IS NULL AND o.returned_at IS NULL AND o.recalled_at IS NULL
        WHERE c.holder_id IS DISTINCT FROM o.unit_id""",
    "a step before the one before it": """
        SELECT c.number FROM record_case c JOIN record_dispatchorder o ON o.case_id = c.id
        WHERE o.acknowledged_at < o.sent_at OR o.contacted_at < o.acknowledged_at OR o.answered_at < o.acknowledged_at
          OR (o.answered_at IS NOT NULL AND o.acknowledged_at IS NULL AND o.role <> 'heard' AND NOT c.imported)""",
    "checked by a unit that had an order": """
        SELECT c.number FROM record_check k JOIN record_case c ON c.id = k.case_id
        JOIN record_dispatchorder o ON o.case_id = c.id AND o.unit_id = k.unit_id AND o.recalled_at IS NULL
          AND o.returned_at IS NULL AND o.sent_at < k.at""",
    "sent to the unit it is about": """
        SELECT c.number FROM record_case c JOIN record_dispatchorder o ON o.case_id = c.id
        JOIN people_unit u ON u.id = o.unit_id WHERE u.above && c.reported_units""",
    "a unit with an order that may not see the case": """
        SELECT c.number FROM record_case c JOIN record_dispatchorder o ON o.case_id = c.id
        WHERE NOT o.unit_id = ANY(c.units)""",
    "a clock that runs on a closed case": """
        SELECT c.number FROM record_case c JOIN record_deadline d ON d.case_id = c.id
        WHERE c.phase = 'closed' AND d.stopped_at IS NULL""",
    "another due time than its next clock's": """
        SELECT c.number FROM record_case c LEFT JOIN LATERAL (
          SELECT min(d.due_at) AS due_at FROM record_deadline d
          WHERE d.case_id = c.id AND d.stopped_at IS NULL AND d.paused_since IS NULL) n ON TRUE
        WHERE c.due_at IS DISTINCT FROM n.due_at AND NOT c.imported""",
    "rated on a case that was withdrawn": """
        SELECT c.number FROM record_rating r JOIN record_case c ON c.id = r.case_id WHERE c.state = 'withdrawn'
          AND r.by = 'callback'""",
    "a number of somebody's in the open": r"""
        SELECT c.number FROM record_case c LEFT JOIN record_entry e ON e.case_id = c.id
        LEFT JOIN record_words w ON w.entry_id = e.id
        WHERE concat_ws(' ', c.title, c.words, c.address, w.said::text) ~ '(^|[^0-9])1[0-9]{10}([^0-9]|$)'""",
}
"""A sentence and the cases of which it is true. None may be."""


def broken() -> list[str]:
    """What must never be, with the numbers of the cases. Empty if the district is sound. Chains are verified too."""
    found = []
    with connection.cursor() as cursor:
        for sentence, query in _BROKEN.items():
            cursor.execute(query)
            if numbers := sorted({row[0] for row in cursor.fetchall()}):
                found.append(f"{sentence}: {', '.join(numbers[:10])}")
    return found + audit.verify_all().faults


@dataclass(frozen=True)
class Reach:
    """States and verbs of a process that no case has come to."""

    process: str
    states: list[str]
    verbs: list[str]


def unreached() -> list[Reach]:
    """What no entry of the district shows, by process in force."""
    found = []
    for version in ProcessVersion.objects.filter(retired_at=None).order_by("code"):
        lines = Entry.objects.filter(case__process__code=version.code)
        states = set(lines.values_list("now", flat=True).distinct())
        verbs = set(lines.values_list("verb", flat=True).distinct())
        definition = version.definition
        offered = {move.verb for move in definition.moves}
        found.append(Reach(version.code, sorted({*definition.states} - states), sorted(offered - verbs)))
    return found
