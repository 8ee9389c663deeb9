"""Residents' pages (居民端): following by number and code, acting on it, and what nobody may learn."""

import re
from datetime import timedelta

import pytest

from jiedao.ground.journal import notes
from jiedao.ground.people import Actor
from jiedao.kit import clock
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Refused
from jiedao.record import flow, residents
from jiedao.record.models import Event
from jiedao.stages import intake, resolution, triage
from tests import cast
from tests.desks import words
from tests.residents import THERE, Resident, acting, case_of, closed, photo, replied, sent_to_urban, verbs

pytestmark = pytest.mark.usefixtures("in_gulou")


@pytest.fixture
def resident() -> Resident:
    return Resident()


def opened(resident: Resident, **told: object) -> str:
    """The number of a request that this resident has open now."""
    return resident.reported(**told)[0]


def test_wrong_number_and_wrong_code_look_exactly_alike(resident):
    number, code = resident.reported()
    wrong_code = Resident("10.0.0.1").follow(number, "AAAAAAAA")
    wrong_number = Resident("10.0.0.2").follow("26-99999", code)

    def plain(answer):
        text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"|nonce="[^"]+"|data-now="[^"]+"', "", answer.text)
        return answer.status_code, text.replace(number, "N").replace("26-99999", "N")

    assert plain(wrong_code) == plain(wrong_number)
    assert wrong_code.status_code == 422
    assert code not in wrong_number.text


def test_number_and_code_may_be_pasted_as_people_paste(resident):
    number, code = resident.reported()

    assert Resident().follow(f" {number}\n", code.lower().replace("-", " ")).status_code == 302


def test_after_twenty_wrong_codes_not_even_the_right_one_is_checked(resident):
    number, code = resident.reported()
    guesser = Resident("10.0.0.9")
    for n in range(20):
        assert guesser.follow(number, f"AAAA{n:04}").status_code == 422

    answer = guesser.follow(number, code)

    assert answer.status_code == 429
    assert "输错的次数太多" in answer.text
    with clock.moved(clock.now() + timedelta(minutes=61)):
        assert guesser.follow(number, code).status_code == 302


def test_a_crowd_guessing_at_a_number_keeps_its_owner_out_of_nothing(resident):
    number, code = resident.reported()
    assert resident.follow(number, code).status_code == 302
    for n in range(20):
        Resident(f"10.0.1.{n}").follow(number, "AAAAAAAA")

    assert Resident("10.0.2.1").follow(number, code).status_code == 429
    assert resident.follow(number, code).status_code == 302


def test_a_followed_request_closes_after_half_an_hour_and_a_poll_is_no_act(resident):
    number = opened(resident)
    start = clock.now()
    with clock.moved(start + timedelta(minutes=29)):
        assert number in resident.get("/follow/part/state/", **{"JD-Poll": "1"}).text
    with clock.moved(start + timedelta(minutes=31)):
        over = resident.get("/follow/part/state/", **{"JD-Poll": "1"})
        assert (over.status_code, number in over.text) == (286, False)
        assert number not in resident.get("/follow/").text


def test_an_act_keeps_it_open_for_another_half_hour(resident):
    number = opened(resident)
    start = clock.now()
    for minutes in (20, 40, 60):
        with clock.moved(start + timedelta(minutes=minutes)):
            assert number in resident.get("/follow/").text


def test_closing_it_leaves_nothing_on_the_device(resident):
    number = opened(resident)
    resident.post("/follow/leave/")

    assert number not in resident.get("/follow/").text
    assert resident.get("/report/done/").headers["Location"] == "/follow/"


def test_another_district_knows_nothing_of_it(resident):
    number, code = resident.reported()
    neighbour = Resident(host=THERE)

    assert neighbour.follow(number, code).status_code == 422


def test_the_page_offers_exactly_what_the_process_gives_the_resident(resident):
    number = opened(resident, kind="help", phone="13812345678")
    case = case_of(number)
    event = Event.objects.get(case=case)

    def given():
        by = Actor.resident(event.id, case.id)
        return {move.verb for move in flow.offered(case_of(number), by)}

    assert set(verbs(resident.get("/follow/").text)) == given() == {"add", "remind", "withdraw"}

    closed(number)
    page = resident.get("/follow/").text
    assert set(verbs(page)) == given() == {"rate", "reopen"}
    assert "不满意，重新提出" in page


def test_reopening_is_gone_with_its_window(resident):
    number, code = resident.reported()
    closed(number)

    with clock.moved(clock.now() + timedelta(days=20)):
        resident.follow(number, code)
        assert verbs(resident.get("/follow/").text) == ["rate"]


def test_rating_arrives_once_and_is_not_asked_again(resident):
    number = opened(resident)
    case = closed(number)

    answer = resident.act("rate", solved="yes", satisfied="satisfied", contacted="yes")

    assert answer.headers["Location"] == "/follow/"
    assert [row.satisfied for row in case.ratings.filter(by="resident")] == ["satisfied"]
    page = resident.get("/follow/").text
    assert "您的评价已收到。" in page
    assert verbs(page) == ["reopen"]


def test_what_was_answered_at_once_is_rated_once_too():
    case = cast.reported("几点上班", process="call", phone="10000000009")
    cast.do(case, "answer", cast.DISPATCHER, text="九点")
    by = Actor.resident(Event.objects.get(case=case).id, case.id)
    cast.do(case, "rate", by, solved="yes", satisfied="satisfied")

    with pytest.raises(Refused, match="already_rated"):
        cast.do(case, "rate", by, solved="no", satisfied="dissatisfied")

    assert residents.rated_at(case) is not None


def test_reopening_needs_a_reason_and_keeps_what_was_typed(resident):
    number = opened(resident)
    closed(number)

    refused = resident.act("reopen", reason="")
    done = resident.act("reopen", reason="第二天又灭了")

    assert refused.status_code == 422
    assert case_of(number).state == "rework"
    assert done.status_code == 302
    assert "重新办理" in resident.get("/follow/").text


def test_added_words_and_photos_reach_the_case_and_stay_visible(resident):
    number = opened(resident)

    resident.act("add", text="今晚还是不亮", photos=[photo()])

    page = resident.get("/follow/").text
    assert "今晚还是不亮" in page
    assert page.count("/thumb/") == 1
    assert case_of(number).entries.filter(verb="add").count() == 1


def test_an_addition_that_is_refused_keeps_its_photos(resident):
    opened(resident)
    answer = resident.act("add", text="", photos=[photo()])

    assert answer.status_code == 422
    assert 'name="kept"' in answer.text


def test_sending_an_act_twice_does_it_once(resident):
    number = opened(resident)
    key = str(new_id())
    for _ in range(2):
        assert resident.act("add", text="今晚还是不亮", key=key).status_code == 302

    assert case_of(number).entries.filter(verb="add").count() == 1


def test_hurrying_twice_says_when_again_and_whom_to_ring(resident):
    opened(resident)
    resident.act("remind")

    answer = resident.act("remind")

    assert answer.status_code == 429
    assert "后可再催" in answer.text


def test_withdrawing_ends_it(resident):
    number = opened(resident)
    resident.act("withdraw", reason="自己修好了")

    page = resident.get("/follow/").text
    assert case_of(number).state == "withdrawn"
    assert f"提到编号 {number} 即可" in page
    assert verbs(page) == []


@pytest.mark.parametrize("verb", ["close", "dispatch", "classify", "nonsense"])
def test_a_resident_does_nothing_that_is_not_a_residents(resident, verb):
    opened(resident)

    assert resident.act(verb).status_code == 404


def test_without_an_open_request_an_act_leads_to_the_number(resident):
    assert resident.act("add", text="x").headers["Location"] == "/follow/"


# What the page tells, and what it does not


def test_the_answer_is_read_and_colleagues_notes_are_not(resident):
    number = opened(resident)
    replied(number, "灯已换好，请留意")
    intake.note(case_of(number).id, by=acting("dispatcher"), text="CANARY 内部备注")

    page = resident.get("/follow/").text

    assert "灯已换好，请留意" in page
    assert "CANARY" not in page
    assert "正在核查结果" in page


def test_the_promise_shows_its_pauses_with_their_reasons(resident):
    number = opened(resident)
    order = sent_to_urban(number)
    by = acting("urban")
    resolution.acknowledge(order, by=by)
    assert "承诺时间" in resident.get("/follow/").text

    resolution.pause(order, by=by, why="weather", reason="连日大雨")

    page = resident.get("/follow/").text
    assert "天气原因不能施工" in page
    assert "连日大雨" in page


def test_while_the_promise_stands_still_no_date_is_promised(resident):
    number = opened(resident, kind="help", phone="13812345678")
    order, by = sent_to_urban(number), acting("urban")
    resolution.acknowledge(order, by=by)
    assert "承诺" in sentence_of(resident)

    resolution.pause(order, by=by, why="waits_for_caller", reason="等收据")

    assert sentence_of(resident) == "时间因下面的原因暂停计算，恢复后相应顺延。"


def sentence_of(resident: Resident) -> str:
    return re.search(r"</h2>\s*<p>([^<]*)</p>", resident.get("/follow/").text)[1]


def test_a_dispatch_names_who_was_asked_not_who_asked(resident):
    number = opened(resident)
    order = sent_to_urban(number)

    page = resident.get("/follow/").text

    assert re.search(rf"<b>{order.unit.name}</b> 受托办理", page)


def test_more_time_shows_the_old_and_the_new_date(resident):
    number = opened(resident)
    order, by = sent_to_urban(number), acting("urban")
    resolution.acknowledge(order, by=by)
    resolution.ask_extension(order, by=by, limit="20 working_days", reason="等配件")
    resolution.decide_extension(order, by=acting("dispatcher"), granted=True, reason="属实")

    page = resident.get("/follow/").text

    assert "已延期" in page
    assert "原承诺" in page


def test_a_state_whose_clock_does_not_run_promises_nothing(resident):
    number = opened(resident)
    case = case_of(number)
    case.deadlines.update(stopped_at=clock.now())

    assert "前告诉您" not in resident.get("/follow/").text


def test_messages_of_a_complaint_pass_through_the_platform(resident):
    number = opened(resident, kind="complaint", words="投诉物业", phone="13812345678")
    order, by = sent_to_urban(number), acting("urban")
    resolution.acknowledge(order, by=by)
    resolution.contact(order, by=by, way="platform", text="请问发生在哪一天")

    page = resident.get("/follow/").text

    assert "通过平台给您留言" in page
    assert "请问发生在哪一天" in page


def test_who_opened_the_request_stands_on_it(resident):
    number = opened(resident, kind="complaint", words="投诉物业")
    by = acting("dispatcher")
    notes.look(by.scope, "case", case_of(number).id, purpose="triage", person_id=by.person.id, unit_id=by.unit_id)

    page = resident.get("/follow/").text

    assert f"<li>{by.post.unit.name} · " in page
    assert by.person.name not in page


def test_a_joined_request_follows_the_other_under_its_own_number(resident):
    lead, mine = Resident(), resident
    first = opened(lead, words="CANARY 第一个人说的路灯", phone="13800000001")
    own = opened(mine, words="路灯不亮了", phone="13900000002")
    triage.merge(case_of(own).id, case_of(first).id, by=acting("dispatcher"))
    replied(first, "灯已换好")

    page = mine.get("/follow/").text

    assert "已与同一问题合并" in page
    assert "灯已换好" in page
    assert own in page
    assert (first in page, "CANARY" in page, "今晚到现场" in page) == (False, False, False)


def test_the_page_asks_the_database_the_same_whatever_it_holds(resident):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    number = opened(resident, photos=[photo()])

    def count():
        with CaptureQueriesContext(connection) as asked:
            resident.get("/follow/")
        return len(asked)

    count()
    few = count()
    for n in range(3):
        resident.act("add", text=f"补充 {n}", photos=[photo(f"#00{n}000")])
        notes.look("test", "case", case_of(number).id, purpose="x", unit_id=acting("urban").unit_id)
    count()

    assert count() - few in (0, 1)  # the units of the looks


CANARY = {"name": "赵金丝雀", "phone": "13899990001"}


def test_no_page_of_the_handler_holds_who_complained(resident):
    number = opened(resident, kind="complaint", words="我叫赵金丝雀，电话13899990001，投诉物业乱收费", **CANARY)
    sent_to_urban(number)
    handler = Resident()
    handler.client.force_login(account("urban"))

    for path in ("/desk/", f"/case/{number}/", f"/case/{number}/do/contact/", f"/case/{number}/do/reply/"):
        page = handler.get(path)
        assert page.status_code == 200, path
        for canary in ("金丝雀", "13899990001", "138****0001", "9990001", "赵*"):
            assert canary not in page.text, path


def account(username: str):
    from jiedao.ground.people.models import Account

    return Account.objects.get(username=username)


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
@pytest.mark.parametrize("path", ["/", "/report/", "/follow/", "/accounts/login/"])
def test_a_page_is_whole_in_both_languages(resident, path, lang):
    page = resident.get(f"{path}?lang={lang}")
    text = re.sub(r"<[^>]+>", " ", page.text)

    assert page.status_code == 200
    assert page.text.count("<h1>") == 1
    if lang == "zh-hans":
        assert not re.search(r"\b(the|your|request|report)\b", text)


def test_nothing_personal_ever_stands_in_an_address(resident):
    number, code = resident.reported(**CANARY)
    answers = [resident.follow(number, code), resident.act("add", text="再说一句")]

    for answer in answers:
        assert answer.headers["Location"] == "/follow/"


def test_a_form_without_its_token_is_refused():
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    answers = [
        strict.post(path, {}, headers={"host": "gulou.localhost"}) for path in ("/report/", "/follow/", "/follow/add/")
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]


def test_an_office_is_found_by_its_street_by_its_name_and_by_where_one_can_go():
    resident = Resident()
    streets = words(resident.get("/offices/"))
    inside = words(resident.get("/offices/?in=320106001"))
    community = words(resident.get("/offices/?q=社区居委会"))
    sought = words(resident.get("/offices/?q=宁海路"))

    assert "宁海路街道办事处" in streets and "025-00000001" in streets
    assert "宁海路街道党群服务中心（演示）" in inside and "12345" in inside
    assert "宁海路街道办事处" in sought and "宁海路街道党群服务中心（演示）" in sought
    assert "没有找到" in community
    assert "找街道、社区" in words(resident.get("/"))
    assert resident.get("/offices/?in=%00").status_code == 200


@pytest.mark.parametrize("kind", ["finding", "help"])
def test_what_is_taken_up_again_says_so_with_its_new_date(resident, kind):
    number = opened(resident, kind=kind, phone="13812345678")
    closed(number)
    done = words(resident.get("/follow/"))
    resident.act("reopen", reason="第二天又灭了")
    again = words(resident.get("/follow/"))

    assert "24:00 前要求重新办理" in done and "00:00 前" not in done.replace("24:00 前", "")
    assert "重新办理" in again.split("您反映的")[0]
    assert "按时" not in again
    assert re.search(r"\d+:\d\d 前", again)


def test_what_is_missing_is_said_once_beside_its_field(resident):
    closed(opened(resident))
    page = words(resident.act("rate", solved="yes"))

    assert page.count("还没有填，请补上") == 1


def test_a_long_request_is_shortened_with_a_sign_that_it_is(resident):
    number = opened(resident, words="三号楼前的路灯从上周起不亮，晚上看不见路。" * 4)
    card = words(resident.get("/"))

    assert f"{case_of(number).title}…" in card
