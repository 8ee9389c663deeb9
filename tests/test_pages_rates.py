"""The page of the rates (三率页面): figures down to the cases, one's own units and no others, no ranking."""

import argparse
import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.doors.commands import rates
from jiedao.doors.web.sheets import cell
from jiedao.kit.clock import now
from jiedao.lines.scores import periods, rulebook, windows
from jiedao.record.models import Case
from tests.callbacks import called_back
from tests.desks import Colleague, words
from tests.residents import HERE, acting
from tests.test_pages_scores import outsider

pytestmark = pytest.mark.usefixtures("in_gulou")


def this_month() -> str:
    rule = rulebook.text_of(rulebook.in_force("three_rates"))
    return windows.name(windows.at(now(), rule), rule)


def table(answer: object) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_every_unit_stands_by_its_code_with_its_figures_or_a_dash():
    called_back(solved=True)
    called_back(solved=False)

    answer = Colleague("dispatcher").get("/rates/")

    assert "区城市管理局 100.00 % 2 ÷ 2 50.00 % 1 ÷ 2 50.00 % 1 ÷ 2 55.00" in words(answer)
    assert "区水务局 — — — —" in words(answer)
    codes = [row["unit"] for row in table(Colleague("dispatcher").get("/rates/export.csv"))]
    districts = [code for code in codes if not code[0].isdigit()]
    assert districts == sorted(districts)


def test_a_figure_opens_to_its_cases_what_each_gives_and_what_one_changes():
    good, bad, lost = called_back(), called_back(solved=False), called_back(reached=False)

    page = words(Colleague("dispatcher").get("/rates/urban/?rate=resolution"))

    assert f"{good.number} {good.title}" in page
    assert "诉求人说已解决 1 0.00 %" in page
    assert "诉求人说未解决 0 100.00 %" in page
    assert "没有计入的" in page and lost.number in page and "未联系上诉求人" in page
    assert bad.number in page


def test_a_department_reads_its_own_figures_and_those_of_its_outposts_and_no_others():
    called_back("urban")
    called_back("water")
    urban = Colleague("urban")

    page = words(urban.get("/rates/"))

    assert "区城市管理局" in page and "路灯管理所" in page
    assert "区水务局" not in page
    assert urban.get("/rates/urban/").status_code == 200
    assert urban.get("/rates/lighting/").status_code == 200
    assert urban.get("/rates/water/").status_code == 404
    assert urban.get("/rates/water/export.csv").status_code == 404
    taken = {row["unit"] for row in table(urban.get("/rates/export.csv"))}
    assert taken == {"urban", "lighting", "sanitation"}


def test_a_sub_district_reads_its_own_and_its_communities():
    clerk = Colleague("clerk")

    assert clerk.get("/rates/320106001/").status_code == 200
    assert clerk.get("/rates/320106002/").status_code == 404
    assert clerk.get("/rates/urban/").status_code == 404


def test_leaders_read_every_unit_and_an_administrator_none():
    assert Colleague("leader").get("/rates/urban/").status_code == 200
    assert Colleague("admin").get("/rates/urban/").status_code == 404
    assert "没有对应的统计" in words(Colleague("admin").get("/rates/"))


def test_a_case_out_of_sight_stands_by_its_number_alone():
    """The centre itself is complained about: it counts the case and reads nothing of it."""
    case = called_back(kind="complaint")
    centre = acting("dispatcher").post.unit
    Case.objects.filter(pk=case.pk).update(reported_units=[centre.id])

    page = Colleague("dispatcher").get("/rates/urban/?rate=resolution")

    assert case.number in words(page)
    assert case.title not in words(page)
    assert f"/case/{case.number}/" not in page.content.decode()


def test_another_month_shows_its_own_figures_and_none_that_lies_ahead():
    called_back()
    boss = Colleague("dispatcher")

    assert "区城市管理局 — — — —" in words(boss.get("/rates/?month=2020-01"))
    for month in ("2999-01", "nonsense", "0000-00", this_month()):
        assert "区城市管理局 100.00 %" in words(boss.get(f"/rates/?month={month}"))


def test_the_rule_is_told_with_the_figures_in_both_languages():
    chinese = words(Colleague("dispatcher").get("/rates/"))
    english = words(Colleague("dispatcher", lang="en").get("/rates/"))

    assert (
        "（满意 + 0.9 × 基本满意） ÷ 本期回访、有效回访的派单" in chinese
        and "50 × 解决率" in chinese
        and "不是排名" in chinese
    )
    assert "(satisfied + 0.9 × basically satisfied) ÷ orders called back" in english and "This is no ranking" in english


def test_the_facts_of_a_unit_are_taken_away_as_a_table():
    called_back()
    called_back(reached=False)

    found = table(Colleague("dispatcher").get("/rates/urban/export.csv"))

    assert [(row["unit"], row["reached"], row["solved"], row["satisfied"]) for row in found] == [
        ("urban", "yes", "yes", "satisfied"),
        ("urban", "no", "", ""),
    ]


def test_the_page_gives_what_a_period_of_the_rule_gives():
    """One code computes the rates: the page, the command and the trial of a period cannot differ."""
    for solved in (True, False):
        called_back(solved=solved)
    boss = Colleague("dispatcher")
    periods.open_period("three_rates", this_month(), by=acting("dispatcher"))

    page, trial = words(boss.get("/rates/")), words(boss.get(f"/scores/three_rates/{this_month()}/"))

    assert "100.00 % 2 ÷ 2 50.00 % 1 ÷ 2 50.00 % 1 ÷ 2 55.00" in page
    assert "urban 区城市管理局 100.00 % 50.00 % 50.00 % 55.00" in trial


def test_the_command_gives_the_facts_and_the_rule_from_which_a_stranger_recomputes(capsys, tmp_path):
    for solved, reached in ((True, True), (False, True), (True, False)):
        called_back(solved=solved, reached=reached)
    asked = {"district": "gulou", "month": None, "unit": "", "csv": False, "json": False}

    def told(**given: object) -> str:
        rates.run(argparse.Namespace(**(asked | given)))
        return capsys.readouterr().out

    (tmp_path / "facts.csv").write_text(told(csv=True), encoding="utf-8")
    (tmp_path / "statement.json").write_text(told(json=True), encoding="utf-8")
    assert outsider(tmp_path) == "3 figures agree\n"
    assert "response 100.00 %  resolution 50.00 %  satisfaction 50.00 %  composite 55.00" in told()
    assert "left out: reached" in told(unit="urban")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣"])
def test_no_exported_cell_is_a_formula(start):
    assert cell(f"{start}1+1") == f"'{start}1+1"


def test_the_pages_ask_as_often_for_one_case_as_for_three():
    boss = Colleague("dispatcher")
    called_back()
    boss.get("/rates/")
    for path, most in (("/rates/", 8), ("/rates/urban/", 9)):
        assert queries_of(boss, path) == most
    called_back()
    called_back("water")
    for path, most in (("/rates/", 8), ("/rates/urban/", 9)):
        assert queries_of(boss, path) == most


def queries_of(colleague: Colleague, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert colleague.get(path).status_code == 200
    return len([q for q in asked if not q["sql"].startswith(("SET", "SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))])


def test_a_stranger_is_sent_to_sign_in(client):
    assert client.get("/rates/", headers=HERE).status_code == 302
