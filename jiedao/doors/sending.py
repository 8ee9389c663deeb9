"""Sending on (研判派遣): item, place, units and limit of a new matter in one write: classified, filed, dispatched.

Each is the stage's own verb with its own line; together they happen whole or not at all, once per key.
"""

from collections.abc import Mapping
from typing import Any

from jiedao.doors import gate, readers
from jiedao.doors.acts import Done
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.kit.refusal import Refused
from jiedao.record import cases, standing
from jiedao.record.definition import Move
from jiedao.record.models import Case
from jiedao.stages import dispatch, triage

FIELDS = {
    "item": "item",
    "area": "area",
    "address": "line",
    "lead": "unit",
    "helpers": "units",
    "limit": "limit",
    "reported_units": "units",
    "reported_nobody": "yes",
}
"""What the sheet of the triage desk holds, and the kind of each for the readers."""


def may_send(case: Case, by: Actor) -> bool:
    """Whether this actor can send the case on from where it stands, filing it on the way where the process files."""
    return bool(_road(case, case.state, standing.standings(by, case), by))


def _road(case: Case, state: str, held: set[str], by: Actor) -> list[Move]:
    """The moves that lead from a state to a dispatch. Empty where none does."""
    definition = case.process.definition
    for move in definition.moves_of("dispatch", state):
        if move.to and "lead_gone" not in move.when and standing.plays(by, case, move, held):
            return [move]
    for move in definition.moves_of("file", state):
        if move.to and move.to != state and standing.plays(by, case, move, held):
            further = _road(case, move.to, held, by)
            return [move, *further] if further else []
    return []


def send(case: Case, *, by: Actor, given: Mapping[str, Any], key: str, seen: int | None = None) -> Done:
    """Sends the case on. Refuses `incomplete` with the first things missing, and as the three verbs refuse."""
    body = {"case": case.number, "verb": "send", "given": {k: v for k, v in given.items() if v not in (None, "", [])}}
    with gate.watched(by, "dispatch"), receipts.once(by.scope, key, body, cases.asked_by_lock(case.id)) as receipt:
        if receipt.known:
            return Done(**(receipt.outcome or {}), replayed=True)
        road = _road(case, case.state, standing.standings(by, case), by)
        if not road:
            # Sent or closed meanwhile: the verb itself says by whom and what stands.
            road = list(case.process.definition.moves_of("dispatch", case.state))[:1]
        told = {n: readers.read(kind, n, given, by=by, options={}) for n, kind in FIELDS.items()}
        _complete(case, told)
        done = _do(case, road, told, by=by, seen=seen)
        receipt.came_of(number=done.number, seq=done.seq, verb=done.verb, state=done.state, child="")
        return done


def _complete(case: Case, told: Mapping[str, Any]) -> None:
    missing = [name for name in ("item", "area", "lead") if not (told[name] or getattr(case, name, None))]
    if case.shielded and not (told["reported_units"] or told["reported_nobody"] or case.reported_units):
        missing += [] if case.reported_nobody else ["reported_units"]
    if missing:
        raise Refused("incomplete", verb="dispatch", missing=missing)


def _do(case: Case, road: list[Move], told: Mapping[str, Any], *, by: Actor, seen: int | None) -> Done:
    changed = _changed(case, told)
    if changed:
        triage.classify(case.id, by=by, seen=seen, **changed)
        seen = None
    if any(move.verb == "file" for move in road):
        triage.file(case.id, by=by, seen=seen)
        seen = None
    helpers = [unit for unit in told["helpers"] or [] if unit != told["lead"]]
    entry = dispatch.dispatch(case.id, by=by, lead=told["lead"], helpers=helpers, limit=told["limit"] or "", seen=seen)
    return Done(case.number, entry.seq, "dispatch", entry.now)


def _changed(case: Case, told: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from the case as it stands: only that is classified anew."""
    found: dict[str, Any] = {}
    for name in ("item", "area"):
        if told[name] and told[name].id != getattr(case, f"{name}_id"):
            found[name] = told[name]
    if told["address"] and told["address"] != case.address:
        found["address"] = told["address"]
    if case.shielded and not case.reported_units and (told["reported_units"] or told["reported_nobody"]):
        found["reported_units"] = told["reported_units"] or []
        found["reported_nobody"] = bool(told["reported_nobody"])
    return found
