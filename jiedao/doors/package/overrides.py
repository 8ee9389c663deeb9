"""What a district's processes say differently (流程差异): a shipped definition plus named lines, resolved whole.

A path names a line: `promise`, `steps.acknowledged.limit`, `roles.dispatcher.posts`, `moves.blow.signed_by`.
Verbs, phases and standings are code and stay as shipped; `leave_out` drops states and the moves that lead there.
"""

import copy
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

import jiedao.record
from jiedao.doors.package.content import Content
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused
from jiedao.lines.processes import edits
from jiedao.record import definition

WHOLE = "whole"
"""In place of paths: the whole definition, of a district whose own goes beyond named lines."""
SHIPPED = Path(jiedao.record.__file__).parent / "processes"
OPEN_TOP = {"promise", "reopen", "remind_again_after", "asks_rating", "label"}
OPEN_PARTS: dict[str, set[str]] = {
    "states": {"label", "resident", "limit"},
    "steps": {"limit", "asked", "moves"},
    "roles": {"label", "posts"},
    "moves": {"by", "needs", "when", "signed_by", "label", "source"},
    "pause": {"cap", "reasons"},
    "switches": set(),
    "marks": set(),
    "questions": set(),
}


# What a switch of the district stands for: process, line, value (E5: both sign by default, either by switch).
_SWITCHED: dict[tuple[str, bool], tuple[str, str, Any]] = {
    ("whistle_hard_either", True): ("whistle_hard", "moves.blow.signed_by", {"any": ["party_secretary", "director"]}),
}


@dataclass(frozen=True)
class Resolved:
    """One process as this district will publish it."""

    code: str
    document: str
    based_on: str


class Misfit(Exception):
    """A line of `processes.yaml` that cannot be applied: rule and facts."""

    def __init__(self, rule: str, **facts: Any) -> None:
        super().__init__(rule)
        self.rule = rule
        self.facts = facts


@lru_cache(maxsize=1)
def _names(stamp: tuple[tuple[str, int], ...]) -> dict[str, Path]:
    return {Path(name).stem: Path(name) for name, _ in stamp}


def shipped() -> dict[str, Path]:
    """The definitions that come with the program, by code."""
    return _names(tuple((str(path), path.stat().st_mtime_ns) for path in sorted(SHIPPED.glob("*.yaml"))))


def changes_of(content: Content) -> dict[str, dict[str, Any]]:
    """The changes to every process this district runs, by code; those of its switches included."""
    written = content.value("processes")
    switches = content.value("package").get("switches", {})
    changes = {
        code: dict(written["processes"].get(code, {})) for code in shipped() if code not in written.get("without", ())
    }
    for (switch, state), (code, path, value) in _SWITCHED.items():
        if switches.get(switch) is state and code in changes:
            changes[code].setdefault(path, value)
    return changes | {code: {WHOLE: data} for code, data in written.get("whole", {}).items() if code in changes}


def resolve(code: str, changes: dict[str, Any]) -> Resolved:
    """The shipped definition with the district's changes. Raises `Misfit`."""
    text = shipped()[code].read_text(encoding="utf-8")
    based_on = f"{code} {hashlib.sha256(text.encode()).hexdigest()[:16]}"
    if WHOLE in changes:
        text = edits.dump(changes[WHOLE])
    elif changes:
        data = copy.deepcopy(yaml.load(text, yaml.CSafeLoader))
        _leave_out(data, changes.get("leave_out", []))
        for path, value in changes.items():
            if path != "leave_out":
                _change(data, path, value)
        text = edits.dump(data)
    data, found = _looked_at(text)
    limits = {"remind_again_after": data.get("remind_again_after"), "pause.cap": data.get("pause", {}).get("cap")}
    for path, words in limits.items():
        if words and not _reads(words):
            raise Misfit("bad_limit", path=path, limit=words)
    if found:
        raise Misfit("bad_definition", why="; ".join(found[:5]))
    return Resolved(code, text, based_on)


@lru_cache(maxsize=64)
def _looked_at(text: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What a definition says, to be read only, and its problems. Districts share most; a package is read several times."""
    data = yaml.load(text, yaml.CSafeLoader)
    return data, tuple(definition.problems(data))


def _reads(words: str) -> bool:
    try:
        Limit(words)
    except Refused:
        return False
    return True


def _change(data: dict[str, Any], path: str, value: Any) -> None:
    steps = path.split(".")
    part = steps[0]
    if len(steps) == 1:
        if part not in OPEN_TOP:
            raise Misfit("not_a_district_matter", path=path)
        data[part] = value
        return
    if part not in OPEN_PARTS or (OPEN_PARTS[part] and steps[-1] not in OPEN_PARTS[part]):
        raise Misfit("not_a_district_matter", path=path)
    if part == "moves":
        if len(steps) != 3 or not _change_moves(data, steps[1], steps[2], value):
            raise Misfit("no_such_line", path=path)
        return
    spot = data.setdefault(part, {}) if not OPEN_PARTS[part] or part == "pause" else data.get(part, {})
    for step in steps[1:-1]:
        if not isinstance(spot.get(step), dict):
            raise Misfit("no_such_line", path=path)
        spot = spot[step]
    spot[steps[-1]] = value


def _change_moves(data: dict[str, Any], verb: str, name: str, value: Any) -> int:
    moves = [move for move in data["moves"] if move["verb"] == verb]
    for move in moves:
        move[name] = value
    return len(moves)


def _leave_out(data: dict[str, Any], states: list[str]) -> None:
    for state in states:
        try:
            edits.drop_state(data, state)
        except Refused:
            raise Misfit("no_such_line", path=f"states.{state}") from None
