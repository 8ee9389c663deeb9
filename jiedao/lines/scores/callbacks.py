"""Callbacks (回访) read from the record, by unit and window: what the three rates of a month in progress are made of."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from jiedao.lines.scores.rates import Answer
from jiedao.record.models import Rating


def callbacks(start: datetime, end: datetime, units: Collection[UUID] | None = None) -> dict[UUID, list[Answer]]:
    """The callbacks of a window by unit, start included, end not; of all units, or of these. One query.

    Withdrawn and merged cases have none: nobody is asked about them.
    """
    rows = Rating.objects.filter(by=Rating.By.CALLBACK, at__gte=start, at__lt=end, order__isnull=False)
    rows = rows.filter(unit_id__isnull=False) if units is None else rows.filter(unit_id__in=units)
    found: dict[UUID, list[Answer]] = defaultdict(list)
    columns = ("unit_id", "order_id", "case__number", "at", "reached", "contacted", "solved", "satisfied")
    for row in rows.values_list(*columns).iterator(chunk_size=5_000):
        unit, order, number, at, reached, contacted, solved, satisfied = row
        if unit is not None:
            found[unit].append(Answer(str(order), number, str(unit), at, reached, contacted, solved, satisfied))
    return found
