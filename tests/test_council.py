"""Councils (会商审议): papers go from desk to desk, opinions are waited for, both sign."""

import pytest

from jiedao.ground.people.models import Unit
from jiedao.kit.refusal import Refused
from jiedao.record.models import Case
from jiedao.stages import council
from tests.cast import do, seat
from tests.offices import appoint

STREET = "320106001"


@pytest.fixture
def applied(in_gulou) -> Case:
    appoint()
    return council.begin(
        "admission",
        by=seat("civil-handler-1"),
        title="高龄津贴认证下沉",
        words="申请下沉",
        from_unit=Unit.objects.on().get(code="civil"),
        routing={"asks_for": {"level": "subdistrict", "code": "age-allowance", "name": "高龄津贴认证"}},
    )


def turns(case: Case) -> list[tuple[str, str, bool]]:
    return [(o.unit.code, o.role, o.is_open) for o in case.orders.select_related("unit").order_by("sent_at", "id")]


def state(case: Case) -> str:
    return Case.objects.get(pk=case.pk).state


def heard(case: Case) -> Case:
    do(case, "accept", "T-establishment-1")
    do(case, "hear", "T-establishment-1", units=[STREET, "labour"], question="能否承接")
    return case


def vetted(case: Case) -> Case:
    heard(case)
    for post in (f"{STREET}-leaders-director", "labour-handler-1"):
        do(case, "opine", post, stance="agree_if", text="给钱给人就接")
    do(case, "vet", "T-legal-1", lawful=True, text="依据充分")
    return case


def test_an_application_begins_with_the_office_that_examines(applied):
    assert turns(applied) == [("T-establishment", "lead", True)]
    assert applied.holder.code == "T-establishment"


def test_the_law_is_reviewed_when_the_last_opinion_is_in(applied):
    heard(applied)

    do(applied, "opine", f"{STREET}-leaders-director", stance="object", text="人手不够")
    assert state(applied) == "consulting"

    do(applied, "opine", "labour-handler-1", stance="agree", text="同意")
    assert state(applied) == "legal_review"
    assert [turn for turn in turns(applied) if turn[2]] == [
        ("T-establishment", "lead", True),
        ("T-legal", "heard", True),
    ]


def test_without_the_receiving_level_no_opinion_is_the_last(applied):
    do(applied, "accept", "T-establishment-1")
    do(applied, "hear", "T-establishment-1", units=["labour"], question="能否承接")

    do(applied, "opine", "labour-handler-1", stance="agree", text="同意")

    assert state(applied) == "consulting"
    with pytest.raises(Refused, match="receiver_heard"):
        do(applied, "pass_on", "T-establishment-1")


def test_what_was_not_found_lawful_is_not_submitted(applied):
    heard(applied)
    for post in (f"{STREET}-leaders-director", "labour-handler-1"):
        do(applied, "opine", post, stance="agree", text="同意")
    do(applied, "vet", "T-legal-1", lawful=False, text="没有法律依据")

    with pytest.raises(Refused, match="vetted_lawful"):
        do(applied, "table", "T-establishment-1")
    do(applied, "turn_down", "T-establishment-1", reason="没有法律依据")
    assert state(applied) == "rejected"
    assert [turn for turn in turns(applied) if turn[2]] == []


def test_both_who_decide_have_their_turn(applied):
    vetted(applied)

    do(applied, "table", "T-establishment-1")

    assert state(applied) == "deliberating"
    assert [turn for turn in turns(applied) if turn[2]] == [
        ("T-government", "lead", True),
        ("T-committee", "heard", True),
    ]


def test_an_opinion_asked_for_passes_no_work_down(applied):
    heard(applied)

    asked = applied.orders.get(unit__code=STREET)
    assert (asked.role, asked.item) == ("heard", None)
    assert asked.deadlines.get().limit == "5 working_days"


def test_papers_sent_back_wait_for_who_applied(applied):
    do(applied, "send_back", "T-establishment-1", reason="缺经费方案")

    assert state(applied) == "correcting"
    with pytest.raises(Refused, match="not_now"):
        do(applied, "accept", "T-establishment-1")
