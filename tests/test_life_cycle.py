"""The life of a case (案件一生): random actors do random things; the case goes where its process says, or nowhere (G10).

Every act is held against a model that knows the published process and no code of ours (`tests/life.py`): the same
acts pass, the same are refused, and a refused one leaves nothing.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.db import connection, transaction

from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.refusal import Absent, Refused
from jiedao.record.models import DispatchOrder, Event, ProcessVersion
from tests.cast import GRID, do, reported, seat
from tests.life import OF_ORDER, Paper, Player, Turn
from tests.sound import COUNTED, unsound

UNITS = ("urban", "water", "market")
SEATS = (
    "centre-dispatcher-1", "centre-hotline_clerk-1", "centre-inspector-1", "centre-callback_clerk-1",
    "centre-supervisor-1", "leaders-district_leader-1", "urban-handler-1", "urban-unit_head", "water-handler-1",
    "market-handler-1", "fire-handler-1", "320106001-command-subdistrict_clerk-1", "320106001-leaders-director",
    f"{GRID}-grid_worker", "320106002-command-subdistrict_clerk-1",
)  # fmt: skip


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
    "pause": lambda d: {"why": "weather", "reason": "暴雨"},
    "return": lambda d: {"reason": "不属本单位", "article": "清单第三项"},
    "object": lambda d: {"reason": "不属本单位", "article": "清单第三项"},
    "refer": lambda d: {"line": "110"},
    "reject": lambda d: {"reason": "不属受理范围", "right_office": "法院"},
    "open_child": lambda d: {"process": "whistle_progress", "reason": "久拖不决"},
    "assign": lambda d: {},
    "merge": lambda d: {},
}  # fmt: skip
PLAIN = {"text": "说明", "reason": "理由"}
FIELDS = {"text": "add note answer solve_on_site file verify_report ask_check close remind instruct".split(),
          "reason": "recall uphold withdraw consult supervise lift escalate grant_extension deny_extension resume "
                    "defer undefer terminate rework reopen".split()}  # fmt: skip
ALWAYS = tuple(sorted({*TEXT, *FIELDS["text"], *FIELDS["reason"], "acknowledge", "start"}))
ONWARD = frozenset(
    "file dispatch acknowledge contact start reply ask_check check callback rework close rate reopen".split()
)
ENDING = frozenset("merge reject withdraw solve_on_site answer terminate refer".split())
WEIGHTS = dict.fromkeys(ALWAYS, 2) | dict.fromkeys(ONWARD, 12) | dict.fromkeys(ENDING, 0.2) | {"classify": 3}
"""Who only strolls gets nowhere: most lives must see replies, checks and second rounds, and few end early."""


class Life:
    """One case; each step is one act of one actor. Everything is drawn from one seeded source."""

    def __init__(self, process: str, says: dict[str, Any], seats: list[Player], chance: random.Random) -> None:
        self.chance, self.seen = chance, Counter[str]()
        self.case = reported("路灯不亮", process=process, phone="10000000009" if process == "call" else "")
        self.other = reported("另一处路灯不亮", process=process)
        event = Event.objects.get(case=self.case)
        self.cast = [*seats, Player("resident", Actor.resident(event.id, self.case.id))]
        self.paper = Paper(says, has_caller=process == "call")
        self.story: list[str] = []
        self.rows = self._everything()

    def go_on(self) -> None:
        """One act: mostly one that may be done, often one that somebody else may do, sometimes any, or half of one."""
        ways = (self._may, self._others, self._own_work, self._anything, self._left_out)
        [what] = self.chance.choices(ways, (20, 6, 6, 3, 2))
        what()

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
        if verb == "classify" and not self.paper.has_item and self.chance.random() < 0.7:
            return {"item": "street-lights"}
        if verb in TEXT:
            return TEXT[verb](self.chance.choice)
        return {name: PLAIN[name] for name, verbs in FIELDS.items() if verb in verbs}

    def _act(self, verb: str, who: Player, turn: Turn | None) -> None:
        given = self._given(verb, turn)
        before = self.paper.copied()
        expected = self.paper.done(verb, who, turn, given)
        if expected is None:
            self.paper = before
            self._refused(verb, who, self._again(turn), given)
            return
        self.seen[verb] += 1
        self.story.append(f"{verb} by {who.name} {turn.unit if turn else ''} {given} -> {expected}")
        seq = self.case.seq
        try:
            done = do(self.case, verb, who.actor, turn.id if turn else "", **given)
        except (Refused, Absent) as refusal:
            raise AssertionError(f"the process allows it, we refuse {refusal!r}: {self.story}") from refusal
        self.case.refresh_from_db()
        assert (self.case.state, self.case.seq) == (expected, seq + 1), self.story
        assert done.seq == self.case.seq
        if verb in ("check", "callback") and self.case.phase == "verification":
            self._is_not_own_work(who)
        self._orders_stand_as_the_model_says()
        self.rows = self._everything()

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
        assert self._everything() == self.rows, (verb, who.name, self.story)

    def _everything(self) -> tuple[Any, ...]:
        """Counts of all that a write makes, and the case and its orders as they stand. One statement."""
        tables = [model._meta.db_table for model in COUNTED] + ["public.procrastinate_jobs"]
        counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
        orders = "(SELECT string_agg(o::text, ' ' ORDER BY id) FROM record_dispatchorder o WHERE case_id = %s)"
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {counts}, {orders}, (SELECT c::text FROM record_case c WHERE id = %s)",
                [self.case.pk, self.case.pk],
            )
            return cursor.fetchone()

    def _is_not_own_work(self, who: Player) -> None:
        handled = self.case.orders.filter(returned_at=None, recalled_at=None).values_list("unit__code", "answered_by")
        for unit, answered_by in handled:
            assert unit not in who.above, f"{who.name} checked the own unit's work: {self.story}"
            assert str(answered_by) != who.person, f"{who.name} checked the own work: {self.story}"

    def _orders_stand_as_the_model_says(self) -> None:
        """Orders that were just sent get their ids in the model, in the order of sending."""
        known = {turn.id: turn for turn in self.paper.turns}
        unnamed = [turn for turn in self.paper.turns if not turn.id]
        for order in DispatchOrder.objects.filter(case=self.case).select_related("unit").order_by("id"):
            turn = known.get(str(order.id)) or unnamed.pop(0)
            turn.id = str(order.id)
            ends = {"answered": order.answered_at, "returned": order.returned_at, "recalled": order.recalled_at}
            stands = (
                order.unit.code, order.role, "".join(name for name, at in ends.items() if at),
                order.acknowledged_at is not None, order.contacted_at is not None, order.no_return,
            )  # fmt: skip
            said = (turn.unit, turn.role, turn.ended, turn.acknowledged, turn.contacted, turn.no_return)
            assert stands == said, self.story
        assert unnamed == [], self.story


@pytest.mark.parametrize("process", ["event", "call"])
@pytest.mark.parametrize(
    ("lives", "steps"),
    [(20, 30), pytest.param(1_000, 50, marks=[pytest.mark.nightly, pytest.mark.timeout(3_000)])],
)
def test_a_case_lives_as_its_process_says_whoever_does_what(in_gulou, process, lives, steps):
    seed = int(os.environ.get("JIEDAO_SEED") or time.time())
    print(f"seed {seed} (JIEDAO_SEED={seed} plays it again)")
    seats = [player(*TWO_POSTS), *(player(post) for post in SEATS)]
    seats[2].reported_it = True  # as `reported` has it
    chance, seen = random.Random(seed), Counter[str]()
    says = yaml.safe_load(ProcessVersion.objects.get(code=process, retired_at=None).document)
    for _ in range(lives):
        with transaction.atomic():
            life = Life(process, says, seats, chance)
            for _ in range(steps):
                life.go_on()
            assert unsound(life.case) == [], life.story
            transaction.set_rollback(True)
        seen += life.seen

    print(dict(seen))
    assert seen["reply"] > 0, "they strolled and got nowhere"
