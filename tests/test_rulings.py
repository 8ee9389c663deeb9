"""Rulings (争议裁定): the third return goes to a ruling, and what was ruled leads the next case of the item hereabouts."""

import pytest

from jiedao.kit.refusal import Refused
from jiedao.record import precedents, queries
from jiedao.record.models import Case, Precedent
from jiedao.record.queries.rulings import in_force
from tests.cast import DISPATCHER, dispatched, do, filed, reported, seat

pytestmark = pytest.mark.usefixtures("in_gulou")

NOT_OURS = {"reason": "不在本单位职责范围", "article": "部门职责清单第 3 项"}
UNITS = ("urban", "water", "drainage")


def returned_by_all(*units: str) -> Case:
    """Sent to three units in turn; each of them gave it back."""
    case = filed()
    for unit in units or UNITS:
        do(case, "dispatch", DISPATCHER, lead=unit)
        do(case, "return", f"{unit}-handler-1", **NOT_OURS)
    case.refresh_from_db()
    return case


def last_return(case: Case) -> str:
    return str(case.orders.order_by("-sent_at").first().id)


def ruled(unit: str = "water", *units: str) -> Case:
    case = returned_by_all(*units)
    do(case, "rule", DISPATCHER, last_return(case), reason="路灯电缆由水务管网施工损坏，由其恢复", unit=unit)
    case.refresh_from_db()
    return case


def test_the_third_return_goes_to_a_ruling_that_has_a_limit_and_no_other_way_on():
    case = returned_by_all()

    assert case.state == "ruling"
    assert [d.name for d in case.deadlines.filter(stopped_at=None, kind="state")] == ["ruling"]
    with pytest.raises(Refused, match="not_now"):
        do(case, "dispatch", DISPATCHER, lead="urban")


def test_two_returns_are_sent_on_as_ever():
    case = filed()
    for unit in UNITS[:2]:
        do(case, "dispatch", DISPATCHER, lead=unit)
        do(case, "return", f"{unit}-handler-1", **NOT_OURS)
    case.refresh_from_db()

    assert case.state == "returned"


def test_who_was_ruled_upon_has_the_case_and_cannot_give_it_back():
    case = ruled("water")

    assert (case.state, case.holder.code) == ("dispatched", "water")
    with pytest.raises(Refused, match="may_return"):
        do(case, "return", "water-handler-1", **NOT_OURS)


def test_a_ruling_leads_the_next_case_of_the_item_in_the_community():
    settled = ruled("water")
    case = reported("又一盏路灯不亮")
    do(case, "classify", DISPATCHER, item="street-lights")
    case.refresh_from_db()

    why = case.routing["why"]
    assert (why["by"], why["case"]) == ("precedent", settled.number)
    [found] = queries.precedents(case)
    assert (found.unit.code, found.number, found.holds) == ("water", settled.number, True)
    assert found.reason == "路灯电缆由水务管网施工损坏，由其恢复"


def test_what_is_sent_by_precedent_is_not_given_back_either():
    ruled("water")
    case = filed("又一盏路灯不亮")
    do(case, "dispatch", DISPATCHER, lead="water")

    with pytest.raises(Refused, match="may_return"):
        do(case, "return", "water-handler-1", **NOT_OURS)


def test_a_later_ruling_takes_the_place_of_the_earlier():
    ruled("water")
    ruled("urban", "urban", "drainage", "fire")

    assert [row.unit.code for row in in_force()] == ["urban"]
    assert Precedent.objects.count() == 2


def test_a_ruling_about_a_helper_is_no_precedent():
    case = dispatched("urban", "water", acknowledged=False)
    helper = case.orders.get(unit__code="water")
    do(case, "return", "water-handler-1", **NOT_OURS)
    do(case, "rule", DISPATCHER, str(helper.id), reason="须协助")

    assert not Precedent.objects.exists()


def test_a_precedent_that_was_ended_leads_nobody():
    ruled("water")
    precedents.end(Precedent.objects.get().id, by=seat(DISPATCHER), reason="新版清单已写明")
    case = reported("又一盏路灯不亮")
    do(case, "classify", DISPATCHER, item="street-lights")
    case.refresh_from_db()

    assert case.routing["why"].get("by") != "precedent"
    assert queries.precedents(case) == []


def test_another_community_follows_its_list_and_only_hears_of_the_ruling():
    settled = ruled("water")
    Precedent.objects.update(area_path="320106/320106999/320106999001", area=None)
    case = reported("又一盏路灯不亮")
    do(case, "classify", DISPATCHER, item="street-lights")
    case.refresh_from_db()

    assert case.routing["why"].get("by") != "precedent"
    assert [(one.number, one.holds) for one in queries.precedents(case)] == [(settled.number, False)]
