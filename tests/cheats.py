"""Cheats and faults (作弊与故障): what people try in a rehearsal that must not work, and statements that fail beneath it (G12).

Hooked into the stage: after an act somebody cheats on the same case, and now and then the n-th statement of a verb is
spoiled, upon which the verb is done once more. Neither may leave anything. Drawn from a source of their own, so that
the same seed cheats alike.
"""

import functools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection

from jiedao.doors.rehearsal.cast import HANDLERS, Cast
from jiedao.doors.rehearsal.stage import Stage
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Person, Unit
from jiedao.kit.refusal import Absent, Refused
from jiedao.record import consequences
from jiedao.record.models import Case, DispatchOrder, Event
from jiedao.stages import assessment, dispatch, intake, resolution, triage, verification
from tests.test_whole_writes import spoiled

ROADS = ("event", "call")
CHEATS_OFTEN, FAILS_OFTEN = 0.12, 0.03
GOOD = {"outcome": "done", "text": "已办结"}

Try = tuple[str, Callable[[], Any]]


class Crooks:
    """Who tries what, and what came of it. `went_through` must stay empty."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.tried: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.went_through: list[str] = []
        self.left_something: list[str] = []
        self.cast: Cast

    def hired(self) -> Cast:
        """The cast of the play, known to the crooks too: to read all seats takes a second."""
        self.cast = Cast()
        return self.cast

    def handler(self, unit: Unit) -> Actor | None:
        """Somebody of the unit, drawn from our own source."""
        found = [actor for actor in self.cast._by_unit[unit.id] if actor.post_kind in HANDLERS]
        return self.chance.choice(found) if found else None

    def cheat(self, case: Case) -> None:
        """One cheat that is possible now; it must be refused and change nothing."""
        ways = list(self._ways(case))
        if not ways:
            return
        rare = min(self.tried[name] for name, _ in ways)
        name, act = self.chance.choice([way for way in ways if self.tried[way[0]] == rare])
        before = standing(case)
        self.tried[name] += 1
        try:
            act()
        except (Refused, Absent):
            if standing(case) != before:
                self.left_something.append(f"{name} on {case.number}")
        else:
            self.went_through.append(f"{name} on {case.number}, {case.process.code} in {case.state}")

    def _ways(self, case: Case) -> Iterator[Try]:
        case = Case.objects.select_related("process").get(pk=case.pk)
        if case.process.code not in ROADS:
            return
        orders = list(case.orders.select_related("unit", "case__process").order_by("id"))
        for order in orders:
            if who := self.handler(order.unit):
                yield from self._of_unit(case, order, who)
        yield from self._of_anybody(case)
        lead = next((order for order in orders if order.is_open), None)
        if lead is not None:
            stranger = self.chance.choice([u for u in self.cast.departments if u.id not in case.units])
            if other := self.handler(stranger):
                yield "answers what was asked of others", lambda: resolution.reply(lead, by=other, **GOOD)
            again = {"lead": None, "helpers": [lead.unit]}
            centre = self.chance.choice(self.cast._by_kind["dispatcher"])
            yield "asks one unit twice", lambda: dispatch.dispatch(case.id, by=centre, **again)

    def _of_unit(self, case: Case, order: DispatchOrder, who: Actor) -> Iterator[Try]:
        """What a unit with an order tries for its figures."""
        yield from self._of_who_answered(case, order)
        if order.answered_at:
            told = {"way": "site", "agrees": True, "text": "很好"}
            yield "checks its own work", lambda: verification.check(case.id, by=who, **told)
            yield "answers twice", lambda: resolution.reply(order, by=who, **GOOD)
        if order.is_open:
            no_cause = {"why": "tired", "reason": "歇一歇"}
            yield "stops the clock without a cause", lambda: resolution.pause(order, by=who, **no_cause)
            yield "recalls its own order", lambda: dispatch.recall(order, by=who, reason="不想办")
            granted = {"granted": True, "reason": "自己同意"}
            yield "grants itself time", lambda: resolution.decide_extension(order, by=who, **granted)
        else:
            yield "signs an order that is over", lambda: resolution.acknowledge(order, by=who)
        said = {"solved": True, "satisfied": "satisfied"}
        yield "rates itself", lambda: assessment.rate(case.id, by=who, **said)
        yield "closes its own case", lambda: verification.close(case.id, by=who)
        yield (
            "answers its own survey",
            lambda: verification.callback(case.id, by=who, reached=True, contacted=True, **said),
        )
        yield "withdraws it for the resident", lambda: intake.withdraw(case.id, by=who, reason="已协商")
        yield "rejects what it was sent", lambda: triage.reject(case.id, by=who, reason="不归我管")

    def _of_who_answered(self, case: Case, order: DispatchOrder) -> Iterator[Try]:
        """Who answered sits in the centre on other days, where checks and surveys are made."""
        who = Person.objects.filter(pk=order.answered_by).first() if order.answered_by else None
        if who is None or case.phase != "verification":
            return
        inspector, clerk = (
            Actor.at(self.chance.choice(self.cast._by_kind[kind]).post, who) for kind in ("inspector", "callback_clerk")
        )
        told = {"way": "site", "agrees": True, "text": "很好"}
        yield "checks its own work from another seat", lambda: verification.check(case.id, by=inspector, **told)
        said = {"reached": True, "contacted": True, "solved": True, "satisfied": "satisfied"}
        yield "asks about its own work", lambda: verification.callback(case.id, by=clerk, **said)

    def _of_anybody(self, case: Case) -> Iterator[Try]:
        event = Event.objects.filter(case=case).first()
        if event and case.phase != "closed":
            resident = Actor.resident(event.id, case.id)
            said = {"solved": True, "satisfied": "satisfied"}
            yield "rates before the end", lambda: assessment.rate(case.id, by=resident, **said)
        if case.phase != "closed":
            over = Case.objects.filter(phase="closed", imported=False).order_by("id").first()
            if over is not None:
                centre = self.chance.choice(self.cast._by_kind["dispatcher"])
                yield "hides it in a closed one", lambda: triage.merge(case.id, over.id, by=centre)
        if case.reported_units:
            accused = next((unit for unit in self.cast.units.values() if unit.id in case.reported_units), None)
            if accused is not None:
                centre = self.chance.choice(self.cast._by_kind["dispatcher"])
                yield "sends it to whom it is about", lambda: dispatch.dispatch(case.id, by=centre, lead=accused)

    def shaken(self, verb: Callable[..., Any], case: Case | None) -> Callable[..., Any]:
        """The verb with one of its statements spoiled: it must fail whole, and is then done as if nothing had been."""

        @functools.wraps(verb)
        def done(*first: Any, **given: Any) -> Any:
            before, waiting = standing(case), list(consequences._waiting or ())
            with pytest.MonkeyPatch.context() as patch, spoiled(patch, self.chance.randint(1, 12)) as saboteur:
                try:
                    result = verb(*first, **given)
                except DatabaseError:
                    result = None
                else:
                    if saboteur.count < saboteur.nth:
                        return result  # it needed fewer statements
                    self.left_something.append(f"{verb.__name__}: a statement failed and nobody noticed")
                    return result
            if consequences._waiting is not None:
                consequences._waiting[:] = waiting  # in memory here; else a row of the transaction that was taken back
            self.failed[verb.__name__] += 1
            if standing(case) != before:
                self.left_something.append(f"{verb.__name__} failed half-way on {case.number if case else 'a report'}")
            return verb(*first, **given)

        return done


_STANDS = """
SELECT (SELECT c::text FROM record_case c WHERE id = %(id)s), (SELECT count(*) FROM record_entry WHERE case_id = %(id)s),
  (SELECT string_agg(o::text, ' ' ORDER BY id) FROM record_dispatchorder o WHERE case_id = %(id)s),
  (SELECT string_agg(d::text, ' ' ORDER BY id) FROM record_deadline d WHERE case_id = %(id)s),
  (SELECT count(*) FROM record_rating WHERE case_id = %(id)s), (SELECT count(*) FROM record_check WHERE case_id = %(id)s)
"""
_COUNTS = """
SELECT (SELECT count(*) FROM record_case), (SELECT count(*) FROM record_event), (SELECT count(*) FROM record_entry),
  (SELECT count(*) FROM people_contact), (SELECT count(*) FROM people_subject)
"""


def standing(case: Case | None) -> Any:
    """All that an act could have changed of a case; of a report, how much there is of what it makes."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDS if case else _COUNTS, {"id": case.pk} if case else None)
        return cursor.fetchone()


@contextmanager
def among_us(seed: int) -> Iterator[Crooks]:
    """Inside, every stage has crooks on it and a database that fails now and then."""
    crooks, honest = Crooks(seed), Stage.act

    def act(
        self: Stage, on: Case | DispatchOrder | None, verb: Callable[..., Any], /, *first: Any, **given: Any
    ) -> Any:
        case = on.case if isinstance(on, DispatchOrder) else on
        if crooks.chance.random() < FAILS_OFTEN:
            verb = crooks.shaken(verb, case)
        result = honest(self, on, verb, *first, **given)
        # Just before a check is the moment to get it right oneself.
        if case is not None and (verb.__name__ == "ask_check" or crooks.chance.random() < CHEATS_OFTEN):
            crooks.cheat(case)
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stage, "act", act)
        patch.setattr("jiedao.doors.rehearsal.play.Cast", crooks.hired)
        yield crooks
