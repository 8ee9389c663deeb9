"""Who goes (已派人员): everybody who was asked to go to a case, and how far each is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from jiedao.record.models import Assignment, Case

STEPS = ("done", "on_site", "under_way", "accepted", "asked")
MOST = 40


@dataclass(frozen=True)
class Going:
    """One of them: the last step taken, and when."""

    person_id: UUID | None
    post: Any
    step: str
    at: datetime


def going(case: Case) -> list[Going]:
    """In the order in which they were asked; who was dropped is not among them. One query."""
    rows = (
        Assignment.objects.filter(order__case=case, dropped_at=None).select_related("post__unit").order_by("asked_at")
    )
    found = []
    for row in rows[:MOST]:
        step = next(step for step in STEPS if getattr(row, f"{step}_at"))
        found.append(Going(row.person_id, row.post, step, getattr(row, f"{step}_at")))
    return found
