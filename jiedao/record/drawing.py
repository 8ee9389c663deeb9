"""Drawings (流程图): a definition as a Mermaid diagram and tables, so that no page under `docs/` drifts from it."""

from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from jiedao.kit.limits import Limit
from jiedao.record.definition import Definition, Label, Move, Role, State, Step, Timed, parse
from jiedao.record.verbs import MARKS, PHASES, QUESTIONS, STANDINGS, STEPS

SHIPPED = ("event", "call", "whistle_progress", "whistle_hard", "two_way", "admission", "right", "list_change")
"""The processes that come with the product, in the order of the papers."""

# A line from nearly every state to one end hides the road; such moves are named under the diagram.
MANY = 5

# Bright enough for dark letters; the words carry the meaning, the colour only groups.
COLOURS = {
    "intake": "#E8EEF7",
    "triage": "#E6F2F2",
    "dispatch": "#FBF1DC",
    "resolution": "#F7E9E1",
    "verification": "#EFE8F5",
    "closed": "#ECEDEF",
}
MADE = "<!-- Made by `python -m jiedao processes docs` from the definition; edit that, not this page. -->"


def shipped_text(code: str) -> str:
    """The YAML of a shipped process, as published."""
    return resources.files("jiedao.record").joinpath("processes", f"{code}.yaml").read_text(encoding="utf-8")


def shipped(code: str) -> Definition:
    return parse(shipped_text(code))


def write(folder: Path) -> list[Path]:
    """Writes a page per shipped process and their list into a folder. Gives the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in pages().items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def pages() -> dict[str, str]:
    """File name → text, for `write` and for whoever checks that the committed pages are the present ones."""
    drawn = {f"{code}.md": page(shipped(code)) for code in SHIPPED}
    return {"README.md": _contents(), **drawn}


def page(definition: Definition) -> str:
    """One process whole: diagram, states, moves, steps, marks, roles."""
    parts = [
        MADE,
        f"# {definition.label['en']} {definition.label['zh']} · `{definition.code}`",
        _opening(definition),
        "## Diagram 流程图",
        f"```mermaid\n{diagram(definition)}\n```",
        *_aside(definition),
        "## States 环节状态",
        table(("code", "中文", "English", "phase", "limit", "source"), map(_state_row, definition.states.values())),
        "## Moves 流转",
        "A move without a goal adds a line and leaves the state. All conditions of a line must hold; the first line "
        "that fits counts.",
        table(
            ("verb", "from", "to", "by", "needs", "if", "signed by", "source"),
            (_move_row(definition, move) for move in definition.moves),
        ),
        "## Steps of each unit's order 派单步骤",
        table(("step", "中文", "moves the case", "limit", "source"), map(_step_row, definition.steps.values())),
        "## Marks and questions 标记与申请",
        table(("code", "中文", "English", "kind"), _mark_rows(definition)),
        "## Roles 角色",
        table(("code", "中文", "English", "standing", "posts"), map(_role_row, definition.roles.values())),
    ]
    return "\n\n".join(parts) + "\n"


def diagram(definition: Definition) -> str:
    """The states and the moves between them, as Mermaid text."""
    drawn = [s for s in definition.states.values() if s.code not in _undrawn(definition)]
    lines = ["stateDiagram-v2", "    direction TB"]
    lines += [f'    state "{_both(state.label)}" as {state.code}' for state in drawn]
    lines.append(f"    [*] --> {definition.opens_in}")
    for (start, goal), verbs in _roads(definition).items():
        lines.append(f"    {start} --> {goal} : {' · '.join(verbs)}")
    lines += [f"    {state.code} --> [*]" for state in drawn if state.end]
    for phase, colour in COLOURS.items():
        members = [state.code for state in drawn if state.phase == phase]
        if members:
            lines.append(f"    classDef {phase} fill:{colour},color:#1B1F23,stroke:#5B6670")
            lines.append(f"    class {','.join(members)} {phase}")
    return "\n".join(lines)


def _roads(definition: Definition) -> dict[tuple[str, str], list[str]]:
    roads: dict[tuple[str, str], list[str]] = {}
    for move in definition.moves:
        for start in move.states:
            if move.to and move.to != start and move.to not in _undrawn(definition):
                names = roads.setdefault((start, move.to), [])
                name = _both(move.label or definition.verb_label(move.verb))
                if name not in names:
                    names.append(name)
    return roads


def _undrawn(definition: Definition) -> set[str]:
    """Ends that one move reaches from many states and no other move does."""
    leading: dict[str, list[Move]] = {}
    for move in definition.moves:
        leading.setdefault(move.to, []).append(move)
    return {
        state.code
        for state in definition.states.values()
        if state.end and [len(m.states) >= MANY for m in leading.get(state.code, [])] == [True]
    }


def _aside(definition: Definition) -> list[str]:
    said = []
    for move in definition.moves:
        if move.to in _undrawn(definition):
            verb, goal = _both(definition.verb_label(move.verb)), definition.state(move.to)
            starts = ", ".join(f"`{code}`" for code in move.states)
            said.append(f"Not drawn: *{verb}* leads from {starts} to `{goal.code}` ({_both(goal.label)}).")
    return said


def _opening(definition: Definition) -> str:
    roles = ", ".join(_both(definition.roles[code].label) for code in definition.opened_by)
    facts = [
        f"Opened by: {roles}",
        f"Counts from: `{definition.counts_from}` {_both(definition.state(definition.counts_from).label)}",
        f"Promise to who reported: {_sourced(definition.promise)}",
        f"May be reopened: {_sourced(definition.reopen)}",
        f"A second reminder: after {_limit(definition.remind_again_after)}",
        f"A unit may pause its clock for at most {_limit(definition.pause_cap)}: "
        + ", ".join(_both(label) for label in definition.pause_reasons.values()),
    ]
    return "\n".join(f"- {fact}" for fact in facts)


def _state_row(state: State) -> list[str]:
    how = [_limit(state.limit.within)] if state.limit else []
    how += ["promise stands still 暂停"] if state.pauses else []
    how += ["end 终态"] if state.end else []
    phase = f"{PHASES[state.phase][1]} {PHASES[state.phase][0]}"
    source = state.limit.source if state.limit else ""
    return [f"`{state.code}`", state.label["zh"], state.label["en"], phase, "; ".join(how), source]


def _move_row(definition: Definition, move: Move) -> list[str]:
    signed = f"{move.signed_by.rule}: {', '.join(move.signed_by.roles)}" if move.signed_by else ""
    verb = f"`{move.verb}` {_both(move.label or definition.verb_label(move.verb))}"
    if move.opens:
        verb += f" ({', '.join(move.opens)})"
    return [
        verb,
        ", ".join(move.states),
        f"**{move.to}**" if move.to else "",
        ", ".join(move.by),
        ", ".join(move.needs),
        ", ".join(move.when),
        signed,
        move.source,
    ]


def _step_row(step: Step) -> list[str]:
    source = step.limit.source if step.limit else ""
    whose = {"first": "the first unit's", "lead": "the lead's", "last": "the last open order's"}[step.moves]
    return [f"`{step.code}`", STEPS[step.code][1], whose, _limit(step.limit.within) if step.limit else "", source]


def _mark_rows(definition: Definition) -> Iterable[list[str]]:
    for kind, known, labels in (("mark", MARKS, definition.marks), ("question", QUESTIONS, definition.questions)):
        yield from ([f"`{code}`", labels[code]["zh"], labels[code]["en"], kind] for code in known if code in labels)


def _role_row(role: Role) -> list[str]:
    standing = f"{STANDINGS[role.standing][1]} {STANDINGS[role.standing][0]}"
    return [f"`{role.code}`", role.label["zh"], role.label["en"], standing, ", ".join(sorted(role.posts)) or "any"]


def table(head: tuple[str, ...], rows: Iterable[list[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _contents() -> str:
    lines = [
        MADE,
        "# Processes 流程",
        "Each page is drawn from the definition in `jiedao/record/processes/`. Limits carry the mark of their source: "
        "A1 to A5 the five descriptions, R a regulation, L one local rule, D derived; `local default` is ours.",
    ]
    rows = []
    for code in SHIPPED:
        one = shipped(code)
        counts = [str(len(one.states)), str(len(one.moves))]
        rows.append([f"[{code}]({code}.md)", one.label["zh"], one.label["en"], *counts])
    lines.append(table(("process", "中文", "English", "states", "moves"), rows))
    return "\n\n".join(lines) + "\n"


def _both(label: Label) -> str:
    return f"{label['zh']} {label['en']}"


def _sourced(limit: Timed | None) -> str:
    return f"{_limit(limit.within)} ({limit.source})" if limit else "none"


def _limit(within: str) -> str:
    named = {"item": "as the duty item says", "named": "as named on the order", "": "no limit"}
    return named.get(within) or Limit(within).label("en")
