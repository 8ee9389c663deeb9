"""Predicates (条件): the conditions a definition may name. Each reads the case under its lock and answers yes or no.

A definition's `when` lists names from here; a move whose predicates say no is refused by the predicate's name.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jiedao.kit.clock import now

if TYPE_CHECKING:
    from jiedao.record.models import Case, DispatchOrder

Predicate = Callable[["Case", "DispatchOrder | None", dict[str, Any]], bool]

PREDICATES: dict[str, Predicate] = {}


def predicate(rule: Predicate) -> Predicate:
    """Registers a condition under the function's name."""
    PREDICATES[rule.__name__] = rule
    return rule


@predicate
def has_item(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The case has its duty item."""
    return case.item_id is not None


@predicate
def has_place(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The case lies in a known area."""
    return case.area_id is not None


@predicate
def complaint_names_unit(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """A complaint or report names the unit it is about, so that it is never sent there (R7)."""
    return case.kind not in ("complaint", "denunciation") or bool(case.reported_units) or case.reported_nobody


@predicate
def no_open_orders(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """No unit has still to answer."""
    return not case.orders.open().exists()


@predicate
def children_closed(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """Every child case (whistle, dispute …) has ended."""
    return not case.children.exclude(phase="closed").exists()


@predicate
def contacted_first(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The order was spoken about with the caller before the reply, where there is a caller to speak with."""
    return order is None or order.contacted_at is not None or order.role != "lead" or not case.has_caller


@predicate
def may_return(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """No ruling has said that this unit must act."""
    return order is None or not order.no_return


@predicate
def not_acknowledged(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The unit has not signed yet, so the order can still be taken back."""
    return order is None or order.acknowledged_at is None


@predicate
def extension_open(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """More time was asked for and nobody has decided."""
    return order is not None and order.extension_asked_at is not None and order.extension_decided_at is None


@predicate
def no_extension_open(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """No request for more time waits for a decision."""
    return order is None or order.extension_asked_at is None or order.extension_decided_at is not None


@predicate
def reopen_window_open(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The window in which a closed case goes on, not a new one, has not ended."""
    from jiedao.record.clocks import reopen_until  # noqa: PLC0415 -- app ready

    until = reopen_until(case)
    return until is not None and now() < until


def _after_last_reply(case: Case, at: datetime) -> bool:
    replied = case.orders.exclude(answered_at=None).order_by("-answered_at").first()
    return replied is None or replied.answered_at is None or at >= replied.answered_at


@predicate
def check_agrees(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """Somebody else has checked since the last reply, and agrees."""
    last = case.checks.order_by("-at").first()
    return last is not None and last.agrees and _after_last_reply(case, last.at)


@predicate
def called_back(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The caller was asked since the last reply, or could not be reached; or there is nobody to ask."""
    asked = case.ratings.filter(by="callback").order_by("-at").first()
    return not case.has_caller or (asked is not None and _after_last_reply(case, asked.at))


@predicate
def order_objected(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The unit has objected to its order and nobody has ruled."""
    return order is not None and order.objected_at is not None and order.ruled_at is None


@predicate
def no_objection_open(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """No objection to this order waits for a ruling."""
    return order is None or order.objected_at is None or order.ruled_at is not None


@predicate
def by_whistle_plan(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The whistle names its departments, lead first."""
    return bool(case.routing.get("lead"))


@predicate
def acknowledged_first(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The unit has signed for its order before it goes on with it."""
    return order is None or order.acknowledged_at is not None


@predicate
def order_is_lead(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The order in question is the lead's."""
    return order is not None and order.role == "lead"


@predicate
def order_returned(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The unit has returned the order in question."""
    return order is not None and order.returned_at is not None


def _returned(case: Case, order: DispatchOrder | None) -> int:
    """How many other orders of the case were returned before."""
    return sum(row.returned_at is not None for row in case.held_orders() if order is None or row.pk != order.pk)


@predicate
def returned_twice(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """Two orders of the case were returned before, so that a third return goes to a ruling."""
    return _returned(case, order) >= 2


@predicate
def returned_thrice(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """Three orders of the case were returned: who must act is for a ruling."""
    return _returned(case, order) >= 3


def _last_lead(case: Case) -> DispatchOrder | None:
    return case.orders.filter(role="lead").order_by("-sent_at", "-id").first()


@predicate
def lead_gone(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """Nobody leads: the last lead returned the order, or it was taken back."""
    lead = _last_lead(case)
    return lead is None or lead.returned_at is not None or lead.recalled_at is not None


@predicate
def lead_answered(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The lead has answered, so that the case can go on without a helper who returned its order."""
    lead = _last_lead(case)
    return lead is not None and lead.answered_at is not None


@predicate
def was_answered(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """Some unit has answered, so that there is work that can be done again."""
    return case.orders.exclude(answered_at=None).exists()


@predicate
def check_disagrees(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """Somebody else has checked since the last reply, and does not agree."""
    last = case.checks.order_by("-at").first()
    return last is not None and not last.agrees and _after_last_reply(case, last.at)


def _asked_for(case: Case) -> dict[str, Any]:
    found: dict[str, Any] = case.routing.get("asks_for", {})
    return found


@predicate
def not_barred(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """No negative list of the receiving level names what is applied for."""
    from jiedao.ground.duties.barring import bars  # noqa: PLC0415 -- app ready

    wanted = _asked_for(case)
    return "code" not in wanted or bars(wanted["level"], wanted["code"], wanted["name"]) is None


@predicate
def lawful_unless_barred(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """What a negative list names is not found lawful."""
    return not said.get("lawful") or not_barred(case, order, said)


@predicate
def receiver_heard(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """Of those who would get the work somebody was asked for an opinion."""
    level = _asked_for(case).get("level")
    asked = case.orders.filter(role="heard", recalled_at=None)
    return level is None or asked.filter(unit__level=level).exists()


@predicate
def opinions_in(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """Everybody who was asked has given an opinion, or let the limit pass."""
    return not case.orders.open().filter(role="heard").exclude(due_at__lt=now()).exists()


@predicate
def vetted_lawful(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The last review of the law found it lawful, and none is awaited."""
    last = case.entries.filter(verb="vet").order_by("-seq").first()
    awaited = case.orders.open().filter(role="heard").exists()
    return not awaited and last is not None and last.facts.get("lawful") is True


@predicate
def found_lawful(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The last review of the law found it lawful, whoever else is still to be heard."""
    last = case.entries.filter(verb="vet").order_by("-seq").first()
    return last is not None and last.facts.get("lawful") is True


@predicate
def asked_about_law(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The order in question is that of the office which reviews the law, not one for an opinion."""
    from jiedao.ground.terms.models import fact  # noqa: PLC0415 -- app ready
    from jiedao.ground.terms.offices import TABLE  # noqa: PLC0415 -- app ready

    return order is None or order.unit.code == fact(TABLE, "legal", "unit", "")


@predicate
def elements_only(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The submitted change of a list only says elements of its items otherwise: nothing comes, goes or moves."""
    return case.routing.get("change", {}).get("elements_only") is True


def _last_opinion(case: Case) -> str:
    """`agree`, `agree_if` or `object`, as the last who was asked answered; by the right's rule where nobody did."""
    last = case.orders.filter(role="heard", recalled_at=None).order_by("-sent_at", "-id").first()
    return last.outcome if last is not None and last.answered_at else ""


@predicate
def answered_or_silent(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The opinion is there; or the limit has passed, and silence counts as agreeing here."""
    if _last_opinion(case):
        return True
    return case.routing.get("right", {}).get("silence") == "agrees" and opinions_in(case, order, said)


@predicate
def silence_asks_again(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The limit has passed without an answer, and silence means here that it is asked again."""
    return case.routing.get("right", {}).get("silence") == "asks_again" and opinions_in(case, order, said)


@predicate
def opinion_prevails(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """A decision does not go against an opinion that binds."""
    against = said.get("decision") == "go_ahead" and _last_opinion(case) == "object"
    return not (against and case.routing.get("right", {}).get("binding"))


@predicate
def reason_if_against(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """A decision against an opinion, or without the condition it made, says why."""
    against = said.get("decision") == "go_ahead" and _last_opinion(case) in ("object", "agree_if")
    return not against or bool(said.get("reason"))


@predicate
def is_supervised(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The case stands under supervision."""
    return "supervised" in case.marks


@predicate
def not_supervised(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The case does not stand under supervision yet."""
    return "supervised" not in case.marks


@predicate
def not_escalated(case: Case, order: DispatchOrder | None, said: dict[str, Any]) -> bool:
    """The case was not handed up yet."""
    return "escalated" not in case.marks
