"""Process definitions (流程定义): which verb leads from which state to which, by whom, with what, within what time.

A definition is versioned YAML. Verbs, phases, standings and predicates are code; states, roles, needs, limits and
labels are data; there are no expressions. `parse` reads it, `problems` says what is wrong with it before it is
published, `read` takes one that was, and the object answers what `flow` asks: `moves_of`, `state`, `steps`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused
from jiedao.record.predicates import PREDICATES
from jiedao.record.shape import misshapen
from jiedao.record.verbs import MARKS, PHASES, QUESTIONS, STANDINGS, STEPS, VERBS

Label = dict[str, str]

# The one in C reads ten times faster: every process reads every definition once.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Timed:
    """A limit with its origin: `within` as `Limit` reads it, `source` its mark (`L: Gulou`, `local default`)."""

    within: str
    source: str


@dataclass(frozen=True)
class State:
    """A state of the case. `pauses`: the promise stands still in it. `end`: the case is over in it."""

    code: str
    phase: str
    label: Label
    resident: Label
    limit: Timed | None = None
    pauses: bool = False
    end: bool = False


@dataclass(frozen=True)
class Role:
    """Who may: post kinds × a standing. No post kinds: whoever has the standing, a resident too."""

    code: str
    label: Label
    standing: str
    posts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Step:
    """A step asked of each unit's order. `moves`: whose step moves the case (`first`, `lead`, `last`)."""

    code: str
    moves: str
    limit: Timed | None = None
    asked: bool = True


@dataclass(frozen=True)
class Signatures:
    """Who must sign a move before it happens: `all` of these roles, or `any` one of them."""

    rule: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Move:
    """One line of the table: in these states, these roles may, with these needs, if these predicates hold.

    `to` is empty where the verb only adds a line. `opens` names the process of a child case the verb may open.
    """

    verb: str
    states: tuple[str, ...]
    to: str
    by: tuple[str, ...]
    needs: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    signed_by: Signatures | None = None
    opens: tuple[str, ...] = ()
    label: Label = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True)
class Definition:
    """A parsed process. Built by `parse`; equal text gives an equal object."""

    code: str
    label: Label
    opens_in: str
    opens_with: str
    opened_by: tuple[str, ...]
    counts_from: str
    states: dict[str, State]
    roles: dict[str, Role]
    steps: dict[str, Step]
    moves: tuple[Move, ...]
    promise: Timed | None
    reopen: Timed | None
    marks: dict[str, Label]
    questions: dict[str, Label]
    pause_reasons: dict[str, Label]
    pause_cap: str
    remind_again_after: str
    asks_rating: bool
    switches: dict[str, Any]

    def state(self, code: str) -> State:
        return self.states[code]

    def moves_from(self, state: str) -> list[Move]:
        """Everything that may be done in a state, in the order of the file."""
        return [m for m in self.moves if state in m.states]

    def moves_of(self, verb: str, state: str) -> list[Move]:
        """The lines of one verb in a state. Empty if it cannot be done now."""
        return [m for m in self.moves if m.verb == verb and state in m.states]

    def verb_label(self, verb: str) -> Label:
        """What a button or a line calls the verb in this process."""
        for move in self.moves:
            if move.verb == verb and move.label:
                return move.label
        return {"zh": VERBS[verb].zh, "en": VERBS[verb].en}


@lru_cache(maxsize=256)
def read(text: str) -> Definition:
    """A published definition. It was checked when it was published, and stays readable when checks grow stricter."""
    return _build(yaml.load(text, Loader=_LOADER))  # noqa: S506 -- a safe one


def parse(text: str) -> Definition:
    """Reads a definition that somebody wants to publish. Refuses `bad_definition` with every problem found."""
    try:
        data = yaml.load(text, Loader=_LOADER)  # noqa: S506 -- a safe one
    except yaml.YAMLError as broken:
        raise Refused("bad_definition", problems=[f"not YAML: {broken}"]) from None
    found = problems(data)
    if found:
        raise Refused("bad_definition", problems=found)
    return read(text)


def _states(data: dict[str, Any]) -> dict[str, State]:
    return {
        code: State(
            code,
            s["phase"],
            s["label"],
            s.get("resident", {}),
            _timed(s.get("limit")),
            bool(s.get("pauses")),
            bool(s.get("end")),
        )
        for code, s in data["states"].items()
    }


def _build(data: dict[str, Any]) -> Definition:
    roles = {
        code: Role(code, r["label"], r["standing"], frozenset(r.get("posts", ()))) for code, r in data["roles"].items()
    }
    steps = {
        code: Step(code, s.get("moves", "last"), _timed(s.get("limit")), bool(s.get("asked", True)))
        for code, s in data.get("steps", {}).items()
    }
    pause = data.get("pause", {})
    return Definition(
        code=data["process"],
        label=data["label"],
        opens_in=data["opens_in"],
        opens_with=data.get("opens_with", "report"),
        opened_by=tuple(data["opened_by"]),
        counts_from=data["counts_from"],
        states=_states(data),
        roles=roles,
        steps=steps,
        moves=tuple(_move(m) for m in data["moves"]),
        promise=_timed(data.get("promise")),
        reopen=_timed(data.get("reopen")),
        marks=data.get("marks", {}),
        questions=data.get("questions", {}),
        pause_reasons=pause.get("reasons", {}),
        pause_cap=pause.get("cap", ""),
        remind_again_after=data.get("remind_again_after", "4 working_hours"),
        asks_rating=bool(data.get("asks_rating", True)),
        switches=data.get("switches", {}),
    )


def _move(m: dict[str, Any]) -> Move:
    signed = m.get("signed_by")
    return Move(
        verb=m["verb"],
        states=tuple(m["from"]),
        to=m.get("to", ""),
        by=tuple(m["by"]),
        needs=tuple(m.get("needs", ())),
        when=tuple(m.get("when", ())),
        signed_by=_signatures(signed) if signed else None,
        opens=tuple(m.get("opens", ())),
        label=m.get("label", {}),
        source=m.get("source", ""),
    )


def _signatures(signed: dict[str, list[str]]) -> Signatures:
    rule = "all" if "all" in signed else "any"
    return Signatures(rule, tuple(signed[rule]))


def _timed(limit: dict[str, str] | None) -> Timed | None:
    return Timed(str(limit["within"]), limit.get("source", "")) if limit else None


def problems(data: Any) -> list[str]:
    """Everything that keeps a definition from being published, each with its place. Empty if it may be."""
    if found := misshapen(data):
        return found
    found = list(_label_problems("label", data["label"]))
    found += _state_problems(data)
    found += _role_problems(data)
    found += _step_problems(data)
    for at, move in enumerate(data["moves"]):
        found += _move_problems(f"moves[{at}]", move, data)
    if not found:
        found += _road_problems(data)
    return found


def _state_problems(data: dict[str, Any]) -> Iterable[str]:
    states = data["states"]
    for key in ("opens_in", "counts_from"):
        if data[key] not in states:
            yield f"{key}: unknown state {data[key]!r}"
    for code, state in states.items():
        if state.get("phase") not in PHASES:
            yield f"states.{code}: unknown phase {state.get('phase')!r}"
        yield from _label_problems(f"states.{code}.label", state.get("label"))
        yield from _label_problems(f"states.{code}.resident", state.get("resident"))
        yield from _limit_problems(f"states.{code}.limit", state.get("limit"))
    for section, known in (("marks", MARKS), ("questions", QUESTIONS)):
        for code, label in data.get(section, {}).items():
            if code not in known:
                yield f"{section}.{code}: unknown"
            yield from _label_problems(f"{section}.{code}", label)
    for name, limit in (
        ("remind_again_after", data.get("remind_again_after")),
        ("pause.cap", data.get("pause", {}).get("cap")),
    ):
        if limit:
            yield from _limit_problems(name, {"within": limit, "source": name})
    yield from _limit_problems("promise", data.get("promise"))
    yield from _limit_problems("reopen", data.get("reopen"))


def _role_problems(data: dict[str, Any]) -> Iterable[str]:
    if data.get("opens_with", "report") not in VERBS:
        yield f"opens_with: unknown verb {data['opens_with']!r}"
    for code in data["opened_by"]:
        if code not in data["roles"]:
            yield f"opened_by: unknown role {code!r}"
    for code, role in data["roles"].items():
        if role.get("standing") not in STANDINGS:
            yield f"roles.{code}: unknown standing {role.get('standing')!r}"
        yield from _label_problems(f"roles.{code}.label", role.get("label"))


def _step_problems(data: dict[str, Any]) -> Iterable[str]:
    for code, step in data.get("steps", {}).items():
        if code not in STEPS:
            yield f"steps.{code}: unknown step"
        if step.get("moves", "last") not in ("first", "lead", "last"):
            yield f"steps.{code}.moves: first, lead or last"
        yield from _limit_problems(f"steps.{code}.limit", step.get("limit"))
    for code, label in data.get("pause", {}).get("reasons", {}).items():
        yield from _label_problems(f"pause.reasons.{code}", label)


def _move_problems(at: str, move: dict[str, Any], data: dict[str, Any]) -> Iterable[str]:
    yield from _mover_problems(at, move, data)
    if move.get("verb") not in VERBS:
        yield f"{at}: unknown verb {move.get('verb')!r}"
    for state in move.get("from", []):
        if state not in data["states"]:
            yield f"{at} ({move.get('verb')}): unknown state {state!r}"
    if not move.get("from"):
        yield f"{at} ({move.get('verb')}): no state to start from"
    if move.get("to") and move["to"] not in data["states"]:
        yield f"{at} ({move.get('verb')}): unknown state {move['to']!r}"
    for name in move.get("when", []):
        if name not in PREDICATES:
            yield f"{at} ({move.get('verb')}): unknown predicate {name!r}"
    if move.get("label"):
        yield from _label_problems(f"{at}.label", move["label"])


def _mover_problems(at: str, move: dict[str, Any], data: dict[str, Any]) -> Iterable[str]:
    """Who may do it and who must sign it."""
    signed = move.get("signed_by", {})
    if not move.get("by"):
        yield f"{at} ({move.get('verb')}): nobody may do it"
    signers = [*signed.get("all", []), *signed.get("any", [])]
    for role in set(signers) - set(move.get("by", [])):
        yield f"{at} ({move.get('verb')}): {role!r} must sign it but may not do it"
    for role in [*move.get("by", []), *signers]:
        if role not in data["roles"]:
            yield f"{at} ({move.get('verb')}): unknown role {role!r}"


def _road_problems(data: dict[str, Any]) -> Iterable[str]:
    """Dead ends and states nobody reaches: a case would stay there, or never come."""
    onward: dict[str, set[str]] = {code: set() for code in data["states"]}
    for move in data["moves"]:
        for state in move["from"]:
            if move.get("to"):
                onward[state].add(move["to"])
    reached, todo = {data["opens_in"]}, [data["opens_in"]]
    while todo:
        for state in onward[todo.pop()] - reached:
            reached.add(state)
            todo.append(state)
    for code, state in data["states"].items():
        if code not in reached:
            yield f"states.{code}: no move leads here"
        if not state.get("end") and not onward[code] - {code}:
            yield f"states.{code}: no move leads out of it, and it is no end"
        if bool(state.get("end")) != (state.get("phase") == "closed"):
            yield f"states.{code}: an end stands in phase closed, and nothing else does"


def _label_problems(at: str, label: Any) -> Iterable[str]:
    for language in ("zh", "en"):
        if not isinstance(label, dict) or not str(label.get(language, "")).strip():
            yield f"{at}: no {language} text"


def _limit_problems(at: str, limit: dict[str, Any] | None) -> Iterable[str]:
    if limit is None:
        return
    if limit.get("within") in ("item", "named"):
        return
    try:
        Limit(str(limit.get("within", "")))
    except Refused:
        yield f"{at}: unreadable limit {limit.get('within')!r}"
    if not limit.get("source"):
        yield f"{at}: no source"
