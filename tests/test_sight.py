"""Sight (可见范围): the rule stands in three places, as a query, as a question and as SQL for lists; they must be one.

Seats of every kind in every kind of unit are asked about cases of every kind: whose, where, sent by whom, about whom.
"""

from collections import defaultdict

import pytest
from django.db import connection

from jiedao.ground.people import Actor
from jiedao.ground.people.models import Tenure, Unit
from jiedao.record import queries, sight
from jiedao.record.models import Case, Event
from jiedao.stages import intake
from tests.cast import DISPATCHER, answered, dispatched, do, filed, reported, seat


@pytest.fixture
def many_cases(in_gulou) -> list[Case]:
    """Cases that differ in all that sight asks for."""
    complaint = reported("物业不作为", kind="complaint")
    do(complaint, "classify", DISPATCHER, item="property-service", reported_units=["housing"])
    returned = dispatched("market")
    do(returned, "return", "market-handler-1", reason="不属本单位", article="清单第三项")
    street = seat("320106001-livelihood-office_head")
    two_way = intake.report(intake.Told("请协助清运", "department"), by=seat("urban-handler-1"), process="two_way").case
    whistle = intake.report(intake.Told("消防通道被占", "platform"), by=street, process="whistle_hard").case
    stranger = intake.report(intake.Told("路灯不亮", "resident"), by=Actor("resident")).case
    return [
        reported(), filed("井盖缺失"), dispatched("lighting"), answered("urban", "water"), complaint, returned, two_way,
        whistle, stranger,
    ]  # fmt: skip


ALIKE = 8
"""Seats of one kind in one kind of unit, from the first sub-district on: the scenes lie there; the rest see nothing."""


def everybody() -> list[Actor]:
    tenures = Tenure.objects.on().select_related(
        "person", "post__kind", "post__area", "post__unit__area", "post__unit__parent"
    )
    alike = defaultdict(list)
    for tenure in tenures.order_by("post__code"):
        unit = tenure.post.unit
        own = unit.code if unit.level == Unit.Level.DISTRICT else ""
        alike[tenure.post.kind.code, unit.kind, unit.level, own].append(tenure)
    seats = [Actor.at(tenure.post, tenure.person) for some in alike.values() for tenure in some[:ALIKE]]
    event = Event.objects.order_by("id").first()
    return [*seats, Actor("person", person=seats[0].person), Actor.system("test"), Actor("resident"),
            Actor.resident(event.id, event.case_id)]  # fmt: skip


def listed(actor: Actor) -> set[str]:
    condition, values = queries.seen_by(actor)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT c.number FROM record_case c WHERE {condition}", values)
        return {row[0] for row in cursor.fetchall()}


def test_lists_questions_and_queries_know_one_sight(many_cases):
    different = []
    for actor in everybody():
        by_query = set(sight.visible_to(actor).values_list("number", flat=True))
        by_question = {case.number for case in Case.objects.all() if sight.sees(actor, case)}
        if not by_query == by_question == listed(actor):
            post = actor.post.code if actor.post else actor.kind
            different.append((post, sorted(by_query), sorted(by_question), sorted(listed(actor))))

    assert different == []


def test_somebody_sees_some_and_nobody_but_the_centre_sees_all(many_cases):
    """The comparison above compared something."""
    seen = {actor.post.code if actor.post else actor.kind: len(listed(actor)) for actor in everybody()}

    assert seen["centre-dispatcher-1"] == len(many_cases)
    assert 0 < seen["urban-handler-1"] < len(many_cases)
    assert seen["fire-handler-1"] == 0


def test_the_unit_a_complaint_is_about_sees_it_nowhere(many_cases):
    complaint = next(case for case in many_cases if case.kind == "complaint").number
    below = Unit.objects.get(code="housing")

    for tenure in Tenure.objects.on().filter(post__unit__above__contains=[below.id]).select_related("person", "post"):
        assert complaint not in listed(seat(tenure.post.code))
