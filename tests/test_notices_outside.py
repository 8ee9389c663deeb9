"""Notices outside (对外通知): who is told by mail or chat, when, once, without anybody's words; and what fails shows."""

import json
from datetime import UTC, datetime, time, timedelta
from email import message_from_string
from email.header import decode_header, make_header

import pytest
from django.db import connection

from jiedao.doors.notify import channels, outbox, pace, transport, wishes
from jiedao.doors.notify.models import Address, Channel, Notice, Sending
from jiedao.ground.people.contacts import open_rows
from jiedao.ground.people.models import Account
from jiedao.kit import ports
from jiedao.kit.clock import moved, today
from jiedao.kit.refusal import Absent, Refused
from jiedao.record import consequences
from jiedao.record.models import Case, Entry
from tests import cast
from tests.post_office import mail_server, web_server

HANDLER = "urban-handler-1"
NOON = datetime(2026, 6, 3, 4, 0, tzinfo=UTC)  # 12:00 in China, a Wednesday
NIGHT = datetime(2026, 6, 3, 15, 30, tzinfo=UTC)  # 23:30
MORNING = datetime(2026, 6, 3, 23, 30, tzinfo=UTC)  # 07:30 of the next day


@pytest.fixture(autouse=True)
def _here(request):
    """Inside the district, rolled back; but for the test that commits."""
    if "fresh_database" not in request.fixturenames:
        request.getfixturevalue("in_gulou")


@pytest.fixture
def office(monkeypatch):
    with web_server() as found:
        monkeypatch.setenv("OUTBOUND_HOSTS", f"127.0.0.1:{found.port}")
        yield found


@pytest.fixture
def post(settings):
    with mail_server() as found:
        settings.MAIL_URL = f"mailto://127.0.0.1:{found.port}?from=jiedao@example.org"
        yield found


def robot(office, who: str = HANDLER) -> Channel:
    """A proven channel to the web server."""
    by = cast.seat(who)
    channel = channels.add(by=by, kind="json", given=f"json://127.0.0.1:{office.port}/hook")
    channels.confirm(channel.id, by=by, code=channels.waiting_code(channel))
    channel.refresh_from_db()
    return channel


def happens(verb: str = "dispatch", **told) -> Case:
    """A case comes to the urban department; what follows has followed."""
    case = cast.dispatched("urban", acknowledged=False, **told)
    follow(case, verb)
    return case


def follow(case: Case, verb: str) -> None:
    consequences.act(Entry.objects.filter(case=case, verb=verb).latest("seq").id)


def jobs(task: str) -> list[tuple[str, datetime]]:
    with connection.cursor() as cursor:
        asked = (
            "SELECT args ->> 'channel', scheduled_at FROM public.procrastinate_jobs WHERE task_name = %s ORDER BY id"
        )
        cursor.execute(asked, [task])
        return cursor.fetchall()


def sent(office) -> list[str]:
    return [json.loads(body)["message"] for body in office.bodies]


# Channels


def test_a_channel_carries_nothing_before_its_code_was_typed_in(office):
    by = cast.seat(HANDLER)
    channel = channels.add(by=by, kind="json", given=f"json://127.0.0.1:{office.port}/hook")
    assert [pk for pk, _ in jobs("jiedao.prove_channel")] == [str(channel.id)]
    happens()
    assert Sending.objects.count() == 0

    outbox.prove(channel.id)
    code = sent(office)[0].split("验证码 ")[1][:6]
    channels.confirm(channel.id, by=by, code=code)
    happens()

    assert Sending.objects.get().state == "waiting"


def test_a_wrong_code_is_counted_and_the_sixth_guess_needs_a_new_one(office):
    by = cast.seat(HANDLER)
    channel = channels.add(by=by, kind="json", given=f"json://127.0.0.1:{office.port}/")
    code = channels.waiting_code(channel)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        with pytest.raises(Refused, match="wrong_code"):
            channels.confirm(channel.id, by=by, code=wrong)

    with pytest.raises(Refused, match="code_ended"):
        channels.confirm(channel.id, by=by, code=code)


def test_an_address_lies_sealed_and_its_row_cannot_be_read_unopened(office):
    channel = robot(office)

    open_rows([])
    assert list(Address.objects.all()) == []
    assert channel.mask == f"127.0.0.1:{office.port}"
    assert channels.address(channel) == f"json://127.0.0.1:{office.port}/hook"


def test_somebody_elses_channel_is_not_there(office):
    channel = robot(office)

    for act in (channels.remove, channels.send_again):
        with pytest.raises(Absent):
            act(channel.id, by=cast.seat("water-handler-1"))


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("email", "no address"), ("email", "a@b.cn,c@d.cn"), ("email", "a@b.cn?cc=x@y.cn"), ("email", "a..b@c.cn"),
        ("email", "file:///etc/passwd"), ("wecombot", "https://evil.example/cgi-bin/webhook/send?key=abcdefgh"),
        ("wecombot", "wecombot://abcdefgh?redirect=yes"), ("wecombot", "json://127.0.0.1:80/"),
        ("dingtalk", "dingtalk://abc/../../"), ("feishu", "https://open.feishu.cn.evil.example/open-apis/bot/v2/hook/a1"),
        ("json", "json://user:secret@127.0.0.1/"), ("json", "file:///etc/passwd"), ("email", "x" * 500),
        ("email", "路@示例.cn"),
    ],
)  # fmt: skip
def test_a_mangled_address_is_refused_with_a_sentence(kind, given, office, post, monkeypatch):
    from jiedao.doors import words

    hosts = "qyapi.weixin.qq.com:443 oapi.dingtalk.com:443 open.feishu.cn:443"
    monkeypatch.setenv("OUTBOUND_HOSTS", f"127.0.0.1:{office.port} {hosts}")

    with pytest.raises(Refused) as refused:
        channels.add(by=cast.seat(HANDLER), kind=kind, given=given)

    assert refused.value.rule == "bad_channel"
    assert words.say(refused.value, "zh").text and words.say(refused.value, "en").status == 422
    assert Channel.objects.count() == 0


def test_a_host_that_the_operator_has_not_listed_is_refused(office):
    with pytest.raises(Refused, match="outbound_refused"):
        channels.add(by=cast.seat(HANDLER), kind="json", given="json://169.254.169.254:80/latest")


def test_what_is_not_set_up_or_not_offered_here_is_refused(settings, monkeypatch):
    settings.MAIL_URL = ""
    monkeypatch.setenv("OUTBOUND_HOSTS", "")
    by = cast.seat(HANDLER)

    with pytest.raises(Refused, match="channel_not_set_up"):
        channels.add(by=by, kind="email", given="handler@example.org")
    with pytest.raises(Refused, match="channel_not_set_up"):
        channels.add(by=by, kind="wecombot", given="wecombot://0123456789abcdef")
    with pytest.raises(Refused, match="channel_not_offered"):
        channels.add(by=by, kind="tgram", given="tgram://token/chat")


# What is told


def test_a_dispatch_reaches_the_handler_with_number_verb_unit_and_limit_and_nobodys_words(office):
    robot(office)
    with moved(NOON):
        case = happens(words="张三丰在三号楼打人，电话 13812345678", phone="13812345678")
        channel = Channel.objects.get()
        assert outbox.deliver(channel.id) == 1

    text = sent(office)[0]
    assert text.startswith(f"{case.number} · 派遣 · ") and " 前" in text
    assert "张" not in text and "138" not in text and case.title[:6] not in text


def test_a_mail_is_plain_text_with_its_key(post):
    by = cast.seat(HANDLER)
    channel = channels.add(by=by, kind="email", given="handler@example.org")
    channels.confirm(channel.id, by=by, code=channels.waiting_code(channel))
    with moved(NOON):
        case = happens()
        outbox.deliver(channel.id)

    letter = message_from_string(post.bodies[0])
    assert str(make_header(decode_header(letter["Subject"]))).endswith("1 条通知")
    assert letter["To"] == "handler@example.org" and letter["X-Jiedao-Key"] == str(Sending.objects.get().key)
    assert case.number in letter.get_payload(decode=True).decode()
    assert letter.get_content_type() == "text/plain"


@pytest.mark.parametrize(
    ("kind", "given", "called"),
    [
        (
            "wecombot", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693axxx6-7aoc-4bc4",
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693axxx6-7aoc-4bc4",
        ),
        ("dingtalk", "dingtalk://abcdef0123456789", "https://oapi.dingtalk.com/robot/send?access_token=abcdef0123456789"),
        ("feishu", "feishu://0a1b2c3d4e5f", "https://open.feishu.cn/open-apis/bot/v2/hook/0a1b2c3d4e5f/"),
    ],
)  # fmt: skip
def test_each_robot_is_called_at_its_own_host_through_the_port(kind, given, called, monkeypatch):
    monkeypatch.setenv("OUTBOUND_HOSTS", called.split("/")[2] + ":443")
    asked = []

    def send(method, url, **more):
        asked.append((method, url, more["body"]))
        return ports.Answer(200, {}, b'{"errcode": 0}')

    monkeypatch.setattr(ports.http, "send", send)
    by = cast.seat(HANDLER)
    channel = channels.add(by=by, kind=kind, given=given)

    outbox.prove(channel.id)

    assert [(method, url) for method, url, _ in asked] == [("POST", called)]
    assert channels.waiting_code(channel) in asked[0][2].decode()


def test_nobody_is_told_of_what_he_did_and_who_left_meanwhile_of_nothing(office):
    robot(office, cast.DISPATCHER)
    channel = robot(office)
    with moved(NOON):
        happens()
        assert {row.channel_id for row in Sending.objects.all()} == {channel.id}
        person = channel.person
        person.tenures.update(valid_to=today())

        assert outbox.deliver(channel.id) == 0

    assert Sending.objects.get().state == "dropped" and office.bodies == []


def test_the_addresses_of_who_has_left_are_deleted(office):
    channel = robot(office)
    other = robot(office, "water-handler-1")
    person = channel.person
    person.left_on = today() - timedelta(days=1)
    person.save(update_fields=["left_on"])

    outbox.sweep()

    open_rows([channel.id, other.id])
    assert [row.id for row in Address.objects.all()] == [row.id for row in Channel.objects.all()] == [other.id]


# When


def test_quiet_hours_hold_a_notice_until_the_morning(office):
    channel = robot(office)
    with moved(NIGHT):
        case = cast.dispatched("urban", acknowledged=False)
        case.deadlines.update(limit="2 working_days")
        follow(case, "dispatch")
        assert outbox.deliver(channel.id) == 0

    assert Sending.objects.get().due_at == MORNING
    with moved(MORNING + timedelta(seconds=1)):
        assert outbox.deliver(channel.id) == 1


@pytest.mark.parametrize(
    ("severity", "limits", "through"), [(0, ["4 working_hours"], False), (2, [], True), (0, ["24 hours"], True)]
)
def test_what_is_severe_or_counts_the_nights_comes_through(severity, limits, through):
    assert pace.rules().pierces(severity, limits) is through


def test_a_severe_matter_is_told_at_night_and_an_ordinary_one_is_not(office):
    robot(office)
    with moved(NIGHT):
        case = cast.dispatched("urban", acknowledged=False)
        case.deadlines.update(limit="2 working_days")
        follow(case, "dispatch")
        other = cast.dispatched("urban", acknowledged=False, words="电线垂落")
        other.deadlines.update(limit="2 working_days")
        Case.objects.filter(pk=other.pk).update(severity=2)
        follow(other, "dispatch")

    due = {row.notice.case_id: row.due_at for row in Sending.objects.select_related("notice")}
    assert due[other.id] == NIGHT and due[case.id] == MORNING


def test_own_hours_and_an_own_pace_go_before_the_districts(office):
    channel, by = robot(office), cast.seat(HANDLER)
    wishes.keep(
        by=by, own_hours=True, quiet_from=None, quiet_to=None, daily_at=time(17, 0), paces={"work": "daily"}
    )  # fmt: skip
    with moved(NOON):
        happens()
        happens(words="第二盏路灯不亮")
        assert outbox.deliver(channel.id) == 0
    assert {row.due_at for row in Sending.objects.all()} == {datetime(2026, 6, 3, 9, 0, tzinfo=UTC)}

    with moved(datetime(2026, 6, 3, 9, 0, 1, tzinfo=UTC)):
        assert outbox.deliver(channel.id) == 2

    assert len(office.bodies) == 1 and len(sent(office)[0].splitlines()) == 2


def test_what_somebody_does_not_want_is_not_sent_and_stands_in_the_inbox(office):
    channel = robot(office)
    wishes.keep(
        by=cast.seat(HANDLER), own_hours=False, quiet_from=None, quiet_to=None, daily_at=None, paces={"work": "off"}
    )
    happens()

    assert Sending.objects.filter(channel=channel).count() == 0 and Notice.objects.count() > 0


def test_quiet_hours_that_never_end_are_refused():
    with pytest.raises(Refused, match="bad_hours"):
        wishes.keep(
            by=cast.seat(HANDLER), own_hours=True, quiet_from=time(22), quiet_to=None, daily_at=None, paces={}
        )  # fmt: skip


# Once, and again


def test_a_failure_shows_and_is_tried_again_later_until_it_is_given_up(office):
    channel = robot(office)
    office.status = 500
    at = NOON
    with moved(at):
        happens()
    for wait in (1, 5, 30, 120, 720):
        with moved(at):
            outbox.deliver(channel.id)
        row = Sending.objects.get()
        assert (row.state, row.problem, row.due_at) == ("waiting", "http 500", at + timedelta(minutes=wait))
        at = row.due_at
    with moved(at):
        outbox.deliver(channel.id)

    channel.refresh_from_db()
    assert Sending.objects.get().state == "failed"
    assert (channel.failing_since, channel.problem) == (NOON, "http 500")
    assert len({header["Idempotency-Key"] for header in office.headers}) == 1


def test_an_answer_of_200_that_means_no_is_a_failure(office):
    office.answer = b'{"errcode": 93000, "errmsg": "invalid webhook url"}'

    outcome = transport.send("json", f"json://127.0.0.1:{office.port}/", "t", "b", "k")

    assert (outcome.sent, outcome.problem) == (False, "service 93000")


def test_a_redirect_is_not_followed(office):
    office.status = 302

    outcome = transport.send("json", f"json://127.0.0.1:{office.port}/", "t", "b", "k")

    assert (outcome.sent, outcome.problem) == (False, "redirect")


def test_a_mail_server_that_says_no_or_is_not_there_is_a_failure(post, settings):
    post.status = 550
    said = transport.send("email", "nobody@example.org", "t", "b", "k")
    settings.MAIL_URL = "mailto://127.0.0.1:9?from=jiedao@example.org"
    silent = transport.send("email", "nobody@example.org", "t", "b", "k")

    assert (said.sent, said.problem.split()[0], silent.sent, silent.problem) == (
        False,
        "mail",
        False,
        "mail unreachable",
    )


def test_a_second_job_sends_nothing_anew(office):
    channel = robot(office)
    with moved(NOON):
        happens()
        assert [outbox.deliver(channel.id), outbox.deliver(channel.id)] == [1, 0]

    assert len(office.bodies) == 1


class Killed(BaseException):
    pass


def strike() -> None:
    raise Killed


def test_a_worker_that_dies_before_sending_loses_nothing(office):
    channel = robot(office)
    with moved(NOON):
        happens()
        with pytest.raises(Killed), ports.armed("notice_taken", strike):
            outbox.deliver(channel.id)
        assert outbox.deliver(channel.id) == 0
    with moved(NOON + timedelta(minutes=3)):
        outbox.sweep()
        assert outbox.deliver(channel.id) == 1

    assert len(office.bodies) == 1


def test_a_worker_that_dies_after_sending_sends_again_under_the_same_key(office):
    channel = robot(office)
    with moved(NOON):
        happens()
        with pytest.raises(Killed), ports.armed("notice_sent", strike):
            outbox.deliver(channel.id)
    with moved(NOON + timedelta(minutes=3)):
        outbox.sweep()
        outbox.deliver(channel.id)

    keys = [header["Idempotency-Key"] for header in office.headers]
    assert len(keys) == 2 and len(set(keys)) == 1


def test_what_is_rolled_back_tells_nobody(office):
    from django.db import transaction

    robot(office)
    before = len(jobs("jiedao.deliver"))
    case = cast.dispatched("urban", acknowledged=False)
    entry = Entry.objects.get(case=case, verb="dispatch")
    with pytest.raises(Killed), transaction.atomic():
        consequences.act(entry.id)
        raise Killed

    assert (Sending.objects.count(), len(jobs("jiedao.deliver"))) == (0, before)


def test_the_sweep_finds_a_sending_whose_job_is_gone(office):
    channel = robot(office)
    with moved(NOON):
        happens()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE public.procrastinate_jobs SET status = 'succeeded' WHERE task_name = 'jiedao.deliver'"
            )
    with moved(NOON + timedelta(minutes=5)):
        assert outbox.sweep() == 1

    assert jobs("jiedao.deliver")[-1][0] == str(channel.id)


def test_english_readers_are_told_in_english(office):
    channel = robot(office)
    Account.objects.filter(person=channel.person).update(language="en")
    with moved(NOON):
        happens()
        outbox.deliver(channel.id)

    assert " · Dispatch · " in sent(office)[0] and " · until " in sent(office)[0]


def test_a_link_is_sent_where_the_operator_has_said_how_pages_are_found(office, settings):
    settings.SITE_URL = "https://{district}.example.gov.cn/"
    channel = robot(office)
    with moved(NOON):
        case = happens()
        outbox.deliver(channel.id)

    assert f"https://gulou.example.gov.cn/case/{case.number}/" in sent(office)[0]


def test_the_worker_process_sends_what_is_due_and_notes_it(fresh_database, run_jiedao):
    """The whole way: rows and job committed together, a worker process, a server that takes the message."""
    from jiedao.ground.districts import district

    with web_server() as office, pytest.MonkeyPatch.context() as env:
        env.setenv("OUTBOUND_HOSTS", f"127.0.0.1:{office.port}")
        with district("gulou"):
            channel = robot(office)
            case = cast.dispatched("urban", acknowledged=False)
            Case.objects.filter(pk=case.pk).update(severity=2)  # whatever the hour is, it comes through

        for _ in range(2):  # what follows the dispatch, then the sending it has put into the queue
            done = run_jiedao("work", "--once")
            assert done.returncode == 0, done.stderr

        told = [text for text in sent(office) if case.number in text]
        assert len(told) == 1 and " · 派遣 · " in told[0]
        with district("gulou"):
            assert {row.state for row in Sending.objects.filter(channel=channel)} == {"sent"}
