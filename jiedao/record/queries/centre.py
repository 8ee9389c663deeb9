"""The centre and the next limit (指挥中心、下一个到期): who must act where nobody has a case, and what an empty list says."""

from datetime import datetime

from jiedao.kit.clock import now
from jiedao.record.queries import scope
from jiedao.record.queries.conditions import OPEN
from jiedao.record.queries.worklists import Lists, Named


def command_centre() -> Named | None:
    """The district's centre, which must act where nobody has a case. None before units were loaded."""
    found = scope.rows(
        "SELECT name, name_en, code, duty_phone FROM people_unit WHERE kind = 'centre' AND level = 'district' "
        "AND valid_to IS NULL ORDER BY code LIMIT 1",
        [],
    )
    return Named(*found[0]) if found else None


def next_due(lists: Lists) -> datetime | None:
    """When the next limit in sight ends: what an empty list says."""
    where = lists.where(f"{OPEN} AND c.due_at >= %s", now())
    return scope.rows(f"SELECT min(c.due_at) {where.source[0]}", where.params)[0][0]  # type: ignore[no-any-return]
