"""Assessment (考核): ratings and evaluations of what units did. It moves no closed case; rules are scores."""

from uuid import UUID

from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.refusal import Refused
from jiedao.record import flow
from jiedao.record.models import Case, DispatchOrder, Entry, Rating


def rate(
    case_id: UUID,
    *,
    by: Actor,
    solved: bool,
    satisfied: str,
    contacted: bool | None = None,
    text: str = "",
    seen: int | None = None,
) -> Entry:
    """The resident, or the unit that sent the order, says what it was worth (评价). Once per closing and person."""
    if satisfied not in Rating.Satisfied.values:
        raise Refused("incomplete", verb="rate", missing=["satisfied"])
    said = {"solved": solved, "satisfied": satisfied, "contacted": contacted, "text": text}
    with flow.hold(case_id, seen=seen) as case:
        move = flow.permit(case, "rate", by=by, said=said)
        if by.kind == "person" and case.from_unit_id is None:
            # Who took the report down is its reporter too, and would rate what colleagues did.
            raise Refused("own_work", verb="rate")
        kind = Rating.By.RESIDENT if by.kind == "resident" else Rating.By.SENDER
        # By its line, not by its marks: what was answered at once had no unit that could be marked.
        if case.entries.filter(verb="rate", actor=by.kind, at__gte=case.closed_at or case.opened_at).exists():
            raise Refused("already_rated", number=case.number)
        entry = flow.advance(case, move, by=by, said=said)
        for order in _rated(case):
            Rating.objects.create(
                case=case,
                order=order,
                unit_id=order.unit_id,
                entry=entry,
                by=kind,
                contacted=contacted,
                solved=solved,
                satisfied=satisfied,
                at=entry.at,
            )
        return entry


def _rated(case: Case) -> list[DispatchOrder]:
    """Each unit's last answer."""
    last: dict[UUID, DispatchOrder] = {}
    for order in case.orders.exclude(answered_at=None).order_by("answered_at"):
        last[order.unit_id] = order
    return list(last.values())


def evaluate(
    case_id: UUID, *, by: Actor, marks: dict[UUID, dict[str, int | str]], text: str = "", seen: int | None = None
) -> Entry:
    """The sub-district rates each department of a whistle (综合评价): arrival and handling 1 to 5, and satisfaction.

    `marks`: unit id → `{"arrival": 4, "handling": 5, "satisfied": "satisfied"}`. Every department called is rated.
    """
    with flow.hold(case_id, seen=seen) as case:
        called = {order.unit_id: order for order in case.orders.filter(recalled_at=None)}
        missing = [Unit.objects.get(pk=u).name for u in called if u not in marks]
        if missing:
            raise Refused("incomplete", verb="evaluate", missing=missing)
        for mark in marks.values():
            _must_be_in_range(mark)
        said = {"text": text, "marks": {str(k): v for k, v in marks.items()}}
        move = flow.permit(case, "evaluate", by=by, said=said)
        entry = flow.advance(case, move, by=by, said=said)
        for unit_id, order in called.items():
            mark = marks[unit_id]
            Rating.objects.create(
                case=case,
                order=order,
                unit_id=unit_id,
                entry=entry,
                by=Rating.By.SENDER,
                arrival=int(mark["arrival"]),
                handling=int(mark["handling"]),
                satisfied=str(mark["satisfied"]),
                at=entry.at,
            )
        return entry


def _must_be_in_range(mark: dict[str, int | str]) -> None:
    for name in ("arrival", "handling"):
        if str(mark.get(name, "")) not in {"1", "2", "3", "4", "5"}:
            raise Refused("mark_out_of_range", name=name, lowest=1, highest=5)
    if mark.get("satisfied") not in Rating.Satisfied.values:
        raise Refused("incomplete", verb="evaluate", missing=["satisfied"])
