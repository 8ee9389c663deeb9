"""Acts (办理动作): doing one of the declared verbs, for all doors alike.

A door lists the moves that `flow.offered` gives, shows or documents the fields of their acts, and hands what came
back to `perform`: one receipt, one call of the stage's verb. Neither forms nor serializers know a rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jiedao.doors import gate, readers
from jiedao.doors.declared import ACTS, Act
from jiedao.doors.fields import CHECKS, KINDS, OUTCOMES, SATISFIED, STANCES, Field
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.ground.store import Stored
from jiedao.kit.refusal import Absent, Refused
from jiedao.record import cases
from jiedao.record.models import Case, DispatchOrder, Entry
from jiedao.stages import assignment, dispatch, triage

_FIXED: dict[str, dict[str, Any]] = {"grant_extension": {"granted": True}, "deny_extension": {"granted": False}}
"""What a verb's name already says to its function."""


@dataclass(frozen=True)
class Done:
    """What came of a write; the same for a replay."""

    number: str
    seq: int
    verb: str
    state: str
    replayed: bool = False
    child: str = ""


def perform(
    verb: str,
    case: Case,
    *,
    by: Actor,
    given: Mapping[str, Any],
    key: str,
    order: DispatchOrder | str | None = None,
    seen: int | None = None,
) -> Done:
    """Reads what was given, takes the key, calls the verb. Refuses `unreadable` with the field's name.

    `given` is text as a form or JSON has it; files are `Stored` already. `case` came through `sight`. An order may be
    given as a request names it, empty for the actor's own: it is looked for after the key, because a replay finds
    its own order answered.
    """
    act = ACTS.get(verb)
    if act is None:
        raise Refused("unknown_verb", verb=verb)
    named = order.id if isinstance(order, DispatchOrder) else order or None
    body = {"case": case.number, "verb": verb, "order": named, "given": _told(given)}
    # Who locks two cases must do it in the order of their ids.
    ahead = () if act.locks_two else cases.asked_by_lock(case.id)
    with gate.watched(by, verb), receipts.once(by.scope, key, body, ahead) as receipt:
        if receipt.known:
            return Done(**(receipt.outcome or {}), replayed=True)
        if isinstance(order, str):
            order = order_of(case, order, by)
        if act.on_order and order is None and not act.order_optional:
            raise Refused("incomplete", verb=verb, missing=["order"])
        result = _call(act, case, order, by=by, values=read(act, case, given, by=by), seen=seen)
        done = _outcome(case, result)
        receipt.came_of(number=done.number, seq=done.seq, verb=done.verb, state=done.state, child=done.child)
        return done


def read(act: Act, case: Case, given: Mapping[str, Any], *, by: Actor) -> dict[str, Any]:
    """The act's values in the types its verb takes. Fields that were left empty are left out."""
    values: dict[str, Any] = {}
    missing = []
    for wanted in act.fields:
        value = readers.read(wanted.kind, wanted.name, given, by=by, options=wanted.options(case))
        if value is None or value == "" or value == []:
            if wanted.required:
                missing.append(wanted.name)
            continue
        values[wanted.name] = value
    if missing:
        raise Refused("incomplete", verb=act.verb, missing=missing)
    return values


def _call(
    act: Act, case: Case, order: DispatchOrder | None, *, by: Actor, values: dict[str, Any], seen: int | None
) -> Entry | Case:
    values = {**values, **_FIXED.get(act.verb, {})}
    if act.verb == "open_child":
        child: Case = dispatch.open_child(case.id, values.pop("process"), by=by, order=order, **values)
        return child
    if act.verb == "remind":
        return dispatch.remind(case.id, by=by, order=order, **values)
    if act.verb == "merge":
        return triage.merge(case.id, values["into"].id, by=by, seen=seen)
    if act.verb == "dispatch":
        values.setdefault("lead", None)
    if act.verb == "review":
        values.setdefault("helpers", [])
    if act.verb == "assign":
        entry: Entry = assignment.assign(order, by=by, **values)  # type: ignore[arg-type]
        return entry
    target: Any = order if act.on_order else case.id
    done: Entry = act.call(target, by=by, seen=seen, **values)
    return done


def _outcome(case: Case, result: Entry | Case) -> Done:
    if isinstance(result, Case):
        case.refresh_from_db()
        return Done(case.number, case.seq, "open_child", case.state, child=result.number)
    return Done(case.number, result.seq, result.verb, result.now)


def _told(given: Mapping[str, Any]) -> dict[str, Any]:
    """The body as its fingerprint sees it: files by their content, uploads by their id."""
    return {
        name: [p.sha256.hex() if isinstance(p, Stored) else p for p in value] if _is_files(name, value) else value
        for name, value in given.items()
        if value not in (None, "", [])
    }


def _is_files(name: str, value: Any) -> bool:
    return name == "photos" and isinstance(value, (list, tuple))


def order_of(case: Case, order_id: str, by: Actor) -> DispatchOrder | None:
    """The order a request names, on this case; without a name, the actor's own. `Absent` if it is not here."""
    rows = case.held_orders()
    if order_id:
        named = next((row for row in rows if str(row.id) == order_id.lower()), None)
        if named is None:
            raise Absent
        return named
    above = list(by.post.unit.above) if by.post else []
    own = sorted((row for row in rows if row.unit_id in above), key=lambda order: order.sent_at, reverse=True)
    # The nearest open one: an office whose bureau has an order of its own means its own. One that is over is named too,
    # so that who comes second hears that it was answered and by whom.
    return min(own, key=lambda order: (not order.is_open, above.index(order.unit_id)), default=None)


__all__ = [
    "ACTS",
    "CHECKS",
    "KINDS",
    "OUTCOMES",
    "SATISFIED",
    "STANCES",
    "Act",
    "Done",
    "Field",
    "order_of",
    "perform",
    "read",
]
