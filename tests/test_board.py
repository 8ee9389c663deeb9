"""The leader's board (领导看板): figures equal their lists, instructions land on cases, hints have evidence."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from jiedao.kit.clock import moved, now
from jiedao.lines.scores import board, honesty, problems, windows
from jiedao.record.models import Case
from tests.callbacks import called_back
from tests.desks import Colleague, sent, unit, words
from tests.residents import acting

pytestmark = pytest.mark.usefixtures("in_gulou")


def test_each_figure_equals_the_list_it_opens():
    called_back(solved=True)
    called_back(solved=False)
    for _ in range(3):
        sent("drainage")
    boss = Colleague("leader")
    with moved(now() + timedelta(days=5)):
        rule = board.month_rule()
        on = board.span(rule, windows.at(now(), rule))
        found = board.figures(acting("leader"), on)
        page = boss.get("/board/").content.decode()
        for name, told in found.items():
            listed = boss.get(f"/board/list/{name}/").content.decode()
            assert told.rows == len(re.findall(r'<tr id="row-', listed)), name
            assert f'id="figure-{name}"' in page

    assert (found["open"].value, found["repeats"].value, found["satisfaction"].value) == ("5", "5", "50.0")
    assert found["overdue"].rows > 0


def test_each_figure_of_a_past_month_equals_its_list_too():
    called_back(solved=True)
    sent("drainage")
    month = windows.name(windows.at(now(), board.month_rule()), board.month_rule())
    with moved(now() + timedelta(days=45)):
        boss, on = Colleague("leader"), board.span(board.month_rule(), windows.day_of(month, board.month_rule()))
        for name, told in board.figures(acting("leader"), on).items():
            listed = boss.get(f"/board/list/{name}/?month={month}").content.decode()
            assert told.rows == len(re.findall(r'<tr id="row-', listed)), name


def test_what_a_leader_instructed_stands_with_what_he_took_over():
    case = sent("drainage")
    Colleague("leader").do(case.number, "instruct", text="请分管领导牵头")

    page = words(Colleague("leader").get("/organisation/linked/?tab=taken"))

    assert case.number in page
    assert "我的挂点" in words(Colleague("leader").get("/board/"))


def test_a_leader_writes_an_instruction_with_a_date_on_a_case():
    case = sent("drainage")
    boss = Colleague("leader")

    answer = boss.post(f"/board/instruct/{case.number}/", {"text": "三日内报结果", "until": f"{now():%Y-%m-%d}"})

    assert answer.status_code == 303, words(answer)
    entry = case.entries.get(verb="instruct")
    assert (entry.words.said["text"], entry.facts["unit"]) == ("三日内报结果", "drainage")
    assert "supervised" not in Case.objects.get(pk=case.pk).marks
    page = words(Colleague("drainage").get(f"/case/{case.number}/"))
    assert "批示" in page and "三日内报结果" in page


def test_a_supervised_case_takes_an_instruction_too_and_no_score_counts_it():
    case = sent("drainage")
    leader = Colleague("leader")
    leader.do(case.number, "supervise", reason="群众反复反映")

    assert leader.do(case.number, "instruct", text="请分管领导牵头").status_code == 303
    assert case.entries.filter(verb="instruct").count() == 1
    assert Colleague("drainage").do(case.number, "instruct", text="我来批示").status_code in (403, 404, 409)


def test_an_unknown_figure_and_an_unseen_case_are_not_there():
    case = sent("drainage")

    assert Colleague("leader").get("/board/list/likes/").status_code == 404
    assert Colleague("water").post(f"/board/instruct/{case.number}/", {"text": "x"}).status_code in (403, 404, 409)


def test_the_watch_names_what_was_closed_without_a_contact():
    from jiedao.stages import resolution
    from tests.desks import order_of

    case = sent("drainage")
    order = order_of(case)
    resolution.acknowledge(order, by=acting("drainage"))
    type(order).objects.filter(pk=order.pk).update(answered_at=now())
    Case.objects.filter(pk=case.pk).update(has_caller=True)

    found = honesty.week(acting("dispatcher"), now() - timedelta(days=1), now() + timedelta(days=1))

    assert [(hint.kind, hint.number) for hint in found] == [("no_contact", case.number)]
    assert case.number in words(Colleague("dispatcher").get("/board/honesty/"))


def test_a_recurring_cause_becomes_an_item_with_owner_plan_and_a_measured_effect():
    for _ in range(3):
        sent("drainage")
    boss = Colleague("dispatcher")
    [again] = problems.recurring(acting("dispatcher"))
    told = {"title": "下水道反复堵塞", "cause": "管径过小", "owner": "drainage", "plan": "更换管道",
            "due_on": "2026-12-31", "asked": "三号楼居民（演示）", "told": "一下雨就堵"}  # fmt: skip

    about = urlencode({"item": again.item, "area": again.area})
    assert boss.post(f"/board/problems/new/?{about}", told).status_code == 303
    item = problems.listed()[0]
    assert (item.before, len(item.numbers)) == (3, 3)
    with moved(now() + timedelta(days=10)):
        boss = Colleague("dispatcher")
        assert boss.post(f"/board/problems/{item.id}/close/", {"effect": "已更换 40 米"}).status_code == 303
        page = words(boss.get("/board/problems/"))

    assert "此前 30 天 3 件" in page and "销号后 0 件" in page and "三号楼居民（演示）" in page


def test_picked_rows_name_a_cause_which_opens_them_and_they_open_it():
    cases, boss = [sent("drainage") for _ in range(2)], Colleague("dispatcher")
    chosen = {"case": [case.number for case in cases], "desk": "supervision", "problem": "1"}
    form = boss.post("/cases/bulk/", chosen).headers["Location"]
    assert all(case.number in words(boss.get(form)) for case in cases)
    told = {"title": "下水道反复堵塞", "cause": "管径过小", "owner": str(unit("drainage").id), "plan": "更换管道",
            "due_on": "2026-12-31"}  # fmt: skip

    assert boss.post(form, told | {"owner": ""}).status_code == 422
    assert boss.post(form, told).headers["Location"].startswith("/board/problems/#problem-")
    item = problems.listed()[0]
    assert (item.numbers, item.item_code, item.before) == ([case.number for case in cases], "sewers", 2)
    listed = boss.get("/board/problems/").content.decode()
    assert all(f'href="/case/{case.number}/"' in listed for case in cases)
    assert "下水道反复堵塞" in words(boss.get(f"/case/{cases[0].number}/"))
    assert Colleague("drainage").get("/board/problems/new/").status_code == 404
