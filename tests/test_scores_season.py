"""The scores behind the demonstration (演示的评分): a rehearsed quarter computed, contested, corrected, published, printed."""

import io
from datetime import datetime, timedelta

import pytest
from docx import Document

from jiedao.doors.rehearsal import findings, season
from jiedao.doors.rehearsal.play import play
from jiedao.kit.clock import SHANGHAI, moved
from jiedao.lines.scores import periods
from jiedao.lines.scores.models import Confirmation, Period
from jiedao.record.models import Case
from tests.desks import Colleague, words
from tests.test_pages_scores import outsider

pytestmark = pytest.mark.nightly

ENDS = datetime(2026, 6, 26, 18, tzinfo=SHANGHAI)  # a Friday; the week has no holiday
GUANGMING, JIANGHAN = {"host": "guangming.localhost"}, {"host": "jianghan.localhost"}
NEIJIANG = {"host": "neijiang.localhost"}


def printed(boss: Colleague, period: Period) -> tuple[bytes, list[list[str]]]:
    """The bulletin as PDF, and the table of its DOCX."""
    base = f"/scores/{period.code}/{period.name}/file/"
    pdf = b"".join(boss.get(f"{base}bulletin-pdf/"))
    paper = Document(io.BytesIO(b"".join(boss.get(f"{base}bulletin-docx/"))))
    return pdf, [[cell.text for cell in row.cells] for row in paper.tables[0].rows]


def recomputed(boss: Colleague, period: Period, folder) -> str:
    """What the script of the documentation says to the facts and the rule taken away."""
    base = f"/scores/{period.code}/{period.name}/file/"
    (folder / "facts.csv").write_bytes(b"".join(boss.get(f"{base}facts-csv/")))
    (folder / "statement.json").write_bytes(b"".join(boss.get(f"{base}statement-json/")))
    return outsider(folder)


def whole(period: Period) -> None:
    """Computed by one, published by another, contested, corrected by a third, final, and the same when computed again."""
    assert period.state == "final"
    assert len({period.merged_by, period.published_by}) == 2
    assert period.final_by != period.merged_by
    upheld = period.objections.get(outcome="upheld")
    assert upheld.evidence and upheld.reasons and upheld.decided_by not in (upheld.raised_by, period.merged_by)
    first, second = period.statements.order_by("version")
    assert (second.objection_id, first.hash != second.hash) == (upheld.id, True)
    assert [periods.again(one) == one.hash for one in (first, second)] == [True, True]


def test_gulous_departments_month(in_gulou, tmp_path):
    season.keep_numbers(ENDS)
    play(ENDS.replace(hour=0) - timedelta(days=4), ENDS, seed=7, per_day=14)
    made = season.fill(ENDS, seed=8)
    season.play("gulou", ENDS, seed=9)

    assert made > 40
    assert findings.broken() == []
    assert Case.objects.order_by("opened_at").first().number == "26-00001"
    for code, name in (("three_rates", "2026-05"), ("case_indicators", "2026-05"), ("three_rates", "2026-04")):
        whole(Period.objects.get(code=code, name=name))
    assert Period.objects.get(code="three_rates", name="2026-06").state == "opened"

    period = Period.objects.get(code="three_rates", name="2026-05")
    with moved(ENDS):
        boss = Colleague("dispatcher")
        pdf, table = printed(boss, period)
        assert pdf[:4] == b"%PDF"
        scored = [row for row in table if "%" in "".join(row)]
        assert scored
        last = recomputed(boss, period, tmp_path)
        assert last.endswith("figures agree\n") and "should be" not in last and int(last.split()[0]) >= 3
        dismissed = period.objections.get(outcome="dismissed")
        assert dismissed.reasons in words(boss.get(f"/scores/three_rates/2026-05/line/{dismissed.about}/"))


def test_guangmings_mobile_staff(in_guangming):
    season.play("guangming", ENDS, seed=9)

    period = Period.objects.get(code="mobile_staff", name="2026-05")
    whole(period)
    last = periods.latest(period)
    assert len(last.figures) == 219
    assert all(line["score"] for line in last.figures.values())
    corrected = period.objections.get().about
    assert last.figures[corrected]["score"] != period.statements.get(version=1).figures[corrected]["score"]
    assert 0 < Confirmation.objects.count() < 219
    with moved(ENDS):
        pdf, table = printed(Colleague("dispatcher", host=GUANGMING), period)
    assert pdf[:4] == b"%PDF" and len(table) == 220

    road = Period.objects.get(code="road_presence", name="2026-05")
    assert all(line["figures"]["presence"]["d"] for line in periods.latest(road).figures.values())


def test_jianghans_two_way_year(in_jianghan):
    season.play("jianghan", ENDS, seed=9)

    for code in ("two_way_departments", "two_way_streets"):
        period = Period.objects.get(code=code, name="2025")
        whole(period)
        assert all(line["score"] for line in periods.latest(period).figures.values())
        with moved(ENDS):
            assert printed(Colleague("dispatcher", host=JIANGHAN), period)[0][:4] == b"%PDF"


def test_neijiangs_heads_and_what_their_departments_receive(in_neijiang):
    season.play("neijiang", ENDS, seed=9)

    period = Period.objects.get(code="stationed_heads", name="2025")
    assert (period.state, len(periods.latest(period).figures)) == ("final", 2)
    with moved(ENDS):
        department, other = Colleague("urban", host=NEIJIANG), Colleague("police", host=NEIJIANG)
        assert "送达本单位的考核结果" in words(department.get("/scores/"))
        assert "派驻人员考核结果已送达" in words(department.get("/notices/"))
        sheet = words(department.get("/scores/stationed_heads/2025/"))
        assert "优秀" in sheet or "称职" in sheet
        assert b"".join(department.get("/scores/stationed_heads/2025/file/bulletin-pdf/"))[:4] == b"%PDF"
        assert "送达本单位的考核结果" not in words(other.get("/scores/"))
        assert other.get("/scores/stationed_heads/2025/").status_code == 404
