"""Rights (职权): who must be asked is asked; the answer is recorded; the decision follows it or says why not."""

from datetime import timedelta

import pytest

from jiedao.ground.people.models import Unit
from jiedao.ground.terms.models import Term
from jiedao.kit.clock import moved, now
from jiedao.kit.refusal import Refused
from jiedao.lines.rights import actions
from jiedao.record.models import Case
from tests.cast import do, seat

STREET = "320106001"
DIRECTOR, ASKER = f"{STREET}-leaders-director", "civil-handler-1"


@pytest.fixture(autouse=True)
def table(in_gulou) -> None:
    Term.objects.filter(table="right").delete()
    facts = {"within": "5 working_days", "asked_of": "subdistrict", "asks": ["department"]}
    for code, more in {
        "advice": {"binding": False, "silence": "agrees"},
        "consent": {"binding": True, "silence": "asks_again"},
    }.items():
        Term.objects.create(table="right", code=code, name=code, name_en=code, facts=facts | more)


def asked(right: str = "advice"):
    holder = Unit.objects.on().get(code=STREET)
    return actions.ask(right, by=seat(ASKER), holder=holder, question="拟调整派驻中队负责人")


def decided(use) -> actions.Decided:
    return actions.decided(use.case.number)


def test_the_district_has_its_own_rights_and_no_others():
    with pytest.raises(Refused, match="unknown_right"):
        asked("veto")


def test_who_holds_it_gets_the_question_with_its_time():
    use = asked()

    order = use.case.orders.get()
    assert (order.unit.code, order.role, order.limit) == (STREET, "heard", "5 working_days")
    assert Case.objects.get(pk=use.case_id).state == "asked"


def test_a_department_holds_no_right_of_sub_districts():
    with pytest.raises(Refused, match="not_holder"):
        actions.ask("advice", by=seat(ASKER), holder=Unit.objects.on().get(code="urban"), question="可否")


def test_only_whom_the_table_names_asks():
    with pytest.raises(Refused, match="not_asker"):
        actions.ask("advice", by=seat(DIRECTOR), holder=Unit.objects.on().get(code="320106002"), question="可否")


def test_the_answer_shows_in_the_decision():
    use = asked()
    do(use.case, "opine", DIRECTOR, stance="agree_if", text="交接期一个月")

    do(use.case, "decide", ASKER, decision="changed", text="下月底调整")

    told = decided(use)
    assert (told.stance, told.opinion, told.decision, told.is_against) == ("agree_if", "交接期一个月", "changed", False)


def test_a_decision_against_the_answer_says_why():
    use = asked()
    do(use.case, "opine", DIRECTOR, stance="object", text="工作正在关键期")

    with pytest.raises(Refused, match="reason_if_against"):
        do(use.case, "decide", ASKER, decision="go_ahead", text="照常调整")
    do(use.case, "decide", ASKER, decision="go_ahead", text="照常调整", reason="全区统一轮岗")

    assert (decided(use).is_against, decided(use).reason) == (True, "全区统一轮岗")


def test_where_the_answer_binds_nobody_decides_against_it():
    use = asked("consent")
    do(use.case, "opine", DIRECTOR, stance="object", text="不同意")

    with pytest.raises(Refused, match="opinion_prevails"):
        do(use.case, "decide", ASKER, decision="go_ahead", text="照常调整", reason="统一轮岗")
    do(use.case, "decide", ASKER, decision="dropped", text="不调整")

    assert not decided(use).consents


def test_nothing_is_decided_before_the_answer_or_the_end_of_its_time():
    use = asked()

    with pytest.raises(Refused, match="answered_or_silent"):
        do(use.case, "decide", ASKER, decision="go_ahead", text="照常调整")


def test_silence_agrees_where_the_table_says_so():
    use = asked()

    with moved(now() + timedelta(days=20)):
        do(use.case, "decide", ASKER, decision="go_ahead", text="照常调整")

    told = decided(use)
    assert (told.is_silent, told.stance, told.is_against) == (True, "", False)
    assert use.case.orders.get().recalled_at is not None


def test_silence_is_no_consent_where_the_table_asks_again():
    use = asked("consent")
    with pytest.raises(Refused, match="silence_asks_again"):
        do(use.case, "hear", ASKER, units=[STREET], question="再次征询")

    with moved(now() + timedelta(days=20)):
        with pytest.raises(Refused, match="answered_or_silent"):
            do(use.case, "decide", ASKER, decision="go_ahead", text="照常调整")
        do(use.case, "hear", ASKER, units=[STREET], question="再次征询")

        assert [order.is_open for order in use.case.orders.order_by("sent_at")] == [False, True]
