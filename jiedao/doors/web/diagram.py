"""Diagrams (流程图): a definition as boxes and lines for an SVG, one column a phase. No library, no inline style."""

from dataclasses import dataclass
from typing import Any

from jiedao.doors.web.process_table import labelled, language, verb
from jiedao.lines.processes.edits import Data
from jiedao.record.verbs import PHASES

WIDTH, HEIGHT, ACROSS, DOWN, TOP = 132, 36, 60, 26, 34
MANY = 5
"""A goal that one move reaches from so many states hides the road: it is named in its box, not drawn."""


@dataclass(frozen=True)
class Box:
    """One state. `words` are its label in lines short enough for the box."""

    code: str
    x: int
    y: int
    words: list[str]
    phase: str
    end: bool
    pauses: bool


@dataclass(frozen=True)
class Road:
    """A move from one box to another, as an SVG path; `title` names what is done."""

    path: str
    title: str
    back: bool


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    heads: list[tuple[int, str]]
    boxes: list[Box]
    roads: list[Road]
    box_width: int = WIDTH
    box_height: int = HEIGHT


def drawing(data: Data) -> Drawing:
    """Where everything stands. States without a phase that exists are left out; `problems` names them."""
    columns = [phase for phase in PHASES if any(state.get("phase") == phase for state in data["states"].values())]
    boxes: dict[str, Box] = {}
    heads = []
    for at, phase in enumerate(columns):
        x = at * (WIDTH + ACROSS)
        heads.append((x, PHASES[phase][language()]))
        inside = [(code, state) for code, state in data["states"].items() if state.get("phase") == phase]
        for row, (code, state) in enumerate(inside):
            boxes[code] = _box(code, state, x, TOP + row * (HEIGHT + DOWN))
    height = max((box.y for box in boxes.values()), default=0) + HEIGHT + DOWN
    width = max(len(columns) * (WIDTH + ACROSS), WIDTH)
    return Drawing(width, height, heads, list(boxes.values()), list(_roads(data, boxes)))


def _box(code: str, state: dict[str, Any], x: int, y: int) -> Box:
    return Box(
        code,
        x,
        y,
        _lines(labelled(state.get("label")) or code),
        state["phase"],
        bool(state.get("end")),
        bool(state.get("pauses")),
    )


def _lines(label: str) -> list[str]:
    """At most two lines of what fits."""
    if len(label.encode()) <= 24:
        return [label]
    words = label.split(" ")
    if len(words) == 1:
        return [label[:8], label[8:16]]
    half, first = len(label) // 2 + 2, ""
    while words and len(first) + len(words[0]) <= half:
        first = f"{first} {words.pop(0)}".strip()
    return [first, " ".join(words)[:22]]


def _roads(data: Data, boxes: dict[str, Box]) -> list[Road]:
    found: dict[tuple[str, str], list[str]] = {}
    for move in data["moves"]:
        goal = move.get("to")
        starts = [code for code in move["from"] if code in boxes and code != goal]
        if goal not in boxes or (len(starts) >= MANY and data["states"][goal].get("end")):
            continue
        for start in starts:
            names = found.setdefault((start, goal), [])
            name = verb(move["verb"], move.get("label"))
            if name not in names:
                names.append(name)
    return [_road(boxes[start], boxes[goal], names) for (start, goal), names in found.items()]


def _road(start: Box, goal: Box, names: list[str]) -> Road:
    title = f"{''.join(start.words)} → {''.join(goal.words)}: {', '.join(names)}"
    middle = HEIGHT // 2
    if goal.x > start.x:
        x1, y1, x2, y2 = start.x + WIDTH, start.y + middle, goal.x, goal.y + middle
        bend = max((x2 - x1) // 2, 20)
        return Road(f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}", title, back=False)
    if goal.x == start.x and goal.y > start.y and goal.y - start.y <= HEIGHT + DOWN:
        x = start.x + WIDTH // 2
        return Road(f"M{x} {start.y + HEIGHT}L{x} {goal.y}", title, back=False)
    if goal.x == start.x:
        x, y1, y2 = start.x + WIDTH, start.y + middle, goal.y + middle
        return Road(f"M{x} {y1}C{x + 34} {y1} {x + 34} {y2} {x} {y2}", title, back=goal.y < start.y)
    x1, y1, x2, y2 = start.x, start.y + HEIGHT - 6, goal.x + WIDTH, goal.y + HEIGHT - 6
    return Road(f"M{x1} {y1}C{x1 - 30} {y1 + 24} {x2 + 30} {y2 + 24} {x2} {y2}", title, back=True)
