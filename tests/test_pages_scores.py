"""Pages of the scores (评分台页面): figures down to rows, words in both languages, steps by two people, files with hashes."""

import hashlib
import io
import json
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from docx import Document

from jiedao.ground.db.home import CHECKOUT
from jiedao.kit.clock import moved
from jiedao.lines.scores import periods
from jiedao.lines.scores.models import Objection, Period, RuleDraft
from tests.callbacks import called_back
from tests.desks import Colleague, words
from tests.residents import acting
from tests.test_scores_periods import after, the_month, up

pytestmark = pytest.mark.usefixtures("in_gulou")


def opened(rule: str = "three_rates") -> str:
    period = periods.open_period(rule, the_month(rule), by=acting("dispatcher"))
    return f"/scores/{rule}/{period.name}/"


def test_the_book_tells_every_rule_with_its_source_and_opens_a_period():
    boss = Colleague("dispatcher")

    page = words(boss.get("/scores/"))
    assert "三率 v1 按本区做法" in page
    answer = boss.post("/scores/open/", {"rule": "three_rates", "period": the_month()})

    assert answer.status_code == 303
    assert Period.objects.get().name == the_month()
    assert "试算" in words(boss.get("/scores/"))


def test_a_trial_shows_lines_by_code_and_no_data_is_said():
    called_back(solved=True)
    called_back(solved=False)
    base = opened()

    page = words(Colleague("dispatcher").get(base))

    assert "urban 区城市管理局 100.00 % 50.00 % 50.00 % 55.00" in page
    assert "water 区水务局 无数据 无数据 无数据 无数据" in page
    assert "尚未冻结，按记录试算，截至" in page
    assert "统计窗口尚未结束" in page


def test_a_figure_opens_to_formula_rows_and_what_one_case_changes():
    good, bad, lost = called_back(), called_back(solved=False), called_back(reached=False)
    base = opened()

    page = words(Colleague("dispatcher").get(f"{base}line/urban/?figure=resolution"))

    assert "诉求人说已解决 ÷ 本期回访、有效回访的派单" in page
    assert f"{good.number} {good.title}" in page and bad.number in page
    assert "未联系上诉求人 1" in page and lost.number in page.split("不计入")[1]
    assert "1 0.00 % -50.00" in page and "0 100.00 % +50.00" in page
    assert "解决率 25 " in page  # what the part adds to the composite


def test_a_department_reads_its_own_line_and_no_other():
    called_back()
    base = opened()
    urban = Colleague("urban")

    page = words(urban.get(base))

    assert "区城市管理局" in page and "区水务局" not in page
    assert urban.get(f"{base}line/water/").status_code == 404
    assert urban.post(f"{base}do/merge/").status_code == 403
    assert Colleague("admin").get(base).status_code == 404


def test_two_people_put_a_month_up_a_unit_contests_it_and_a_second_reader_corrects_it():
    called_back(solved=True)
    bad = called_back(solved=False)
    base = opened()
    period = Period.objects.get()
    first, second, unit = Colleague("dispatcher"), Colleague("supervisor"), Colleague("urban")
    with after(period):
        assert first.post(f"{base}do/merge/").status_code == 303
        assert first.post(f"{base}do/publish/").status_code == 403
        assert second.post(f"{base}do/publish/").status_code == 303
        order = bad.orders.get()
        told = {"order": str(order.id), "number": bad.number, "kind": "not_on_list"}
        told |= {"reason": "不属本单位", "evidence": "清单第 12 条"}
        assert unit.post(f"{base}line/urban/object/", told).status_code == 303
        assert "申诉未决" in words(first.get(base))
        raised = Objection.objects.get()
        done = {"outcome": "upheld", "reasons": "确不在清单"}
        assert second.post(f"/scores/objections/{raised.id}/decide/", done).status_code == 303

        page = words(unit.get(f"{base}line/urban/?figure=resolution"))

    assert "100.00 %" in page and "不在职责清单 1" in page and "成立 : 确不在清单" in page.replace("成立:", "成立 :")
    assert "两种算法核对： 一致" in page and "报表 v2" in page


def test_a_forbidden_input_is_named_and_what_was_typed_stays():
    boss = Colleague("dispatcher")
    document = RuleText.shipped().replace("solved: {yes", "photo_count: {yes")

    answer = boss.post("/scores/rules/three_rates/write/", {"document": document, "seen": "0"})

    assert answer.status_code == 422
    assert "photo_count" in words(answer) and "photo_count: {yes" in answer.content.decode()
    assert not RuleDraft.objects.exists()


class RuleText:
    """The shipped text of the three rates."""

    @staticmethod
    def shipped() -> str:
        path = CHECKOUT / "jiedao" / "packages" / "scores" / "three_rates.yaml"
        return path.read_text(encoding="utf-8")


def test_a_draft_is_tried_beside_the_present_rule_and_published_by_a_second_person():
    called_back(solved=True)
    called_back(solved=False)
    document = RuleText.shipped().replace("weight: 50", "weight: 40").replace("weight: 40}]", "weight: 50}]")
    first, second = Colleague("dispatcher"), Colleague("supervisor")
    assert first.post("/scores/rules/three_rates/write/", {"document": document, "seen": "0"}).status_code == 303

    page = words(first.get(f"/scores/rules/three_rates/?period={the_month()}"))
    assert ("与现行规则并列" in page and "urban 有变化" in page) or "55.00" in page
    assert first.post("/scores/rules/three_rates/publish/", {"seen": "1"}).status_code == 403
    assert second.post("/scores/rules/three_rates/publish/", {"seen": "1"}).status_code == 303

    assert "v2" in words(first.get("/scores/rules/three_rates/"))


def test_files_carry_rule_version_and_hash_and_an_outsider_gets_the_same_figures(tmp_path):
    called_back(solved=True)
    bad = called_back(solved=False)
    called_back("water", solved=True)
    up()
    period = Period.objects.get()
    base, boss = f"/scores/three_rates/{period.name}/", Colleague("dispatcher")
    statement = periods.latest(period)

    told = boss.get(f"{base}file/figures-csv/").content.decode()
    assert "rule,three_rates,v1" in told and statement.hash in told and bad.number not in told
    assert boss.get(f"{base}file/figures-parquet/").content[:4] == b"PAR1"
    assert boss.get(f"{base}file/figures-xlsx/").content[:2] == b"PK"
    assert boss.get(f"{base}file/bulletin-pdf/").content[:4] == b"%PDF"
    paper = Document(io.BytesIO(boss.get(f"{base}file/bulletin-docx/").content))
    table = {row.cells[0].text: row.cells[2].text for row in paper.tables[0].rows}
    assert (table["urban 区城市管理局"], table["fire 区消防救援大队"]) == ("50.00 %", "无数据")
    assert statement.hash in "".join(each.text for each in paper.paragraphs)
    rows = boss.get(f"{base}file/facts-csv/").content
    whole = boss.get(f"{base}file/statement-json/").content
    assert hashlib.sha256(rows).hexdigest() == json.loads(whole)["rows_sha256"]
    assert Colleague("urban").get(f"{base}file/facts-csv/").status_code == 404

    (tmp_path / "facts.csv").write_bytes(rows)
    (tmp_path / "statement.json").write_bytes(whole)
    assert outsider(tmp_path) == "6 figures agree\n"
    (tmp_path / "statement.json").write_bytes(whole.replace(b'"v": "50.00"', b'"v": "51.00"'))
    assert "should be 50.00" in outsider(tmp_path)


def outsider(folder) -> str:
    """What the script of docs/scores.md says, run by a Python that knows nothing of us."""
    page = (CHECKOUT / "docs" / "scores.md").read_text(encoding="utf-8")
    script = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
    assert len(script.splitlines()) <= 40
    run = subprocess.run(
        [sys.executable, "-c", script, str(folder / "facts.csv"), str(folder / "statement.json")],
        capture_output=True, text=True, check=True, env={},
    )  # fmt: skip
    return run.stdout


def test_the_sub_districts_export_says_twenty_percent_rule_version_and_hash():
    base = opened("department_year")
    period = Period.objects.get()
    street = Colleague("director")
    points = {"p-response": "90", "p-results": "80", "p-conduct": "100", "why": "按季评议"}
    assert "待您打分" in words(street.get(base))
    assert street.post(f"{base}line/urban/mark/", points).status_code == 303
    with moved(period.ends_at + timedelta(hours=1)):
        assert Colleague("dispatcher").post(f"{base}do/merge/").status_code == 303
        told = Colleague("dispatcher").get(f"{base}file/figures-csv/").content.decode()

    assert "weight,subdistricts,20 %" in told and "urban,区城市管理局,90.00,18.00" in told
    assert periods.latest(period).hash in told and "rule,department_year,v1" in told


def test_the_pages_speak_english():
    called_back()
    base = opened()
    boss = Colleague("dispatcher", lang="en")

    assert "contacted by the caller's word ÷ orders called back in the window" in words(boss.get(f"{base}line/urban/"))
    assert "no data" in words(boss.get(base))
    assert "Nothing to divide reads as no data" in words(boss.get("/scores/rules/three_rates/"))
