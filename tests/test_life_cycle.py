"""The life of a case (案件一生): random actors do random things; the case goes where its process says, or nowhere (G10).

Every act is held against a model that knows the published process and no code of ours (`tests/life.py`): the same
acts pass, the same are refused, and a refused one leaves nothing.
"""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction

from jiedao.ground.db.asking import ask
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area
from jiedao.kit.refusal import Absent, Refused
from jiedao.record import arrival
from jiedao.record.models import Case, Event, ProcessVersion
from jiedao.stages import intake
from tests.cast import GRID, do, reported, seat
from tests.life import OF_ORDER, Paper, Rules
from tests.life_acts import Player, Turn
from tests.sound import COUNTED, unsound

UNITS = ("urban", "water", "market")
SEATS = (
    "centre-dispatcher-1", "centre-hotline_clerk-1", "centre-inspector-1", "centre-callback_clerk-1",
    "centre-supervisor-1", "leaders-district_leader-1", "urban-handler-1", "urban-unit_head", "water-handler-1",
    "market-handler-1", "fire-handler-1", "320106001-command-subdistrict_clerk-1", "320106001-leaders-director",
    "320106001-leaders-party_secretary", "320106001-leaders-deputy_director-1", f"{GRID}-grid_worker",
    "320106002-command-subdistrict_clerk-1",
)  # fmt: skip
STREET, CLERK = "320106001", "320106001-command-subdistrict_clerk-1"


TWO_POSTS = ("centre-inspector-1", "urban-handler-1")
"""Who answers for a department sits in the centre on other days, and checks there: not the own work."""


def player(post: str, person_of: str = "") -> Player:
    """A member of the cast with what its unit makes it, by the description of the standings and not by `standing.py`."""
    actor = seat(post)
    actor = Actor.at(actor.post, seat(person_of).person) if person_of else actor
    unit, area = actor.post.unit, actor.post.area or actor.post.unit.area
    here = area is not None and GRID.startswith(area.code.rstrip("0") if area.kind == "district" else area.code)
    fixed = {"own_area"} if here else set()
    fixed |= {"overseer"} if here and unit.kind == "leadership" else set()
    fixed |= {"centre"} if unit.kind == "centre" and (here or unit.level == "district") else set()
    above = tuple(Unit.objects.filter(pk__in=unit.above).values_list("code", flat=True))
    for_parent = unit.kind in ("office", "centre", "bureau", "squad", "leadership") and unit.parent is not None
    acts_for = (unit.code, unit.parent.code) if for_parent else (unit.code,)
    return Player(post, actor, actor.post_kind, unit.code, acts_for, above, frozenset(fixed))


MARKS = {"arrival": 5, "handling": 4, "satisfied": "satisfied"}
TEXT: dict[str, Callable[[Any], dict[str, Any]]] = {
    "classify": lambda d: d([{"item": "street-lights"}, {"kind": "complaint"}, {"kind": "finding"}, {"reported_nobody": "yes"}]),
    "dispatch": lambda d: {
        **({"lead": d(UNITS)} if d([True, True, False]) else {}),
        **({"helpers": [d(UNITS)]} if d([True, False]) else {}),
    },
    "rule": lambda d: {"reason": "按清单裁定"} | ({"unit": d(UNITS)} if d([True, False]) else {}),
    "contact": lambda d: {"way": d(["phone", "platform"]), "reached": d(["yes", "yes", "no"]), "text": "已联系"},
    "reply": lambda d: {"outcome": "done", "text": "已修好"},
    "check": lambda d: {"way": "site", "agrees": d(["yes", "no"]), "text": "看过了"},
    "callback": lambda d: {"reached": "no"},
    "rate": lambda d: {"solved": "yes", "satisfied": "satisfied"},
    "ask_extension": lambda d: {"limit": "9 working_days", "reason": "等配件"},
    "pause": lambda d: {},
    "return": lambda d: {"reason": "不属本单位", "article": "清单第三项"},
    "object": lambda d: {"reason": "不属本单位", "article": "清单第三项"},
    "refer": lambda d: {"line": "110"},
    "reject": lambda d: {"reason": "不属受理范围", "right_office": "法院"},
    "open_child": lambda d: {"process": "whistle_progress", "reason": "久拖不决"},
    "review": lambda d: {
        "lead": d(UNITS), "helpers": [d(UNITS)] if d([True, False]) else [], "aim": "拆除占道棚亭",
        "meeting": "今天 15:00，宁海路口", "limit": "5 working_days",
    },
    "evaluate": lambda d: {"marks": dict.fromkeys(UNITS if d([True, True, False]) else UNITS[:1], MARKS)},
    "assign": lambda d: {},
    "merge": lambda d: {},
}  # fmt: skip
PLAIN = {"text": "说明", "reason": "理由", "plan": "先清后建"}
FIELDS = {"text": "add note answer solve_on_site file verify_report ask_check close remind instruct verify confirm".split(),
          "reason": "recall uphold withdraw consult supervise lift escalate grant_extension deny_extension resume "
                    "defer undefer terminate rework reopen decline refuse".split(),
          "plan": ["start"]}  # fmt: skip
ALWAYS = tuple(sorted({*TEXT, *FIELDS["text"], *FIELDS["reason"], "acknowledge", "start", "arrive", "blow"}))
ONWARD = frozenset(
    "file dispatch acknowledge contact arrive start reply ask_check check callback rework close rate reopen review blow "
    "verify confirm evaluate".split()
)
ENDING = frozenset("merge reject withdraw solve_on_site answer terminate refer decline".split())
WEIGHTS = dict.fromkeys(ALWAYS, 2) | dict.fromkeys(ONWARD, 12) | dict.fromkeys(ENDING, 0.2) | {"classify": 3}
"""Who only strolls gets nowhere: most lives must see replies, checks and second rounds, and few end early."""


@dataclass(frozen=True)
class Stands:
    """A case and everything around it at one moment; equal where nothing has changed."""

    whole: str
    state: str
    seq: int
    phase: str
    orders: list[list[Any]]


_COUNTS = " || ' ' || ".join(
    f"(SELECT count(*) FROM {table})"
    for table in [model._meta.db_table for model in COUNTED] + ["public.procrastinate_jobs"]
)
STANDS = f"""
SELECT {_COUNTS}, c::text,
  (SELECT string_agg(o::text, ' ' ORDER BY o.id) FROM record_dispatchorder o WHERE o.case_id = c.id),
  c.state, c.seq, c.phase,
  (SELECT coalesce(json_agg(json_build_array(o.id, u.code, o.role, concat(
      CASE WHEN o.answered_at IS NOT NULL THEN 'answered' END, CASE WHEN o.returned_at IS NOT NULL THEN 'returned' END,
      CASE WHEN o.recalled_at IS NOT NULL THEN 'recalled' END), o.acknowledged_at IS NOT NULL,
      o.contacted_at IS NOT NULL, o.no_return, o.answered_by) ORDER BY o.id), '[]')
   FROM record_dispatchorder o JOIN people_unit u ON u.id = o.unit_id WHERE o.case_id = c.id)
FROM record_case c WHERE c.id = $1
"""
"""Counts of all that a write makes, the case and its orders as they stand, and what of them the model says too."""


def opened(process: str, phone: str = "10000000009") -> Case:
    """Taken down by the hotline; what a sub-district sends, by its clerk."""
    if process in ("event", "call"):
        return reported("路灯不亮", process=process, phone=phone if process == "call" else "")
    told = intake.Told("棚亭占道，多次劝离无效", "grid", area=Area.objects.filter(code=GRID, valid_to=None).first())
    return intake.report(told, by=seat(CLERK), process=process).case


class Life:
    """One case; each step is one act of one actor. Everything is drawn from one seeded source."""

    def __init__(self, process: str, rules: Rules, seats: list[Player], other: Case, chance: random.Random) -> None:
        self.chance, self.seen, self.other, self.acts = chance, Counter[str](), other, 0
        self.case = opened(process)
        event = Event.objects.get(case=self.case)
        self.cast = [*seats, Player("resident", Actor.resident(event.id, self.case.id))]
        self.paper = Paper(
            rules.says,
            has_caller=process == "call",
            sender="" if process in ("event", "call") else STREET,
            taken_by=str(event.person_id),
            rules=rules,
        )
        self.story: list[str] = []
        self.stands = self._stands()

    def go_on(self) -> None:
        """One act: mostly one that may be done, often one that somebody else may do, sometimes any, or half of one."""
        ways = (self._may, self._others, self._own_work, self._anything, self._left_out)
        [what] = self.chance.choices(ways, (20, 6, 6, 3, 2))
        before = self.acts
        what()
        if self.acts == before:  # in this state there is nothing of the kind
            self._anything()

    def _may(self) -> None:
        """A verb of the present state, by one of those who may, to an order it suits."""
        verbs = self._verbs()
        own = WEIGHTS | ({} if self.paper.has_item else {"classify": 60, "verify_report": 1, "check": 1})
        while verbs:
            weights = [own[verb] / (1 + self.seen[verb]) ** 2 for verb in verbs]  # not the same over and over
            [chosen] = self.chance.choices(verbs, weights)
            fitting = [(w, t) for t in self._turns(chosen) for w in self.cast if self.paper.line(chosen, w, t)]
            if fitting:
                double = [way for way in fitting if way[0].person == self.cast[0].person]
                self._act(chosen, *self.chance.choice(double if double and self.chance.random() < 0.7 else fitting))
                return
            verbs.remove(chosen)

    def _others(self) -> None:
        """A verb of the present state by anybody: the wrong ones must be refused."""
        if verbs := self._verbs():
            verb = self.chance.choice(verbs)
            self._act(verb, self.chance.choice(self.cast), self.chance.choice(self._turns(verb)))

    def _own_work(self) -> None:
        """Who may have answered in one post tries to check in the other."""
        if verbs := [verb for verb in self._verbs() if verb in ("check", "callback", "verify")]:
            self._act(self.chance.choice(verbs), self.cast[0], None)

    def _anything(self) -> None:
        verb = self.chance.choice(ALWAYS)
        self._act(verb, self.chance.choice(self.cast), self.chance.choice(self._turns(verb)))

    def _left_out(self) -> None:
        """Nothing filled in: whatever the state, a verb that needs words is refused."""
        self.acts += 1
        verb = self.chance.choice("reject reply return check contact pause ask_extension merge rate".split())
        self._refused(verb, self.chance.choice(self.cast), self.chance.choice(self._turns(verb)), {})

    def _verbs(self) -> list[str]:
        return [verb for verb in self.paper.verbs() if verb in ALWAYS]

    def _turns(self, verb: str) -> list[Turn | None]:
        return (list(self.paper.turns) if verb in OF_ORDER or verb == "remind" else []) or [None]

    def _given(self, verb: str, turn: Turn | None) -> dict[str, Any]:
        if verb == "assign":
            return {"post": f"{turn.unit}-handler-2"} if turn else {}
        if verb == "merge":
            return {"into": self.other.number}
        if verb == "arrive":
            return {"code": self.chance.choice([arrival.code(self.case), arrival.code(self.case), "wrong"])}
        if verb == "classify" and not self.paper.has_item and self.chance.random() < 0.7:
            return {"item": "street-lights"}
        if verb == "pause":
            return {"why": self.chance.choice(list(self.paper.says["pause"]["reasons"])), "reason": "暂停"}
        if verb in TEXT:
            return TEXT[verb](self.chance.choice)
        return {name: PLAIN[name] for name, verbs in FIELDS.items() if verb in verbs}

    def _act(self, verb: str, who: Player, turn: Turn | None) -> None:
        self.acts += 1
        given = self._given(verb, turn)
        before = self.paper.copied()
        expected = self.paper.done(verb, who, turn, given)
        if expected is None:
            self.paper = before
            self._refused(verb, who, self._again(turn), given)
            return
        self.seen[verb] += 1
        self.story.append(f"{verb} by {who.name} {turn.unit if turn else ''} {given} -> {expected}")
        try:
            done = do(self.case, verb, who.actor, turn.id if turn else "", **given)
        except (Refused, Absent) as refusal:
            raise AssertionError(f"the process allows it, we refuse {refusal!r}: {self.story}") from refusal
        seq, self.stands = self.stands.seq, self._stands()
        assert (self.stands.state, self.stands.seq, done.seq) == (expected, seq + 1, seq + 1), self.story
        if verb in ("check", "callback") and self.stands.phase == "verification":
            self._is_not_own_work(who)
        self._orders_stand_as_the_model_says()

    def _again(self, turn: Turn | None) -> Turn | None:
        """The same turn in the model that was put back."""
        return next((t for t in self.paper.turns if turn and t.id == turn.id), None)

    def _refused(self, verb: str, who: Player, turn: Turn | None, given: dict[str, Any]) -> None:
        try:
            do(self.case, verb, who.actor, turn.id if turn else "", **given)
        except (Refused, Absent):
            pass
        else:
            raise AssertionError(f"{verb} by {who.name} {turn} {given} was done in {self.paper.state}: {self.story}")
        assert self._stands() == self.stands, (verb, who.name, self.story)

    def _stands(self) -> "Stands":
        """All that an act could have changed, in one statement that is prepared once: thousands are asked."""
        [(rows, case, orders, state, seq, phase, told)] = ask(STANDS, [self.case.pk])
        return Stands(f"{rows} {case} {orders}", state, int(seq), phase, json.loads(told))

    def _is_not_own_work(self, who: Player) -> None:
        handled = [(order[1], order[7]) for order in self.stands.orders if order[3] not in ("returned", "recalled")]
        for unit, answered_by in handled:
            assert unit not in who.above, f"{who.name} checked the own unit's work: {self.story}"
            assert str(answered_by) != who.person, f"{who.name} checked the own work: {self.story}"

    def _orders_stand_as_the_model_says(self) -> None:
        """Orders that were just sent get their ids in the model, in the order of sending."""
        known = {turn.id: turn for turn in self.paper.turns}
        unnamed = [turn for turn in self.paper.turns if not turn.id]
        for pk, *stands, _ in self.stands.orders:
            turn = known.get(pk) or unnamed.pop(0)
            turn.id = pk
            said = [turn.unit, turn.role, turn.ended, turn.acknowledged, turn.contacted, turn.no_return]
            assert stands == said, self.story
        assert unnamed == [], self.story


@pytest.mark.parametrize("process", ["event", "call", "whistle_progress", "whistle_hard", "two_way"])
@pytest.mark.parametrize(
    ("lives", "steps"),
    [(40, 30), pytest.param(400, 50, marks=[pytest.mark.nightly, pytest.mark.timeout(3_000)])],
)
def test_a_case_lives_as_its_process_says_whoever_does_what(in_gulou, process, lives, steps):
    seed = int(os.environ.get("JIEDAO_SEED") or time.time())
    print(f"seed {seed} (JIEDAO_SEED={seed} plays it again)")
    seats = [player(*TWO_POSTS), *(player(post) for post in SEATS)]
    chance, seen = random.Random(seed), Counter[str]()
    rules = Rules(ProcessVersion.objects.get(code=process, retired_at=None).document)
    other = opened(process, phone="")  # nobody's: the next call of one number would join it
    for _ in range(lives):
        with transaction.atomic():
            life = Life(process, rules, seats, other, chance)
            for _ in range(steps):
                life.go_on()
            assert unsound(life.case) == [], life.story
            transaction.set_rollback(True)
        seen += life.seen

    print(f"reached {lives} lives of {process} × {steps} acts, {sum(seen.values())} done, the others refused")
    assert seen["reply"] > 0, "they strolled and got nowhere"
