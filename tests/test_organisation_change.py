"""Re-organising (机构改革): old units become new ones on a day, and what hung on them goes over (O2)."""

import pytest

from jiedao.ground.duties.responsible import responsible
from jiedao.ground.people import Actor, posts, reorganising
from jiedao.ground.people.models import Establishment, Reorganisation, Unit
from jiedao.kit.clock import today
from jiedao.kit.refusal import Refused
from jiedao.record import audit, queries, sight, succession
from jiedao.record.models import Case
from tests.cast import CONTACT, DONE, do, reported, seat
from tests.desks import item, sent
from tests.organising import KEEPER, SYSTEM, bare, holder, in_days, keeper, told
from tests.residents import acting

pytestmark = pytest.mark.usefixtures("in_gulou")

INTO = {"code": "city", "name": "区城市建设和水务局", "name_en": "City and Water Bureau", "second_name": "区水务局"}
MERGE = [{"into": INTO, "from": ["drainage", "water"], "ends": ["drainage-unit_head"]}]


@pytest.fixture
def by() -> Actor:
    bare()
    keeper()
    return acting(KEEPER)


def merged(by: Actor) -> Unit:
    succession.reorganise("大部制改革", MERGE, by=by, on=today())
    return Unit.objects.on().get(code="city")


def unit(code: str) -> Unit:
    return Unit.objects.filter(code=code).order_by("-valid_from").first()


def test_old_units_become_a_new_one_with_their_seats_and_people(by):
    sat = holder("water-handler-1")
    before = {unit("water").id, unit("drainage").id}

    new = merged(by)

    assert (new.kind, new.second_name, set(new.came_from)) == ("department", "区水务局", before)
    assert new.parent is None
    assert unit("water").valid_to == today()
    assert holder("water-handler-1") == sat
    assert posts.held_by(sat)[0].unit.code == "city"
    assert holder("drainage-unit_head") is None
    assert told("city") == ["make"]


def test_a_unit_below_an_old_one_stands_below_the_new_one(by):
    supply = unit("water-supply")
    assert unit("water").id in supply.above

    new = merged(by)

    supply.refresh_from_db()
    assert supply.parent == new
    assert supply.above[:2] == [supply.id, new.id]


def test_open_orders_move_along_with_their_clocks_and_the_new_unit_answers(by):
    case = sent("drainage")
    order = case.orders.get()
    due = order.due_at

    new = merged(by)

    order.refresh_from_db()
    case.refresh_from_db()
    assert (order.unit, order.due_at, case.holder) == (new, due, new)
    assert case.entries.order_by("-seq").first().verb == "succeed"
    handler = seat("drainage-handler-1")
    assert sight.sees(handler, case)
    do(case, "acknowledge", handler)
    do(case, "contact", handler, **CONTACT)
    do(case, "reply", handler, **DONE)
    order.refresh_from_db()
    assert order.answered_at is not None
    assert audit.verify_all(case.number).faults == []


def test_of_two_orders_that_meet_in_one_unit_the_leads_stays(by):
    case = sent("drainage", "water")

    new = merged(by)

    open_now = list(case.orders.open())
    assert [(order.unit, order.role) for order in open_now] == [(new, "lead")]
    assert case.orders.filter(recalled_at__isnull=False).count() == 1


def test_what_the_old_unit_was_barred_from_the_new_one_does_not_see(by):
    """R7: a complaint about the old office never shows to the office it became, whoever acts there."""
    case = reported("投诉窗口推诿", process="event", kind="complaint")
    Case.objects.filter(pk=case.pk).update(reported_units=[unit("water").id])

    merged(by)

    case.refresh_from_db()
    handler = seat("water-handler-1")
    assert not sight.sees(handler, case)
    assert not sight.visible_to(handler).filter(pk=case.pk).exists()


def test_closed_cases_of_the_old_unit_stay_in_sight(by):
    case = sent("water")
    Case.objects.filter(pk=case.pk).update(phase="closed", closed_at=case.opened_at)

    merged(by)

    handler = seat("water-handler-1")
    case.refresh_from_db()
    assert unit("city").id not in case.units
    assert sight.visible_to(handler).filter(pk=case.pk).exists()
    assert queries.Lists(handler).where().count().number == 1


def test_a_published_list_that_names_the_old_unit_sends_to_the_new_one(by, django_assert_num_queries):
    sewers = item("sewers")
    lead = responsible(sewers, None).lead
    assert lead is not None and lead.code == "drainage"

    new = merged(by)

    with django_assert_num_queries(2):
        assert responsible(sewers, None).lead == new


def test_a_plan_for_a_day_ahead_waits_for_it_and_then_happens_once(by):
    case = sent("drainage")
    row = succession.reorganise("大部制改革", MERGE, by=by, on=in_days(10))
    assert succession.tick() == 0
    assert unit("drainage").valid_to is None
    Reorganisation.objects.filter(pk=row.pk).update(effective_on=today())

    assert succession.tick() == 2  # the plan, and the one case it left behind
    assert succession.tick() == 0

    assert case.orders.open().get().unit.code == "city"


def test_a_plan_may_be_dropped_until_it_is_carried_out(by):
    row = succession.reorganise("大部制改革", MERGE, by=by, on=in_days(10))
    reorganising.drop(row, by=by)
    Reorganisation.objects.filter(pk=row.pk).update(effective_on=today())

    assert succession.tick() == 0
    with pytest.raises(Refused, match="plan_over"):
        reorganising.drop(row, by=by)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"from": ["nothing"]}, "unknown_unit"),
        ({"from": []}, "incomplete"),
        ({"from": ["water", "water"]}, "unit_twice"),
        ({"into": {"code": "urban", "name": "x"}}, "number_taken"),
        ({"into": {"code": "city", "name": "x", "kind": "circus"}}, "unknown_kind"),
        ({"into": {"code": "city"}}, "incomplete"),
    ],
)
def test_a_broken_plan_is_refused_and_leaves_nothing(by, change, rule):
    with pytest.raises(Refused, match=rule):
        succession.reorganise("x", [{**MERGE[0], **change}], by=by, on=today())

    assert Reorganisation.objects.count() == 0
    assert unit("water").valid_to is None


def test_approved_posts_add_up_in_the_new_unit(by):
    for code, number in (("water", 20), ("drainage", 8)):
        row = Establishment(unit=unit(code), staff_kind="institution", approved=number, valid_from=in_days(-9))
        row.save(force_insert=True)

    new = merged(by)

    now = Establishment.objects.on().get(staff_kind="institution")
    assert (now.unit, now.approved) == (new, 28)


def test_the_system_alone_needs_no_keeper_and_nobody_else_may():
    with pytest.raises(Refused, match="not_keeper"):
        succession.reorganise("x", MERGE, by=acting("urban"), on=today())

    succession.reorganise("x", MERGE, by=SYSTEM, on=today())

    assert unit("city").valid_to is None
