"""Books of admission (划转、负担、证明): what came down and is left, what lies on communities, what they may issue."""

from decimal import Decimal

import pytest

from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.journal.models import Change
from jiedao.ground.people.models import Unit
from jiedao.ground.terms.models import Term
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.admission import burdens, certificates, hand_overs
from jiedao.lines.admission.models import Burden, Demand, HandOver
from tests.cast import seat

STREET, COMMUNITY = "320106001", "320106001901"
CLERK = f"{COMMUNITY}-community_clerk"


@pytest.fixture(autouse=True)
def terms(in_gulou) -> None:
    for table in ("burden_kind", "spending", "competence"):
        Term.objects.filter(table=table).delete()
    Term.objects.create(table="burden_kind", code="form", name="台账", name_en="Forms")
    Term.objects.create(table="spending", code="community", name="限额", name_en="Limit", facts={"alone_up_to": "5000"})
    posts = {"posts": ["community_clerk", "handler"], "within": "district"}
    Term.objects.create(table="competence", code="burden", name="负担", name_en="Burden", facts=posts)


def unit(code: str) -> Unit:
    return Unit.objects.on().get(code=code)


def refused(rule: str, call, *given, **told) -> None:
    with pytest.raises(Refused) as caught:
        call(*given, **told)
    assert caught.value.rule == rule


# Hand-overs


def received(amount: str = "80000") -> HandOver:
    """Money from the street, in the community's hands."""
    director, clerk = seat(f"{STREET}-leaders-director"), seat(CLERK)
    row = hand_overs.book(by=director, kind="money", what="专项", to_unit=unit(COMMUNITY), amount=Decimal(amount))
    hand_overs.hand(row.id, by=director)
    return hand_overs.receive(row.id, by=clerk)


def test_what_is_left_is_what_was_received_less_what_was_used():
    row = received()

    hand_overs.use(row.id, by=seat(CLERK), text="小修", amount=Decimal("3000.50"))

    left = hand_overs.balance(HandOver.objects.get(pk=row.pk))
    assert (left.received, left.used, left.left) == (Decimal(80000), Decimal("3000.50"), Decimal("76999.50"))


def test_a_large_use_waits_for_the_street_and_counts_as_waiting():
    row = received()
    used = hand_overs.use(row.id, by=seat(CLERK), text="整治", amount=Decimal(30000))
    assert hand_overs.balance(HandOver.objects.get(pk=row.pk)).waiting == Decimal(30000)

    refused("not_your_unit", hand_overs.approve, used.id, by=seat(CLERK))
    hand_overs.approve(used.id, by=seat(f"{STREET}-leaders-director"), agreed=False)

    assert hand_overs.balance(HandOver.objects.get(pk=row.pk)).left == Decimal(80000)


def test_nobody_uses_more_than_is_left():
    row = received("4000")

    refused("more_than_left", hand_overs.use, row.id, by=seat(CLERK), text="小修", amount=Decimal("4000.01"))


def test_the_receiver_receives_and_nobody_else_and_not_before():
    director = seat(f"{STREET}-leaders-director")
    row = hand_overs.book(by=director, kind="gear", what="对讲机", to_unit=unit(COMMUNITY), quantity=4)

    refused("not_handed", hand_overs.receive, row.id, by=seat(CLERK))
    hand_overs.hand(row.id, by=director)
    refused("not_your_unit", hand_overs.receive, row.id, by=director)
    refused("handed_already", hand_overs.hand, row.id, by=director)


def test_nothing_is_handed_up_as_if_it_were_handed_down():
    refused("not_downward", hand_overs.book, by=seat(CLERK), kind="gear", what="车", to_unit=unit(STREET), quantity=1)


def test_both_sides_see_a_row_and_a_third_does_not():
    row = received()

    assert row in hand_overs.seen_by(seat(f"{STREET}-leaders-director"))
    assert row in hand_overs.seen_by(seat(CLERK))
    assert row not in hand_overs.seen_by(seat("water-handler-1"))


def test_every_step_stands_in_the_journal():
    row = received()

    assert list(Change.objects.filter(object_id=row.id).order_by("seq").values_list("verb", flat=True)) == [
        "book", "hand", "receive",
    ]  # fmt: skip


# Burdens


def laid(name: str = "独居老人台账", **other) -> Burden:
    told = {"kind": "form", "rhythm": "weekly", "hours": Decimal(3), "fields": ["姓名", "住址"]} | other
    return burdens.add(by=seat(CLERK), name=name, owner=unit("civil"), **told)


def test_a_communitys_month_is_the_sum_of_what_lies_on_it():
    laid()
    laid("月报", rhythm="monthly", hours=Decimal("4.5"), communities=[COMMUNITY])

    by_code = {load.community.code: load for load in burdens.loads()}
    assert by_code[COMMUNITY].hours == Decimal("17.5")  # 3 h in 52/12 weeks, and 4.5 h
    assert by_code["320106001902"].hours == Decimal("13.0")


def test_what_has_no_admitted_basis_is_flagged():
    laid()
    laid("楼道巡查", item_code="corridor-clutter")

    assert {row.name: row.founded for row in burdens.running()} == {"独居老人台账": False, "楼道巡查": True}
    assert burdens.loads()[0].unfounded == Decimal("13.0")


def test_who_lays_it_needs_an_admitted_basis():
    given = {"kind": "form", "name": "表", "owner": unit("civil"), "rhythm": "daily", "hours": Decimal(1)}

    refused("no_basis", burdens.add, by=seat("civil-handler-1"), **given)
    burdens.add(by=seat("civil-handler-1"), **given, item_code="corridor-clutter")

    assert Burden.objects.count() == 1


def test_fields_asked_for_twice_are_named_with_who_asks():
    laid()
    laid("高龄津贴名册", fields=["姓名", "出生年月"])

    assert [(one.field, len(one.rows)) for one in burdens.doubled(burdens.running())] == [("姓名", 2)]


def test_what_ended_lies_on_nobody():
    row = laid()

    burdens.end(row.id, by=seat(CLERK))

    assert burdens.running() == []
    with pytest.raises(Absent):
        burdens.end(row.id, by=seat(CLERK))


# Certificates


@pytest.fixture
def listed() -> DutyItem:
    row = DutyList.objects.create(
        code="certificates", version=1, kind="certificate", level="community", name="证明清单", name_en="Certificates",
        published_on="2026-01-01", valid_from="2026-01-01",
    )  # fmt: skip
    return DutyItem.objects.create(
        list=row, code="alive", name="健在证明", name_en="Being alive", category="c", category_en="c"
    )


def test_what_is_listed_is_issued_and_logged(listed):
    row = certificates.demand(by=seat(CLERK), what="健在证明", asked_by="社保中心")

    assert (row.outcome, row.item_code, row.list_version) == ("issued", "alive", 1)


def test_what_is_not_listed_is_refused_and_logged_with_its_rule(listed):
    row = certificates.demand(by=seat(CLERK), what="无犯罪记录证明", asked_by="某用人单位")

    assert (row.outcome, row.reason, row.list_code) == ("refused", "not_listed", "certificates")
    assert certificates.slip(seat(CLERK), row.slip) == row
    with pytest.raises(Absent):
        certificates.slip(seat(f"{STREET}902-community_clerk"), row.slip)


def test_only_a_community_issues(listed):
    refused("not_your_unit", certificates.demand, by=seat("civil-handler-1"), what="健在证明", asked_by="某人")
    assert Demand.objects.count() == 0
