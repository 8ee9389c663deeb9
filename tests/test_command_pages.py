"""The panes of the dispatch map (指挥图窗格): groups by area, a whole group sent, a body camera after its purpose."""

import re
from uuid import uuid4

import pytest

from jiedao.doors.notify.models import Notice
from jiedao.ground.journal.models import Look
from jiedao.lines.patrol import devices
from jiedao.lines.patrol.actions import groups
from jiedao.lines.patrol.actions import tracks as looking
from jiedao.lines.patrol.models import Group, Source
from jiedao.record.models import Assignment
from tests import patrols
from tests.cast import seat
from tests.test_people_certificates import stalls

pytestmark = pytest.mark.usefixtures("in_guangming")
OTHER = "440311001902-squad-enforce-res-1"


def key() -> dict[str, str]:
    return {"key": str(uuid4())}


def test_a_group_is_made_of_everybody_on_duty_for_an_area():
    one, other = patrols.running(), patrols.running(OTHER, "巡-21")
    desk = patrols.at_desk(patrols.CENTRE)
    community, street = one.roster.squad.area.path, one.roster.squad.area.path.rsplit("/", 1)[0]

    page = desk.get("/map/").content.decode()
    assert f'<option value="{community}">' in page
    desk.post("/map/group/", {"by_area": "1", "area": community, "name": "本社区"} | key())
    desk.post("/map/group/", {"by_area": "1", "area": street, "name": "全街道"} | key())

    members = {group.name: set(group.members.values_list("shift_id", flat=True)) for group in Group.objects.all()}
    assert members == {"本社区": {one.id}, "全街道": {one.id, other.id}}


def test_nobody_on_duty_for_an_area_makes_no_group():
    patrols.running()
    answer = patrols.at_desk(patrols.CENTRE).post("/map/group/", {"by_area": "1", "area": "/none"} | key())

    assert answer.status_code == 409
    assert not Group.objects.exists()


def test_a_whole_group_is_sent_to_a_case():
    one, other = patrols.running(), patrols.running(patrols.PEER, "巡-03")
    case = stalls()
    group = groups.make("增援", [one.id, other.id], by=seat(patrols.CENTRE))
    desk = patrols.at_desk(patrols.CENTRE)

    assert "增援 · 巡-03、巡-07" in desk.get(f"/map/?case={case.number}").content.decode()
    told = {"case": case.number, "group": str(group.id), "by_group": "1"} | key()
    assert desk.post("/map/send/", told).status_code == 303

    sent = Assignment.objects.filter(order__case=case)
    assert {row.person_id for row in sent} == {one.person_id, other.person_id}


def test_b_speaks_to_a_group_and_y_opens_its_call(settings):
    settings.CALL_GATEWAY = "https://meet.example.cn"
    one = patrols.running()
    group = groups.make("增援", [one.id], by=seat(patrols.CENTRE))
    desk = patrols.at_desk(patrols.CENTRE)

    assert 'data-key="B"' in desk.get("/map/").content.decode()
    desk.post("/map/say/", {"group": str(group.id), "text": "到路口汇合"} | key())
    desk.post("/map/call/", {"group": str(group.id)} | key())

    group.refresh_from_db()
    assert f"https://meet.example.cn/{group.room}" in desk.get("/map/").content.decode()
    field = patrols.at_desk(patrols.MEMBER).get("/shift/").content.decode()
    assert "到路口汇合" in field
    assert field.count(f"https://meet.example.cn/{group.room}") == field.count("data-call") == 1
    assert sorted(Notice.objects.values_list("verb", flat=True)) == ["group", "group_call"]
    desk.post("/map/call/", {"group": str(group.id)} | key())
    assert Notice.objects.count() == 2

    groups.end(group, by=seat(patrols.CENTRE))
    assert "data-call" not in patrols.at_desk(patrols.MEMBER).get("/shift/").content.decode()


def test_the_page_names_every_module_behind_its_map_and_a_list_alone_names_none():
    desk = patrols.at_desk(patrols.CENTRE)
    drawn, listed = (desk.get(f"/map/?view={view}").content.decode() for view in ("both", "list"))

    named = re.findall(r'rel="modulepreload" href="/static/(\S+)" nonce="\w{32}"', drawn)
    assert {
        "vendor/maplibre-gl.mjs",
        *(f"js/{one}.js" for one in ("command-map", "case-map", "map", "symbols")),
    } <= set(named)
    assert len(named) == len(set(named))
    assert "modulepreload" not in listed


def test_nothing_open_says_so_and_how_many_are_on_duty():
    patrols.running()

    assert re.search(
        r'当前无未办结案件。 <a href="#people">在岗 1 人</a>',
        patrols.at_desk(patrols.CENTRE).get("/map/").content.decode(),
    )


@pytest.fixture
def camera(settings):
    """A body camera of the squad's first member, at a gateway that gives HLS."""
    settings.BODY_CAMERA_GATEWAY = "https://video.example.cn/live/{device}.m3u8"
    shift = patrols.running()
    source, _ = devices.declare("gb28181", Source.Kind.CAMERA, "执法记录仪", "Body cameras", by=None)
    _, secret = devices.give(source, shift.person, "34020000001320000007")
    assert secret == ""
    return shift


def test_a_body_camera_plays_after_its_purpose_and_the_person_sees_who_looked(camera):
    desk, where = patrols.at_desk(patrols.CENTRE), f"/map/camera/{camera.id}/"

    assert where in desk.get(f"/map/?shift={camera.id}").content.decode()
    assert desk.post(where, {"purpose": " "}).status_code == 400
    assert not Look.objects.filter(what="body_camera").exists()
    shown = desk.post(where, {"purpose": "核实路面塌陷现场"})

    address = "https://video.example.cn/live/34020000001320000007.m3u8"
    assert f'src="{address}"' in shown.content.decode()
    assert "media-src 'self' https://video.example.cn" in shown.headers["Content-Security-Policy"]
    assert "video.example.cn" not in desk.get("/map/").headers["Content-Security-Policy"]
    [told] = looking.looks_at(seat(patrols.MEMBER))
    assert (told.what, told.purpose) == ("body_camera", "核实路面塌陷现场")
    assert "执法记录仪" in patrols.at_desk(patrols.MEMBER).get("/shift/mine/").content.decode()


@pytest.mark.parametrize("post", [patrols.PEER, patrols.OTHER_HEAD])
def test_peers_and_other_squads_look_through_no_body_camera(camera, post):
    assert patrols.at_desk(post).get(f"/map/camera/{camera.id}/").status_code == 404


def test_without_a_gateway_there_is_no_body_camera(camera, settings):
    settings.BODY_CAMERA_GATEWAY = ""
    desk = patrols.at_desk(patrols.CENTRE)

    assert desk.get(f"/map/camera/{camera.id}/").status_code == 404
    assert "/map/camera/" not in desk.get(f"/map/?shift={camera.id}").content.decode()


def test_a_camera_near_the_case_opens_by_its_link_after_the_purpose_is_on_record():
    patrols.running()
    case, desk = stalls(), patrols.at_desk(patrols.CENTRE)
    where = "/map/cameras/camera-001/"

    assert where in desk.get(f"/map/?case={case.number}").content.decode()
    assert "cameras.example" not in desk.get(where).content.decode()
    assert 'href="https://cameras.example/demo/001"' in desk.post(where, {"purpose": "核实占道"}).content.decode()
    assert Look.objects.get(what="camera").purpose == "核实占道"
    assert patrols.at_desk(patrols.MEMBER).get(where).status_code == 404
