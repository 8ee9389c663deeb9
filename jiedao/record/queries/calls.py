"""Calls made (回访次数): how often a caller was rung since the last reply, and when last. One query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from jiedao.record.queries import scope

_TRIES = """
SELECT g.case_id, count(DISTINCT g.entry_id), max(g.at) FROM record_rating g
WHERE g.case_id = ANY(%s::uuid[]) AND g.by = 'callback' AND NOT g.reached
  AND g.at >= (SELECT max(o.answered_at) FROM record_dispatchorder o WHERE o.case_id = g.case_id)
GROUP BY g.case_id
"""


@dataclass(frozen=True)
class Tries:
    """Calls that nobody answered."""

    number: int
    last_at: datetime


def tries(cases: Sequence[UUID]) -> dict[UUID, Tries]:
    """By case; one that was never rung has none."""
    found = scope.rows(_TRIES, [list(cases)]) if cases else []
    return {pk: Tries(number, at) for pk, number, at in found}
