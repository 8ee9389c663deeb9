"""Callbacks in tests (测试中的回访): a call that a unit answered, and what its caller said of it."""

from jiedao.record.models import Case
from jiedao.stages import resolution, verification
from tests.desks import order_of, sent
from tests.residents import acting


def called_back(unit: str = "urban", *, solved: bool = True, reached: bool = True, kind: str = "help") -> Case:
    """Signed, spoken about, answered, and its caller asked; or nobody took the call."""
    case = sent(unit, kind=kind, process="call")
    order, by = order_of(case, unit), acting(unit)
    resolution.acknowledge(order, by=by)
    resolution.contact(order, by=by, way="platform" if case.shielded else "phone", text="已联系")
    resolution.start(order, by=by)
    resolution.reply(order, by=by, outcome="done", text="已处理")
    said = {"contacted": True, "solved": solved, "satisfied": "satisfied" if solved else "dissatisfied"}
    verification.callback(case.id, by=acting("callback"), reached=reached, **(said if reached else {}))
    return case
