"""Pages of duty (勤务网页): today and the own shift, rosters, briefing, wrap-up, tracks; and the intake from devices."""

import base64
import json
import re
from datetime import timedelta

import pytest
from django.test import Client

from jiedao.ground.people.contacts import open_rows
from jiedao.ground.places.locate import locate
from jiedao.kit.clock import now, today
from jiedao.lines.patrol import devices, taking
from jiedao.lines.patrol.models import DutyNote, LastPosition, Refusal, Roster, Shift, Source, SpotCheck, TaskOrder
from jiedao.lines.patrol.sorting import Point
from tests.api_calls import Answer
from tests.cast import seat
from tests.desks import words
from tests.patrols import HEAD, MEMBER, OTHER_HEAD, PARK, PEER, SQUAD, STREET, THERE, at_desk, roster, running, seen


def put_on(post: str = MEMBER) -> Shift:
    """Somebody on the roster of this moment who has not begun."""
    who, turn = seat(post), roster()
    return Shift.objects.create(roster=turn, person=who.person, post=who.post, call_sign="巡-01")


def test_a_person_reads_the_briefing_starts_shares_rests_and_ends(in_guangming):
    shift, who = put_on(), at_desk(MEMBER)
    acts = ("acknowledge", "start", "share", "pause", "resume", "hide", "end")

    states = []
    for act in acts:
        answer = who.post("/shift/", {"what": act, "shift": str(shift.id)})
        assert answer.status_code == 303, words(answer)[:600]
        shift.refresh_from_db()
        states.append(shift.state)

    assert states == ["briefed", "on_duty", "on_duty", "paused", "on_duty", "on_duty", "ended"]


def test_who_has_not_read_the_briefing_does_not_start(in_guangming):
    shift, who = put_on(), at_desk(MEMBER)

    answer = who.post("/shift/", {"what": "start", "shift": str(shift.id)})

    assert answer.status_code == 409
    assert "训示或新任务还没有看" in words(answer)


def test_the_blue_line_stands_on_every_page_while_the_position_is_shared(in_guangming):
    shift, who = running(shared=False), at_desk(MEMBER)
    assert "位置共享中" not in words(who.get("/notices/"))

    who.post("/shift/", {"what": "share", "shift": str(shift.id)})
    assert "位置共享中" in words(who.get("/notices/"))

    who.post("/shift/", {"what": "hide", "shift": str(shift.id)})
    assert "位置共享中" not in words(who.get("/notices/"))


def test_the_page_sends_its_points_and_hears_when_to_stop(in_guangming):
    shift, who = running(), at_desk(MEMBER)
    at = now().timestamp()

    def send(points) -> tuple[int, dict]:
        body = json.dumps({"points": points, "sent_at": at})
        answer = who.client.post("/shift/here/", body, content_type="application/json", headers=THERE)
        return answer.status_code, answer.json() if answer.status_code == 200 else {}

    assert send([[*PARK, at - 5, 8.0]]) == (200, {"stored": 1, "reasons": {}, "goes_on": True})
    who.post("/shift/", {"what": "end", "shift": str(shift.id)})
    assert send([[*PARK, at + 30, 8.0]])[1]["goes_on"] is False
    assert send([[1, 2]])[0] == send("x")[0] == 400
    assert send([[*PARK, at]] * 10_001)[0] == 413


def test_a_hostile_batch_is_refused_by_rule_counted_and_never_taken_for_somebody_else(in_guangming):
    shift, other, who = running(), running(PEER, "巡-03"), at_desk(MEMBER)
    at = now().timestamp()
    places = [[200, 95, at - 5], [0, 0, at - 5], [*PARK, at - 40 * 86_400], [*PARK, at + 600], [*PARK, at - 7_200]]
    told = {"points": [*places, [*PARK, at - 5]], "sent_at": at, "person": str(other.person_id), "shift": str(other.id)}

    answer = who.client.post("/shift/here/", json.dumps(told), content_type="application/json", headers=THERE).json()

    wrong = {"outside_world": 2, "too_old": 1, "clock_ahead": 1, "off_shift": 1}
    assert (answer["stored"], answer["reasons"]) == (1, wrong)
    assert Refusal.objects.get().reasons == wrong
    open_rows([shift.roster.squad_id])
    assert [row.pk for row in LastPosition.objects.all()] == [shift.id]


def test_nobody_acts_on_anothers_shift(in_guangming):
    shift = put_on()

    assert at_desk(PEER).post("/shift/", {"what": "acknowledge", "shift": str(shift.id)}).status_code == 404
    assert at_desk(HEAD).post("/shift/", {"what": "acknowledge", "shift": str(shift.id)}).status_code == 404


def test_the_head_plans_writes_orders_sends_out_checks_and_wraps_up(in_guangming):
    head = at_desk(HEAD)
    begins = now().replace(second=0, microsecond=0)
    span = {
        "begins_at": f"{begins + timedelta(hours=9):%Y-%m-%dT%H:%M}",
        "ends_at": f"{begins + timedelta(hours=17):%Y-%m-%dT%H:%M}",
    }
    assert head.post("/shifts/", {"what": "plan", "squad": SQUAD, **span, "everybody": "on"}).status_code == 303
    turn = Roster.objects.get()
    here = f"/shifts/{turn.id}/"
    assert turn.shifts.count() > 70

    assert head.post(here, {"what": "words", "words": "雨后注意排水口"}).status_code == 303
    assert head.post(here, {"what": "order", "text": "查看六处排水口", "place": "银杏一号网格"}).status_code == 303
    assert head.post(here, {"what": "publish"}).status_code == 303
    assert head.post(here, {"what": "wrap_up"}).status_code == 409
    task = TaskOrder.objects.get()
    assert head.post(here, {"what": "check", "task": str(task.id), "outcome": "handed_over"}).status_code == 409
    assert head.post(here, {"what": "check", "task": str(task.id), "outcome": "done"}).status_code == 303
    assert head.post(here, {"what": "wrap_up"}).status_code == 303

    turn.refresh_from_db()
    assert (turn.words, bool(turn.published_at), bool(turn.closed_at)) == ("雨后注意排水口", True, True)


def test_what_is_open_is_handed_to_the_next_turn(in_guangming):
    turn = roster()
    after = Roster.objects.create(
        squad=turn.squad, begins_at=turn.ends_at, ends_at=turn.ends_at + timedelta(hours=8), made_at=now()
    )
    task = TaskOrder.objects.create(roster=turn, text="查看排水口", made_at=now())

    at_desk(HEAD).post(f"/shifts/{turn.id}/", {"what": "check", "task": str(task.id), "outcome": "handed_over"})

    task.refresh_from_db()
    assert (task.handed_to.roster_id, task.handed_to.text) == (after.id, "查看排水口")


@pytest.mark.parametrize("post", [OTHER_HEAD, MEMBER, "urban-handler-1"])
def test_other_squads_and_peers_find_no_roster(in_guangming, post):
    turn = roster()

    assert at_desk(post).get(f"/shifts/{turn.id}/").status_code == 404


def test_a_checker_notes_whether_the_squad_was_met_and_nobody_of_it_does(in_guangming):
    told = {"what": "check", "squad": SQUAD, "place": "银杏路口", "met": "yes"}
    assert at_desk(STREET).post("/shifts/", told).status_code == 303
    assert at_desk(STREET).post("/shifts/", told | {"met": "no", "place": "科技园"}).status_code == 303
    assert at_desk(HEAD).post("/shifts/", told).status_code in (200, 403)

    assert SpotCheck.objects.count() == 2
    assert "1 / 2" in words(at_desk(STREET).get("/shifts/"))


def test_a_duty_note_is_signed_by_the_head_and_read_by_the_person_alone(in_guangming):
    turn, who = put_on().roster, seat(MEMBER)
    told = {"what": "note", "person": str(who.person.id), "kind": "attendance", "text": "迟到十分钟"}
    assert at_desk(HEAD).post(f"/shifts/{turn.id}/", told).status_code == 303
    note = DutyNote.objects.get()

    assert "迟到十分钟" in words(at_desk(MEMBER).get("/shift/"))
    assert "迟到十分钟" not in words(at_desk(PEER).get("/shift/"))
    assert at_desk(PEER).post("/shift/", {"what": "note", "note": str(note.id)}).status_code == 404
    at_desk(MEMBER).post("/shift/", {"what": "note", "note": str(note.id), "answer": "公交故障"})
    note.refresh_from_db()
    assert (bool(note.read_at), note.answer) == (True, "公交故障")


def test_a_track_shows_after_its_purpose_and_stands_in_the_persons_own_list(in_guangming):
    shift = running()
    seen(shift)
    here = f"/shifts/track/{shift.id}/"

    assert "位置点" not in words(at_desk(HEAD).get(here))
    assert at_desk(HEAD).post(here, {"purpose": " "}).status_code == 400
    assert "位置点" in words(at_desk(HEAD).post(here, {"purpose": "核对投诉"}))
    assert at_desk(HEAD).post(here, {"purpose": "核对投诉", "as": "gpx"})["Content-Type"] == "application/gpx+xml"
    assert "核对投诉" in words(at_desk(MEMBER).get("/shift/mine/"))
    assert at_desk(PEER).get(here).status_code == 404


def test_a_track_is_shown_with_its_stops_where_and_how_long_beside_the_map(in_guangming):
    shift, begun = running(), now().timestamp() - 1_500
    stay = [Point(*PARK, begun + 30 * nth) for nth in range(21)]
    walk = [Point(PARK[0] + nth / 1000, PARK[1], begun + 600 + 30 * nth) for nth in range(1, 20)]
    taking.take(devices.page_sender(shift.person), [*stay, *walk])
    area = locate(*PARK, today())

    shown = at_desk(HEAD).post(f"/shifts/track/{shift.id}/", {"purpose": "核对投诉"})
    told = json.loads(re.search(r'<script id="track-drawn"[^>]*>(.*?)</script>', shown.content.decode())[1])

    assert (sum(map(len, told["pieces"])), told["stops"], told["seconds"]) == (40, [[*PARK, 10]], 1_170)
    for page in (shown, at_desk(MEMBER).get("/shift/mine/")):
        assert f"10 分钟 · {area.name}" in words(page)
        assert 'max="1170"' in page.content.decode()


# Devices


def call(path: str, body: object, **headers: str) -> Answer:
    client = Client(HTTP_HOST="guangming.localhost", raise_request_exception=False)
    content = body if isinstance(body, str) else json.dumps(body)
    return Answer(client.post(f"/api/v1/positions{path}", content, content_type="application/json", **headers))


def seen_at(shift: Shift) -> tuple[float, float]:
    open_rows([shift.roster.squad_id])
    return LastPosition.objects.values_list("lon", "lat").get(pk=shift.id)


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"anybody:{key}".encode()).decode()


def place(**more: object) -> dict:
    return {"_type": "location", "lat": PARK[1], "lon": PARK[0], "tst": int(now().timestamp()) - 5, "acc": 9} | more


def test_owntracks_speaks_for_whom_its_key_was_given_to_and_nobody_else(in_guangming):
    shift = running()
    source, _ = devices.declare("phones", Source.Kind.OWNTRACKS, "手机", "Phones")
    _, key = devices.give(source, shift.person, "phone-7")

    told = call("/owntracks", place(tid="XX", topic="owntracks/somebody/else"), HTTP_AUTHORIZATION=basic(key))

    assert (told.status, told.body) == (200, [])
    assert seen_at(shift) == PARK
    assert call("/owntracks", {"_type": "waypoint"}, HTTP_AUTHORIZATION=basic(key)).status == 200
    assert call("/owntracks", place(), HTTP_AUTHORIZATION=basic("jp_guessed")).status == 401
    assert call("/owntracks", place()).status == 401
    assert call("/owntracks", "{", HTTP_AUTHORIZATION=basic(key)).status == 400
    assert call("/owntracks", place(lat="north"), HTTP_AUTHORIZATION=basic(key)).status == 400
    assert [one.reasons for one in Refusal.objects.order_by("at")] == [{"unreadable": 1}, {"unreadable": 1}]


def test_traccar_forwards_registered_devices_and_an_unknown_one_is_refused_and_counted(in_guangming):
    shift = running()
    source, key = devices.declare("traccar", Source.Kind.TRACCAR, "转发平台", "Forwarder")
    devices.give(source, shift.person, "867001")
    fix = {"latitude": PARK[1], "longitude": PARK[0], "fixTime": now().isoformat(), "accuracy": 5.0, "valid": True}

    def forward(number: str, key: str = key) -> Answer:
        body = {"position": fix, "device": {"id": 1, "uniqueId": number, "name": "x"}}
        return call("/traccar", body, HTTP_AUTHORIZATION=f"Bearer {key}")

    assert forward("867001").body == {"stored": 1, "reasons": {}}
    assert (forward("867002").status, forward("867002").rule) == (403, "unknown_device")
    assert forward("867001", "jp_wrong").status == 401
    assert [one.reasons for one in Refusal.objects.all()] == [{"unknown_device": 1}] * 2


def test_a_batch_of_a_device_is_put_right_by_its_own_clock(in_guangming):
    shift = running()
    source, _ = devices.declare("trial", Source.Kind.GPX, "试用", "Trial")
    _, key = devices.give(source, shift.person, "one")
    at = now().timestamp()
    points = [{"lon": PARK[0], "lat": PARK[1], "at": at - 86_400 - n} for n in range(3)]

    told = call("", {"points": points, "sent_at": at - 86_400}, HTTP_AUTHORIZATION=f"Bearer {key}")

    assert told.body == {"stored": 3, "reasons": {"clock_corrected": 3}}
    assert call("", {"points": [{"lon": 1}]}, HTTP_AUTHORIZATION=f"Bearer {key}").status == 422
