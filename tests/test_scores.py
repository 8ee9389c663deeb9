"""Scores (评分): rules as data, figures that sum, a second computation that agrees, forbidden inputs refused by name."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiedao.ground.db.home import CHECKOUT
from jiedao.kit.refusal import Refused
from jiedao.lines.scores import facts, rules, second, sentences
from jiedao.lines.scores.figures import AT, excluded, lines, opened, points, rounded
from jiedao.lines.scores.periods import plain, told, told_score
from jiedao.lines.scores.sheets import Mark, scores
from jiedao.lines.scores.subjects import written as written_marks
from jiedao.lines.scores.vocabulary import COLUMNS, FACTS, forbidden

SHIPPED = sorted((CHECKOUT / "jiedao" / "packages").glob("**/scores/*.yaml"))


def text(name: str) -> str:
    return next(path for path in SHIPPED if path.stem == name).read_text(encoding="utf-8")


def row(number: int, unit: str = "urban", **told: str) -> tuple[str, ...]:
    """One order, of which nothing else is known."""
    found = dict.fromkeys(COLUMNS, "") | {"unit": unit, "order": f"o{number:05}", "number": f"26-{number:05}"} | told
    return tuple(found[name] for name in COLUMNS)


def called(number: int, solved: str = "yes", satisfied: str = "satisfied", **told: str) -> tuple[str, ...]:
    said = {"called": "yes", "reached": "yes", "said_contacted": "yes", "solved": solved, "satisfied": satisfied}
    return row(number, **(said | told))


def _values(fact: str) -> st.SearchStrategy[str]:
    known = FACTS[fact]
    if known.is_number:
        return st.sampled_from(["", "0", "7", "1999"])
    return st.sampled_from(["", *(known.codes or ("1", "2"))])


some_rows = st.lists(
    st.builds(
        lambda number, unit, out, told: row(number, unit, left_out=out, **told),
        st.integers(1, 9999),
        st.sampled_from(["urban", "water", "fire"]),
        st.sampled_from(["", "", "", "merged"]),
        st.fixed_dictionaries({fact: _values(fact) for fact in FACTS}),
    ),
    max_size=25,
    unique_by=lambda one: one[AT["order"]],
)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_rule_is_sound_has_a_source_and_says_itself_in_both_languages(path: Path):
    rule = rules.read(path.read_text(encoding="utf-8"))

    assert rule.code == path.stem
    assert rule.source
    for lang in ("zh", "en"):
        assert all(label and said for label, said in sentences.told(rule, lang))


def test_the_three_rates_say_their_formula():
    rule = rules.read(text("three_rates"))
    satisfaction = rule.indicators["satisfaction"]

    assert sentences.formula(satisfaction, "zh") == "（满意 + 0.9 × 基本满意） ÷ 本期回访、有效回访的派单"
    assert sentences.formula(satisfaction, "en") == (
        "(satisfied + 0.9 × basically satisfied) ÷ orders called back in the window, with a valid callback"
    )
    assert sentences.weighted(rule.composites["composite"], rule, "zh") == "10 × 响应率 + 50 × 解决率 + 40 × 满意率"


def test_a_unit_without_a_row_has_no_data_and_never_0_or_100():
    found = lines([called(1, reached="no")], rules.read(text("three_rates")), ["urban", "water"])

    assert {code: figure.value for code, figure in found["urban"].figures.items()} == dict.fromkeys(
        ("response", "resolution", "satisfaction")
    )
    assert found["water"].composites == {"composite": None, "composite_even": None}


def test_both_weightings_follow_from_the_same_rates():
    rows = [called(1), called(2, satisfied="basically"), called(3, solved="no", satisfied="dissatisfied")]
    rows.append(called(4, said_contacted="no", solved="no", satisfied="dissatisfied"))

    found = lines(rows, rules.read(text("three_rates")))["urban"]

    assert [str(figure.value) for figure in found.figures.values()] == ["75.00", "50.00", "47.50"]
    assert {code: str(value) for code, value in found.composites.items()} == {
        "composite": "51.50",
        "composite_even": "56.63",
    }


def test_the_published_figures_of_a_city_come_out_as_published():
    rule = rules.read(text("case_indicators"))
    rows = [
        row(n, due="yes", closed="yes" if n <= 911 else "no", closed_in_time="yes" if n <= 737 else "no")
        for n in range(1, 973)
    ]

    found = lines(rows, rule)["urban"].figures

    assert (str(found["closing"].value), str(found["on_time_closing"].value)) == ("93.72", "75.82")


def test_composite_b_takes_off_half_a_point_for_each_supervised_case():
    rule = rules.read(text("case_indicators"))
    done = {"due": "yes", "closed": "yes", "closed_in_time": "yes", "reworked": "no"}
    rows = [row(1, **done, supervised="yes", supervised_open="yes"), row(2, **done, supervised="yes")]

    assert str(lines(rows, rule)["urban"].composites["composite_b"]) == "98.50"


def test_a_figure_is_rounded_once_half_up():
    from fractions import Fraction

    assert [str(rounded(Fraction(n, 800), 2)) for n in (1, 3, 5, -1)] == ["0.00", "0.00", "0.01", "0.00"]
    assert [str(rounded(Fraction(n, 200), 2)) for n in (1, 3, -1)] == ["0.01", "0.02", "-0.01"]


@settings(max_examples=150, deadline=None)
@given(some_rows, st.sampled_from(["three_rates", "case_indicators", "whistles"]))
def test_the_rows_of_a_figure_sum_to_it_and_each_changes_it_as_listed(found, name):
    rule = rules.read(text(name))
    for unit, line in lines(found, rule).items():
        for code, figure in line.figures.items():
            seen = opened(found, rule, unit, code)
            assert seen.figure == figure
            assert sum((gives for _, gives, _ in seen.rows), Decimal(0)) == figure.numerator
            for one, _, without in seen.rows[:3]:
                rest = [other for other in found if other is not one]
                after = lines(rest, rule, [unit])[unit].figures[code].value
                assert without == after


@settings(max_examples=25, deadline=None)
@given(some_rows, st.sampled_from(["three_rates", "case_indicators", "whistles"]))
def test_a_second_computation_in_sql_gives_the_same_figures(found, name):
    rule = rules.read(text(name))
    first = plain({code: told(line) for code, line in lines(found, rule, ["empty"]).items()})

    assert second.differences(first, second.told(facts.written(found), rule, ["empty"])) == []


@settings(max_examples=100, deadline=None)
@given(some_rows, st.randoms(use_true_random=False))
def test_neither_order_nor_export_changes_a_figure(found, random):
    rule = rules.read(text("case_indicators"))
    shuffled = list(found)
    random.shuffle(shuffled)

    assert facts.written(shuffled) == facts.written(found)
    assert lines(facts.kept(facts.written(shuffled)), rule) == lines(found, rule)


def test_what_is_left_out_adds_nothing_and_says_why():
    rule = rules.read(text("three_rates"))
    rows = [called(1), called(2, solved="no"), called(3, left_out="own_report")]

    seen = opened(excluded(rows, {("o00002", "urban"): "in_court"}), rule, "urban", "resolution")

    assert str(seen.figure.value) == "100.00"
    assert [why for _, why in seen.left_out] == ["in_court", "own_report"]


# Forbidden inputs


@pytest.mark.parametrize(
    "asked",
    "track_length shift_hours check_ins online_minutes photo_count likes log_ins age sex household_type device_count "
    "party_member".split(),
)
def test_a_rule_that_asks_for_what_nobody_may_count_is_refused_by_name(asked):
    with pytest.raises(Refused) as refusal:
        rules.read(text("three_rates").replace("solved: {yes: 1}", f"{asked}: {{yes: 1}}"))

    assert (refusal.value.rule, refusal.value.facts["given"]) == ("forbidden_input", [asked])
    assert forbidden(asked)


@pytest.mark.parametrize("asked", ["photos", "on_line_time_online", "tracks"])
def test_nor_may_a_rater_be_asked_for_it(asked):
    with pytest.raises(Refused, match="forbidden_input"):
        rules.read(text("mobile_staff").replace("results:", f"{asked}:"))


@pytest.mark.parametrize(
    ("was", "now", "line", "what"),
    [
        ("{yes: 1}", "{yes: 1, maybe: 1}", 14, "indicators.response.gives.said_contacted: yes, no"),
        ("gives: {solved", "gives: {unheard_of", 19, "indicators.resolution.gives: there is no fact unheard_of"),
        ("reached: [yes]", "reached: yes", 13, "indicators.response.counts.reached: a list of values"),
        ("0.9}", "lots}", 24, "indicators.satisfaction.gives: decimals from 0 to 100"),
        ("{of: response, weight: 10}", "{of: nothing, weight: 10}", 27, "composites.composite: each part"),
        ("places: 2", "places: 9", 8, "places: 0 to 4"),
        ("about: orders", "veto: yes\nabout: orders", 5, "veto is no part of a rule"),
        ("unit: month", "unit: day", 7, "window: unit"),
    ],
)
def test_a_mistake_is_told_with_its_line(was, now, line, what):
    found = rules.problems(text("three_rates").replace(was, now, 1))

    assert any(problem.startswith(f"{line}: {what}") for problem in found), found


def test_a_rule_holds_no_code():
    for given_ in ("!!python/object/apply:os.system [id]", "[1, 2]", "a: &a [*a]", "rule: {{ 1 + 1 }}"):
        with pytest.raises(Refused, match="bad_rule"):
            rules.read(given_)


# Marks


def mark(about: str, side: str, aspect: str, points: str, rater: str = "r1", at: str = "2026-11-01") -> Mark:
    return Mark(about, side, rater, aspect, Decimal(points), at)


MOBILE = [
    mark("P1", "command", "attendance", "90"),
    mark("P1", "command", "discipline", "80"),
    mark("P1", "home", "results", "70"),
    mark("P2", "command", "attendance", "90"),
    mark("P2", "command", "discipline", "95"),
]


def test_mobile_staff_are_scored_half_by_the_community_and_half_by_the_department():
    found = scores(MOBILE, rules.read(text("mobile_staff")), ["P1", "P2", "P3"])

    assert (str(found["P1"].score), found["P1"].grade.label["zh"], str(found["P1"].grade.factor)) == (
        "77.5",
        "称职",
        "1",
    )
    assert (found["P2"].sides["home"], found["P2"].score, found["P2"].grade) == (None, None, None)
    assert found["P3"].complete is False


def test_the_last_mark_counts_and_sql_agrees():
    rule = rules.read(text("mobile_staff"))
    marks = [*MOBILE, mark("P1", "home", "results", "100", at="2026-11-02")]

    found = scores(marks, rule, ["P1", "P2"])

    assert str(found["P1"].score) == "92.5"
    first = plain({code: told_score(score) for code, score in found.items()})
    assert second.differences(first, second.marks_told(written_marks(marks), rule, ["P1", "P2"])) == []


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.builds(
            mark,
            st.sampled_from(["d1", "d2"]),
            st.just("subdistricts"),
            st.sampled_from(["response", "results", "conduct"]),
            st.integers(0, 1000).map(lambda tenths: f"{Decimal(tenths) / 10:f}"),
            st.sampled_from(["s1", "s2", "s3"]),
            st.integers(1, 28).map(lambda day: f"2026-11-{day:02}"),
        ),
        max_size=30,
        unique_by=lambda one: (one.about, one.rater, one.aspect, one.at),
    )
)
def test_sheets_agree_with_their_second_computation(marks):
    rule = rules.read(text("department_year"))
    first = plain({code: told_score(score) for code, score in scores(marks, rule, ["d1", "d2"]).items()})

    assert second.differences(first, second.marks_told(written_marks(marks), rule, ["d1", "d2"])) == []


def test_the_rows_of_one_unit_are_found_in_a_file_as_if_all_were_read():
    found = [called(n, unit=code) for n, code in enumerate(["fire", "urban", "urban", "urban-2", "water", "water"])]
    told = facts.written(found)

    for code in ("fire", "urban", "urban-2", "water", "rban", "nobody"):
        assert facts.kept(told, code) == [one for one in facts.kept(told) if one[0] == code]
    assert facts.kept(facts.written([]), "urban") == []


@settings(max_examples=60, deadline=None)
@given(some_rows, st.sampled_from(["three_rates", "case_indicators", "whistles"]))
def test_the_parts_of_a_composite_sum_to_it_on_every_line(found, name):
    rule = rules.read(text(name))
    for line in lines(found, rule).values():
        for code, each in rule.composites.items():
            adds = [points(part, line.figures[part.of]) for part in each.parts]
            if line.composites[code] is None:
                assert None in adds
            else:
                assert rounded(sum(adds), rule.places) == line.composites[code]
