"""The gate (关口): the only way a case comes into being, changes or gets a line. Read after `definition.py`.

A verb reads: hold the case, ask permission, change, then `advance` (the state moves) or `note` (a line is added).
Case, entry, clocks and the job of the consequences are one transaction; only the live hint follows the commit.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.kit.clock import now
from jiedao.kit.refusal import Refused
from jiedao.record import cases, clocks, consequences, hints, ledger, standing, writing
from jiedao.record.definition import Move
from jiedao.record.models import Case, DispatchOrder, Entry, ProcessVersion
from jiedao.record.predicates import PREDICATES
from jiedao.record.writing import Row


def open(
    version: ProcessVersion, verb: str, *, by: Actor, said: dict[str, Any], beside: Iterable[Row] = (), **columns: Any
) -> tuple[Case, Entry]:
    """A new case in the state its process opens in, with its number, its first entry and its first clocks.

    `beside` are rows that come into being with it, its event and who reported: one statement writes them all.
    """
    definition = version.definition
    state = definition.state(definition.opens_in)
    with receipts.whole():
        at = columns.pop("opened_at", None) or now()
        case = writing.new(Case, process=version, state=state.code, phase=state.phase, opened_at=at, **columns)
        case.number = case.number or ledger.next_number(at)
        if definition.counts_from == state.code:
            case.filed_at = at
        entry = ledger.line(case, verb, by=by, said=said, was="", at=at)
        clocks.begin(case)
        clocks.turned(case, "", at)
        case.due_at = clocks.next_due(case)
        writing.insert([case, entry, ledger.words_of(entry), *clocks.fresh(case), *beside, consequences.job(entry)])
        hints.follow(case, entry)
    return case, entry


@contextmanager
def hold(case_id: UUID, *, seen: int | None = None) -> Iterator[Case]:
    """The case under its lock until the block ends. Refuses `changed` if lines came since the `seq` a form saw.

    The lock guards the chain, the state and the count of open orders: without it two replies at once would
    both find the other still open, and two entries would both follow the same one.
    """
    with receipts.whole():
        case = cases.locked(case_id)
        if seen is not None and seen != case.seq:
            came = ledger.lines_since(case, seen)
            raise Refused("changed", number=case.number, seen=seen, seq=case.seq, since=came)
        yield case


def permit(case: Case, verb: str, *, by: Actor, said: dict[str, Any], order: DispatchOrder | None = None) -> Move:
    """The line of the definition that allows this verb now. Refuses `not_now`, `not_yours`, a predicate's name, or
    `incomplete` with what is missing.
    """
    definition = case.process.definition
    lines = definition.moves_of(verb, case.state)
    if not lines:
        raise Refused("not_now", verb=verb, state=case.state, label=definition.state(case.state).label)
    held = standing.standings(by, case, order)
    if not (mine := [m for m in lines if standing.plays(by, case, m, held)]):
        raise Refused("not_yours", verb=verb, roles=[definition.roles[r].label for m in lines for r in m.by])
    unmet: list[str] = []
    for move in mine:
        unmet = [name for name in move.when if not PREDICATES[name](case, order, said)]
        if not unmet:
            if missing := [name for name in move.needs if said.get(name) in (None, "", [], ())]:
                raise Refused("incomplete", verb=verb, missing=missing)
            return move
    raise Refused(unmet[0], verb=verb, state=case.state)


def offered(case: Case, by: Actor, order: DispatchOrder | None = None) -> list[Move]:
    """What this actor may do now: the buttons. Needs are not asked yet, predicates are."""
    held = standing.standings(by, case, order)
    return [
        move
        for move in case.process.definition.moves_from(case.state)
        if standing.plays(by, case, move, held) and all(PREDICATES[name](case, order, {}) for name in move.when)
    ]


def advance(
    case: Case,
    move: Move,
    *,
    by: Actor,
    said: dict[str, Any],
    order: DispatchOrder | None = None,
    public: bool = False,
    **columns: Any,
) -> Entry:
    """The move happens: new state, its entry, its clocks, its consequences. Without `to` the state stays.

    A move that asks signatures happens with the last of them; each one before adds a line `sign`.
    """
    if move.signed_by and standing.unsigned(case, move, by):
        signing = {**said, "signs": move.verb, "as": standing.signs_as(case, move, by)}
        return note(case, "sign", by=by, said=signing, order=order, **columns)
    at, definition = now(), case.process.definition
    if move.to:
        state = definition.state(move.to)
        columns |= {"state": state.code, "phase": state.phase, "closed_at": at if state.end else None}
        if definition.counts_from == state.code and case.filed_at is None:
            columns["filed_at"] = at
    return note(case, move.verb, by=by, said=said, order=order, public=public, at=at, **columns)


def note(
    case: Case,
    verb: str,
    *,
    by: Actor,
    said: dict[str, Any],
    order: DispatchOrder | None = None,
    public: bool = False,
    at: datetime | None = None,
    **columns: Any,
) -> Entry:
    """A line, with what it changes on the case: another unit's step, a reminder, a mark; or the move of `advance`."""
    was, at = case.state, at or now()
    for name, value in columns.items():
        setattr(case, name, value)
    entry = ledger.line(case, verb, by=by, said=said, was=was, at=at, order=order, public=public)
    if case.state != was:
        clocks.turned(case, was, at)
    case.due_at = clocks.next_due(case)
    writing.insert([entry, ledger.words_of(entry), *clocks.fresh(case), consequences.job(entry)])
    clocks.flush(case)
    writing.update(case, [*columns, "seq", "head", "due_at"])
    hints.follow(case, entry)
    return entry
