"""Suggestions (推荐单位): how often a unit handled an item lately; beside the duty list, the reason to propose it."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from jiedao.kit.clock import now
from jiedao.record.queries import scope

DAYS = 90
LOOKED_AT = 1000
"""Newest orders of a unit that are looked at; a unit with more in ninety days has done of everything."""

_HANDLED = """
SELECT w.unit_id, count(*) FROM unnest(%s::uuid[]) w(unit_id) CROSS JOIN LATERAL (
  SELECT o.item_id FROM record_dispatchorder o
  WHERE o.unit_id = w.unit_id AND o.sent_at >= %s AND o.recalled_at IS NULL AND o.returned_at IS NULL
  ORDER BY o.sent_at DESC LIMIT %s) l
JOIN duties_dutyitem i ON i.id = l.item_id WHERE i.code = %s GROUP BY w.unit_id
"""


def handled(units: Sequence[UUID], item_code: str) -> dict[UUID, int]:
    """How many orders on an item each unit had in the last ninety days, those taken back left out."""
    if not units or not item_code:
        return {}
    found = scope.rows(_HANDLED, [list(units), now() - timedelta(days=DAYS), LOOKED_AT, item_code])
    return dict(found)
