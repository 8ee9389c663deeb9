"""The gate (关口): the only way a case comes into being, changes or gets a line. Read after `definition.py`.

A verb reads: hold the case, ask permission, change, then `advance` (the state moves) or `note` (a line is added).
Case, entry, clocks and the job of the consequences are one transaction; only the live hint follows the commit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import transaction

from jiedao.ground.db.asking import ask
from jiedao.ground.people import Actor
from jiedao.kit.clock import now
from jiedao.kit.refusal import Refused
from jiedao.record import clocks, consequences, hints, ledger, standing, writing
from jiedao.record.definition import Move
from jiedao.record.models import Case, DispatchOrder, Entry, ProcessVersion
from jiedao.record.predicates import PREDICATES


def process(code: str) -> ProcessVersion:
    """The version of a process in force. Refuses `no_such_process`."""
    found = ask("SELECT id FROM record_processversion WHERE code = $1 AND retired_at IS NULL", [code])
    if not found:
        raise Refused("no_such_process", process=code)
    return published(UUID(found[0][0]))


@lru_cache(maxsize=256)
def published(version: UUID) -> ProcessVersion:
    """A version by its id, read once per process: which one is in force changes, a published one never does."""
    return ProcessVersion.objects.get(pk=version)


def open(version: ProcessVersion, verb: str, *, by: Actor, said: dict[str, Any], **columns: Any) -> tuple[Case, Entry]:
    """A new case in the state its process opens in, with its number, its first entry and its first clocks."""
    definition = version.definition
    state = definition.state(definition.opens_in)
    with transaction.atomic():
        at = columns.pop("opened_at", None) or now()
        case = Case(process=version, state=state.code, phase=state.phase, opened_at=at, **columns)
        case.number = ledger.next_number(at)
        if definition.counts_from == state.code:
            case.filed_at = at
        entry = ledger.line(case, verb, by=by, said=said, was="", at=at)
        clocks.begin(case)
        clocks.turned(case, "", at)
        case.due_at = clocks.next_due(case)
        writing.insert([case, entry, ledger.words_of(entry), *clocks.fresh(case)])
        _follow(case, entry)
    return case, entry


@contextmanager
def hold(case_id: UUID, *, seen: int | None = None) -> Iterator[Case]:
    """The case under its lock until the block ends. Refuses `changed` if lines came since the `seq` a form saw.

    The lock guards the chain, the state and the count of open orders: without it two replies at once would
    both find the other still open, and two entries would both follow the same one.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).select_related("process", "item", "area").get(pk=case_id)
        if seen is not None and seen != case.seq:
            since = Entry.objects.filter(case=case, seq__gt=seen).order_by("seq")
            raise Refused(
                "changed",
                number=case.number,
                seen=seen,
                seq=case.seq,
                since=[{"verb": e.verb, "at": e.at.isoformat(), "now": e.now} for e in since[:5]],
            )
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
    mine = [m for m in lines if standing.plays(by, case, m, held)]
    if not mine:
        raise Refused("not_yours", verb=verb, roles=[definition.roles[r].label for m in lines for r in m.by])
    unmet: list[str] = []
    for move in mine:
        unmet = [name for name in move.when if not PREDICATES[name](case, order, said)]
        if not unmet:
            missing = [name for name in move.needs if said.get(name) in (None, "", [], ())]
            if missing:
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
    was, at = case.state, now()
    definition = case.process.definition
    if move.to:
        state = definition.state(move.to)
        columns |= {"state": state.code, "phase": state.phase, "closed_at": at if state.end else None}
        if definition.counts_from == state.code and case.filed_at is None:
            columns["filed_at"] = at
    return _write(case, move.verb, by=by, said=said, order=order, was=was, at=at, public=public, columns=columns)


def note(
    case: Case,
    verb: str,
    *,
    by: Actor,
    said: dict[str, Any],
    order: DispatchOrder | None = None,
    public: bool = False,
    **columns: Any,
) -> Entry:
    """A line without a move: another unit's step, a reminder, a mark."""
    was, at = case.state, now()
    return _write(case, verb, by=by, said=said, order=order, was=was, at=at, public=public, columns=columns)


def _write(
    case: Case,
    verb: str,
    *,
    by: Actor,
    said: dict[str, Any],
    order: DispatchOrder | None,
    was: str,
    at: datetime,
    public: bool,
    columns: dict[str, Any],
) -> Entry:
    for name, value in columns.items():
        setattr(case, name, value)
    entry = ledger.line(case, verb, by=by, said=said, was=was, at=at, order=order, public=public)
    ledger.keep(entry)
    if case.state != was:
        clocks.turned(case, was, at)
    case.due_at = clocks.next_due(case)
    clocks.flush(case)
    case.save(update_fields=[*columns, "seq", "head", "due_at"])
    _follow(case, entry)
    return entry


def _follow(case: Case, entry: Entry) -> None:
    """The job in this transaction, the hint right after it: inside, NOTIFY would make all writers queue."""
    consequences.defer(entry)
    transaction.on_commit(lambda: hints.send(case, entry), robust=True)
