"""Clocks (计时): which limits run on a case, since when, until when. Rows, not jobs; one tick rings what is due.

The running clocks of a held case are read once, changed in memory and written once, with the line that changed them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from jiedao.ground.districts.calendar import calendar
from jiedao.kit.limits import Limit
from jiedao.record import reading, writing
from jiedao.record.definition import Timed
from jiedao.record.models import Case, Deadline, DispatchOrder, Pause

NO_LIMIT = ("item", "named")
"""What a definition writes where the duty item or the order decides."""


def running(case: Case, order: DispatchOrder | None = None, name: str = "") -> list[Deadline]:
    """The clocks of a held case that have not stopped, paused ones included; of one order, or of one name."""
    book: list[Deadline] | None = getattr(case, "_book", None)
    if book is None:
        [book] = reading.answers(running_on(case.id))
        case._book = book  # type: ignore[attr-defined]
    return [
        d
        for d in book
        if d.stopped_at is None and (order is None or d.order_id == order.id) and (not name or d.name == name)
    ]


def running_on(case_id: UUID) -> reading.Question:
    """The question for the clocks of a case that have not stopped."""
    return reading.Question(Deadline, "t.case_id = $1 AND t.stopped_at IS NULL ORDER BY t.id", [case_id])


def begin(case: Case) -> None:
    """A case that has just been made has no clocks to be read."""
    case._book = []  # type: ignore[attr-defined]


def promises(case: Case) -> list[Deadline]:
    """What the caller was promised, while it runs."""
    return [d for d in running(case) if d.kind == Deadline.Kind.PROMISE]


def turned(case: Case, was: str, at: datetime) -> None:
    """The case came from one state into another: stops what ended, starts what begins, pauses the promise."""
    definition = case.process.definition
    state = definition.state(case.state)
    if state.end:
        stop(running(case), at)
        return
    if was:
        stop([d for d in running(case) if d.kind == Deadline.Kind.STATE], at)
    if state.limit:
        start(case, Deadline.Kind.STATE, state.code, state.limit, at)
    # The state too: a clock that stands still, as a rehearsal's, files and dispatches at one instant.
    if case.filed_at == at and case.state == definition.counts_from and definition.promise:
        promised = timed(definition.promise, case)
        if promised:
            start(case, Deadline.Kind.PROMISE, "promise", promised, at)
    if was and definition.state(was).pauses != state.pauses:
        for deadline in [d for d in running(case) if d.kind != Deadline.Kind.STATE]:
            if state.pauses:
                pause(deadline, state.code, at)
            else:
                resume(deadline, at)
        _sort_orders(case)


def _sort_orders(case: Case) -> None:
    """With the case every open order came to a halt or goes on: its desk would sort it by a time that no longer counts."""
    for order in case.held_orders():
        if order.is_open:
            order.due_at = next_due(case, order)
            writing.update(order, ["due_at"])


def timed(limit: Timed | None, case: Case, order: DispatchOrder | None = None) -> Timed | None:
    """The limit that counts: printed on the order, else the item's, else the definition's. None if nobody set one."""
    item = order.item if order and order.item else case.item
    if order and order.limit:
        return Timed(order.limit, "order")
    if case.limit:
        return Timed(case.limit, "case")
    if item and item.limit:
        return Timed(item.limit, f"item {item.code}")
    return limit if limit and limit.within not in NO_LIMIT else None


def sent(case: Case, order: DispatchOrder) -> None:
    """Starts the steps that the definition asks of an order."""
    for step in case.process.definition.steps.values():
        if not step.asked or (step.code == "contacted" and not _owes_contact(case, order)):
            continue
        limit = step.limit
        if step.code == "answered":
            limit = timed(limit, case, order)
        elif step.code == "contacted" and case.item and case.item.contact_limit:
            limit = Timed(case.item.contact_limit, f"item {case.item.code}")
        if limit and limit.within not in NO_LIMIT:
            start(case, Deadline.Kind.STEP, step.code, limit, order.sent_at, order)
    order.due_at = next_due(case, order)


def _owes_contact(case: Case, order: DispatchOrder) -> bool:
    """The lead speaks with the caller; helpers answer to the lead. A whistle's units speak with the sub-district."""
    return (case.has_caller and order.role == DispatchOrder.Role.LEAD) or case.from_unit_id is not None


def took(case: Case, order: DispatchOrder, step: str, at: datetime) -> None:
    """A step was taken: its clock stops, and with the order's end all of its clocks."""
    stop(running(case, order, step if order.is_open else ""), at)
    order.due_at = next_due(case, order)


def next_due(case: Case, order: DispatchOrder | None = None) -> datetime | None:
    """The next due time of what runs on a case or an order. None while nothing runs; lists sort by it."""
    return min((d.due_at for d in running(case, order) if d.paused_since is None), default=None)


def start(case: Case, kind: str, name: str, limit: Timed, at: datetime, order: DispatchOrder | None = None) -> Deadline:
    """A limit begins to run."""
    days, counted = calendar(), Limit(limit.within)
    deadline = writing.new(
        Deadline,
        case=case,
        order=order,
        kind=kind,
        name=name,
        limit=limit.within,
        source=limit.source,
        started_at=at,
        due_at=counted.due(at, days),
        soon_at=counted.soon_at(at, days),
    )
    running(case)
    case._book.append(deadline)  # type: ignore[attr-defined]
    return deadline


def stop(clocks: Iterable[Deadline], at: datetime) -> None:
    """What was asked has happened, or is no longer asked. A paused clock ends its pause first."""
    for deadline in clocks:
        if deadline.paused_since:
            resume(deadline, at)
        deadline.stopped_at = at
        deadline.met = at <= deadline.due_at
        _changed(deadline)


def pause(deadline: Deadline, reason: str, at: datetime, cap: datetime | None = None) -> None:
    """The clock stands still, until `cap` at most. Nothing happens to one that already does."""
    if deadline.paused_since is None:
        writing.insert([writing.new(Pause, deadline=deadline, reason=reason, since=at, cap_at=cap)])
        deadline.paused_since = at
        _changed(deadline)


def resume(deadline: Deadline, at: datetime) -> None:
    """The clock runs on; what it stood still is added behind, in working time where the limit counts so."""
    if deadline.paused_since is not None:
        deadline.pauses.filter(until=None).update(until=at)
        deadline.paused_since = None
        _set_due(deadline)


def extend(deadline: Deadline, limit: str) -> None:
    """More time was granted: the limit is the new one, counted from the same start."""
    deadline.limit = limit
    deadline.source = "extension"
    _set_due(deadline)


def _set_due(deadline: Deadline) -> None:
    counted, spans = Limit(deadline.limit), _spans(deadline)
    deadline.due_at = counted.due(deadline.started_at, calendar(), spans)
    deadline.soon_at = counted.soon_at(deadline.started_at, calendar(), spans)
    _changed(deadline)


def _spans(deadline: Deadline) -> list[tuple[datetime, datetime]]:
    return [(p.since, p.until) for p in deadline.pauses.order_by("since") if p.until]


def replay(deadline: Deadline, limit: str | None = None) -> datetime:
    """When it is due, computed from limit, start and pauses alone; under another limit if one is given."""
    return Limit(limit or deadline.limit).due(deadline.started_at, calendar(), _spans(deadline))


def _changed(deadline: Deadline) -> None:
    deadline._stale = True  # type: ignore[attr-defined]


CHANGING = ("limit", "source", "due_at", "soon_at", "paused_since", "stopped_at", "met")


def flush(case: Case) -> None:
    """Writes what changed since the case was held; new clocks are written with the line that started them."""
    for deadline in getattr(case, "_book", None) or []:
        if getattr(deadline, "_stale", False):
            writing.update(deadline, CHANGING)
            deadline._stale = False


def fresh(case: Case) -> list[Deadline]:
    """Clocks that were started and are not yet written."""
    return [d for d in getattr(case, "_book", None) or [] if d._state.adding]


def named(case: Case, pk: UUID) -> Deadline | None:
    """One running clock of a held case. None if it has stopped."""
    return next((d for d in running(case) if d.id == pk), None)


def reopen_until(case: Case) -> datetime | None:
    """Until when a closed case goes on if it is reopened. None if its process has no such window, or it is open."""
    window = case.process.definition.reopen
    if window is None or case.closed_at is None:
        return None
    return Limit(window.within).due(case.closed_at, calendar())


def paused_for(deadline: Deadline, at: datetime) -> timedelta:
    """How long it has stood still in all, the present pause included."""
    total = timedelta()
    for span in deadline.pauses.all():
        total += (span.until or at) - span.since
    return total
