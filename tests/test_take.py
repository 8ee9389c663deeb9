"""Taking lists away (导出): one mechanism for every list: the rows of the page, no more, with filter, time, post and purpose."""

import csv
import io

import pytest
from openpyxl import load_workbook

from jiedao.doors.web.sheets import FORMULA
from jiedao.ground.journal.models import Look
from jiedao.record.queries import worklists
from tests.desks import PHONE, Colleague, reported, sent
from tests.residents import Resident

pytestmark = pytest.mark.usefixtures("in_gulou")

LISTS = {
    "dispatcher": ["/triage/", "/supervision/", "/cases/", "/replies/", "/rates/", "/grids/sites/"],
    "drainage": ["/department/"],
    "admin": ["/processes/", "/organisation/accounts/", "/organisation/ties/"],
    "callback": ["/checks/"],
}


def rows(answer) -> list[list[str]]:
    assert answer.headers["Content-Type"].startswith("text/csv"), answer.content[:300]
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize(("username", "path"), [(who, path) for who, paths in LISTS.items() for path in paths])
def test_every_list_offers_its_export_and_gives_its_rows(username, path):
    sent("drainage")
    reported("路灯不亮")
    colleague = Colleague(username)
    page = colleague.get(path)
    assert page.status_code == 200
    assert 'class="take no-print"' in page.content.decode()
    if '<table class="list' not in page.content.decode():
        pytest.skip("the list is empty")

    answer = colleague.get(f"{path}?take=csv&purpose=check")
    told = rows(colleague.get(answer.headers["Location"]) if answer.status_code == 302 else answer)
    assert [line[0] for line in told[1:5]] == ["筛选", "截至", "导出岗位", "用途"]
    assert told[4][1] == "督办核查"
    assert len(told) > 7
    assert Look.objects.filter(what="export").count() == 1


def test_a_sheet_says_what_was_asked_and_goes_on_over_all_pages(monkeypatch):
    for number in range(3):
        reported(f"路灯不亮{number}", off=number * 900.0)
    reported("垃圾没人清")
    monkeypatch.setattr(worklists, "PAGE", 2)
    told = rows(Colleague("dispatcher").get("/triage/?q=路灯&take=csv"))

    assert "路灯" in told[1][1]
    assert sorted(next(w for w in line[0].split() if "路灯" in w) for line in told[7:]) == [
        "路灯不亮0", "路灯不亮1", "路灯不亮2",
    ]  # fmt: skip


@pytest.mark.parametrize("start", [*FORMULA[:4], *FORMULA[7:]])
def test_a_title_that_looks_like_a_formula_stays_text_in_both_kinds(start):
    case = reported(f"{start}1+1 路灯", off=10.0)
    colleague = Colleague("dispatcher")
    by_csv = rows(colleague.get("/triage/?take=csv"))
    book = load_workbook(io.BytesIO(colleague.get("/triage/?take=xlsx").content))
    cells = [cell for line in book.active.iter_rows() for cell in line if cell.value and "1+1" in str(cell.value)]

    assert len(FORMULA) == 14
    assert [c for line in by_csv for c in line if "1+1" in c and c.startswith(FORMULA)] == []
    assert f"{start}1+1" in case.title
    assert [cell.data_type for cell in cells] == ["s"] * len(cells) != []


def test_no_sheet_holds_what_its_page_hides():
    told = {"name": "张三丰金丝雀", "phone": PHONE}
    sent("drainage", kind="complaint", text="商户噪声扰民，电话13812345678", **told)
    reported("路灯不亮", **told)
    for username, path in (("drainage", "/cases/"), ("dispatcher", "/cases/"), ("dispatcher", "/triage/")):
        for form in ("csv", "xlsx"):
            answer = Colleague(username).get(f"{path}?take={form}")
            if answer.status_code == 302:
                answer = Colleague(username).get(answer.headers["Location"])
            content = answer.content
            if form == "xlsx":
                book = load_workbook(io.BytesIO(content))
                content = "".join(str(cell.value) for line in book.active.iter_rows() for cell in line).encode()
            assert [word for word in (PHONE, "张三丰", "金丝雀") if word.encode() in content] == []


def test_a_stranger_takes_nothing():
    assert Resident().get("/cases/?take=csv").status_code == 302
