"""Facts for the scores (评分依据): callbacks read from the record, by unit and window. Reads only."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from jiedao.lines.scores.rates import Answer
from jiedao.record.models import Rating


def callbacks(start: datetime, end: datetime, unit: UUID | None = None) -> dict[UUID, list[Answer]]:
    """The callbacks of a window by unit, start included, end not. Merged and withdrawn cases have none."""
    rows = Rating.objects.filter(by=Rating.By.CALLBACK, at__gte=start, at__lt=end, order__isnull=False)
    if unit:
        rows = rows.filter(unit_id=unit)
    found: dict[UUID, list[Answer]] = defaultdict(list)
    for row in rows.values_list(
        "unit_id", "order_id", "case__number", "at", "reached", "contacted", "solved", "satisfied"
    ).iterator(chunk_size=5_000):
        unit_id, order, number, at, reached, contacted, solved, satisfied = row
        found[unit_id].append(Answer(str(order), number, str(unit_id), at, reached, contacted, solved, satisfied))
    return found
