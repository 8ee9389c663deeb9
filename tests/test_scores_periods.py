"""Periods of scores (评分周期): computed, published by a second person, contested, corrected, frozen; rated blind."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from jiedao.ground.people import Actor
from jiedao.ground.people.models import Stationing, Unit
from jiedao.ground.people.posts import held_by
from jiedao.kit.clock import SHANGHAI, local, moved, now
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.scores import facts, objections, periods, rulebook, subjects, windows
from jiedao.lines.scores.figures import AT
from jiedao.lines.scores.models import Period, RuleVersion, Statement
from jiedao.stages import verification
from tests.callbacks import called_back
from tests.residents import acting


def the_month(rule: str = "three_rates") -> str:
    """This month's window, as the rule calls it."""
    text = periods.rules.read(rulebook.in_force(rule).document)
    return windows.name(windows.at(now(), text), text)


def after(period: Period) -> object:
    """A moment after the window's end."""
    return moved(period.ends_at + timedelta(hours=1))


def merged(rule: str = "three_rates") -> Period:
    """A month of callbacks, computed by the dispatcher after its end."""
    period = periods.open_period(rule, the_month(rule), by=acting("dispatcher"))
    with after(period):
        periods.merge(period, by=acting("dispatcher"))
    period.refresh_from_db()
    return period


def up(rule: str = "three_rates") -> Period:
    """The same, put up by the supervisor."""
    period = merged(rule)
    with after(period):
        periods.publish(period, by=acting("supervisor"))
    period.refresh_from_db()
    return period


def line(period: Period, code: str = "urban") -> dict:
    return periods.latest(period).figures[code]


def test_every_district_has_the_rules_of_its_package(in_gulou):
    assert [version.code for version in rulebook.newest()] == [
        "case_indicators",
        "department_year",
        "three_rates",
        "whistles",
    ]


def test_a_months_figures_are_computed_frozen_and_computed_again_to_the_bit(in_gulou):
    called_back(solved=True)
    called_back(solved=False)

    period = merged()

    statement = periods.latest(period)
    assert line(period)["figures"]["resolution"] == {"n": "1", "d": 2, "v": "50.00"}
    assert line(period)["composites"]["composite"] == "55.00"
    assert line(period, "water")["figures"]["resolution"]["v"] is None
    assert statement.agreed
    assert periods.again(statement) == statement.hash


def test_a_month_of_the_rates_runs_from_noon_to_noon(in_gulou):
    rule = rulebook.text_of(rulebook.in_force("three_rates"))
    noon = datetime(2026, 12, 1, 12, tzinfo=SHANGHAI)

    assert windows.around(date(2026, 12, 17), rule) == (noon, datetime(2027, 1, 1, 12, tzinfo=SHANGHAI))
    assert windows.at(noon - timedelta(seconds=1), rule) == date(2026, 11, 1)
    assert windows.at(noon, rule) == date(2026, 12, 1)


def test_of_two_callbacks_on_one_order_the_last_counts(in_gulou):
    case = called_back(solved=False)
    with moved(now() + timedelta(minutes=5)):
        verification.callback(
            case.id, by=acting("callback"), reached=True, contacted=True, solved=True, satisfied="satisfied"
        )
        start, end = windows.around(local(now()).date(), rulebook.text_of(rulebook.in_force("three_rates")))
        found = [row for row in facts.rows(start, end) if row[2] == case.number]

    assert [row[AT["solved"]] for row in found] == ["yes"]


def test_what_happens_after_the_freeze_changes_nothing_that_was_frozen(in_gulou):
    called_back()
    period = merged()
    before = periods.latest(period).hash

    called_back(solved=False)
    rulebook.ship(rulebook.in_force("three_rates").document.replace("places: 2", "places: 1"))

    assert rulebook.in_force("three_rates").version == 2
    assert periods.again(periods.latest(period)) == before
    assert line(period)["figures"]["resolution"]["v"] == "100.00"


def test_a_window_that_runs_cannot_be_frozen_but_tried(in_gulou):
    called_back()
    period = periods.open_period("three_rates", the_month(), by=acting("dispatcher"))

    with pytest.raises(Refused, match="window_running"):
        periods.merge(period, by=acting("dispatcher"))
    _, found = rulebook.trial(period.rule.document, local(period.starts_at).date())
    assert str(found["urban"].figures["response"].value) == "100.00"
    assert not Statement.objects.exists()


def test_who_computes_does_not_publish_and_the_database_holds_it_too(in_gulou):
    period = merged()

    with after(period), pytest.raises(Refused, match="own_figures"):
        periods.publish(period, by=acting("dispatcher"))
    with pytest.raises(IntegrityError, match="two_publish_a_period"), transaction.atomic():
        Period.objects.filter(pk=period.pk).update(published_by=period.merged_by)
    with pytest.raises(Refused, match="not_keeper"):
        periods.publish(period, by=acting("urban"))


def test_a_statement_cannot_be_changed_and_never_differs_from_its_second_computation(in_gulou):
    period = merged()

    for attempt in ("UPDATE scores_statement SET hash = 'x'", "DELETE FROM scores_statement"):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attempt)
    last = periods.latest(period)
    last.pk, last.version, last.agreed = None, 2, False
    with pytest.raises(IntegrityError, match="both_computations_agree"), transaction.atomic():
        last.save(force_insert=True)


def test_an_upheld_objection_makes_a_new_version_beside_the_old_one(in_gulou):
    called_back(solved=True)
    bad = called_back(solved=False)
    period = up()
    order = bad.orders.get()

    with after(period):
        raised = objections.raise_(
            period, "urban", by=acting("urban"), reason="不属本单位职责", evidence="清单第 12 条", kind="not_on_list",
            number=bad.number, order_id=order.id,
        )  # fmt: skip
        with pytest.raises(Refused, match="own_objection"):
            objections.decide(raised, by=_as_keeper(acting("urban")), upheld=True, reasons="同意")
        objections.decide(raised, by=acting("supervisor"), upheld=True, reasons="确不在清单，予以剔除")

    versions = list(period.statements.order_by("version"))
    assert [one.version for one in versions] == [1, 2]
    assert [one.figures["urban"]["figures"]["resolution"]["v"] for one in versions] == ["50.00", "100.00"]
    assert versions[0].rows_hash == versions[1].rows_hash
    assert [periods.again(one) == one.hash for one in versions] == [True, True]
    assert (versions[1].objection_id, versions[1].taken_out[0]["kind"]) == (raised.id, "not_on_list")


def _as_keeper(by: Actor) -> Actor:
    """The same person in a seat that keeps scores: the person is what counts."""
    return Actor.at(acting("supervisor").post, by.person)


def test_a_dismissed_objection_changes_nothing_and_says_why(in_gulou):
    bad = called_back(solved=False)
    period = up()
    with after(period):
        raised = objections.raise_(
            period, "urban", by=acting("urban"), reason="已办结", evidence="照片两张", kind="wrong_fact",
            number=bad.number, order_id=bad.orders.get().id,
        )  # fmt: skip
        with pytest.raises(Refused, match="incomplete"):
            objections.decide(raised, by=acting("supervisor"), upheld=False, reasons=" ")
        objections.decide(raised, by=acting("supervisor"), upheld=False, reasons="回访录音为未解决")

    assert period.statements.count() == 1
    assert [(one.outcome, one.reasons) for one in objections.of_period(period)] == [("dismissed", "回访录音为未解决")]


def test_an_objection_in_the_windows_last_minute_blocks_its_line(in_gulou):
    bad = called_back(solved=False)
    period = up()
    with moved(period.objections_until - timedelta(seconds=30)):
        raised = objections.raise_(
            period, "urban", by=acting("urban"), reason="依据有误", evidence="见附件", kind="wrong_fact",
            number=bad.number, order_id=bad.orders.get().id,
        )  # fmt: skip
        with pytest.raises(Refused, match="objections_run"):
            periods.freeze(period, by=acting("supervisor"))

    with moved(period.objections_until + timedelta(minutes=1)):
        with pytest.raises(Refused) as refusal:
            periods.freeze(period, by=acting("supervisor"))
        assert (refusal.value.rule, refusal.value.facts["lines"]) == ("line_blocked", ["urban"])
        with pytest.raises(Refused, match="objections_over"):
            objections.raise_(period, "urban", by=acting("urban"), reason="迟", evidence="迟", order_id=raised.order_id)
        objections.decide(raised, by=acting("leader"), upheld=False, reasons="依据无误")
        with pytest.raises(Refused, match="own_figures"):
            periods.freeze(period, by=acting("dispatcher"))
        assert periods.freeze(period, by=acting("supervisor")).state == "final"


def test_a_unit_contests_its_own_line_and_nobody_elses(in_gulou):
    bad = called_back(solved=False)
    period = up()
    told = {"reason": "不服", "evidence": "无", "kind": "wrong_fact", "order_id": bad.orders.get().id}

    with after(period):
        with pytest.raises(Absent):
            objections.raise_(period, "urban", by=acting("water"), **told)
        with pytest.raises(Absent):
            objections.raise_(period, "water", by=acting("water"), **told)
        with pytest.raises(Refused, match="unknown_kind"):
            objections.raise_(period, "urban", by=acting("urban"), **(told | {"kind": "mood"}))


def test_what_a_unit_reports_itself_adds_no_point(in_gulou):
    """G39: self-made, recalled and imported orders stand in the rows and count nowhere."""
    case = called_back()
    case.entries.model.objects.filter(case=case, seq=1)
    start, end = windows.around(date.today(), periods.rules.read(rulebook.in_force("three_rates").document))
    from jiedao.record.models import Case

    Case.objects.filter(pk=case.pk).update(imported=True)

    found = [row for row in facts.rows(start, end) if row[2] == case.number]

    assert [(row[0], row[3]) for row in found] == [("urban", "imported")]


# Rules


def test_a_draft_is_published_by_a_second_person_and_the_old_text_stays(in_gulou):
    text = rulebook.in_force("three_rates").document.replace("0.9", "0.8")
    draft = rulebook.write("three_rates", text, by=acting("dispatcher"), reason="试行")

    with pytest.raises(Refused, match="own_rule"):
        rulebook.publish(draft, by=acting("dispatcher"), seen=draft.seq)
    with pytest.raises(Refused, match="draft_changed"):
        rulebook.publish(draft, by=acting("supervisor"), seen=draft.seq - 1)
    made = rulebook.publish(draft, by=acting("supervisor"), seen=draft.seq)

    assert (made.version, RuleVersion.objects.filter(code="three_rates").count()) == (2, 2)
    assert "0.9" in RuleVersion.objects.get(code="three_rates", version=1).document


def test_a_draft_that_asks_for_a_forbidden_input_is_not_kept(in_gulou):
    text = rulebook.in_force("three_rates").document.replace("solved: {yes", "photo_count: {yes")

    with pytest.raises(Refused, match="forbidden_input"):
        rulebook.write("three_rates", text, by=acting("dispatcher"))

    assert rulebook.draft_of("three_rates") is None


# Who is rated by whom


def test_where_line_assessments_are_barred_none_can_be_opened(in_gulou):
    rulebook.ship((_package("jianghan") / "two_way_streets.yaml").read_text(encoding="utf-8"))

    with pytest.raises(Refused, match="line_assessment_barred"):
        periods.open_period("two_way_streets", the_month("two_way_streets"), by=acting("dispatcher"))


def _package(label: str):
    from jiedao.ground.db.home import CHECKOUT

    return CHECKOUT / "jiedao" / "packages" / label / "scores"


def test_in_gulou_the_sub_districts_rating_is_a_fifth_of_a_departments_year(in_gulou):
    period = periods.open_period("department_year", the_month("department_year"), by=acting("dispatcher"))
    subjects.mark(period, "urban", by=acting("director"), points={"response": "90", "results": "80", "conduct": "100"})
    with pytest.raises(Refused, match="not_your_line"):
        subjects.mark(period, "urban", by=acting("urban-head"), points={"response": "100"})
    with pytest.raises(Refused, match="mark_out_of_range"):
        subjects.mark(
            period, "water", by=acting("director"), points={"response": "101", "results": "0", "conduct": "0"}
        )

    with after(period):
        periods.merge(period, by=acting("dispatcher"))

    assert line(period)["sides"] == {"subdistricts": "90.00"}
    assert line(period)["score"] == "18.00"
    assert line(period, "water")["score"] is None


def test_in_jianghan_departments_and_sub_districts_rate_one_another(in_jianghan):
    there = periods.open_period("two_way_departments", the_month("two_way_departments"), by=acting("dispatcher"))
    back = periods.open_period("two_way_streets", the_month("two_way_streets"), by=acting("dispatcher"))
    street = acting("director").post.unit.parent.code

    subjects.mark(there, "urban", by=acting("director"), points={"dispatch": "88", "support": "92"})
    subjects.mark(back, street, by=acting("urban"), points={"dispatch": "75", "cooperation": "85"})

    for period, code, score in ((there, "urban", "90.00"), (back, street, "80.00")):
        with after(period):
            periods.merge(period, by=acting("dispatcher"))
            periods.publish(period, by=acting("supervisor"))
        assert line(period, code)["score"] == score


def test_in_guangming_each_side_is_blind_to_the_other_until_both_are_in(in_guangming):
    period = periods.open_period("mobile_staff", the_month("mobile_staff"), by=acting("dispatcher"))
    someone = _mobile()
    rule = periods.rule_of(period)
    secretary, head = _of(someone.command.parent or someone.command), _of(someone.home)
    code = someone.person.code

    subjects.mark(period, code, by=secretary, points={"attendance": "90", "discipline": "80"})
    half = subjects.scores(subjects.marks(period), rule, [code])[code]
    assert subjects.readable(period, half, "home") == []
    assert half.score is None

    subjects.mark(period, code, by=head, points={"results": "95"})
    whole = subjects.scores(subjects.marks(period), rule, [code])[code]
    assert (str(whole.score), whole.grade.label["zh"]) == ("90.0", "优秀")
    assert len(subjects.readable(period, whole, "home")) == 3
    post = held_by(someone.person)[0]
    assert subjects.own_line(period, Actor.at(post, someone.person)).score == whole.score


def _mobile() -> Stationing:
    rows = Stationing.objects.filter(kind="mobile", valid_to=None).select_related(
        "person", "home__parent", "command__parent"
    )
    return rows.order_by("person__code").first()


def _of(unit: Unit) -> Actor:
    """Somebody who rates for a unit."""
    from jiedao.ground.people.models import Tenure

    kinds = ["community_secretary", "squad_head", "office_head", "unit_head", "handler"]
    seat = (
        Tenure.objects.on()
        .filter(post__unit=unit, post__kind__code__in=kinds)
        .select_related("person", "post__unit__parent", "post__kind", "post__area", "post__unit__area")
        .first()
    )
    assert seat, unit
    return Actor.at(seat.post, seat.person)
