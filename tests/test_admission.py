"""Admission (准入): from the papers to the list; what is not admitted does not get in, and every attempt is counted."""

from datetime import timedelta
from decimal import Decimal

import pytest

from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.duties.responsible import admitted, responsible
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area
from jiedao.kit.clock import moved, now, today
from jiedao.kit.refusal import Refused
from jiedao.lines.admission import actions, attempts, rules
from jiedao.lines.admission.models import Admitted, Application, Attempt, HandOver
from jiedao.record import versions
from jiedao.record.models import Case
from tests.api_calls import Api, token_of
from tests.cast import DISPATCHER, GRID, dispatched, do, filed, seat
from tests.offices import appoint

STREET = "320106001"


@pytest.fixture(autouse=True)
def offices(in_gulou) -> None:
    appoint()


def papers(**other) -> actions.Papers:
    told = {
        "name": "高龄津贴资格认证", "name_en": "Checking who may draw the old-age allowance", "level": "subdistrict",
        "list_code": "subdistrict-duties", "item_code": "age-allowance", "why": "就近办理，方便老人",
        "basis": [{"law": "中华人民共和国老年人权益保障法", "article": 33}], "object": "八十周岁以上老人",
        "procedure": "上门核对，系统登记", "limit": "5 working_days", "result": "认证结果", "people": 1,
        "money": Decimal("60000.00"), "technique": "开通津贴系统账号", "training": "每年两次",
        "start_on": rules.earliest_start(versions.process("admission").definition),
    }  # fmt: skip
    return actions.Papers(**{**told, **other})


def applied(**other) -> Application:
    return actions.apply(papers(**other), by=seat("civil-handler-1"))


def deliberating(row: Application) -> Application:
    do(row.case, "accept", "T-establishment-1")
    do(row.case, "hear", "T-establishment-1", units=[STREET], question="能否承接")
    do(row.case, "opine", f"{STREET}-leaders-director", stance="agree_if", text="经费到位即可")
    do(row.case, "vet", "T-legal-1", lawful=True, text="依据充分")
    do(row.case, "table", "T-establishment-1")
    return row


def decided(row: Application) -> Application:
    deliberating(row)
    do(row.case, "admit", "T-committee-1")
    do(row.case, "admit", "T-government-1")
    return row


def state(case: Case) -> str:
    return Case.objects.get(pk=case.pk).state


def refused(**other) -> str:
    before = (Application.objects.count(), Case.objects.count())
    with pytest.raises(Refused) as caught:
        applied(**other)
    assert (Application.objects.count(), Case.objects.count()) == before
    return caught.value.rule


def test_papers_without_a_part_are_not_taken():
    assert refused(basis=[]) == refused(training="") == refused(why="") == "incomplete"


def test_work_with_neither_money_nor_people_is_not_taken():
    assert refused(money=Decimal(0), people=0) == "bare_burden"


def test_what_a_negative_list_names_is_not_taken_under_another_name_either():
    entry = DutyItem.objects.filter(list__kind="negative", list__level="community").first()
    community = {"level": "community", "list_code": "community-assistance"}

    assert refused(**community, item_code=entry.code) == "barred"
    assert refused(**community, name=entry.name, item_code="other") == "barred"


def test_who_applies_too_late_starts_later():
    first_day = papers().start_on

    assert refused(start_on=first_day - timedelta(days=1)) == "starts_too_soon"
    assert first_day > today() + timedelta(days=39)


def test_what_stands_on_the_list_needs_no_second_admission():
    assert refused(item_code="street-vendors") == "already_admitted"


def test_one_item_is_applied_for_once_at_a_time():
    applied()

    assert refused() == "already_applied"


def test_a_sub_district_passes_nothing_down_to_another_one():
    director = seat(f"{STREET}-leaders-director")

    with pytest.raises(Refused, match="not_downward"):
        actions.apply(papers(), by=director)
    with pytest.raises(Refused, match="not_receivers"):
        actions.apply(
            papers(level="community", list_code="community-assistance", receivers=["320106002901"]), by=director
        )


def test_papers_sent_back_are_corrected_and_examined_again():
    row = applied()
    do(row.case, "send_back", "T-establishment-1", reason="经费不够")

    do(row.case, "amend", "civil-handler-1", money="90000", training="每季度一次")

    row.refresh_from_db()
    assert (row.money, row.training, row.why) == (Decimal("90000.00"), "每季度一次", "就近办理，方便老人")
    assert state(row.case) == "formal_check"


def test_one_signature_admits_nothing():
    row = deliberating(applied())

    do(row.case, "admit", "T-committee-1")

    assert state(row.case) == "deliberating"
    assert DutyItem.objects.filter(code="age-allowance").count() == 0
    with pytest.raises(Refused, match="already_signed"):
        do(row.case, "admit", "T-committee-1")


def test_an_admitted_duty_is_on_the_list_from_its_day_and_not_before():
    row = decided(applied())

    assert state(row.case) == "admitted"
    version = DutyList.objects.get(code="subdistrict-duties", valid_to=None)
    assert (version.valid_from, version.published_on, version.case_id) == (row.start_on, today(), row.case_id)
    assert not admitted("age-allowance", "subdistrict", row.start_on - timedelta(days=1))
    assert admitted("age-allowance", "subdistrict", row.start_on)


def test_the_list_keeps_everything_it_said_before():
    before = DutyList.objects.get(code="subdistrict-duties", valid_to=None)
    was = sorted(before.items.values_list("code", "limit"))

    decided(applied())

    after = DutyList.objects.get(code="subdistrict-duties", valid_to=None)
    assert sorted(after.items.exclude(code="age-allowance").values_list("code", "limit")) == was
    assert sorted(before.items.values_list("code", "limit")) == was
    assert after.version == before.version + 1


def test_the_new_duty_lies_with_the_sub_district_of_the_place():
    decided(applied())

    item = DutyItem.objects.get(code="age-allowance")
    place = Area.objects.on().get(code=GRID)
    assert responsible(item, place).lead.code == STREET


def test_money_and_people_move_with_it_to_every_receiver():
    decided(applied(receivers=[STREET, "320106002"]))

    rows = HandOver.objects.filter(item_code="age-allowance").order_by("to_unit__code", "kind")
    assert [(r.to_unit.code, r.kind, r.quantity, r.amount) for r in rows] == [
        (STREET, "function", 1, None),
        (STREET, "money", None, Decimal("60000.00")),
        (STREET, "staff", 1, None),
        ("320106002", "function", 1, None),
        ("320106002", "money", None, Decimal("60000.00")),
        ("320106002", "staff", 1, None),
    ]


def test_without_named_receivers_all_of_the_level_get_it():
    decided(applied())

    streets = Unit.objects.on().filter(kind="subdistrict").count()
    assert HandOver.objects.filter(item_code="age-allowance", kind="money").count() == streets


def test_a_year_later_it_is_looked_at_again():
    row = decided(applied())
    kept = Admitted.objects.get(item_code="age-allowance")

    assert (kept.review_on.year, kept.review_on.month) == (row.start_on.year + 1, row.start_on.month)
    review = actions.apply(papers(why="运行一年"), by=seat("civil-handler-1"), aim="review")
    decided(review)
    kept.refresh_from_db()
    assert (kept.state, kept.ended_on) == ("reviewed", None)


def test_withdrawn_it_leaves_the_list_and_what_came_with_it_ends():
    row = decided(applied())
    day = row.start_on + timedelta(days=30)
    withdrawal = actions.apply(papers(why="法律已修改", start_on=day), by=seat("civil-handler-1"), aim="withdraw")

    decided(withdrawal)

    assert admitted("age-allowance", "subdistrict", day - timedelta(days=1))
    assert not admitted("age-allowance", "subdistrict", day)
    assert set(HandOver.objects.filter(item_code="age-allowance").values_list("ended_on", flat=True)) == {day}


def test_an_open_draft_of_the_list_gets_what_was_admitted():
    former = DutyList.objects.get(code="subdistrict-duties", valid_to=None)
    draft = DutyList.objects.create(
        code=former.code, version=former.version + 1, level=former.level, name="草案", name_en="Draft"
    )

    decided(applied())

    assert list(draft.items.values_list("code", flat=True)) == ["age-allowance"]
    assert (
        DutyList.objects.get(code=former.code, valid_to=None, published_on__isnull=False).version == draft.version + 1
    )


# The gate


def test_what_is_not_admitted_is_refused_with_the_way_to_apply_and_counted():
    case = filed()  # street-lights: a department's duty

    with pytest.raises(Refused) as caught:
        do(case, "dispatch", DISPATCHER, lead=STREET)

    assert caught.value.rule == "not_admitted"
    assert caught.value.facts["level"] == "subdistrict"
    row = Attempt.objects.get()
    assert (row.item_code, row.receiver, row.rule, row.sender.code) == (
        "street-lights", STREET, "not_admitted", "centre",
    )  # fmt: skip


def test_attempts_are_told_by_sender_and_item():
    case = filed()
    for _ in range(3):
        with pytest.raises(Refused):
            do(case, "dispatch", DISPATCHER, lead=STREET)

    tally = attempts.tallies()[0]
    assert (tally.sender.code, tally.item_code, tally.times) == ("centre", "street-lights", 3)


def test_admitted_it_passes_on_its_day():
    row = decided(applied())
    case = filed()
    with moved(now() + (row.start_on - today()) - timedelta(days=1)), pytest.raises(Refused, match="unknown_item"):
        do(case, "classify", DISPATCHER, item="age-allowance")

    with moved(now() + (row.start_on - today())):
        do(case, "classify", DISPATCHER, item="age-allowance")
        do(case, "dispatch", DISPATCHER, lead=STREET)

    assert state(case) == "dispatched"


def test_the_api_is_refused_the_same_with_the_address_to_apply_and_counted():
    case = filed()

    answer = Api(token_of("dispatcher")).post(f"/cases/{case.number}/dispatch", {"lead": STREET})

    assert (answer.status, answer.rule) == (422, "not_admitted")
    assert answer.body["facts"]["apply"].startswith("/admission/apply/?item_code=street-lights")
    assert Attempt.objects.get().verb == "dispatch"


def test_a_ruling_sends_nothing_down_either():
    case = dispatched("lighting", acknowledged=False)
    do(case, "return", "lighting-handler-1", reason="不归我们", article="清单第 40 项")

    with pytest.raises(Refused, match="not_admitted"):
        do(case, "rule", "leaders-district_leader-1", reason="请街道办", unit=STREET, order=str(case.orders.get().id))

    assert Attempt.objects.get().verb == "rule"
