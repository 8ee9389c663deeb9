"""The register (案件总表): one query for list, count and file; views kept; acts case by case with a report."""

import csv
import io
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest

from jiedao.doors.web.register import BULK
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import today
from jiedao.lines.views.models import SavedView
from jiedao.record import findables
from jiedao.record.models import Case
from jiedao.record.queries.register import DUE, ORDERS, Asked, register
from tests.cast import DISPATCHER, answered, dispatched, do, filed, reported, seat
from tests.desks import Colleague, words

pytestmark = pytest.mark.usefixtures("in_gulou")


def numbers(asked: Asked, who: str = DISPATCHER) -> set[str]:
    return {row.number for row in register(seat(who), asked).page()}


@pytest.fixture
def three() -> dict[str, Case]:
    cases = {
        "new": reported("垃圾没有清运"),
        "sent": dispatched("lighting"),
        "call": reported("水管漏水", process="call"),
    }
    findables.fill()
    return cases


def test_every_filter_narrows_and_none_shows_all(three):
    lighting = Unit.objects.get(code="lighting")

    assert numbers(Asked()) == {case.number for case in three.values()}
    assert numbers(Asked(words="漏水")) == {three["call"].number}
    assert numbers(Asked(process="call")) == {three["call"].number}
    assert numbers(Asked(phase="resolution")) | numbers(Asked(phase="dispatch")) == {three["sent"].number}
    assert numbers(Asked(unit=str(lighting.id))) == {three["sent"].number}
    assert numbers(Asked(channel="hotline")) == {three["call"].number}
    assert numbers(Asked(since=today())) == numbers(Asked(until=today())) == numbers(Asked())
    assert numbers(Asked(words="漏水", phase="closed")) == set()
    assert numbers(Asked(area=three["new"].area_path)) == numbers(Asked())


@pytest.mark.parametrize("due", DUE)
@pytest.mark.parametrize("order", ORDERS)
def test_every_time_and_order_can_be_asked_together(three, due, order):
    found = register(seat(DISPATCHER), Asked(due=due))

    rows = found.page(order=ORDERS[order])

    assert len(rows) == found.count().number


def test_nobody_finds_here_what_is_out_of_sight(three):
    assert numbers(Asked(), "lighting-handler-1") == {three["sent"].number}
    assert numbers(Asked(), "market-handler-1") == set()


@pytest.mark.parametrize(
    "query", ["due=x&phase=y&kind=z", "area=%00&unit=%FF", "since=2026-13-40", "page=99999999", "q=%25%27"]
)
def test_what_an_address_asks_in_vain_is_left_out(three, query):
    assert Colleague("dispatcher").get(f"/cases/?{query}").status_code == 200


def test_a_list_asks_the_same_queries_at_one_and_at_three_rows(django_assert_num_queries, three):
    by = seat(DISPATCHER)
    register(by, Asked()).page()

    for asked in (Asked(words="漏水"), Asked()):
        with django_assert_num_queries(3):
            found = register(by, asked)
            found.page()


def test_a_file_holds_what_the_list_shows_and_computes_nothing(three):
    dangerous = reported("=cmd|' /C calc'!A0 垃圾")
    findables.fill()
    clerk = Colleague("dispatcher")

    table = clerk.get("/cases/export.csv?q=" + quote("垃圾")).content.decode("utf-8-sig")
    book = openpyxl.load_workbook(io.BytesIO(clerk.get("/cases/export.xlsx").content))

    rows = list(csv.reader(io.StringIO(table)))
    assert {row[0] for row in rows[7:]} == {three["new"].number, dangerous.number}
    assert [row[0] for row in rows[1:5]] == ["筛选", "截至", "导出岗位", "用途"]
    assert rows[1][1] == "垃圾"
    assert next(row[1] for row in rows[7:] if row[0] == dangerous.number).startswith("'=")
    assert {cell.data_type for row in book.active for cell in row if cell.value} == {"s"}
    assert clerk.get("/cases/export.pdf").status_code == 404


def test_a_view_is_kept_shown_shared_and_taken_away(three):
    clerk, colleague = Colleague("dispatcher"), Colleague("hotline")

    clerk.post("/cases/views/save/", {"name": "漏水", "query": "q=" + quote("漏水"), "unit": "on"})
    clerk.post("/cases/views/save/", {"name": "漏水", "query": "q=" + quote("漏水") + "&order=newest"})

    view = SavedView.objects.get()
    assert view.query.endswith("order=newest")
    assert "漏水" in words(clerk.get("/cases/"))
    assert view.unit is None
    assert colleague.post(f"/cases/views/{view.id}/forget/").status_code == 404
    assert clerk.post(f"/cases/views/{view.id}/forget/").status_code == 303
    assert not SavedView.objects.exists()


def test_a_view_without_a_name_is_refused_in_words():
    answer = Colleague("dispatcher").post("/cases/views/save/", {"name": "  ", "query": ""})

    assert answer.status_code == 422
    assert "没有保存" in words(answer) or "还缺" in words(answer)


def test_a_bulk_act_is_done_case_by_case_and_reported_so(three):
    second = dispatched("urban")
    given = {"case": [three["sent"].number, second.number, "99-99999"], "verb": "supervise", "reason": "领导关注"}

    report = words(Colleague("supervisor").post("/cases/bulk/", given))

    assert "办完 2 件" in report
    assert "99-99999" in report
    for case in (three["sent"], second):
        assert "supervised" in Case.objects.get(pk=case.pk).marks


def test_the_bar_below_the_register_offers_what_it_then_does(three):
    page = Colleague("supervisor").get("/cases/").content.decode()

    assert [code for code in BULK["cases"] if f'<option value="{code}">' not in page] == []
    assert 'name="desk" value="cases"' in page


def test_the_same_bulk_act_sent_twice_is_done_once(three):
    given = {"case": [three["sent"].number], "verb": "remind", "key": "0192f0a0-0000-7000-8000-0000000000aa"}
    clerk = Colleague("supervisor")

    for _ in range(2):
        clerk.post("/cases/bulk/", given)

    assert three["sent"].entries.filter(verb="remind").count() == 1


def test_no_other_verb_is_done_in_bulk(three):
    assert (
        Colleague("dispatcher").post("/cases/bulk/", {"case": [three["new"].number], "verb": "close"}).status_code
        == 404
    )


def test_pages_open_in_both_languages(three: Any):
    answered("urban")
    do(filed("又一处路灯"), "note", DISPATCHER, text="看过")

    for lang in ("zh-hans", "en"):
        assert Colleague("dispatcher", lang=lang).get("/cases/?due=open&order=oldest").status_code == 200
