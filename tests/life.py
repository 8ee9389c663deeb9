"""The model of a case's life (案件模型): what a process says on paper, without a database, to hold the real thing against.

It reads the published YAML itself and knows the rules of G10 from their descriptions, not from the code: who plays
which role, which conditions hold, whose step moves the case. `done` says the state that must come of an act, or None
where it must be refused. What comes of each verb stands in `tests/life_acts.py`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import yaml

from tests.life_acts import Given, Happenings, Move, Player, Turn

NEEDS_OPEN_ORDER = frozenset(
    "acknowledge assign contact arrive refuse reply return object ask_extension grant_extension deny_extension pause "
    "resume defer undefer terminate recall uphold start".split()
)
OF_ORDER = NEEDS_OPEN_ORDER | {"rule"}


def leads(paper: "Paper") -> list[Turn]:
    return [t for t in paper.turns if t.role == "lead"]


def _returned(paper: "Paper", turn: Turn | None) -> int:
    return sum(t.ended == "returned" for t in paper.turns if t is not turn)


CONDITIONS: dict[str, Callable[["Paper", Turn | None], bool]] = {
    "has_item": lambda p, t: p.has_item,
    "has_place": lambda p, t: True,
    "complaint_names_unit": lambda p, t: not p.complaint or p.named,
    "no_open_orders": lambda p, t: not any(turn.is_open for turn in p.turns),
    "children_closed": lambda p, t: not p.child_open,
    "contacted_first": lambda p, t: t is None or t.contacted or t.role != "lead" or not p.has_caller,
    "may_return": lambda p, t: t is None or not t.no_return,
    "not_acknowledged": lambda p, t: t is None or not t.acknowledged,
    "acknowledged_first": lambda p, t: t is None or t.acknowledged,
    "extension_open": lambda p, t: t is not None and t.asked and not t.decided,
    "no_extension_open": lambda p, t: t is None or not t.asked or t.decided,
    "order_objected": lambda p, t: t is not None and t.objected and not t.ruled,
    "no_objection_open": lambda p, t: t is None or not t.objected or t.ruled,
    "order_is_lead": lambda p, t: t is not None and t.role == "lead",
    "order_returned": lambda p, t: t is not None and t.ended == "returned",
    "returned_twice": lambda p, t: _returned(p, t) >= 2,
    "returned_thrice": lambda p, t: _returned(p, t) >= 3,
    "lead_gone": lambda p, t: not leads(p) or leads(p)[-1].ended in ("returned", "recalled"),
    "lead_answered": lambda p, t: bool(leads(p)) and leads(p)[-1].ended == "answered",
    "was_answered": lambda p, t: any(turn.ended == "answered" for turn in p.turns),
    "check_agrees": lambda p, t: p.last_check is True,
    "check_disagrees": lambda p, t: p.last_check is False,
    "called_back": lambda p, t: not p.has_caller or p.called_back,
    "reopen_window_open": lambda p, t: True,
    "by_whistle_plan": lambda p, t: bool(p.called),
    "is_supervised": lambda p, t: "supervised" in p.marks,
    "not_supervised": lambda p, t: "supervised" not in p.marks,
    "not_escalated": lambda p, t: "escalated" not in p.marks,
}
"""Each condition, by its description."""


class Rules:
    """A published process, sorted for quick questions."""

    def __init__(self, document: str) -> None:
        self.says: dict[str, Any] = yaml.safe_load(document)
        self.lines: dict[tuple[str, str], list[Move]] = defaultdict(list)
        self.verbs: dict[str, list[str]] = defaultdict(list)
        for move in self.says["moves"]:
            for state in move["from"]:
                self.lines[move["verb"], state].append(move)
                if move["verb"] not in self.verbs[state]:
                    self.verbs[state].append(move["verb"])

    def fit(self, move: Move, kind: str) -> bool:
        """Whether somebody of this kind of post could do it at all."""
        roles = self.says["roles"]
        return any(not roles[name].get("posts") or kind in roles[name]["posts"] for name in move["by"])


@dataclass
class Paper(Happenings):
    """The case as the process describes it."""

    rules: Rules = field(default_factory=lambda: Rules("{moves: []}"))

    def __post_init__(self) -> None:
        self.state = self.says["opens_in"]

    def copied(self) -> "Paper":
        """As it stands now, whatever is done to this one."""
        made = copy(self)
        made.turns = [copy(turn) for turn in self.turns]
        made.marks, made.reminded, made.rated = set(self.marks), set(self.reminded), set(self.rated)
        made.signed = {verb: set(names) for verb, names in self.signed.items()}
        return made

    # Who may

    def roles(self, player: Player, turn: Turn | None) -> set[str]:
        """What the player is to the case, as the ten standings are described."""
        if player.actor.kind == "resident":
            return {"reporter"}
        held = {"any"} | player.fixed
        if player.person == self.taken_by:
            held.add("reporter")
        if self.sender in player.acts_for:
            held.add("sender")
        held |= {t.role for t in self.turns if t.is_open and t.unit in player.acts_for and (turn is None or turn is t)}
        own = any(t.unit in player.above and t.ended not in ("returned", "recalled") for t in self.turns)
        if not own and not any(t.answered_by == player.person for t in self.turns):
            held.add("checker")
        return held

    def plays(self, player: Player, names: Iterable[str], held: set[str]) -> list[str]:
        roles = self.says["roles"]
        return [
            name
            for name in names
            if roles[name]["standing"] in held and (not roles[name].get("posts") or player.kind in roles[name]["posts"])
        ]

    def signs(self, move: Move, player: Player) -> set[str]:
        names = move["signed_by"].get("all", ())
        return set(self.plays(player, names, self.roles(player, None)))

    # Whether it may be done now

    def line(self, verb: str, player: Player, turn: Turn | None) -> Move | None:
        """The first line of the table that allows it."""
        lines = [move for move in self.rules.lines.get((verb, self.state), ()) if self.rules.fit(move, player.kind)]
        held = self.roles(player, turn) if lines else set()
        for move in lines:
            if not self.plays(player, move["by"], held):
                continue
            if all(CONDITIONS[condition](self, turn) for condition in move.get("when", ())):
                return move
        return None

    def verbs(self) -> list[str]:
        return self.rules.verbs[self.state]

    # What comes of it

    def done(self, verb: str, player: Player, turn: Turn | None, given: Given) -> str | None:
        """The state after the act, or None: it must be refused. Changes the model along."""
        if verb in OF_ORDER and turn is None:
            return None
        if verb in NEEDS_OPEN_ORDER and not turn.is_open:
            return None
        move = self.line(verb, player, turn)
        if move is None:
            return None
        own = getattr(self, f"_{verb}", None)
        moves = own(move, player, turn, given) if own else True
        if moves is None:
            return None
        if moves and move.get("to"):
            self.turn_to(move["to"])
        if verb == "rate":
            self.rated.add(player.actor.kind)
        return self.state
