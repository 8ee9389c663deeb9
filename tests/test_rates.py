"""The three rates (三率): pure figures that sum to what they show, open to their cases, and that anybody can recompute."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from jiedao.ground.db.home import CHECKOUT
from jiedao.ground.districts import district
from jiedao.kit.clock import SHANGHAI
from jiedao.kit.refusal import Refused
from jiedao.lines.scores.rates import RULES, Answer, month_of, rates, read, rule, window, without
from tests.callbacks import called_back

AT = datetime(2026, 11, 5, tzinfo=UTC)
SAID = ("satisfied", "basically", "dissatisfied")


def answer(number: int, *, reached: bool = True, contacted: bool = True, solved: bool = True, satisfied: str = SAID[0]):
    said = (contacted, solved, satisfied) if reached else (None, None, "")
    return Answer(f"order-{number}", f"26-{number:05d}", "urban", AT + timedelta(minutes=number), reached, *said)


answers = st.lists(
    st.builds(
        answer,
        st.integers(1, 40),
        reached=st.sampled_from((True, True, True, False)),
        contacted=st.booleans(),
        solved=st.booleans(),
        satisfied=st.sampled_from(SAID),
    ),
    max_size=40,
)


def test_the_rates_are_what_the_callers_said():
    told = [answer(1), answer(2, satisfied="basically"), answer(3, solved=False, satisfied="dissatisfied")]
    told.append(answer(4, contacted=False, solved=False, satisfied="dissatisfied"))

    found = rates("urban", told, rule())

    assert {name: str(figure.percent) for name, figure in found.figures.items()} == {
        "response": "75.00",
        "resolution": "50.00",
        "satisfaction": "47.50",
    }
    assert str(found.composite) == "51.50"  # 0.1 × 75 + 0.5 × 50 + 0.4 × 47.5


def test_without_a_valid_callback_there_is_no_figure():
    for told in ([], [answer(1, reached=False)]):
        found = rates("urban", told, rule())
        assert [figure.percent for figure in found.figures.values()] == [None, None, None]
        assert found.composite is None


def test_who_could_not_be_asked_is_left_out_and_named():
    figure = rates("urban", [answer(1), answer(2, reached=False)], rule()).figures["resolution"]

    assert (figure.denominator, figure.percent) == (1, Decimal("100.00"))
    assert [(a.number, why) for a, why in figure.left_out] == [("26-00002", "not_reached")]


def test_of_two_callbacks_on_one_order_the_last_counts():
    before = answer(1, solved=False)
    after = replace(answer(1), at=before.at + timedelta(days=2))

    for told in ([before, after], [after, before]):
        assert rates("urban", told, rule()).figures["resolution"].percent == 100


def test_figures_are_rounded_once_half_up():
    told = [answer(n, solved=n <= 1) for n in range(1, 4)] + [answer(n, solved=False) for n in range(4, 9)]

    assert str(rates("urban", told, rule()).figures["resolution"].percent) == "12.50"
    assert str(rates("urban", told[:3], rule()).figures["resolution"].percent) == "33.33"


def test_a_month_runs_from_noon_to_noon():
    begins, ends = window(date(2026, 12, 17), rule())

    assert (begins, ends) == (
        datetime(2026, 12, 1, 12, tzinfo=SHANGHAI),
        datetime(2027, 1, 1, 12, tzinfo=SHANGHAI),
    )


def test_on_the_morning_of_the_first_it_is_still_the_month_before():
    noon = datetime(2026, 12, 1, 12, tzinfo=SHANGHAI)

    assert month_of(noon - timedelta(seconds=1), rule()) == date(2026, 11, 1)
    assert month_of(noon, rule()) == date(2026, 12, 1)


@settings(max_examples=300, deadline=None)
@given(answers)
def test_what_the_rows_give_sums_to_the_figure(told):
    for figure in rates("urban", told, rule()).figures.values():
        assert sum((gives for _, gives in figure.rows), Decimal(0)) == figure.numerator
        assert len(figure.rows) == figure.denominator
        assert len({a.order for a in told}) == len(figure.rows) + len(figure.left_out)


@settings(max_examples=1_000, deadline=None)
@given(answers.filter(bool), st.data())
def test_removing_a_case_changes_the_figure_as_listed(told, data):
    order = data.draw(st.sampled_from(sorted({a.order for a in told})))

    before, after = rates("urban", told, rule()), without("urban", told, order, rule())

    for name, figure in before.figures.items():
        for row, gives in figure.rows:
            if row.order == order:
                assert figure.without(gives) == after.figures[name].percent


@settings(max_examples=100, deadline=None)
@given(answers, st.randoms(use_true_random=False))
def test_the_order_of_the_facts_changes_nothing(told, random):
    by_order: dict[str, Answer] = {a.order: a for a in told}  # no two at one instant
    shuffled = list(by_order.values())
    random.shuffle(shuffled)

    assert rates("urban", shuffled, rule()) == rates("urban", by_order.values(), rule())


# Rules


FORBIDDEN = (
    *("track_length", "check_ins", "online_minutes", "photo_count", "likes", "log_ins"),
    *("age", "sex", "household_type", "device", "name", "party_member"),
)


def shipped(**changes: object) -> str:
    text = yaml.safe_load((RULES / "three_rates.yaml").read_text(encoding="utf-8"))
    return yaml.safe_dump(text | changes, allow_unicode=True)


@pytest.mark.parametrize("fact", FORBIDDEN)
def test_a_rule_that_counts_anything_else_is_refused_by_name(fact):
    each = {"label": {}, "sentence": {}, "gives": {fact: {"true": "1"}}}
    with pytest.raises(Refused) as refusal:
        read(shipped(rates=dict.fromkeys(rule()["rates"], each)))

    assert (refusal.value.rule, refusal.value.facts["given"]) == ("forbidden_input", [fact])


@pytest.mark.parametrize(
    "changes",
    [
        {"composite": {"weights": {"response": "0.5", "resolution": "0.5", "satisfaction": "0.5"}}},
        {"composite": {"weights": {"response": "1"}}},
        {"rates": {}},
        {"rates": {name: {"gives": {"solved": {"true": 1.0}}} for name in ("response", "resolution", "satisfaction")}},
        {"rates": {name: {"gives": {"solved": {"true": "2"}}} for name in ("response", "resolution", "satisfaction")}},
        {"rates": "all"},
    ],
)
def test_a_rule_with_a_mistake_is_refused(changes):
    with pytest.raises(Refused) as refusal:
        read(shipped(**changes))

    assert refusal.value.rule == "bad_rule"


# Recomputed by an outsider


def test_a_stranger_recomputes_every_figure_with_the_script_of_the_documentation(fresh_database, run_jiedao, tmp_path):
    with district("gulou"):
        for solved, reached in ((True, True), (False, True), (True, False)):
            called_back(solved=solved, reached=reached)
        called_back("water")
    told = run_jiedao("rates", "--district", "gulou", "--json").stdout
    (tmp_path / "rates.json").write_text(told, encoding="utf-8")
    page = (CHECKOUT / "docs" / "rates.md").read_text(encoding="utf-8")
    script = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]

    def disagreements() -> str:
        run = subprocess.run(
            [sys.executable, "-I", "-c", script, str(tmp_path / "rates.json")],
            capture_output=True,
            text=True,
            check=True,
        )
        return run.stdout

    assert len(script.splitlines()) <= 32
    assert {code: len(unit["answers"]) for code, unit in json.loads(told)["units"].items()} == {"urban": 3, "water": 1}
    assert disagreements() == ""
    (tmp_path / "rates.json").write_text(told.replace('"percent": "', '"percent": "1'), encoding="utf-8")
    assert "should be" in disagreements()
