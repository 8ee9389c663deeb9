"""Statements counted (查询次数): a verb and a list send the same number of them, however much lies around.

The numbers are literal: one more is work for the server at every request, so it is changed here knowingly or not at
all. Most of them travel together: `trips` counts how often a verb waits for the server.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.doors.notify import inbox
from jiedao.ground.db import asking
from jiedao.ground.people import Actor
from jiedao.kit.clock import moved, now
from jiedao.record import consequences, flow, queries, sight
from jiedao.record.models import Case, Entry
from jiedao.record.queries.outside import Wanted
from jiedao.record.queries.outside import cases as api_cases
from jiedao.stages import intake
from tests.cast import CONTACT, DISPATCHER, DONE, answered, dispatched, do, filed, reported, seat

pytestmark = pytest.mark.usefixtures("in_gulou")


def statements(act: Callable[[], Any]) -> int:
    """How many an act sends. The savepoints of the test's own transaction are none of its."""
    with CaptureQueriesContext(connection) as sent:
        act()
    return len([query for query in sent.captured_queries if "SAVEPOINT" not in query["sql"]])


@pytest.fixture(autouse=True)
def _warm(in_gulou: Any) -> None:
    """Once along the road, so that calendar, definitions and content types are there."""
    do(answered("urban", "water"), "ask_check", DISPATCHER)


HANDLER = "urban-handler-1"

# Verbs


def doing(case: Case, verb: str, by: str, **given: Any) -> Callable[[], Any]:
    actor = seat(by)
    return lambda: do(case, verb, actor, **given)


def report() -> Callable[[], Any]:
    return lambda: intake.report(intake.Told("井盖缺失", "resident"), by=Actor("resident"))


VERBS: dict[str, tuple[int, Callable[[], Callable[[], Any]]]] = {
    "report": (2, report),
    "classify": (14, lambda: doing(reported(), "classify", DISPATCHER, item="street-lights")),
    "dispatch": (14, lambda: doing(filed(), "dispatch", DISPATCHER, lead="urban")),
    "acknowledge": (12, lambda: doing(dispatched("urban", acknowledged=False), "acknowledge", HANDLER)),
    "contact": (11, lambda: doing(dispatched("urban"), "contact", HANDLER, **CONTACT)),
    "reply": (12, lambda: doing(dispatched("urban", "water"), "reply", HANDLER, **DONE)),
    "the last reply": (14, lambda: doing(dispatched("urban"), "reply", HANDLER, **DONE)),
    "note": (10, lambda: doing(filed(), "note", DISPATCHER, text="看过")),
}


TRIPS = {"report": 2, "acknowledge": 3, "reply": 3, "the last reply": 3, "note": 3}
"""Reading the case with its orders; the key with the case under its lock; what is written. A report reads none."""


@pytest.mark.parametrize("verb", TRIPS)
def test_a_verb_waits_for_the_server_so_often(verb, monkeypatch):
    act, trips, send = VERBS[verb][1](), [], asking._send
    monkeypatch.setattr(asking, "_send", lambda *given, **more: trips.append(given) or send(*given, **more))

    act()

    assert len(trips) == TRIPS[verb]


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_sends_so_many_statements(verb):
    literal, scene = VERBS[verb]

    assert statements(scene()) == literal


def test_a_reply_costs_the_same_on_a_case_with_a_long_story_and_many_units():
    case = dispatched("urban", "water", "market", "fire", "housing")
    for n in range(12):
        do(case, "note", DISPATCHER, text=f"第 {n} 次催问")

    assert statements(doing(case, "reply", HANDLER, **DONE)) == VERBS["reply"][0]


def test_each_further_unit_costs_a_dispatch_its_lookup_and_its_order():
    one, three = filed("路灯不亮"), filed("另一盏路灯不亮")

    first = statements(doing(one, "dispatch", DISPATCHER, lead="urban"))
    more = statements(doing(three, "dispatch", DISPATCHER, lead="urban", helpers=["water", "market"]))

    assert (first, more) == (14, 14 + 2 * 2)


def test_what_follows_a_dispatch_costs_the_same_for_one_unit_and_for_three():
    counts = []
    for units in (("urban",), ("urban", "water", "market")):
        entry = Entry.objects.filter(case=dispatched(*units), verb="dispatch").get()
        counts.append(statements(lambda entry=entry: consequences.act(entry.id)))

    assert counts == [5, 5]


def test_the_buttons_of_a_case_cost_the_same_for_one_order_and_for_three():
    by = seat(HANDLER)
    counts = []
    for units in (("urban",), ("urban", "water", "market")):
        case = sight.case_or_404(by, dispatched(*units).number)
        counts.append(statements(lambda case=case: flow.offered(case, by)))

    assert counts[0] == counts[1]


# Lists

LISTS: dict[str, tuple[int, str, Callable[[Actor], Any]]] = {
    "questions": (3, DISPATCHER, lambda by: queries.Lists(by).triage("questions").page()),
    "supervision": (3, DISPATCHER, lambda by: later(lambda: queries.Lists(by).supervision("overdue").page())),
    "department": (2, HANDLER, lambda by: queries.Orders(by).page("open")),
    "programs": (3, DISPATCHER, lambda by: api_cases(by, Wanted(kind="help")).page()),
    "notices": (1, DISPATCHER, lambda by: inbox.page(by, only_unread=True)),
}


def later(read: Callable[[], Any]) -> Any:
    """Two months on, when every limit has ended."""
    with moved(now() + timedelta(days=60)):
        return read()


def row() -> None:
    """One more row for every list."""
    case = dispatched("urban", kind="help")
    do(case, "ask_extension", HANDLER, limit="9 working_days", reason="等配件")
    consequences.act(Entry.objects.get(case=case, verb="ask_extension").id)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_sends_as_many_statements_for_one_row_as_for_three(name):
    literal, post, page = LISTS[name]
    by, counts, before = seat(post), [], None
    for more in (1, 2):
        for _ in range(more):
            row()
        before = len(page(by)) if before is None else before
        counts.append(statements(lambda: page(by)))

    assert len(page(by)) == before + 2
    assert counts == [literal, literal]


def test_a_case_is_told_in_as_many_statements_with_three_units_as_with_one():
    counts = []
    for units in (("urban",), ("urban", "water", "market")):
        case = sight.case_or_404(seat(DISPATCHER), answered(*units).number)
        counts.append(statements(lambda case=case: queries.story(case)))

    assert counts == [8, 8]
