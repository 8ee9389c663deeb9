"""Who goes (指派): asked, accepted, under way, on site, done, each with its time; nobody answers: it rings once (C2)."""

from datetime import UTC, datetime, timedelta

import pytest

from jiedao.kit.clock import moved
from jiedao.kit.refusal import Refused
from jiedao.record import tick
from jiedao.record.models import Assignment, Case, Deadline
from jiedao.stages import assignment
from tests.cast import DISPATCHER, dispatched, do, seat

MONDAY = datetime(2026, 3, 9, 1, 30, tzinfo=UTC)
GOES = "urban-handler-2"


@pytest.fixture
def sent(in_gulou) -> Case:
    """A case whose lead unit was sent somebody by name, by the dispatcher."""
    with moved(MONDAY):
        case = dispatched("urban")
        assignment.assign(case.orders.get(), by=seat(DISPATCHER), person=seat(GOES).person)
    return case


def test_the_steps_of_who_goes_stand_on_the_timeline_with_their_times(sent):
    for minute, verb in enumerate(("take_up", "set_out", "reach", "finish"), 1):
        with moved(MONDAY + timedelta(minutes=minute)):
            do(sent, verb, GOES)

    row = Assignment.objects.get()
    told = [(e.verb, e.at) for e in sent.entries.filter(person_id=seat(GOES).person.id).order_by("seq")]
    assert told == [
        ("take_up", row.accepted_at), ("set_out", row.under_way_at), ("reach", row.on_site_at), ("finish", row.done_at)
    ]  # fmt: skip


def test_a_step_passed_over_is_taken_with_the_later_one(sent):
    do(sent, "reach", GOES)

    row = Assignment.objects.get()
    assert row.accepted_at == row.under_way_at == row.on_site_at
    assert row.done_at is None


def test_who_was_not_asked_takes_no_step(sent):
    with pytest.raises(Refused, match="not_yours"):
        do(sent, "take_up", "urban-handler-1")


def test_a_step_is_not_taken_twice(sent):
    do(sent, "take_up", GOES)

    with pytest.raises(Refused, match="already_told"):
        do(sent, "take_up", GOES)


def test_nobody_is_asked_twice_at_a_time(sent):
    with pytest.raises(Refused, match="already_asked"):
        assignment.assign(sent.orders.get(), by=seat(DISPATCHER), person=seat(GOES).person)


def test_silence_rings_once_and_makes_the_case_not_late(sent):
    with moved(MONDAY + timedelta(minutes=4)):
        tick.tick()
        tick.tick()

    sent.refresh_from_db()
    rings = sent.entries.filter(verb="ring", facts__limit_name="assignment")
    assert rings.count() == 1
    assert "overdue" not in sent.marks
    assert sent.due_at > MONDAY + timedelta(minutes=4)


def test_an_answer_stops_the_limit(sent):
    with moved(MONDAY + timedelta(minutes=1)):
        do(sent, "take_up", GOES)

    limit = Deadline.objects.get(case=sent, name="assignment")
    assert limit.met is True


def test_somebody_stands_down_and_another_may_be_asked(sent):
    do(sent, "stand_down", GOES, reason="正在另一处处置")

    assignment.assign(sent.orders.get(), by=seat(DISPATCHER), person=seat("urban-handler-3").person)
    assert Assignment.objects.filter(dropped_at=None).get().person == seat("urban-handler-3").person
    with pytest.raises(Refused, match="not_yours"):
        do(sent, "take_up", GOES)


def test_who_holds_the_post_that_was_asked_becomes_the_one_who_goes(in_gulou):
    case = dispatched("urban")
    do(case, "assign", "urban-handler-1", post=GOES)

    do(case, "take_up", GOES)

    assert Assignment.objects.get().person == seat(GOES).person
