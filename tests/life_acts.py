"""What comes of each verb in the model of a case's life (动作后果): by the descriptions of the stages, not their code.

Each says whether the case moves: True, False where only a line is added, None where the act must be refused.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from jiedao.ground.people import Actor

Move = dict[str, Any]
Given = dict[str, Any]


@dataclass
class Turn:
    """One unit's order."""

    id: str
    unit: str
    role: str
    ended: str = ""  # answered, returned, recalled
    acknowledged: bool = False
    contacted: bool = False
    arrived: bool = False
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

    @cached_property
    def person(self) -> str:
        return str(self.actor.person.id) if self.actor.person else "resident"


@dataclass
class Happenings:
    """A case with what its acts have made of it. `tests.life.Paper` adds who may do what, and when."""

    says: dict[str, Any]
    has_caller: bool
    sender: str = ""
    taken_by: str = ""
    state: str = ""
    turns: list[Turn] = field(default_factory=list)
    has_item: bool = False
    complaint: bool = False
    named: bool = False
    marks: set[str] = field(default_factory=set)
    signed: dict[str, set[str]] = field(default_factory=dict)
    reminded: set[str] = field(default_factory=set)
    rated: set[str] = field(default_factory=set)
    last_check: bool | None = None
    called_back: bool = False
    child_open: bool = False
    promise: str = ""  # "", running, paused
    ruled_upon: str = ""  # whom a ruling made the precedent
    proposed: str = ""  # whom the case was classified to by it
    called: tuple[str, ...] = ()  # whom a reviewed whistle calls, the lead first

    def turn_to(self, state: str) -> None:
        was, self.state = self.state, state
        if was != state:
            self.signed = {}
        before, after = (bool(self.says["states"][s].get("pauses")) for s in (was, state))
        if self.says["states"][state].get("end"):
            self.promise, self.rated = "", set()
            return
        if state == self.says["counts_from"] and "filed" not in self.marks:
            self.marks.add("filed")
            self.promise = "running" if self.says.get("promise") else ""
        if before != after:
            for turn in self.turns:
                turn.paused = after and turn.is_open
            self.promise = self.promise and ("paused" if after else "running")

    def counts(self, turn: Turn, step: str) -> bool:
        """Whether this unit's step moves the case: the first one's, the lead's or the last one's."""
        rule = self.says["steps"].get(step, {}).get("moves", "last")
        if rule == "lead":
            return turn.role == "lead"
        return rule == "first" or not any(t.is_open for t in self.turns if t is not turn)

    def end(self, turn: Turn, how: str) -> bool:
        counts = self.counts(turn, how)
        turn.ended, turn.paused = how, False
        return counts

    def send(self, unit: str, role: str, **more: Any) -> bool:
        if any(t.is_open and (t.unit == unit or t.role == role == "lead") for t in self.turns):
            return False
        self.turns.append(Turn("", unit, role, **more))
        return True

    def send_all(self, lead: str | None, helpers: tuple[str, ...]) -> bool | None:
        """All of them or none: the lead, where a ruling settled it so, cannot return it."""
        before = list(self.turns)
        fits = [self.send(lead, "lead", no_return=lead == self.proposed)] if lead else []
        fits += [self.send(unit, "helper") for unit in helpers]
        if not all(fits):
            self.turns = before
            return None
        return True

    def send_again(self) -> bool | None:
        leads = [t for t in self.turns if t.role == "lead" and t.ended == "answered"]
        return (bool(leads) and self.send(leads[-1].unit, "lead", no_return=leads[-1].no_return)) or None

    def sign(self, move: Move, mine: set[str]) -> bool | None:
        """True with the last signature, False with one before, None for one who has signed."""
        if "any" in move["signed_by"]:
            return True
        signed = self.signed.setdefault(move["verb"], set())
        if mine <= signed:
            return None
        signed |= mine
        return signed >= set(move["signed_by"]["all"])

    def recall_all(self) -> None:
        for turn in self.turns:
            turn.ended = turn.ended or "recalled"

    def settled(self, unit: str, role: str) -> None:
        if role == "lead" and self.has_item:
            self.ruled_upon = unit

    # The verbs that do more than move

    def _classify(self, move: Move, player: Player, turn: Any, given: Given) -> bool:
        self.has_item = self.has_item or "item" in given
        self.proposed = self.ruled_upon if self.has_item else ""
        self.complaint = given["kind"] == "complaint" if "kind" in given else self.complaint
        self.named = self.named or "reported_nobody" in given
        return True

    def _dispatch(self, move: Move, player: Player, turn: Any, given: Given) -> bool | None:
        lead, helpers = given.get("lead"), tuple(given.get("helpers", ()))
        leading = any(t.is_open and t.role == "lead" for t in self.turns)
        return self.send_all(lead, helpers) if lead or (leading and helpers) else None

    def _review(self, move: Move, player: Player, turn: Any, given: Given) -> bool:
        self.called = (given["lead"], *given["helpers"])
        return True

    def _blow(self, move: Move, player: Player, turn: Any, given: Given) -> bool | None:
        last = self.sign(move, self.signs(move, player))
        return self.send_all(self.called[0], self.called[1:]) if last else last

    def _start(self, move: Move, player: Player, turn: Turn, given: Given) -> bool | None:
        return self.sign(move, self.signs(move, player)) if "signed_by" in move else True

    def _acknowledge(self, move: Move, player: Player, turn: Turn, given: Given) -> bool | None:
        if turn.acknowledged:
            return None
        turn.acknowledged = True
        return self.counts(turn, "acknowledged")

    def _contact(self, move: Move, player: Player, turn: Turn, given: Given) -> bool | None:
        if self.complaint and self.has_caller and given["way"] != "platform":
            return None  # behind the complainant's shield
        if given["reached"] != "yes" or turn.contacted:
            return False
        turn.contacted = True
        return self.counts(turn, "contacted")

    def _arrive(self, move: Move, player: Player, turn: Turn, given: Given) -> bool | None:
        if turn.arrived or given["code"] == "wrong":
            return None
        turn.arrived = True
        return self.counts(turn, "arrived")

    def _reply(self, move: Move, player: Player, turn: Turn, given: Given) -> bool:
        counts = self.end(turn, "answered")
        turn.answered_by = player.person
        self.last_check, self.called_back = None, False
        return counts

    def _return(self, move: Move, player: Player, turn: Turn, given: Given) -> bool:
        return self.end(turn, "returned")

    def _recall(self, move: Move, player: Player, turn: Turn, given: Given) -> bool:
        return self.end(turn, "recalled")

    def _object(self, move: Move, player: Player, turn: Turn, given: Given) -> bool:
        turn.objected = True
        return True

    def _uphold(self, move: Move, player: Player, turn: Turn, given: Given) -> bool:
        turn.ruled = True
        return self.end(turn, "returned")

    def _rule(self, move: Move, player: Player, turn: Turn, given: Given) -> bool | None:
        target, was = given.get("unit", turn.unit), (turn.ruled, turn.no_return, turn.ended)
        turn.ruled = turn.no_return = True
        if turn.is_open and target == turn.unit:
            self.settled(target, turn.role)
            return False
        if turn.is_open:
            turn.ended = "recalled"
        role = "helper" if any(t.is_open and t.role == "lead" for t in self.turns) else "lead"
        if not self.send(target, role, no_return=True):
            turn.ruled, turn.no_return, turn.ended = was
            return None
        turn.paused = False
        self.settled(target, role)
        return True

    def _ask_extension(self, move: Move, player: Player, turn: Turn, given: Given) -> bool:
        turn.asked, turn.decided = True, False
        return True

    def _grant_extension(self, move: Move, player: Player, turn: Turn, given: Given) -> bool:
        turn.decided = True
        return True

    _deny_extension = _grant_extension

    def _pause(self, move: Move, player: Player, turn: Turn, given: Given) -> bool | None:
        leads = turn.role == "lead"
        if turn.paused and not (leads and self.promise == "running"):
            return None
        turn.paused = True
        self.promise = "paused" if leads and self.promise else self.promise
        return True

    def _resume(self, move: Move, player: Player, turn: Turn, given: Given) -> bool | None:
        leads = turn.role == "lead"
        if not turn.paused and not (leads and self.promise == "paused"):
            return None
        turn.paused = False
        self.promise = "running" if leads and self.promise else self.promise
        return True

    def _defer(self, move: Move, player: Player, turn: Turn, given: Given) -> bool | None:
        return self.sign(move, self.signs(move, player))

    def _terminate(self, move: Move, player: Player, turn: Turn, given: Given) -> bool | None:
        last = self.sign(move, self.signs(move, player))
        if last:
            self.recall_all()
        return last

    def _withdraw(self, move: Move, player: Player, turn: Any, given: Given) -> bool:
        self.recall_all()
        return True

    def _check(self, move: Move, player: Player, turn: Any, given: Given) -> bool:
        self.last_check = given["agrees"] == "yes"
        return True

    def _callback(self, move: Move, player: Player, turn: Any, given: Given) -> bool:
        self.called_back = any(t.ended == "answered" for t in self.turns)
        return True

    def _rework(self, move: Move, player: Player, turn: Any, given: Given) -> bool | None:
        return self.send_again()

    def _reopen(self, move: Move, player: Player, turn: Any, given: Given) -> bool | None:
        return self.send_again() if any(t.ended == "answered" for t in self.turns) else True

    def _rate(self, move: Move, player: Player, turn: Any, given: Given) -> bool | None:
        """Who sent it, and who reported it, once each and closing; who took it down rates no colleague."""
        if (player.actor.kind == "person" and not self.sender) or player.actor.kind in self.rated:
            return None
        return True

    def _evaluate(self, move: Move, player: Player, turn: Any, given: Given) -> bool | None:
        return {t.unit for t in self.turns if t.ended != "recalled"} <= set(given["marks"]) or None

    def _remind(self, move: Move, player: Player, turn: Turn | None, given: Given) -> bool | None:
        key = turn.id if turn else ""
        if key in self.reminded:
            return None
        self.reminded.add(key)
        return True

    def _supervise(self, move: Move, player: Player, turn: Any, given: Given) -> bool:
        self.marks.add("supervised")
        return True

    def _lift(self, move: Move, player: Player, turn: Any, given: Given) -> bool:
        self.marks.discard("supervised")
        return True

    def _escalate(self, move: Move, player: Player, turn: Any, given: Given) -> bool:
        self.marks.add("escalated")
        return True

    def _open_child(self, move: Move, player: Player, turn: Any, given: Given) -> bool:
        self.child_open = True
        return True

    def signs(self, move: Move, player: Player) -> set[str]:
        """The signing roles that the player fills."""
        raise NotImplementedError
