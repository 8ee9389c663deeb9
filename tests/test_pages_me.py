"""Me (我的): what somebody sets for himself holds at the next click and on the next machine; nobody sets it for another."""

import json
import re
from datetime import time

import pytest

from jiedao.doors.notify import channels
from jiedao.doors.notify.models import Channel, Notice, Sending, Wishes
from jiedao.ground.people.models import Account, Correction, Tenure
from jiedao.kit.clock import today
from jiedao.kit.ids import new_id
from jiedao.record import consequences
from jiedao.record.models import Entry
from tests.cast import DISPATCHER, seat
from tests.desks import Colleague, sent, words
from tests.post_office import web_server

pytestmark = pytest.mark.usefixtures("in_gulou")


@pytest.fixture
def office(monkeypatch):
    with web_server() as found:
        monkeypatch.setenv("OUTBOUND_HOSTS", f"127.0.0.1:{found.port}")
        yield found


def test_my_page_shows_my_posts_and_says_that_nothing_is_connected(monkeypatch, settings):
    monkeypatch.setenv("OUTBOUND_HOSTS", "")
    settings.MAIL_URL = ""

    page = words(Colleague("urban").get("/me/"))

    assert "经办" in page and "本平台还没有接通邮件和聊天" in page


def test_how_pages_look_is_kept_and_comes_back_on_another_machine():
    urban = Colleague("urban")
    chosen = {"lang": "en", "theme": "dark", "size": "", "density": "wide", "keys": "off"}

    answer = urban.post("/me/look/", chosen)
    elsewhere = Colleague("urban").client
    signed = elsewhere.post(
        "/accounts/login/", {"login": "urban", "password": "jiedao-demo-2026"}, headers={"host": "gulou.localhost"}
    )

    assert {name: answer.cookies[name].value for name in ("lang", "theme", "density", "keys")} == {
        "lang": "en", "theme": "dark", "density": "wide", "keys": "off",
    }  # fmt: skip
    assert Account.objects.get(username="urban").language == "en"
    assert signed.status_code == 302


def test_a_choice_that_is_none_is_refused_beside_its_field():
    answer = Colleague("urban").post("/me/look/", {"theme": "pink"})

    assert answer.status_code == 422
    assert Account.objects.get(username="urban").preferences == {}


def test_hours_and_paces_are_kept_and_a_half_span_is_refused_with_its_words():
    urban = Colleague("urban")
    half = urban.post("/me/hours/", {"own_hours": "yes", "quiet_from": "22:00"})
    assert half.status_code == 422 and "免打扰时段要有开始和结束" in words(half)

    urban.post(
        "/me/hours/",
        {"own_hours": "yes", "quiet_from": "22:00", "quiet_to": "06:30", "daily_at": "17:00", "pace-work": "daily"},
    )

    row = Wishes.objects.get()
    assert (row.quiet_from, row.quiet_to, row.daily_at) == (time(22), time(6, 30), time(17))
    assert row.paces == {"work": "daily"}


def test_a_channel_is_added_proven_switched_off_and_removed_by_its_pages(office):
    urban, key = Colleague("urban"), str(new_id())
    told = {"kind": "json", "given": f"json://127.0.0.1:{office.port}/hook", "key": key}
    for _ in range(2):
        assert urban.post("/me/channels/", told).status_code == 303
    channel = Channel.objects.get()
    wrong = urban.post(f"/me/channels/{channel.id}/confirm/", {"code": "12"})
    assert wrong.status_code == 422 and Channel.objects.get().code_tries == 1

    urban.post(f"/me/channels/{channel.id}/confirm/", {"code": channels.waiting_code(channel)})
    assert "已验证" in words(urban.get("/me/"))
    urban.post(f"/me/channels/{channel.id}/off/")
    assert "已关闭" in words(urban.get("/me/"))
    urban.post(f"/me/channels/{channel.id}/remove/")

    assert Channel.objects.count() == 0


def test_a_mangled_address_comes_back_with_a_sentence_and_what_was_typed(office):
    answer = Colleague("urban").post("/me/channels/", {"kind": "json", "given": "file:///etc/passwd"})

    assert answer.status_code == 422 and "这个地址读不出来" in words(answer)
    assert "file:///etc/passwd" in answer.content.decode() and Channel.objects.count() == 0


def test_anothers_channel_is_not_there(office):
    urban = Colleague("urban")
    urban.post("/me/channels/", {"kind": "json", "given": f"json://127.0.0.1:{office.port}/hook"})
    channel = Channel.objects.get()

    answers = [
        Colleague("drainage").post(f"/me/channels/{channel.id}/{what}/").status_code for what in ("off", "remove")
    ]

    assert answers == [404, 404] and Channel.objects.get().is_on


def failed(office, username: str = "urban") -> Channel:
    """A channel of somebody by which one notice did not arrive."""
    who = Colleague(username)
    who.post("/me/channels/", {"kind": "json", "given": f"json://127.0.0.1:{office.port}/hook"})
    channel = Channel.objects.get()
    notice = Notice(person=channel.person, link="/me/", verb="question", at=channel.made_at)
    notice.save(force_insert=True)
    Sending(
        notice=notice, channel=channel, due_at=channel.made_at, state="failed", tries=6, problem="http 500",
        begun_at=channel.made_at, done_at=channel.made_at,
    ).save(force_insert=True)  # fmt: skip
    Channel.objects.update(proven_at=channel.made_at, failing_since=channel.made_at, problem="http 500")
    return channel


def test_what_did_not_arrive_shows_to_the_person_and_to_who_runs_the_platform_alone(office):
    failed(office)

    assert "送不到" in words(Colleague("urban").get("/me/"))
    assert "500" in words(Colleague("admin").get("/notices/deliveries/"))
    assert Colleague("urban").get("/notices/deliveries/").status_code == 404
    assert Colleague("drainage").get("/me/").content.decode().count("500 ") == 0


def test_my_data_come_as_a_file_without_anybody_elses():
    answer = Colleague("urban").get("/me/copy/")
    told = json.loads(answer.content)

    person = Account.objects.get(username="urban").person
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert told["person"]["code"] == person.code and told["account"]["username"] == "urban"
    assert len(told["posts"]) == person.tenures.count()


def test_who_looked_at_what_is_kept_of_me_shows_with_unit_and_time():
    from jiedao.ground.journal import notes

    person, by = Account.objects.get(username="urban").person, seat(DISPATCHER)
    notes.look(by.scope, "track", person.id, purpose="incident", unit_id=by.unit_id)

    assert f"{by.post.unit.name} 今天" in words(Colleague("urban").get("/me/"))
    assert "您的轨迹" in words(Colleague("urban").get("/me/"))
    assert "您的轨迹" not in words(Colleague("drainage").get("/me/"))


def test_a_correction_is_asked_for_answered_and_told():
    urban, admin = Colleague("urban"), Colleague("admin")
    urban.post("/me/correct/", {"words": "手机号少了一位，应为 13800000001"})
    row = Correction.objects.get()
    assert "手机号少了一位" in words(admin.get("/corrections/")) and urban.get("/corrections/").status_code == 404
    assert "有同事请求更正本人信息" in words(admin.get("/notices/"))

    admin.post(f"/corrections/{row.id}/", {"words": "已改"})

    assert "已改" in words(urban.get("/me/")) and "您的更正请求有了答复" in words(urban.get("/notices/"))
    assert "手机号" not in words(admin.get("/notices/"))


def test_the_fourth_open_correction_is_refused():
    urban = Colleague("urban")
    answers = [urban.post("/me/correct/", {"words": f"第 {n} 处不对"}).status_code for n in range(4)]

    assert answers == [303, 303, 303, 422]


def test_who_is_moved_finds_the_new_post_at_the_next_click():
    urban = Colleague("urban")
    held = Account.objects.get(username="urban").person.tenures.get(valid_to=None)
    other = Tenure.objects.on().filter(post__code="drainage-handler-1").get().post
    assert held.post.unit.name in words(urban.get("/me/"))

    held.valid_to = today()
    held.save(update_fields=["valid_to"])
    Tenure(person=held.person, post=other, valid_from=today()).save(force_insert=True)
    page = words(urban.get("/me/"))

    assert other.unit.name in page and re.search(rf"{held.post.unit.name} ·", page) is None


def test_who_has_left_is_signed_out_at_the_next_click():
    urban = Colleague("urban")
    person = Account.objects.get(username="urban").person
    person.tenures.update(valid_to=today())
    person.left_on = today()
    person.save(update_fields=["left_on"])

    answer = urban.get("/me/")

    assert answer.status_code == 302 and "/accounts/login/" in answer.headers["Location"]
    assert "_auth_user_id" not in urban.client.session


def noticed(username: str = "drainage") -> tuple[Colleague, list[str]]:
    """A colleague to whom two cases came, one of them with a reminder, and the notices of the page."""
    first, second = sent(), sent(text="另一处路灯不亮", off=900.0)
    handler = Colleague(username)
    Colleague("dispatcher").do(first.number, "remind", text="请尽快")
    for entry in Entry.objects.filter(case__in=[first, second]):
        consequences.act(entry.id)
    return handler, [first.number, second.number]


def test_notices_stand_by_case_and_each_leads_to_its_line_and_counts_as_read():
    handler, numbers = noticed()
    page = handler.get("/notices/").content.decode()
    assert [page.count(f'class="number num">{number}<') for number in numbers] == [1, 1]
    assert page.count("data-jd-row") == 3

    first = re.findall(r'id="notice-([0-9a-f-]+)"', page)[0]
    answer = handler.get(f"/notices/{first}/")

    assert re.fullmatch(rf"/case/({'|'.join(numbers)})/#entry-\d+", answer.headers["Location"])
    assert "data-jd-waiting>2<" in handler.get("/notices/").content.decode()
    assert handler.get("/notices/?tab=unread").content.decode().count("data-jd-row") == 2


def test_notices_of_one_kind_are_an_address():
    handler, _ = noticed()

    pressing = handler.get("/notices/?kind=pressing").content.decode()

    assert pressing.count("data-jd-row") == 1 and "催办" in pressing
    assert handler.get("/notices/?kind=nonsense").content.decode().count("data-jd-row") == 3


def test_anothers_notice_is_not_there():
    handler, _ = noticed()
    first = re.findall(r'id="notice-([0-9a-f-]+)"', handler.get("/notices/").content.decode())[0]

    assert Colleague("fire").get(f"/notices/{first}/").status_code == 404


def test_marking_as_read_leads_back_to_the_filter_and_to_no_other_site():
    handler, _ = noticed()

    inside = handler.post("/notices/read/", {"next": "/notices/?kind=work"})
    outside = handler.post("/notices/read/", {"next": "https://evil.example/"})

    assert [answer.headers["Location"] for answer in (inside, outside)] == ["/notices/?kind=work", "/notices/"]
