"""The desks (工作台页面): who asks, what the lists hold, what a case page offers, shows, hides and does."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.ground.people import posts
from jiedao.ground.people.models import Account, Tenure
from jiedao.kit import clock
from jiedao.record import consequences, queries, sight, tick
from jiedao.record.models import Case, Entry
from jiedao.stages import resolution, verification
from tests.desks import Colleague, answered, order_of, reported, rows, sent, unit, words
from tests.residents import acting

pytestmark = pytest.mark.usefixtures("in_gulou")


def follow() -> None:
    """What a worker would do now."""
    for entry in Entry.objects.order_by("at"):
        consequences.act(entry.id)


# Who asks


def test_a_stranger_is_sent_to_sign_in_and_back(client):
    answer = client.get("/triage/?tab=new", headers={"host": "gulou.localhost"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/login/?next=%2Ftriage%2F%3Ftab%3Dnew")


def test_a_part_is_refused_quietly_after_the_session_ended(client):
    answer = client.get("/triage/?part=list", headers={"host": "gulou.localhost", "HX-Request": "true"})

    assert (answer.status_code, answer.content) == (401, b"")


def test_somebody_on_two_posts_acts_in_one_at_a_time():
    director = Colleague("director")
    held = posts.held_by(Account.objects.get(username="director").person)
    assert [post.kind.code for post in held] == ["director", "unit_head"]

    answer = director.post("/desk/post/", {"post": str(held[1].id)})

    assert answer.status_code == 303
    assert held[1].name in words(director.get("/desk/")).split("退出登录")[0]
    assert director.post("/desk/post/", {"post": str(acting("urban").post.id)}).status_code == 404


def test_the_next_click_follows_the_new_posts():
    case = sent()
    handler, person = Colleague("drainage"), Account.objects.get(username="drainage").person
    assert handler.get(f"/case/{case.number}/").status_code == 200

    Tenure.objects.filter(person=person).update(valid_to=clock.today())

    assert handler.get(f"/case/{case.number}/").status_code == 404
    assert "您今天没有岗位" in words(handler.get("/desk/"))


def test_who_has_left_is_signed_out():
    handler, person = Colleague("drainage"), Account.objects.get(username="drainage").person

    type(person).objects.filter(pk=person.pk).update(left_on=clock.today())

    assert handler.get("/desk/").headers["Location"].startswith("/accounts/login/")
    assert "_auth_user_id" not in handler.client.session


# Lists


@pytest.mark.parametrize(
    "username", ["dispatcher", "urban", "drainage", "clerk", "secretary", "grid", "leader", "admin"]
)
def test_lists_and_single_cases_agree_on_who_sees_what(username):
    sent("drainage", "urban")
    sent(kind="complaint", text="投诉市场局工作人员")
    reported("路灯不亮")
    by = acting(username)

    listed = {row.number for row in queries.Lists(by).where().page(1, 100)}
    single = {case.number for case in Case.objects.all() if sight.sees(by, case)}

    assert listed == set(sight.visible_to(by).values_list("number", flat=True))
    assert single == listed


def test_a_count_is_exact_up_to_a_thousand():
    assert [str(queries.Count(n)) for n in (0, 999, 1000, 1001)] == ["0", "999", "1,000", "1,000+"]


def test_every_count_of_the_desk_equals_the_list_it_opens():
    reported("路灯不亮")
    reported("垃圾没人清", off=900)
    answered(sent())
    dispatcher = Colleague("dispatcher")

    page = dispatcher.get("/desk/").content.decode()
    heaps = re.findall(r'<a href="([^"]+)">[^<]+</a><span class="figure">(\d+)</span>', page)

    assert len(heaps) > 5
    for href, count in heaps:
        assert len(rows(dispatcher.get(href.replace("&amp;", "&")))) == int(count), href


def test_a_report_moves_from_tab_to_tab():
    case, dispatcher = reported(), Colleague("dispatcher")
    assert rows(dispatcher.get("/triage/?tab=new")) == [case.number]

    dispatcher.do(case.number, "verify_report")

    assert rows(dispatcher.get("/triage/?tab=new")) == []
    assert rows(dispatcher.get("/triage/?tab=verifying")) == [case.number]


def test_a_return_and_a_request_for_time_wait_in_tabs_of_their_own():
    back, longer, dispatcher = sent(), sent(text="另一处下水道也堵了", off=900), Colleague("dispatcher")
    by = acting("drainage")
    resolution.acknowledge(order_of(longer), by=by)
    resolution.ask_extension(order_of(longer), by=by, limit="9 working_days", reason="要换管")
    resolution.return_(order_of(back), by=by, reason="不归我们", article="清单第 12 项")

    assert rows(dispatcher.get("/triage/?tab=returned")) == [back.number]
    assert rows(dispatcher.get("/triage/?tab=questions")) == [longer.number]
    assert "清单第 12 项" in words(dispatcher.get(f"/triage/?tab=returned&case={back.number}"))


def test_overdue_longest_first_then_severity_then_due():
    first, second = reported("一号楼漏水"), reported("二号楼漏水", off=900)
    with clock.moved(clock.now() + timedelta(hours=1)):
        third, urgent = reported("三号楼漏水", off=1800), reported("电梯困人", off=-900)
    Case.objects.filter(pk=urgent.pk).update(severity=2)
    Case.objects.filter(pk=second.pk).update(due_at=clock.now() - timedelta(hours=2))
    Case.objects.filter(pk=first.pk).update(due_at=clock.now() - timedelta(hours=1))

    listed = rows(Colleague("dispatcher").get("/triage/"))

    assert listed == [second.number, first.number, urgent.number, third.number]


def test_search_finds_by_number_and_words_and_narrows_by_kind():
    lamp, sewer, dispatcher = reported("路灯不亮"), reported(kind="consult", off=900), Colleague("dispatcher")

    assert rows(dispatcher.get("/triage/?q=路灯")) == [lamp.number]
    assert rows(dispatcher.get(f"/triage/?q={sewer.number}")) == [sewer.number]
    assert rows(dispatcher.get("/triage/?kind=consult")) == [sewer.number]
    assert "没有符合的案件" in words(dispatcher.get("/triage/?q=100%25_"))


LISTS = {
    "/desk/": ("dispatcher", 13),
    "/triage/": ("dispatcher", 15),
    "/department/": ("drainage", 16),
    "/supervision/": ("dispatcher", 19),
    "/checks/": ("inspector", 15),
    "/notices/": ("dispatcher", 11),
}


@pytest.mark.parametrize("path", LISTS)
def test_a_list_asks_the_same_number_of_questions_at_one_row_and_at_three(path):
    username, most = LISTS[path]
    colleague = Colleague(username)

    def add(n: int) -> None:
        case = sent(text=f"{n} 号楼下水道堵塞", off=n * 600.0)
        if path == "/checks/":
            verification.ask_check(answered(case).id, by=acting("dispatcher"))
        if path in ("/triage/", "/desk/"):
            reported(f"{n} 号楼路灯不亮", off=n * 600.0)
        if path == "/supervision/":
            Case.objects.filter(pk=case.pk).update(due_at=clock.now() - timedelta(hours=n))
        follow()

    def asked() -> int:
        colleague.get(path)
        with CaptureQueriesContext(connection) as queried:
            assert colleague.get(path).status_code == 200
        return len(queried)

    add(1)
    one = asked()
    add(2)
    add(3)

    assert asked() == one
    assert one <= most


def test_the_department_desk_leads_from_step_to_step():
    case, handler = sent(), Colleague("drainage")
    order = order_of(case)

    def step() -> str:
        found = re.search(rf'(?s)<tr id="order-{order.id}".*?</tr>', handler.get("/department/").content.decode())
        return re.findall(r"/do/([a-z_]+)/", found[0])[0] if found else ""

    assert step() == "acknowledge"
    answer = handler.do(case.number, "acknowledge", order=order.id, next="/department/?tab=open")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/department/?tab=open")
    assert step() == "contact"
    handler.do(case.number, "contact", order=order.id, way="phone", reached="yes", text="下午到场")
    assert step() == "reply"
    handler.do(case.number, "reply", order=order.id, outcome="done", text="已疏通")
    assert step() == ""
    assert f"order-{order.id}" in handler.get("/department/?tab=answered").content.decode()


def test_the_lead_of_a_call_is_led_to_the_start_before_the_reply():
    case = reported(process="call")
    sent(case=case)
    handler, order = Colleague("drainage"), order_of(case)
    resolution.acknowledge(order, by=acting("drainage"))
    resolution.contact(order, by=acting("drainage"), way="phone", text="您好，下午到场", reached=True)

    page = handler.get("/department/").content.decode()
    assert f"/case/{case.number}/do/start/" in page and f"/case/{case.number}/do/reply/" not in page
    assert handler.do(case.number, "start", order=order.id).status_code == 303
    assert f"/case/{case.number}/do/reply/" in handler.get("/department/").content.decode()
    assert handler.get(f"/case/{case.number}/do/reply/?order={order.id}").status_code == 200


def test_nobody_finds_what_his_own_unit_handled_among_what_he_may_check():
    case = answered(sent("urban"), "urban", "urban")
    verification.ask_check(case.id, by=acting("dispatcher"))
    queue = queries.Lists(acting("urban")).to_check("check")

    assert rows(Colleague("inspector").get("/checks/")) == [case.number]
    assert queue.page() == []
    assert Colleague("urban").do(case.number, "check", way="site", agrees="yes", text="好了").status_code == 403


def test_an_inspector_finds_what_waits_to_be_checked_and_checks_it():
    case = answered(sent())
    verification.ask_check(case.id, by=acting("dispatcher"))
    inspector = Colleague("inspector")

    assert case.number in words(inspector.get("/desk/"))
    assert f"/case/{case.number}/do/check/" in inspector.get("/checks/").content.decode()
    done = inspector.do(case.number, "check", way="site", agrees="yes", text="现场已修好")

    assert done.status_code == 303
    assert case.number not in words(inspector.get("/checks/"))


def test_supervision_names_the_unit_whose_clock_it_is_and_its_phone():
    case = sent("drainage", "urban")
    resolution.acknowledge(order_of(case), by=acting("drainage"))
    resolution.contact(order_of(case), by=acting("drainage"), way="phone", text="下午到")
    case.deadlines.exclude(order__unit=unit("urban")).update(due_at=clock.now() + timedelta(days=60))
    leader = Colleague("dispatcher")

    with clock.moved(clock.now() + timedelta(days=9)):
        Case.objects.filter(pk=case.pk).update(due_at=clock.now() - timedelta(days=5))
        row = re.search(rf'(?s)<tr id="row-{case.number}".*?</tr>', leader.get("/supervision/").content.decode())

    assert row
    assert unit("urban").name in row[0]
    assert unit("urban").duty_phone in row[0]
    assert re.findall(r"/do/([a-z]+)/", row[0]) == ["remind", "supervise", "escalate"]


def test_silence_for_half_a_limit_shows_and_a_line_ends_it():
    case, watcher = sent(), Colleague("dispatcher")
    resolution.acknowledge(order_of(case), by=acting("drainage"))
    with clock.moved(clock.now() + timedelta(days=9)):
        tick.tick()
        assert rows(watcher.get("/supervision/?tab=silent")) == [case.number]

        Colleague("drainage").do(case.number, "note", text="备件明天到")

        assert rows(watcher.get("/supervision/?tab=silent")) == []


def test_a_second_reminder_is_refused_with_the_time_it_opens():
    case, dispatcher = sent(), Colleague("dispatcher")
    assert dispatcher.do(case.number, "remind").status_code == 303

    answer = dispatcher.do(case.number, "remind", text="请尽快")

    assert answer.status_code == 429
    assert "暂不能催办" in words(answer) and unit("drainage").duty_phone in words(answer)
    assert "请尽快" in answer.content.decode()


def test_notices_are_counted_in_the_bar_and_read_one_by_one():
    case, handler, colleague = sent(), Colleague("drainage"), acting("drainage")
    follow()

    page = handler.get("/notices/").content.decode()
    mine = re.findall(r'name="notice" value="([^"]+)"', page)

    assert re.search(r"data-jd-waiting>(\d+)<", page)[1] == str(len(mine)) == "1"
    assert case.number in page
    handler.post("/notices/read/", {"notice": mine})
    assert "data-jd-waiting>0<" in handler.get("/notices/").content.decode()
    assert rows(handler.get("/notices/?tab=unread")) == []
    assert colleague.person is not None
