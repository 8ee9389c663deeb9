"""The tick (计时器): rings what is soon or due, once each, and ends pauses that reached their cap.

One query finds what to ring, whatever happened since the last tick: after an outage, or with a moved clock, every
limit still rings exactly once, because the ring is a row.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from jiedao.ground.people import Actor
from jiedao.kit.clock import now
from jiedao.kit.ids import new_id
from jiedao.record import clocks, flow
from jiedao.record.models import Case, Deadline, Pause

MOST = 500
"""Limits rung in one go; the rest follows with the next."""

_TAKE = """
INSERT INTO record_ring (id, deadline_id, ring, due_at, at) VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""

_DUE = """
SELECT d.id FROM record_deadline d
WHERE d.stopped_at IS NULL AND d.paused_since IS NULL AND d.{column} <= %s{only}
  AND NOT EXISTS (SELECT 1 FROM record_ring r WHERE r.deadline_id = d.id AND r.ring = %s AND r.due_at = d.due_at)
ORDER BY d.{column} LIMIT %s
"""


_RINGS = {"due": ("due_at", ""), "soon": ("soon_at", " AND d.name IN ('answered', 'arrived')")}
"""Every limit rings when it is due; that it will be soon, only where a unit can still do the work in time."""


def tick() -> int:
    """Rings what is due in the district one is in; says how many rings it gave."""
    at = now()
    _end_pauses(at)
    return sum(_ring(ring, at) for ring in _RINGS)


def _end_pauses(at: datetime) -> None:
    for span in Pause.objects.filter(until=None, cap_at__lte=at).select_related("deadline")[:MOST]:
        with flow.hold(span.deadline.case_id) as case:
            deadline = clocks.named(case, span.deadline_id)
            if deadline and deadline.paused_since:
                clocks.resume(deadline, min(at, span.cap_at or at))
                if _stands_still(case, deadline, span):
                    continue
                if deadline.order:
                    deadline.order.due_at = clocks.next_due(case, deadline.order)
                    deadline.order.save(update_fields=["due_at"])
                said = {"why": "cap", "limit_name": deadline.name}
                flow.note(case, "resume", by=Actor.system("ticker"), said=said, order=deadline.order)


def _stands_still(case: Case, deadline: Deadline, span: Pause) -> bool:
    """On the deferred list the clock has two reasons to stand still: the unit's has ended, the state's goes on.

    Nothing runs on, so there is no line.
    """
    if deadline.kind == Deadline.Kind.STATE or not case.process.definition.state(case.state).pauses:
        return False
    clocks.pause(deadline, case.state, span.cap_at or now())
    clocks.flush(case)
    return True


UNANSWERED = "assignment"
"""The limit within which somebody who was asked says whether he goes."""


def _give_up_waiting(case: Case, deadline: Deadline, at: datetime) -> None:
    """Somebody else can be sent at once: it rings and is over, and makes neither the order nor the case late."""
    if (held := clocks.named(case, deadline.id)) and deadline.order:
        clocks.stop([held], at)
        deadline.order.due_at = clocks.next_due(case, deadline.order)
        deadline.order.save(update_fields=["due_at"])


def _ring(ring: str, at: datetime) -> int:
    column, only = _RINGS[ring]
    with connection.cursor() as cursor:
        cursor.execute(_DUE.format(column=column, only=only), [at, ring, MOST])
        found = [row[0] for row in cursor.fetchall()]
    return sum(_ring_one(pk, ring, at) for pk in found)


def _ring_one(pk: UUID, ring: str, at: datetime) -> bool:
    """The ring's row first: a second ticker that found the same limit writes nothing."""
    deadline = Deadline.objects.select_related("order").get(pk=pk)
    with flow.hold(deadline.case_id) as case:
        # It was found without the lock: meanwhile it may have ended, stand still, or have been given more time.
        deadline.refresh_from_db(fields=["stopped_at", "paused_since", "due_at", "soon_at"])
        if deadline.stopped_at or deadline.paused_since or getattr(deadline, f"{ring}_at") > at:
            return False
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, [new_id(), deadline.id, ring, deadline.due_at, at])
            if not cursor.rowcount:
                return False
        said = {"ring": ring, "limit_name": deadline.name, "kind": deadline.kind, "due": deadline.due_at.isoformat()}
        columns: dict[str, Any] = {}
        if ring == "due" and deadline.name == UNANSWERED:
            _give_up_waiting(case, deadline, at)
        elif ring == "due" and "overdue" not in case.marks:
            columns["marks"] = {**case.marks, "overdue": {"since": deadline.due_at.isoformat()}}
        flow.note(case, "ring", by=Actor.system("ticker"), said=said, order=deadline.order, **columns)
        return True
