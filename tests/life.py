"""The model of a case's life (案件模型): what a process says on paper, without a database, to hold the real thing against.

It reads the published YAML itself and knows the rules of G10 from their descriptions, not from the code: who plays
which role, which conditions hold, whose step moves the case. `done` says the state that must come of an act, or None
where it must be refused.
"""

from copy import copy
from dataclasses import dataclass, field
from typing import Any

from jiedao.ground.people import Actor


@dataclass
class Turn:
    """One unit's order."""

    id: str
    unit: str
    role: str
    ended: str = ""  # answered, returned, recalled
    acknowledged: bool = False
    contacted: bool = False
    no_return: bool = False
    asked: bool = False
    decided: bool = False
    objected: bool = False
    ruled: bool = False
    paused: bool = False
    answered_by: str = ""

    @property
    def is_open(self) -> bool:
        return not self.ended


@dataclass
class Player:
    """An actor and what it is by post alone, read off its unit."""

    name: str
    actor: Actor
    kind: str = ""
    unit: str = ""
    acts_for: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    fixed: frozenset[str] = frozenset()
    reported_it: bool = False

    @property
    def person(self) -> str:
        return str(self.actor.person.id) if self.actor.person else "resident"


NEEDS_OPEN_ORDER = frozenset(
    "acknowledge assign contact reply return object ask_extension grant_extension deny_extension pause resume defer "
    "undefer terminate recall uphold start".split()
)
OF_ORDER = NEEDS_OPEN_ORDER | {"rule"}


@dataclass
class Paper:
    """The case as the process describes it."""

    says: dict[str, Any]
    has_caller: bool
    state: str = ""
    turns: list[Turn] = field(default_factory=list)
    has_item: bool = False
    complaint: bool = False
    named: bool = False
    marks: set[str] = field(default_factory=set)
    signed: dict[str, set[str]] = field(default_factory=dict)
    reminded: set[str] = field(default_factory=set)
    last_check: bool | None = None
    called_back: bool = False
    rated: bool = False
    child_open: bool = False
    promise: str = ""  # "", running, paused
    ruled_upon: str = ""  # whom a ruling made the precedent
    proposed: str = ""  # whom the case was classified to by it

    def __post_init__(self) -> None:
        self.state = self.says["opens_in"]

    def copied(self) -> "Paper":
        """As it stands now, whatever is done to this one."""
        made = copy(self)
        made.turns = [copy(turn) for turn in self.turns]
        made.marks, made.reminded = set(self.marks), set(self.reminded)
        made.signed = {verb: set(names) for verb, names in self.signed.items()}
        return made

    # Who may

    def roles(self, player: Player, turn: Turn | None) -> set[str]:
        """What the player is to the case, as the ten standings are described."""
        if player.actor.kind == "resident":
            return {"reporter"}
        held = {"any"} | player.fixed
        if player.reported_it:
            held.add("reporter")
        held |= {t.role for t in self.turns if t.is_open and t.unit in player.acts_for and (turn is None or turn is t)}
        own = any(t.unit in player.above and t.ended not in ("returned", "recalled") for t in self.turns)
        if not own and not any(t.answered_by == player.person for t in self.turns):
            held.add("checker")
        return held

    def plays(self, player: Player, names: list[str], held: set[str]) -> list[str]:
        roles = self.says["roles"]
        return [
            name
            for name in names
            if roles[name]["standing"] in held and (not roles[name].get("posts") or player.kind in roles[name]["posts"])
        ]

    # Whether it may be done now

    def holds(self, condition: str, turn: Turn | None) -> bool:
        leads = [t for t in self.turns if t.role == "lead"]
        last = leads[-1] if leads else None
        return {
            "has_item": lambda: self.has_item,
            "has_place": lambda: True,
            "complaint_names_unit": lambda: not self.complaint or self.named,
            "no_open_orders": lambda: not any(t.is_open for t in self.turns),
            "children_closed": lambda: not self.child_open,
            "contacted_first": lambda: turn is None or turn.contacted or turn.role != "lead" or not self.has_caller,
            "may_return": lambda: turn is None or not turn.no_return,
            "not_acknowledged": lambda: turn is None or not turn.acknowledged,
            "acknowledged_first": lambda: turn is None or turn.acknowledged,
            "extension_open": lambda: turn is not None and turn.asked and not turn.decided,
            "no_extension_open": lambda: turn is None or not turn.asked or turn.decided,
            "order_objected": lambda: turn is not None and turn.objected and not turn.ruled,
            "no_objection_open": lambda: turn is None or not turn.objected or turn.ruled,
            "order_is_lead": lambda: turn is not None and turn.role == "lead",
            "order_returned": lambda: turn is not None and turn.ended == "returned",
            "returned_twice": lambda: sum(t.ended == "returned" for t in self.turns if t is not turn) >= 2,
            "returned_thrice": lambda: sum(t.ended == "returned" for t in self.turns if t is not turn) >= 3,
            "lead_gone": lambda: last is None or last.ended in ("returned", "recalled"),
            "lead_answered": lambda: last is not None and last.ended == "answered",
            "was_answered": lambda: any(t.ended == "answered" for t in self.turns),
            "check_agrees": lambda: self.last_check is True,
            "check_disagrees": lambda: self.last_check is False,
            "called_back": lambda: not self.has_caller or self.called_back,
            "reopen_window_open": lambda: True,
            "is_supervised": lambda: "supervised" in self.marks,
            "not_supervised": lambda: "supervised" not in self.marks,
            "not_escalated": lambda: "escalated" not in self.marks,
        }[condition]()

    def line(self, verb: str, player: Player, turn: Turn | None) -> dict[str, Any] | None:
        """The first line of the table that allows it."""
        held = self.roles(player, turn)
        for move in self.says["moves"]:
            if move["verb"] != verb or self.state not in move["from"] or not self.plays(player, move["by"], held):
                continue
            if all(self.holds(condition, turn) for condition in move.get("when", ())):
                return move
        return None

    def verbs(self) -> list[str]:
        return list(dict.fromkeys(m["verb"] for m in self.says["moves"] if self.state in m["from"]))

    # What comes of it

    def done(self, verb: str, player: Player, turn: Turn | None, given: dict[str, Any]) -> str | None:
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
            self._turn_to(move["to"])
        return self.state

    def _turn_to(self, state: str) -> None:
        was, self.state = self.state, state
        if was != state:
            self.signed = {}
        before, after = (bool(self.says["states"][s].get("pauses")) for s in (was, state))
        if self.says["states"][state].get("end"):
            self.promise = ""
            return
        if state == self.says["counts_from"] and not self.marks & {"filed"}:
            self.marks.add("filed")
            self.promise = "running"
        if before != after:
            for turn in self.turns:
                turn.paused = after and turn.is_open
            self.promise = self.promise and ("paused" if after else "running")

    def _counts(self, turn: Turn, step: str) -> bool:
        rule = self.says["steps"].get(step, {}).get("moves", "last")
        if rule == "lead":
            return turn.role == "lead"
        return rule == "first" or not any(t.is_open for t in self.turns if t is not turn)

    def _end(self, turn: Turn, how: str) -> bool:
        counts = self._counts(turn, how)
        turn.ended, turn.paused = how, False
        return counts

    def _send(self, unit: str, role: str, **more: Any) -> Turn | None:
        if any(t.is_open and (t.unit == unit or t.role == role == "lead") for t in self.turns):
            return None
        turn = Turn("", unit, role, **more)
        self.turns.append(turn)
        return turn

    # The verbs that do more than move

    def _classify(self, move: Any, player: Player, turn: Any, given: dict[str, Any]) -> bool:
        self.has_item = self.has_item or "item" in given
        self.proposed = self.ruled_upon if self.has_item else ""
        self.complaint = given["kind"] == "complaint" if "kind" in given else self.complaint
        self.named = self.named or "reported_nobody" in given
        return True

    def _dispatch(self, move: Any, player: Player, turn: Any, given: dict[str, Any]) -> bool | None:
        before, lead, helpers = list(self.turns), given.get("lead"), given.get("helpers", [])
        leading = any(t.is_open and t.role == "lead" for t in self.turns)
        fits = bool(lead or (leading and helpers))
        for unit, role in [(lead, "lead")] * bool(lead) + [(unit, "helper") for unit in helpers]:
            settled = role == "lead" and unit == self.proposed
            fits = fits and self._send(unit, role, no_return=settled) is not None
        if not fits:
            self.turns = before
            return None
        return True

    def _acknowledge(self, move: Any, player: Player, turn: Turn, given: Any) -> bool | None:
        if turn.acknowledged:
            return None
        turn.acknowledged = True
        return self._counts(turn, "acknowledged")

    def _contact(self, move: Any, player: Player, turn: Turn, given: dict[str, Any]) -> bool | None:
        if self.complaint and self.has_caller and given["way"] != "platform":
            return None  # behind the complainant's shield
        if given["reached"] != "yes" or turn.contacted:
            return False
        turn.contacted = True
        return self._counts(turn, "contacted")

    def _reply(self, move: Any, player: Player, turn: Turn, given: Any) -> bool:
        counts = self._end(turn, "answered")
        turn.answered_by = player.person
        self.last_check, self.called_back = None, False
        return counts

    def _return(self, move: Any, player: Player, turn: Turn, given: Any) -> bool:
        return self._end(turn, "returned")

    def _recall(self, move: Any, player: Player, turn: Turn, given: Any) -> bool:
        return self._end(turn, "recalled")

    def _object(self, move: Any, player: Player, turn: Turn, given: Any) -> bool:
        turn.objected = True
        return True

    def _uphold(self, move: Any, player: Player, turn: Turn, given: Any) -> bool:
        turn.ruled = True
        return self._end(turn, "returned")

    def _rule(self, move: Any, player: Player, turn: Turn, given: dict[str, Any]) -> bool | None:
        target, was = given.get("unit", turn.unit), (turn.ruled, turn.no_return, turn.ended)
        turn.ruled = turn.no_return = True
        if turn.is_open and target == turn.unit:
            self._settled(target, turn.role)
            return False
        if turn.is_open:
            turn.ended = "recalled"
        role = "helper" if any(t.is_open and t.role == "lead" for t in self.turns) else "lead"
        if self._send(target, role, no_return=True) is None:
            turn.ruled, turn.no_return, turn.ended = was
            return None
        turn.paused = False
        self._settled(target, role)
        return True

    def _settled(self, unit: str, role: str) -> None:
        if role == "lead" and self.has_item:
            self.ruled_upon = unit

    def _ask_extension(self, move: Any, player: Player, turn: Turn, given: Any) -> bool:
        turn.asked, turn.decided = True, False
        return True

    def _grant_extension(self, move: Any, player: Player, turn: Turn, given: Any) -> bool:
        turn.decided = True
        return True

    _deny_extension = _grant_extension

    def _pause(self, move: Any, player: Player, turn: Turn, given: Any) -> bool | None:
        leads = turn.role == "lead"
        if turn.paused and not (leads and self.promise == "running"):
            return None
        turn.paused = True
        self.promise = "paused" if leads and self.promise else self.promise
        return True

    def _resume(self, move: Any, player: Player, turn: Turn, given: Any) -> bool | None:
        leads = turn.role == "lead"
        if not turn.paused and not (leads and self.promise == "paused"):
            return None
        turn.paused = False
        self.promise = "running" if leads and self.promise else self.promise
        return True

    def _sign(self, move: Any, player: Player) -> bool | None:
        """True with the last signature, False with one before, None for one who has signed."""
        mine = set(self.plays(player, move["signed_by"]["all"], self.roles(player, None)))
        signed = self.signed.setdefault(move["verb"], set())
        if mine <= signed:
            return None
        signed |= mine
        return signed >= set(move["signed_by"]["all"])

    def _defer(self, move: Any, player: Player, turn: Turn, given: Any) -> bool | None:
        return self._sign(move, player)

    def _terminate(self, move: Any, player: Player, turn: Turn, given: Any) -> bool | None:
        last = self._sign(move, player)
        if last:
            self._recall_all()
        return last

    def _recall_all(self) -> None:
        for turn in self.turns:
            turn.ended = turn.ended or "recalled"

    def _withdraw(self, move: Any, player: Player, turn: Any, given: Any) -> bool:
        self._recall_all()
        return True

    def _check(self, move: Any, player: Player, turn: Any, given: dict[str, Any]) -> bool:
        self.last_check = given["agrees"] == "yes"
        return True

    def _callback(self, move: Any, player: Player, turn: Any, given: Any) -> bool:
        self.called_back = any(t.ended == "answered" for t in self.turns)
        return True

    def _send_again(self) -> bool | None:
        leads = [t for t in self.turns if t.role == "lead" and t.ended == "answered"]
        if not leads or self._send(leads[-1].unit, "lead", no_return=leads[-1].no_return) is None:
            return None
        return True

    def _rework(self, move: Any, player: Player, turn: Any, given: Any) -> bool | None:
        return self._send_again()

    def _reopen(self, move: Any, player: Player, turn: Any, given: Any) -> bool | None:
        self.rated = False
        return self._send_again() if any(t.ended == "answered" for t in self.turns) else True

    def _rate(self, move: Any, player: Player, turn: Any, given: Any) -> bool | None:
        if player.actor.kind == "person" or self.rated:
            return None  # who took it down rates no colleague; and nobody rates twice
        self.rated = True
        return True

    def _remind(self, move: Any, player: Player, turn: Turn | None, given: Any) -> bool | None:
        key = turn.id if turn else ""
        if key in self.reminded:
            return None
        self.reminded.add(key)
        return True

    def _supervise(self, move: Any, player: Player, turn: Any, given: Any) -> bool:
        self.marks.add("supervised")
        return True

    def _lift(self, move: Any, player: Player, turn: Any, given: Any) -> bool:
        self.marks.discard("supervised")
        return True

    def _escalate(self, move: Any, player: Player, turn: Any, given: Any) -> bool:
        self.marks.add("escalated")
        return True

    def _open_child(self, move: Any, player: Player, turn: Any, given: Any) -> bool:
        self.child_open = True
        return True
