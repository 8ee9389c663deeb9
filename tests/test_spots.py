"""Bad spots and joint patrols (乱点、联合巡查): marks, rounds of both ways with one checklist, stops with check-in."""

from datetime import timedelta

import pytest

from jiedao.ground.places.models import Area, Site
from jiedao.kit.clock import now, today
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol.actions import spots as acting
from jiedao.lines.patrol.models import CameraLook, HotSpot, JointPatrol, OffsetSample, Round
from tests.cast import seat
from tests.desks import words
from tests.patrols import CENTRE, HEAD, MEMBER, OTHER_HEAD, PARK, PEER, at_desk, running, seen

GRID = "440311001901001"
EVERY = {"light": "yes", "gather": "no", "exits": "yes", "stalls": "na", "signs": "yes"}
OTHER_MEMBER = "440311001902-squad-enforce-res-1"


def marked(why: str = "夜间聚集滋事") -> HotSpot:
    area = Area.objects.on().get(code=GRID)
    return acting.mark(area, by=seat(HEAD), why=why, since=today(), until=today() + timedelta(days=14))


def camera(code: str = "cam-901", stream: str = "https://video.example/901") -> Site:
    return Site.objects.create(
        code=code, kind="camera", name="银杏路口摄像头（演示）", area=Area.objects.on().get(code=GRID), lon=PARK[0],
        lat=PARK[1], facts={"stream": stream}, valid_from=today(),
    )  # fmt: skip


def test_the_head_marks_a_grid_once_and_takes_the_mark_off(in_guangming):
    head = at_desk(HEAD)
    told = {
        "what": "mark", "area": GRID, "why": "夜间聚集", "since": f"{today()}", "until": f"{today() + timedelta(9)}"
    }  # fmt: skip
    assert head.post("/shifts/spots/", told | {"why": ""}).status_code == 200
    assert head.post("/shifts/spots/", told).status_code == 303
    spot = HotSpot.objects.get()

    with pytest.raises(Refused, match="spot_there"):
        marked()
    assert "夜间聚集" in words(head.get("/shifts/spots/"))
    assert "夜间聚集" in words(at_desk(MEMBER).get("/shifts/spots/"))
    assert at_desk(MEMBER).post(f"/shifts/spots/{spot.id}/", {"what": "end"}).status_code in (403, 404)
    assert head.post(f"/shifts/spots/{spot.id}/", {"what": "end"}).status_code == 303
    assert "乱点标记已撤" in words(head.get("/shifts/spots/"))


@pytest.mark.parametrize("post", [OTHER_HEAD, OTHER_MEMBER, "urban-handler-1"])
def test_a_bad_spot_of_others_looks_like_none(in_guangming, post):
    spot = marked()
    row = acting.begin(spot, "foot", by=seat(MEMBER))

    who = at_desk(post)
    assert who.get(f"/shifts/spots/{spot.id}/").status_code == 404
    assert who.get(f"/shifts/spots/round/{row.id}/").status_code == 404
    assert who.post(f"/shifts/spots/{spot.id}/", {"what": "begin", "way": "foot"}).status_code == 404
    with pytest.raises(Absent):
        acting.begin(spot, "foot", by=seat(post))


def test_who_does_not_keep_the_squad_marks_nothing(in_guangming):
    area = Area.objects.on().get(code=GRID)

    for post in (MEMBER, OTHER_HEAD):
        with pytest.raises((Absent, Refused)):
            acting.mark(area, by=seat(post), why="占道", since=today(), until=today())
    with pytest.raises(Refused, match="bad_span"):
        acting.mark(area, by=seat(HEAD), why="占道", since=today(), until=today() - timedelta(days=1))


def test_a_camera_opens_on_record_and_both_ways_answer_one_checklist_in_one_history(in_guangming):
    spot, site = marked(), camera()
    head, member, here = at_desk(HEAD), at_desk(MEMBER), f"/shifts/spots/{spot.id}/"

    online = head.post(here, {"what": "begin", "way": "online"})["Location"]
    assert head.post(online, {"what": "look", "camera": site.code, "purpose": " "}).status_code == 400
    assert "https://video.example/901" not in head.get(f"{online}?camera={site.code}").content.decode()
    opened = head.post(online, {"what": "look", "camera": site.code, "purpose": "看夜间照明"})["Location"]
    assert "https://video.example/901" in head.get(opened).content.decode()
    head.post(online, {"what": "look", "camera": site.code, "purpose": "看夜间照明", "seen": "两盏灯不亮"})
    assert head.post(online, {"what": "finish", "light": "no"}).status_code == 200  # lines are missing
    assert head.post(online, {"what": "finish", **EVERY}).status_code == 303
    foot = member.post(here, {"what": "begin", "way": "foot"})["Location"]
    assert member.post(foot, {"what": "finish", **EVERY, "light": "no", "note": "已报修路灯"}).status_code == 303

    ticks = {row.way: set(row.ticks) for row in Round.objects.all()}
    assert ticks == {"online": set(EVERY), "foot": set(EVERY)}
    assert list(CameraLook.objects.order_by("at").values_list("seen", flat=True)) == ["", "两盏灯不亮"]
    told = words(member.get(here))
    assert all(word in told for word in ("网上巡查", "徒步巡查", "两盏灯不亮", "已报修路灯"))


def test_nobody_writes_into_anothers_round_or_one_that_has_ended(in_guangming):
    row = acting.begin(marked(), "foot", by=seat(MEMBER))
    here = f"/shifts/spots/round/{row.id}/"

    assert at_desk(PEER).post(here, {"what": "finish", **EVERY}).status_code == 404
    assert at_desk(MEMBER).post(here, {"what": "finish", **EVERY}).status_code == 303
    assert at_desk(MEMBER).post(here, {"what": "finish", **EVERY}).status_code == 409


def test_a_link_that_is_no_web_address_is_not_linked(in_guangming):
    site, head = camera(stream="javascript:alert(1)"), at_desk(HEAD)
    online = head.post(f"/shifts/spots/{marked().id}/", {"what": "begin", "way": "online"})["Location"]

    opened = head.post(online, {"what": "look", "camera": site.code, "purpose": "看照明"})["Location"]

    assert "javascript:" not in head.get(opened).content.decode()


def planned(*codes: str) -> JointPatrol:
    """A joint patrol planned on the page, by the first squad with the second."""
    begins = now() + timedelta(hours=1)
    told = {f"stop_{nth}": code for nth, code in enumerate(codes, 1)}
    answer = at_desk(HEAD).post("/shifts/joint/", {
        "what": "plan", "name": "园区联合巡查", "begins_at": f"{begins:%Y-%m-%dT%H:%M}", "units": [_other()], **told,
    })  # fmt: skip
    assert answer.status_code == 303, words(answer)[:500]
    return JointPatrol.objects.get()


def _other() -> str:
    return seat(OTHER_HEAD).post.unit.code


def test_a_plan_with_an_unknown_place_is_not_made(in_guangming):
    told = {"what": "plan", "name": "巡查", "begins_at": "2026-12-01T20:00", "stop_1": "no-such"}

    assert "没有这个编号的在用点位" in words(at_desk(HEAD).post("/shifts/joint/", told))
    assert JointPatrol.objects.count() == 0


def test_stops_are_reached_by_code_or_by_place_and_what_was_skipped_shows(in_guangming):
    patrol, shift = planned("park-001", "park-002", "park-003"), running()
    here, member = f"/shifts/joint/{patrol.id}/", at_desk(MEMBER)
    assert at_desk(OTHER_HEAD).get(here).status_code == 200
    assert at_desk("urban-handler-1").get(here).status_code == 404

    assert member.post(here, {"what": "arrive", "stop": "1"}).status_code == 409  # no position of just now
    seen(shift)
    assert member.post(here, {"what": "arrive", "stop": "2"}).status_code == 409  # 600 m away
    assert member.post(here, {"what": "arrive", "stop": "1"}).status_code == 303
    assert member.post(here, {"what": "arrive", "stop": "1"}).status_code == 409
    assert at_desk(OTHER_MEMBER).post(here, {"what": "arrive", "stop": "3", "code": "park-003"}).status_code == 303

    stops = {stop.seq: (stop.way, stop.metres) for stop in patrol.stops.all()}
    assert stops == {1: ("place", 0), 2: ("", None), 3: ("code", None)}
    assert "越过此站" in words(member.get(here))
    assert at_desk(HEAD).post(here, {"what": "end", "note": "第二站封路"}).status_code == 303
    patrol.refresh_from_db()
    assert [(stop.seq, word) for stop, word in acting.deviations(patrol)] == [(2, "missed")]


def test_a_scanned_code_measures_how_far_the_source_lies_off(in_guangming):
    patrol, shift = planned("park-001"), running()
    seen(shift, PARK[0] + 0.002)

    at_desk(MEMBER).post(f"/shifts/joint/{patrol.id}/", {"what": "arrive", "stop": "1", "code": "park-001"})

    assert OffsetSample.objects.get().east == pytest.approx(205, abs=5)


def test_late_and_out_of_turn_are_told(in_guangming):
    sites = [Site.objects.on().get(code=f"park-00{nth}") for nth in (1, 2, 3)]
    at = now()
    patrol = acting.plan("晚间巡查", at, [(sites[0], at - timedelta(hours=1)), (sites[1], None), (sites[2], None)],
                         by=seat(HEAD))  # fmt: skip
    first, second, third = patrol.stops.order_by("seq")
    for stop in (third, second, first):
        acting.check_in(stop, by=seat(HEAD), code=stop.site.code)

    told = [(stop.seq, word) for stop, word in acting.deviations(patrol)]
    assert told == [(1, "late"), (2, "out_of_turn"), (3, "out_of_turn")]


def test_the_centre_sees_what_the_squads_keep(in_guangming):
    running()  # the centre's scope are the squads that have turns
    spot = marked()

    assert at_desk(CENTRE).get(f"/shifts/spots/{spot.id}/").status_code == 200
