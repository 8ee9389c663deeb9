"""The order of lists (列表次序): what presses stands first, on every page and whatever is asked."""

from datetime import timedelta

import pytest
from django.db import connection

from jiedao.ground.people import Actor
from jiedao.kit import clock
from jiedao.record import queries, reading, sight
from jiedao.record.models import Case, DispatchOrder
from tests.desks import reported, sent
from tests.residents import acting

pytestmark = pytest.mark.usefixtures("in_gulou")

PROGRAM = Actor.system("test")


@pytest.fixture
def mixed() -> list[str]:
    """Numbers in the order they should stand: two late, three running, one without a limit, one closed."""
    hours = {"late long": -50, "late": -1, "severe": 30, "soon": 2, "later": 9, "nothing runs": None, "closed": None}
    severe, found = {"severe": 2, "late": 2, "closed": 2}, []
    for name, due in hours.items():
        case = reported(f"{name} 路灯不亮")
        at = clock.now() + timedelta(hours=due) if due is not None else None
        Case.objects.filter(pk=case.pk).update(due_at=at, severity=severe.get(name, 0))
        found.append(case.number)
    Case.objects.filter(number=found[-1]).update(phase="closed", closed_at=clock.now())
    found[-2:] = [found[-1], found[-2]]  # both have nothing running; the more severe first
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_overdue_longest_first_then_severity_then_due(mixed, size):
    everything = queries.Lists(PROGRAM).where()

    pages = [everything.page(number, size) for number in range(1, 9)]

    assert [row.number for page in pages for row in page] == mixed


def test_a_filter_keeps_the_order(mixed):
    found = queries.Lists(PROGRAM).where().also("c.severity = %s", 2).page()

    assert [row.number for row in found] == [number for number in mixed if number in {r.number for r in found}]
    assert len(found) == 3


def test_what_somebody_reported_is_found_by_an_index(mixed):
    """Few report much in a district of hundreds of thousands of cases: no list reads them all for it."""
    reporter = Actor("person", person=acting("dispatcher").person)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        condition, values = queries.seen_by(reporter)
        plans = [sight.visible_to(reporter).explain()]
        cursor.execute(f"EXPLAIN SELECT c.id FROM record_case c WHERE {condition}", values)
        plans.append(str(cursor.fetchall()))

    assert ["case_reporters" in plan for plan in plans] == [True, True]


def test_what_is_read_at_once_equals_what_the_orm_reads():
    case = sent("drainage", "urban")

    fast = reading.rows(Case, "t.id = $1", [case.id], to=("item", "area"))[0]
    slow = Case.objects.select_related("item", "area").get(pk=case.id)
    orders = reading.rows(DispatchOrder, "t.case_id = $1 ORDER BY t.id", [case.id])

    assert _plain(fast) == _plain(slow)
    assert (_plain(fast.item), _plain(fast.area)) == (_plain(slow.item), _plain(slow.area))
    assert [_plain(o) for o in orders] == [_plain(o) for o in DispatchOrder.objects.filter(case=case).order_by("id")]


def _plain(row: object) -> dict[str, object]:
    return {name: value for name, value in vars(row).items() if name != "_state"}
