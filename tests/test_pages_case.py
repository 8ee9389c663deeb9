"""The case page (案件页): what it offers, shows, hides and does; complaints, callers, whistles, two-way orders."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from jiedao.doors.web import buttons
from jiedao.ground.journal.models import Look
from jiedao.kit import clock
from jiedao.kit.ids import new_id
from jiedao.record import consequences, flow, sight
from jiedao.record.models import Case, Entry
from jiedao.stages import resolution, triage, verification
from tests.api_calls import Api, token_of
from tests.desks import PHONE, Colleague, answered, item, order_of, reported, rows, sent, unit, verbs, words
from tests.residents import acting, photo

pytestmark = pytest.mark.usefixtures("in_gulou")


def follow() -> None:
    """What a worker would do now."""
    for entry in Entry.objects.order_by("at"):
        consequences.act(entry.id)


# The case page


@pytest.mark.parametrize("username", ["dispatcher", "drainage", "urban", "inspector", "clerk", "leader"])
def test_a_case_offers_exactly_what_the_gate_offers(username):
    case = sent("drainage", "urban")
    by = acting(username)

    page = Colleague(username).get(f"/case/{case.number}/")
    if page.status_code == 404:
        assert not sight.visible_to(by).filter(pk=case.pk).exists()
        return

    found = {move.verb for move in flow.offered(case, by)} - {v for v, act in buttons.ACTS.items() if act.on_order}
    for order in case.orders.all():
        found |= {m.verb for m in flow.offered(case, by, order) if buttons.ACTS[m.verb].on_order}
    optional = {move.verb for move in flow.offered(case, by) if buttons.ACTS[move.verb].order_optional}
    assert set(verbs(page)) == (found | optional) - {"resume"}  # no clock stands still


def taken_further(case: Case) -> Iterator[str]:
    """The case as it goes on, one step at a time: signed for, paused, running again, half-way to the deferred list."""
    order, by = order_of(case), acting("drainage")
    yield "sent"
    resolution.acknowledge(order, by=by)
    yield "signed for"
    resolution.pause(order, by=by, why="weather", reason="暴雨")
    yield "paused"
    resolution.resume(order, by=by)
    resolution.defer(order, by=by, reason="等设备")
    yield "the unit has signed that it be deferred"


def test_a_page_and_a_program_are_offered_the_same_and_nothing_that_was_done():
    case = sent("drainage", "urban")
    handler, program = Colleague("drainage"), Api(token_of("drainage"))
    offered = {}

    for step in taken_further(case):
        told = program.get(f"/cases/{case.number}").body
        found = {offer["verb"] for offer in told["offered"]} | {v for order in told["orders"] for v in order["offered"]}
        assert found == set(verbs(handler.get(f"/case/{case.number}/"))), step
        offered[step] = found & {"acknowledge", "pause", "resume", "defer"}

    assert list(offered.values()) == [
        {"acknowledge"}, {"pause", "defer"}, {"resume", "defer"}, {"pause"},
    ]  # fmt: skip


def test_what_was_typed_in_chinese_is_called_chinese_on_an_english_page():
    case = sent("drainage", text="三号楼下水道堵塞")

    for path in (f"/case/{case.number}/", "/department/"):
        english, chinese = (Colleague("drainage", lang).get(path).content.decode() for lang in ("en", "zh-hans"))
        assert re.findall(r"<(?:span|blockquote|a)[^>]* lang=\"zh-Hans\"[^>]*>三号楼下水道堵塞<", english)
        assert 'lang="zh-Hans">三号楼' not in chinese


def test_what_is_not_there_and_what_is_not_ours_look_the_same():
    case, stranger = sent(), Colleague("market")

    def plain(answer) -> tuple[int, str]:
        text = re.sub(r'value="\w{64}"|nonce="[^"]+"|data-now="[^"]+"|\?next=[^"]+', "", answer.content.decode())
        return answer.status_code, text.replace(case.number, "N").replace("26-99999", "N")

    for path in ("/case/{}/", "/case/{}/do/reply/", "/case/{}/contact/", "/case/{}/arrival/"):
        ours = plain(stranger.get(path.format(case.number)))
        assert ours == plain(stranger.get(path.format("26-99999")))
        assert ours[0] == 404


def test_the_same_form_sent_twice_is_done_once():
    case, handler = sent(), Colleague("drainage")
    told = {"order": order_of(case).id, "key": str(new_id())}

    first = handler.do(case.number, "acknowledge", **told)
    second = handler.do(case.number, "acknowledge", **told)

    assert first.headers["Location"] == second.headers["Location"]
    assert case.entries.filter(verb="acknowledge").count() == 1


def test_what_somebody_else_did_meanwhile_stands_beside_the_typed_text():
    case, handler = sent(), Colleague("drainage")
    seen = case.seq
    resolution.acknowledge(order_of(case), by=acting("drainage"))
    triage_line = case.entries.count()

    answer = handler.do(
        case.number, "contact", order=order_of(case).id, way="phone", reached="yes", text="已约下午三点", seen=seen
    )

    said = answer.content.decode()
    assert answer.status_code == 409
    assert "签收" in said and "已约下午三点" in said
    assert f'name="seen" value="{seen + 1}"' in said
    assert case.entries.count() == triage_line


def test_a_missing_field_is_named_where_it_is_and_nothing_typed_is_lost():
    case, handler = sent(), Colleague("drainage")

    answer = handler.do(case.number, "return", order=order_of(case).id, reason="这不是我们的管道")

    said = answer.content.decode()
    assert answer.status_code == 422
    assert "这不是我们的管道" in said
    assert re.search(r'(?s)has-error">\s*<label for="id_article"', said)
    assert case.entries.filter(verb="return").count() == 0


def test_a_photo_survives_a_refusal_and_is_not_uploaded_twice():
    case, handler = sent(), Colleague("drainage")
    resolution.acknowledge(order_of(case), by=acting("drainage"))
    resolution.contact(order_of(case), by=acting("drainage"), way="phone", text="下午到")
    order = order_of(case).id

    refused = handler.do(case.number, "reply", order=order, text="已疏通", photos=[photo("red")])
    kept = re.search(r'name="kept" value="([^"]+)"', refused.content.decode())
    done = handler.do(case.number, "reply", order=order, outcome="done", text="已疏通", kept=kept[1])

    assert (refused.status_code, done.status_code) == (422, 303)
    assert case.attachments.count() == 1


def test_a_verb_that_cannot_be_done_now_says_why_before_anything_is_typed():
    case, dispatcher = reported(), Colleague("dispatcher")

    answer = dispatcher.get(f"/case/{case.number}/do/file/")

    assert f'<a href="/case/{case.number}/do/classify/">先研判归类' in answer.content.decode()
    assert '<form class="stack" method="post"' not in answer.content.decode()


def test_without_scripts_a_picker_sends_the_form_back_with_what_was_found():
    case, dispatcher = reported(), Colleague("dispatcher")

    answer = dispatcher.do(case.number, "classify", find="item", q_item="路灯", address="解放里 9 号")

    said = answer.content.decode()
    assert answer.status_code == 200
    assert 'name="item" value="street-lights"' in said
    assert "解放里 9 号" in said
    assert case.entries.filter(verb="classify").count() == 0


def test_the_desk_proposes_the_item_the_words_speak_of_and_the_units_of_the_list():
    case, dispatcher = reported(), Colleague("dispatcher")
    assert "依据原话：下水道" in words(dispatcher.get(f"/triage/?case={case.number}"))

    dispatcher.do(case.number, "classify", item="sewers")
    dispatcher.do(case.number, "file")
    page = dispatcher.get(f"/triage/?case={case.number}").content.decode()

    case.refresh_from_db()
    assert re.search(rf'name="lead" value="{case.routing["proposed_lead"]}" checked', page)
    for helper in case.routing["proposed_helpers"]:
        assert re.search(rf'name="helpers" value="{helper}" checked', page)


def test_near_and_alike_and_open_is_offered_for_joining():
    lead = sent(text="三号楼下水道堵塞，污水外溢到路面")
    near = reported("三号楼下水道堵塞，污水流到马路上", off=120)
    far = reported("三号楼下水道堵塞，污水外溢到路面", off=-2000)
    dispatcher = Colleague("dispatcher")

    page = dispatcher.get(f"/triage/?case={near.number}")

    assert f"/case/{near.number}/do/merge/?into={lead.number}" in page.content.decode()
    assert far.number not in re.findall(r"into=([0-9-]+)", page.content.decode())
    assert dispatcher.do(near.number, "merge", into=lead.number).status_code == 303
    near.refresh_from_db()
    assert near.merged_into_id == lead.id
    assert f"/case/{near.number}/" in dispatcher.get(f"/case/{lead.number}/").content.decode()


def test_a_case_with_many_lines_keeps_its_two_ends_open():
    case, handler = sent(), Colleague("drainage")
    for n in range(12):
        handler.do(case.number, "note", text=f"第 {n} 次联系")

    page = words(handler.get(f"/case/{case.number}/"))

    assert "展开其余 8 条" in page


# Complaints and callers


def test_opening_a_complaint_is_on_the_record_before_it_is_shown():
    case = sent(kind="complaint", text="投诉市场局工作人员", phone=PHONE)
    handler = Colleague("drainage")

    page = words(handler.get(f"/case/{case.number}/"))

    looks = Look.objects.filter(object_id=case.id)
    assert [(x.unit_id, x.what) for x in looks] == [(unit("drainage").id, "case")]
    assert "谁看过" in page and "已遮盖" in page
    assert PHONE not in page and "张*" not in page and "138****5678" not in page


def test_a_poll_adds_no_look_but_a_first_reading_by_poll_does():
    case = sent(kind="complaint", text="投诉市场局工作人员")
    handler, poll = Colleague("drainage"), {"HX-Request": "true", "JD-Poll": "1"}

    handler.get(f"/case/{case.number}/?part=story", **poll)
    handler.get(f"/case/{case.number}/?part=story", **poll)

    assert Look.objects.filter(object_id=case.id).count() == 1


def test_a_refused_form_that_shows_the_complaint_is_a_reading_too():
    case = sent(kind="complaint", text="投诉市场局工作人员")

    Colleague("drainage").do(case.number, "note", text="")

    assert Look.objects.filter(object_id=case.id).count() == 1


def test_the_unit_a_complaint_is_about_finds_nothing():
    case = sent(kind="complaint", text="投诉市场局工作人员")

    assert Colleague("market").get(f"/case/{case.number}/").status_code == 404


def test_the_number_opens_to_who_leads_an_order_whose_caller_may_be_rung():
    case = sent("drainage", "urban", phone=PHONE)
    lead = Colleague("drainage")

    asked = lead.get(f"/case/{case.number}/contact/")
    unsaid = lead.post(f"/case/{case.number}/contact/")
    shown = lead.post(f"/case/{case.number}/contact/", {"purpose": "order"})

    assert PHONE not in words(asked) and PHONE not in words(unsaid)
    assert PHONE in words(shown)
    assert [x.purpose for x in Look.objects.filter(object_id=case.id, what="contact")] == ["order"]
    for other in ("urban", "inspector", "market"):  # who may name a purpose: tests/test_privacy.py
        assert Colleague(other).get(f"/case/{case.number}/contact/").status_code == 404


def test_no_handler_of_a_complaint_gets_the_number_and_nobody_who_may_not_be_rung_is():
    complaint = sent(kind="complaint", text="投诉市场局工作人员")
    shy = sent(text="路灯不亮", off=900, may_ring=False)
    lead = Colleague("drainage")

    for case in (complaint, shy):
        assert lead.get(f"/case/{case.number}/contact/").status_code == 404
        assert lead.post(f"/case/{case.number}/contact/", {"purpose": "order"}).status_code == 404
    assert Look.objects.filter(what="contact").count() == 0


def test_a_callback_shows_its_number_to_its_caller_and_logs_it():
    case = answered(sent(phone=PHONE))
    verification.ask_check(case.id, by=acting("dispatcher"))
    clerk = Colleague("callback")
    assert rows(clerk.get("/checks/?tab=callback")) == [case.number]

    page = clerk.get(f"/case/{case.number}/do/callback/")

    assert PHONE in words(page)
    assert [x.purpose for x in Look.objects.filter(what="contact")] == ["callback"]
    told = {"reached": "yes", "contacted": "yes", "solved": "yes", "satisfied": "satisfied"}
    assert clerk.do(case.number, "callback", **told).status_code == 303
    assert "满意" in words(clerk.get(f"/case/{case.number}/"))


# Whistles and two-way orders


def drafted(process: str = "whistle_hard") -> str:
    """The number of a whistle that is reviewed and waits for its signatures."""
    clerk = Colleague("clerk")
    told = {"process": process, "title": "消防通道", "words": "通道被占，街道无权拆除", "item": "sewers"}
    number = clerk.post("/whistles/new/", told).headers["Location"].split("/")[2]
    plan = {"lead": unit("fire").id, "helpers": [unit("housing").id], "aim": "会商", "meeting": "周四九点"}
    assert clerk.do(number, "review", **plan).status_code == 303
    return number


def test_a_hard_whistle_stays_unblown_with_one_of_two_signatures():
    number, clerk, secretary = drafted(), Colleague("clerk"), Colleague("secretary")
    page = words(clerk.get(f"/case/{number}/"))
    assert "街道党工委书记 未签" in page and "街道办事处主任 未签" in page
    assert "blow" not in verbs(clerk.get(f"/case/{number}/"))

    secretary.do(number, "blow")

    assert Case.objects.get(number=number).state == "reviewed"
    assert "街道党工委书记 已签" in words(clerk.get(f"/case/{number}/"))
    assert "blow" not in verbs(secretary.get(f"/case/{number}/"))
    Colleague("director").do(number, "blow")
    assert Case.objects.get(number=number).state == "blown"
    assert number in words(Colleague("fire").get("/department/"))


def test_departments_arrive_by_the_code_on_the_hosts_screen():
    number, host, guest = drafted("whistle_progress"), Colleague("clerk"), Colleague("fire")
    Colleague("secretary").do(number, "blow")
    case = Case.objects.get(number=number)
    order = order_of(case, "fire").id
    guest.do(number, "acknowledge", order=order)
    guest.do(number, "contact", order=order, way="phone", reached="yes", text="到")

    code = re.search(r'arrival-code">(\d{6})<', host.get(f"/case/{number}/arrival/").content.decode())[1]

    assert guest.get(f"/case/{number}/arrival/").status_code == 404
    assert guest.do(number, "arrive", order=order, code="000000").status_code == 422
    with clock.moved(clock.now() + timedelta(seconds=90)):
        assert guest.do(number, "arrive", order=order, code=code).status_code == 422
    assert guest.do(number, "arrive", order=order, code=code).status_code == 303
    console = words(host.get("/whistles/"))
    assert number in console and unit("fire").name in console and "按时" in console


def test_a_department_cannot_send_a_sub_district_what_was_not_admitted_and_nothing_is_left():
    handler, cases = Colleague("urban"), Case.objects.count()
    community = acting("community").post.unit

    told = {"title": "清理", "words": "请三日内清理", "item": "sewers", "lead": str(community.id)}
    refused = handler.post("/department/send/", told)

    assert refused.status_code == 422
    assert "未经准入" in words(refused) and "请三日内清理" in refused.content.decode()
    assert Case.objects.count() == cases
    sent_on = handler.post("/department/send/", told | {"item": "corridor-clutter"})
    assert sent_on.status_code == 303
    assert rows(handler.get("/department/?tab=sent")) == [sent_on.headers["Location"].split("/")[2]]


def test_each_department_of_a_whistle_is_rated():
    number, clerk = drafted("whistle_progress"), Colleague("clerk")
    Colleague("secretary").do(number, "blow")
    case = Case.objects.get(number=number)
    Case.objects.filter(pk=case.pk).update(state="verified", phase="verification")
    case.orders.update(answered_at=clock.now())
    marks = {f"marks-{unit(code).id}-{part}": "5" for code in ("fire", "housing") for part in ("arrival", "handling")}
    satisfied = {f"marks-{unit(code).id}-satisfied": "satisfied" for code in ("fire", "housing")}

    form = clerk.get(f"/case/{number}/do/evaluate/").content.decode()
    partly = clerk.do(number, "evaluate", **marks, **{f"marks-{unit('fire').id}-satisfied": "satisfied"})
    done = clerk.do(number, "evaluate", **marks, **satisfied)

    assert all(name in form for name in marks)
    assert (partly.status_code, done.status_code) == (422, 303)
    assert case.ratings.count() == 2


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
def test_every_desk_opens_in_both_languages_without_a_word_of_the_other(lang):
    case = sent()
    triage.classify(reported("路灯不亮", off=900).id, by=acting("dispatcher"), item=item())
    for path in (
        "/desk/", "/triage/", "/department/", "/whistles/", "/checks/", "/supervision/", "/notices/",
        f"/case/{case.number}/", f"/case/{case.number}/do/remind/",
    ):  # fmt: skip
        answer = Colleague("dispatcher", lang).get(path)

        assert answer.status_code == 200, path
        heading = re.search(r"(?s)<h1[^>]*>(.*?)</h1>", answer.content.decode())[1]
        if "/case/" not in path:
            assert bool(re.search("[一-鿿]", heading)) == (lang == "zh-hans"), heading


def test_no_form_leads_to_an_address_that_is_not_ours():
    case, handler = sent(), Colleague("drainage")

    for elsewhere in ("javascript:alert(1)", "//example.org/", "https://example.org/", "/\\example.org"):
        page = handler.get(f"/case/{case.number}/do/note/?next={elsewhere}").content.decode()
        assert "example.org" not in page.split("<main")[1]
        assert "javascript:" not in page.split("<main")[1]

    done = handler.do(case.number, "note", text="x", next="https://example.org/")
    assert done.headers["Location"].startswith(f"/case/{case.number}/#")
