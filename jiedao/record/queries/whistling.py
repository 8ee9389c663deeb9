"""How often sub-districts whistle (吹哨率): whistles a hundred matters, by month, from the rows one may see. One query."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal

from jiedao.kit import cells
from jiedao.kit.clock import SHANGHAI
from jiedao.record.queries import scope
from jiedao.record.queries.worklists import Listing, Lists

CODES = ("whistle_progress", "whistle_hard")
MONTHS = 6
"""Months before the present one that a band is drawn from."""

WHISTLES, MATTERS = "whistles", "matters"
_SPAN = "c.opened_at >= %s AND c.opened_at < %s"
_BLOWN = "c.process_id = ANY(%s::uuid[]) AND EXISTS (SELECT 1 FROM record_dispatchorder o WHERE o.case_id = c.id)"
_MATTER = "c.parent_id IS NULL AND NOT c.process_id = ANY(%s::uuid[])"
_COUNTS = f"""
SELECT split_part(c.area_path, '/', 2), to_char(c.opened_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM'),
  count(*) FILTER (WHERE {_BLOWN}), count(*) FILTER (WHERE {_MATTER})
FROM record_case c WHERE {{where}} AND split_part(c.area_path, '/', 2) <> '' GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Rate:
    """One month of one sub-district: whistles blown among the matters that came up there."""

    whistles: int = 0
    matters: int = 0

    @property
    def told(self) -> Decimal | None:
        """Whistles a hundred matters. None where too few came up for a rate to mean anything."""
        if self.matters < cells.FEW:
            return None
        return (Decimal(self.whistles) * 100 / self.matters).quantize(Decimal("0.1"), ROUND_HALF_UP)


def months(day: date) -> list[date]:
    """The first days of the months a band looks at, the oldest first, the present one last."""
    at = day.year * 12 + day.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(at - MONTHS, at + 1)]


def by_month(lists: Lists, day: date) -> dict[str, dict[str, Rate]]:
    """Every sub-district's months: area code, then `2026-10`."""
    found: dict[str, dict[str, Rate]] = defaultdict(dict)
    kinds = _kinds(lists)
    within = lists.where(_SPAN, *_span(months(day)[0], months(day)[-1]))
    told = scope.rows(_COUNTS.format(where=within.where), [kinds, kinds, *within.params])
    for area, month, whistles, matters in told:
        found[area][month] = Rate(whistles, matters)
    return dict(found)


def behind(lists: Lists, area: str, month: date, of: str) -> Listing:
    """The rows that a count of one month counted."""
    condition = _BLOWN if of == WHISTLES else _MATTER
    found = lists.where(_SPAN, *_span(month, month)).also(condition, _kinds(lists))
    return found.also("split_part(c.area_path, '/', 2) = %s", area)


def _kinds(lists: Lists) -> list[object]:
    return [pk for pk, definition in lists.known.items() if definition.code in CODES]


def _span(first: date, last: date) -> tuple[datetime, datetime]:
    """From the first day of one month to that after another."""
    after = date(last.year + last.month // 12, last.month % 12 + 1, 1)
    return datetime.combine(first, time(), SHANGHAI), datetime.combine(after, time(), SHANGHAI)
