"""Narrowing a list (按编号或标题筛选): by the beginning of a number or by words of the title, as desks seek what they hold."""

import re
from datetime import timedelta

from jiedao.kit import grams
from jiedao.kit.clock import now
from jiedao.record.queries.scope import Params

_NUMBER = re.compile(r"[0-9]{2}-[0-9]{0,9}")
FILED_WITHIN = timedelta(hours=1)
"""A case is filed under its words by a job, a moment after it is opened; for so long nobody relies on that."""
# Reading every title took a second at a million cases. The index knows more than the title, so the title is asked too.
_FILED = """c.id IN (
  SELECT f.id FROM record_findable f WHERE f.grams @> %s::int[]
  UNION ALL SELECT r.id FROM record_case r
  WHERE r.opened_at > %s AND NOT EXISTS (SELECT 1 FROM record_findable f WHERE f.id = r.id))"""


def is_number(words: str) -> bool:
    """Whether it reads as the number of a case, or its beginning: `26-00123`, `26-`."""
    return bool(_NUMBER.fullmatch(words))


def holds(words: str) -> tuple[str, Params]:
    """Number or words of the title, for a list that is short by itself."""
    if is_number(words):
        return "c.number LIKE %s", [f"{words}%"]
    like = words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return "(c.number LIKE %s OR c.title ILIKE %s)", [f"{like}%", f"%{like}%"]


def found(words: str) -> tuple[str, Params]:
    """The same for a list that may be of every case: whatever has an index is found by it, and then looked at."""
    condition, values = holds(words)
    wanted = [] if is_number(words) else grams.certain(words)
    if not wanted:
        return condition, values
    return f"{_FILED} AND {condition}", [wanted, now() - FILED_WITHIN, *values]
