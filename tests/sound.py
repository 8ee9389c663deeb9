"""What must hold of a case at any moment (案件不变式), asked of its rows alone. Races, crashes and random lives end here."""

from collections import Counter

from django.db.models import Q

from jiedao import wiring
from jiedao.ground.journal.models import Receipt
from jiedao.record import ledger
from jiedao.record.models import Attachment, Case, Check, Deadline, DispatchOrder, Effect, Entry, Event, Pause, Rating
from jiedao.record.models.order import OPEN

COUNTED = (Case, Entry, Event, DispatchOrder, Deadline, Pause, Check, Rating, Attachment, Receipt)


def rows() -> dict[str, int]:
    """How much there is of everything a write makes, jobs included."""
    from procrastinate.contrib.django.models import ProcrastinateJob

    return {model.__name__: model.objects.count() for model in (*COUNTED, ProcrastinateJob)}


def unsound(case: Case) -> list[str]:
    """Everything that is wrong with a case. Empty if nothing is."""
    case = Case.objects.select_related("process").get(pk=case.pk)
    entries = list(case.entries.order_by("seq"))
    found = ledger.verify(case)
    found += _road_faults(case, entries)
    found += _order_faults(case)
    found += _clock_faults(case)
    return [f"{case.number}: {fault}" if case.number not in fault else fault for fault in found]


def _road_faults(case: Case, entries: list[Entry]) -> list[str]:
    """Every line follows from the one before by a line of the definition."""
    definition, found, now = case.process.definition, [], ""
    legal = {(m.verb, state, m.to or state) for m in definition.moves for state in m.states}
    for entry in entries:
        if entry.was != now:
            found.append(f"line {entry.seq} begins in {entry.was!r}, the one before ended in {now!r}")
        if entry.was != entry.now and entry.was and (entry.verb, entry.was, entry.now) not in legal:
            found.append(f"line {entry.seq}: no move {entry.verb} leads from {entry.was} to {entry.now}")
        now = entry.now
    state = definition.state(case.state)
    if case.state != now:
        found.append(f"stands in {case.state}, its last line says {now}")
    if case.phase != state.phase or (case.closed_at is not None) != state.end:
        found.append(f"phase {case.phase}, closed {case.closed_at} in state {state.code}")
    return found


def _order_faults(case: Case) -> list[str]:
    open_orders = Counter(case.orders.filter(OPEN).values_list("role", flat=True))
    found = [f"{open_orders['lead']} open leads"] if open_orders["lead"] > 1 else []
    if case.process.definition.state(case.state).end and open_orders:
        found.append(f"ended with open orders {dict(open_orders)}")
    replies = Counter(case.entries.filter(verb="reply").values_list("order_id", flat=True))
    found += [f"order {order} was answered {times} times" for order, times in replies.items() if times > 1]
    for order in case.orders.all():
        if (order.answered_at is not None) != (replies[order.id] == 1):
            found.append(f"order {order.id}: answered {order.answered_at}, {replies[order.id]} replies")
    return found


def _clock_faults(case: Case) -> list[str]:
    running = list(case.deadlines.filter(stopped_at=None))
    found = []
    if running and case.process.definition.state(case.state).end:
        found.append(f"ended with running limits {[d.name for d in running]}")
    due = min((d.due_at for d in running if d.paused_since is None), default=None)
    if case.due_at != due:
        found.append(f"due {case.due_at}, its next limit {due}")
    for order in case.orders.all():
        own = [d for d in running if d.order_id == order.id]
        if own and not order.is_open:
            found.append(f"limits {[d.name for d in own]} run on an ended order")
        due = min((d.due_at for d in own if d.paused_since is None), default=None)
        if order.due_at != due:
            found.append(f"order due {order.due_at}, its next limit {due}")
    for deadline in running:
        is_paused = deadline.pauses.filter(until=None).exists()
        if (deadline.paused_since is not None) != is_paused:
            found.append(f"limit {deadline.name}: paused since {deadline.paused_since}, open pause {is_paused}")
    return found


def effects_missing_or_doubled(cases: list[Case]) -> list[str]:
    """Entries whose consequences did not happen exactly once each."""
    done = Counter(Effect.objects.filter(entry__case__in=cases).values_list("entry_id", "listener"))
    wanted = {
        (entry.id, listener): 1
        for entry in Entry.objects.filter(case__in=cases)
        for listener in wiring.listeners(entry.verb)
    }
    return [str(k) for k in done.keys() | wanted.keys() if done.get(k, 0) != wanted.get(k, 0)]


def jobs_left() -> int:
    """Jobs that have not succeeded: waiting, begun, failed."""
    from procrastinate.contrib.django.models import ProcrastinateJob

    return ProcrastinateJob.objects.filter(~Q(status="succeeded")).count()
