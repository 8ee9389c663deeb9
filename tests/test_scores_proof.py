"""What scores promise (评分的承诺), at the size asked: G34 recomputed, G35 explained, G37, G38 forbidden inputs, G39 cheats."""

import random
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from jiedao.kit.clock import local, moved, now
from jiedao.kit.refusal import Refused
from jiedao.lines.scores import desk, facts, periods, rulebook, rules, second, subjects, windows
from jiedao.lines.scores.figures import AT, Row, lines, opened
from jiedao.lines.scores.models import Confirmation
from jiedao.lines.scores.periods import plain, told
from jiedao.lines.scores.rules import Rule
from jiedao.lines.scores.vocabulary import FACTS
from jiedao.record.models import Case, DispatchOrder
from jiedao.stages import dispatch, intake, resolution, triage, verification
from tests.callbacks import called_back
from tests.desks import item, order_of, reported, somewhere, unit
from tests.residents import acting
from tests.test_scores import row, text
from tests.test_scores_periods import after, the_month, up

RULES = ("three_rates", "case_indicators", "whistles")


def random_rows(count: int, units: int, seed: int) -> list[Row]:
    """Orders of which anything may be true; one in ten left out."""
    chance = random.Random(seed)
    worth = {
        fact.code: ("", "0", "7", "1999") if fact.is_number else ("", *(fact.codes or ("1", "2")))
        for fact in FACTS.values()
    }
    return [
        row(
            number,
            f"u{chance.randrange(units):05}",
            left_out=chance.choice(["", "", "", "", "", "", "", "", "", "merged"]),
            **{fact: chance.choice(values) for fact, values in worth.items()},
        )
        for number in range(count)
    ]


# G34: recomputed


@pytest.mark.parametrize(
    ("units", "rows"), [(200, 1_000), pytest.param(10_000, 60_000, marks=pytest.mark.nightly)], ids=["200", "10000"]
)
def test_sql_agrees_with_python_on_every_figure_of_every_unit(units, rows):
    found = random_rows(rows, units, seed=34)
    codes = [f"u{n:05}" for n in range(units)]
    for name in RULES:
        rule = rules.read(text(name))

        first = plain({code: told(line) for code, line in lines(found, rule, codes).items()})

        assert len(first) == units
        assert second.differences(first, second.told(facts.written(found), rule, codes)) == []


# G35: explained


@pytest.mark.parametrize("name", RULES)
def test_taking_any_of_a_thousand_orders_away_changes_the_figure_as_listed(name):
    """1,000 of 1,000, for each rule: every figure is opened, every row of it taken away once."""
    rule, left = rules.read(text(name)), 1_000
    found = random_rows(5_000, 20, seed=35)
    by_unit = {code: [one for one in found if one[0] == code] for code in {one[0] for one in found}}
    for code, mine in sorted(by_unit.items()):
        for indicator in rule.indicators:
            seen = opened(mine, rule, code, indicator)
            assert sum((gives for _, gives, _ in seen.rows), Decimal(0)) == seen.figure.numerator
            for one, _, without in seen.rows[: min(left, 25)]:
                rest = lines([other for other in mine if other is not one], rule, [code])
                assert rest[code].figures[indicator].value == without
                left -= 1
    assert left <= 0


# G37: two people


def test_nothing_reaches_pay_before_a_named_person_who_did_not_compute_it_confirms(in_guangming):
    period = periods.open_period("mobile_staff", the_month("mobile_staff"), by=acting("dispatcher"))
    rule, someone = periods.rule_of(period), subjects.lines(period)[0]
    for by in _raters(someone, rule):
        side = subjects.side_of(by, someone, rule)
        subjects.mark(period, someone.code, by=by, points=dict.fromkeys(rule.raters[side[0]].aspects, "80"))
    with after(period):
        statement = periods.merge(period, by=acting("dispatcher"))
        with pytest.raises(Refused, match="not_in_state"):
            desk.confirm(statement, someone.code, by=acting("supervisor"))
        periods.publish(period, by=acting("supervisor"))
    period.refresh_from_db()
    with moved(period.objections_until + timedelta(hours=1)):
        period = periods.freeze(period, by=acting("supervisor"))
        with pytest.raises(Refused, match="own_figures"):
            desk.confirm(periods.latest(period), someone.code, by=acting("dispatcher"))
        with pytest.raises(Refused, match="not_keeper"):
            desk.confirm(periods.latest(period), someone.code, by=acting("urban"))
        assert not Confirmation.objects.exists()

        made = desk.confirm(periods.latest(period), someone.code, by=acting("supervisor"))

    assert (made.grade, str(made.factor)) == ("称职", "1")
    assert made.confirmed_by == acting("supervisor").person.id


def _raters(someone: subjects.Subject, rule: Rule):
    from tests.test_scores_periods import _of

    return [_of(someone.command.parent or someone.command), _of(someone.home)]


# G38: forbidden inputs


READ = {"record_dispatchorder", "record_deadline", "record_rating", "record_entry", "record_case", "record_processversion",
        "record_check", "people_unit", "patrol_spotcheck"}  # fmt: skip


def test_the_facts_are_read_from_the_record_of_orders_and_from_no_person_track_or_device():
    asked = facts._QUERY
    tables = set(re.findall(r"(?:FROM|JOIN)\s+([a-z]+_[a-z]+)\b", asked)) - {"last_back", "last_mark"}

    assert tables == READ


@pytest.mark.parametrize("times", [2, pytest.param(1_000, marks=pytest.mark.nightly)])
def test_shuffling_names_phones_and_devices_of_people_changes_no_score(in_gulou, times):
    called_back()
    called_back(solved=False)
    called_back("water")
    _devices()
    rule = rulebook.text_of(rulebook.in_force("three_rates"))
    start, end = windows.around(windows.at(now(), rule), rule)
    before = facts.fingerprint(facts.written(facts.rows(start, end)))

    for seed in range(times):
        with connection.cursor() as cursor:
            cursor.execute("SELECT setseed(%s)", [seed / 1_000])
            cursor.execute(_SHUFFLE.format(table="people_person", columns="name, name_en, phone"))
            cursor.execute(_SHUFFLE.format(table="patrol_device", columns="person_id, made_at"))
        assert facts.fingerprint(facts.written(facts.rows(start, end))) == before


_SHUFFLE = """
WITH old AS (SELECT {columns}, row_number() OVER (ORDER BY random()) AS nth FROM {table}),
     new AS (SELECT id, row_number() OVER (ORDER BY id) AS nth FROM {table})
UPDATE {table} t SET ({columns}) = (SELECT {columns} FROM old WHERE old.nth = new.nth) FROM new WHERE new.id = t.id
"""


def _devices() -> None:
    from jiedao.ground.people.models import Person
    from jiedao.lines.patrol.models import Device, Source

    source = Source.objects.create(code="demo", name="演示", kind="page", declared_at=now())
    for number, person in enumerate(Person.objects.order_by("code")[:20]):
        Device.objects.create(source=source, person=person, label=f"d{number}", made_at=now(), ends_at=now())


# G39: cheats


def score(code: str = "urban") -> dict[str, object]:
    """What counts for a unit this month, by both rules."""
    found = {}
    for name in ("three_rates", "case_indicators"):
        rule = rulebook.text_of(rulebook.in_force(name))
        start, end = windows.around(local(now()).date(), rule)
        line = lines(facts.rows(start, end), rule, [code])[code]
        found |= {each: (figure.numerator, figure.denominator) for each, figure in line.figures.items()}
    return found


def done(case: Case, code: str = "urban") -> Case:
    """Signed and answered by the unit itself."""
    order, by = order_of(case, code), acting(code)
    resolution.acknowledge(order, by=by)
    resolution.reply(order, by=by, outcome="done", text="已处理")
    return case


def self_made() -> Case:
    """A unit reports something, is sent it, and answers at once."""
    told = intake.Told(
        words="巡查发现井盖松动", channel="department", kind="finding", point=somewhere(), address="解放里 3 号"
    )
    case = intake.report(told, by=acting("urban")).case
    triage.classify(case.id, by=acting("dispatcher"), item=item())
    triage.file(case.id, by=acting("dispatcher"))
    dispatch.dispatch(case.id, by=acting("dispatcher"), lead=unit("urban"))
    return done(case)


def duplicate(of: Case) -> Case:
    """The same again, sent and answered, and then merged into the first."""
    case = reported()
    triage.classify(case.id, by=acting("dispatcher"), item=item())
    triage.file(case.id, by=acting("dispatcher"))
    triage.merge(case.id, of.id, by=acting("dispatcher"))
    return case


def split(of: Case) -> Case:
    """One matter made into two: a second case that grew from the first, about the same item, by the same unit."""
    case = called_back()
    Case.objects.filter(pk=case.pk).update(parent=of)
    return case


def imported_again() -> Case:
    case = called_back()
    Case.objects.filter(pk=case.pk).update(imported=True)
    return case


def test_self_made_split_duplicate_and_re_imported_cases_add_nothing(in_gulou):
    real = called_back()
    before = score()

    made = {"own_report": self_made(), "split": split(real), "imported": imported_again()}
    duplicate(real)

    assert score() == before
    rule = rulebook.text_of(rulebook.in_force("three_rates"))
    why = {one[2]: one[AT["left_out"]] for one in facts.rows(*windows.around(local(now()).date(), rule))}
    assert {name: why[case.number] for name, case in made.items()} == {name: name for name in made}


def test_a_handler_answers_no_survey_of_the_own_unit(in_gulou):
    case = called_back()
    DispatchOrder.objects.get(case=case)

    for by in (acting("urban"), acting("urban-head")):
        with pytest.raises(Refused):
            verification.callback(case.id, by=by, reached=True, contacted=True, solved=True, satisfied="satisfied")


def test_a_published_score_is_the_same_after_later_rules_and_late_facts(in_gulou):
    called_back()
    period = up()
    before = (periods.latest(period).hash, periods.again(periods.latest(period)))

    called_back(solved=False)
    rulebook.ship(rulebook.in_force("three_rates").document.replace("weight: 50", "weight: 40"))

    assert (periods.latest(period).hash, periods.again(periods.latest(period))) == before
    assert before[0] == before[1]
