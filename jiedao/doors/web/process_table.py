"""The tables of a process (流程表): states, moves, roles, steps as rows in words. The table is the editor."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language, gettext, pgettext

from jiedao.doors import acts, words
from jiedao.kit.refusal import Refused
from jiedao.lines.processes import reading
from jiedao.lines.processes.differences import limit_words
from jiedao.lines.processes.edits import Data
from jiedao.record.predicates import PREDICATES
from jiedao.record.verbs import PHASES, STANDINGS, STEPS, VERBS


@dataclass(frozen=True)
class Row:
    """One line: `key` names it, `name` is its word, `cells` what it says, `at` how problems name it."""

    key: str
    name: str
    cells: list[str]
    at: str


@dataclass(frozen=True)
class Table:
    """One part of a definition. `part` and a row's key name the line to `drafts.change`."""

    part: str
    title: str
    heads: list[str]
    rows: list[Row]
    new: str = ""


def tables(data: Data) -> list[Table]:
    """All parts, in the order in which an official reads them."""
    return [_frame(data), _states(data), _moves(data), _steps(data), _roles(data), _reasons(data)]


def language() -> int:
    """0 for Chinese, 1 for English: the place in a pair of words."""
    return 0 if (get_language() or "zh").startswith("zh") else 1


def labelled(label: Any) -> str:
    return str((label or {}).get(("zh", "en")[language()], ""))


def limit(limit: Any) -> str:
    """A limit with the mark of its source."""
    if not limit:
        return ""
    within = limit_words(str(limit.get("within", "")))[language()]
    source = str(limit.get("source", ""))
    return f"{within} ({source})" if source else within


def verb(code: str, label: Any = None) -> str:
    """What a verb is called: its line's own word, else the common one."""
    if label:
        return labelled(label)
    known = VERBS.get(code)
    return (known.zh, known.en)[language()] if known else code


def predicate(name: str) -> str:
    """A condition in words: what a refusal by it says."""
    return words.say(Refused(name), get_language() or "zh").fact or name


def asked(verb_code: str, name: str) -> str:
    """What a need is called on the form of its verb."""
    return words.field_label(name, verb_code)[("zh", "en")[language()]]


def _frame(data: Data) -> Table:
    pause = data.get("pause", {})
    yes_no = gettext("yes") if data.get("asks_rating", True) else gettext("no")
    cells = [
        (pgettext("of a process", "Name"), labelled(data["label"])),
        (gettext("Promise to who reported"), limit(data.get("promise"))),
        (gettext("May be reopened within"), limit(data.get("reopen"))),
        (
            gettext("A second reminder after"),
            limit_words(str(data.get("remind_again_after", "4 working_hours")))[language()],
        ),
        (gettext("Pauses add up to at most"), limit_words(str(pause.get("cap", "")))[language()]),
        (gettext("Asks for a rating"), yes_no),
        (gettext("May be opened by"), _roles_of(data, data["opened_by"])),
        (gettext("Counts from"), _state_of(data, data["counts_from"])),
    ]
    rows = [Row("", name, [said or "–"], "frame") for name, said in cells]
    return Table("frame", gettext("The whole"), [pgettext("of a process", "What"), gettext("Now")], rows)


def _states(data: Data) -> Table:
    rows = []
    for code, state in data["states"].items():
        flags = [gettext("promise stands still")] if state.get("pauses") else []
        flags += [gettext("end")] if state.get("end") else []
        phase = PHASES[state["phase"]][language()] if state.get("phase") in PHASES else str(state.get("phase", ""))
        cells = [phase, limit(state.get("limit")), ", ".join(flags), labelled(state.get("resident"))]
        rows.append(Row(code, labelled(state.get("label")) or code, cells, f"states.{code}"))
    heads = [
        gettext("State"),
        gettext("Phase"),
        gettext("Limit"),
        gettext("Effect"),
        gettext("What the resident reads"),
    ]
    return Table("states", gettext("States"), heads, rows, gettext("Add a state"))


def _moves(data: Data) -> Table:
    rows = []
    for n, move in enumerate(data["moves"]):
        signed = move.get("signed_by") or {}
        signatures = ""
        if signed:
            names = _roles_of(data, next(iter(signed.values())))
            signatures = (gettext("all of: {names}") if "all" in signed else gettext("any of: {names}")).format(
                names=names
            )
        needs = ", ".join(asked(move["verb"], name) for name in move.get("needs", []))
        cells = [
            ", ".join(_state_of(data, code) for code in move["from"]),
            _state_of(data, move["to"]) if move.get("to") else "–",
            _roles_of(data, move["by"]),
            needs,
            "; ".join(predicate(name) for name in move.get("when", [])),
            signatures,
        ]
        rows.append(Row(str(n), verb(move["verb"], move.get("label")), cells, f"moves[{n}]"))
    heads = [
        gettext("Move"), gettext("From"), gettext("To"), gettext("By"), gettext("Needs"), gettext("If"), gettext("Signatures"),
    ]  # fmt: skip
    return Table("moves", gettext("Moves"), heads, rows, gettext("Add a move"))


def _steps(data: Data) -> Table:
    rows = []
    for code, step in data.get("steps", {}).items():
        name = STEPS[code][1 + language()] if code in STEPS else code
        cells = [
            whose(step.get("moves", "last")),
            limit(step.get("limit")),
            gettext("yes") if step.get("asked", True) else gettext("no"),
        ]
        rows.append(Row(code, name, cells, f"steps.{code}"))
    heads = [gettext("Step of an order"), gettext("Moves the case"), gettext("Limit"), gettext("Asked for")]
    return Table("steps", gettext("Steps of each unit's order"), heads, rows, gettext("Add a step"))


def whose(code: str) -> str:
    """Whose step moves the case."""
    named = {
        "first": gettext("the first unit's"),
        "lead": gettext("the lead's"),
        "last": gettext("the last open order's"),
    }
    return named.get(code, code)


def _roles(data: Data) -> Table:
    kinds = reading.post_kinds(language())
    rows = []
    for code, role in data["roles"].items():
        standing = (
            STANDINGS[role["standing"]][language()] if role.get("standing") in STANDINGS else str(role.get("standing"))
        )
        posts = ", ".join(kinds.get(kind, kind) for kind in role.get("posts", [])) or gettext("any")
        rows.append(Row(code, labelled(role.get("label")) or code, [standing, posts], f"roles.{code}"))
    return Table(
        "roles",
        gettext("Roles"),
        [gettext("Role"), gettext("Standing"), gettext("Post kinds")],
        rows,
        gettext("Add a role"),
    )


def _reasons(data: Data) -> Table:
    reasons = data.get("pause", {}).get("reasons", {})
    rows = [Row(code, labelled(label), [code], f"pause.reasons.{code}") for code, label in reasons.items()]
    return Table(
        "reasons", gettext("Causes of a pause"), [gettext("Cause"), gettext("Code")], rows, gettext("Add a cause")
    )


def _state_of(data: Data, code: str) -> str:
    return labelled(data["states"].get(code, {}).get("label")) or code


def _roles_of(data: Data, codes: list[str]) -> str:
    return ", ".join(labelled(data["roles"].get(code, {}).get("label")) or code for code in codes)


def needs_of(verb_code: str) -> list[tuple[str, str]]:
    """What a verb's form can ask for: code and word."""
    act = acts.ACTS.get(verb_code)
    return [(field.name, asked(verb_code, field.name)) for field in act.fields] if act else []


def conditions() -> list[tuple[str, str]]:
    return [(name, predicate(name)) for name in PREDICATES]
