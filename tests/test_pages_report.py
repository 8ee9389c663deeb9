"""Reporting (报事): without an account, once, with what was typed kept, and nothing about the sender given away."""

import io
import re

import pytest

from jiedao.ground.people.contacts import clear
from jiedao.ground.places.locate import centre
from jiedao.ground.places.models import Area
from jiedao.kit.ids import new_id
from jiedao.record import residents
from jiedao.record.models import Attachment, Case, Event
from jiedao.stages import intake
from tests.residents import LAMP, Resident, acting, case_of, photo

pytestmark = pytest.mark.usefixtures("in_gulou")


@pytest.fixture
def resident() -> Resident:
    return Resident()


def opened(resident: Resident, **told: object) -> str:
    """The number of a request that this resident has open now."""
    return resident.reported(**told)[0]


def test_a_report_gives_a_number_and_a_code_and_the_code_opens_it(resident):
    number, code = resident.reported(phone="13812345678", name="张三丰")

    elsewhere = Resident()
    answer = elsewhere.follow(number, code)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/follow/")
    assert LAMP in elsewhere.get("/follow/").text


def test_what_is_seen_runs_as_an_event_and_what_is_asked_as_a_call(resident):
    kinds = ("finding", "help", "consult", "complaint", "denunciation", "suggestion")
    found = {kind: case_of(opened(resident, kind=kind)).process.code for kind in kinds}

    assert found == dict.fromkeys(kinds, "call") | {"finding": "event"}


def test_who_complains_without_saying_so_is_shielded_all_the_same(resident):
    case = case_of(opened(resident, words="我要投诉物业乱停车", kind=""))

    assert (case.kind, case.shielded) == ("complaint", True)


def test_a_complaints_caller_is_never_rung_whatever_the_form_says(resident):
    number = opened(resident, kind="complaint", phone="13812345678", may_ring="yes")

    assert clear(Event.objects.get(case__number=number).id).may_ring is False
    assert not case_of(number).may_ring


def test_help_is_rung_only_when_it_was_allowed(resident):
    asked = [opened(resident, kind="help", phone="13812345678", may_ring=answer) for answer in ("yes", "no", "")]

    assert [case_of(number).may_ring for number in asked] == [True, False, False]


def test_a_photo_keeps_nothing_about_its_sender_and_its_place_is_known(resident):
    from PIL import Image

    exif = Image.Exif()
    exif[0x010F] = "CANARY-MAKER"
    number = opened(resident, photos=[photo(exif=exif)])

    page = resident.get("/follow/").text
    (address,) = re.findall(r'href="(/files/[0-9a-f-]+/)"', page)
    assert b"CANARY" not in resident.get(address).content
    assert Attachment.objects.filter(case__number=number).count() == 1


def test_a_refused_report_keeps_words_and_photos_and_leaves_nothing(resident):
    before = Case.objects.count()
    first = resident.report(words="", phone="138", photos=[photo()])
    (kept,) = re.findall(r'name="kept" value="([^"]+)"', first.text)

    assert first.status_code == 422
    assert "data:image/jpeg;base64," in first.text
    assert 'value="138"' in first.text
    assert 'value="解放里 5 号"' in first.text
    assert Case.objects.count() == before

    resident.report(kept=kept, photos=[])
    assert Attachment.objects.filter(case__words=LAMP).count() == 1


def test_a_photo_can_be_left_out_after_a_refusal(resident):
    first = resident.report(words="", photos=[photo("red"), photo("blue")])
    (kept,) = re.findall(r'name="kept" value="([^"]+)"', first.text)
    drop = re.findall(r'name="drop" value="([0-9a-f]+)"', first.text)

    resident.report(kept=kept, drop=drop[0])

    assert [bytes(row.sha256).hex() for row in Attachment.objects.filter(case__words=LAMP)] == [drop[1]]


def test_nobody_hangs_a_file_of_his_own_making_on_a_report(resident):
    answer = resident.report(kept="W3sicGF0aCI6Ii9ldGMvcGFzc3dkIn1d:1abc:forged")

    assert answer.status_code == 422
    assert not Case.objects.filter(words=LAMP).exists()


def test_a_file_that_is_no_picture_is_refused_by_name_and_the_other_is_kept(resident):
    broken = io.BytesIO(b"\x7fELF not a picture")
    broken.name = "virus.exe"

    answer = resident.report(photos=[broken, photo()])

    assert answer.status_code == 422
    assert "没有上传“virus" in answer.text
    assert answer.text.count("data:image/jpeg") == 1


def test_the_tenth_photo_is_refused(resident):
    answer = resident.report(photos=[photo(f"#{25 * n:02x}4080") for n in range(10)])

    assert answer.status_code == 422
    assert "一次最多 9 个附件" in answer.text


def test_sending_twice_is_one_report_with_the_same_code(resident):
    key = str(new_id())
    first = resident.reported(key=key, photos=[photo()])
    again = Resident().reported(key=key, photos=[photo()])

    assert first == again
    assert Case.objects.filter(words=LAMP).count() == 1


def test_the_same_key_with_other_words_is_refused(resident):
    key = str(new_id())
    opened(resident, key=key)

    answer = resident.report(key=key, words="另一件事，井盖丢了")

    assert answer.status_code == 409
    assert "另一件事，井盖丢了" in answer.text


def test_the_code_lies_nowhere_in_the_tables(resident):
    from django.db import connection

    _, code = resident.reported()
    plain = code.replace("-", "")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM journal_receipt WHERE outcome::text LIKE %s OR key LIKE %s", [f"%{plain}%"] * 2
        )
        told = cursor.fetchone()[0]
        cursor.execute("SELECT session_data FROM django_session")
        sessions = [row[0] for row in cursor.fetchall()]

    assert told == 0
    assert sessions
    assert not any(plain in data for data in sessions)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"words": "  "}, "还没有填，请补上。"),
        ({"address": ""}, "在哪里？请在地图上点、选社区，或写地址。"),
        ({"phone": "12"}, "这不是电话号码。请带区号填写，或留空。"),
        ({"lon": "118.7"}, "经度和纬度要一起填，或都不填。"),
        ({"lon": "abc", "lat": "32"}, "这不是数字。"),
        ({"lon": "0", "lat": "0"}, "这个位置不在本区"),
        ({"area": "nowhere"}, "名单里没有这个社区，请从名单里选。"),
        ({"kind": "gossip"}, "没有这一类，请从列出的里面选。"),
        ({"words": "坏\0了"}, "不允许"),
        ({"words": "长" * 5001}, "5000"),
        ({"key": "no-uuid"}, "缺少本次提交的编号"),
    ],
)
def test_bad_input_is_refused_in_words_with_what_was_typed(resident, told, said):
    before = Case.objects.count()

    answer = resident.report(**told)

    assert answer.status_code in (400, 422)
    assert said in answer.text
    assert Case.objects.count() == before
    assert "解放里 5 号" in answer.text or told.get("address") == ""


def test_a_question_needs_no_place(resident):
    assert case_of(opened(resident, kind="consult", address="", words="请问居住证怎么办理")).kind == "consult"


def test_a_point_says_the_grid_and_a_community_does_without_a_map(resident):
    grid = Area.objects.filter(kind="grid", grid_kind="integrated").order_by("path").first()
    lon, lat = centre(grid)
    community = Area.objects.get(path=grid.path.rpartition("/")[0])

    by_point = case_of(opened(resident, lon=lon, lat=lat, area=community.code))
    by_list = case_of(opened(resident, area=community.code, address="", words="井盖丢了，就在社区门口"))

    assert (by_point.area_id, by_list.area_id) == (grid.id, community.id)


def test_whoever_knows_a_neighbours_phone_is_not_let_into_his_request(resident):
    number = opened(resident, kind="complaint", phone="13812345678")

    other = Resident().reported(kind="complaint", phone="13812345678")[0]

    assert other != number


def test_nearby_reports_are_a_count_and_small_counts_are_not_told(resident):
    area = Area.objects.filter(kind="grid").order_by("path").first()
    ask = f"/report/place/?area={area.code}"
    community = Area.objects.get(path=area.path.rpartition("/")[0])
    told = resident.get(ask).text
    assert "少于 5 件" in told

    by = acting("grid")
    for n in range(5):
        intake.report(intake.Told(words=f"CANARY {n} 堆物", channel="grid", area=area), by=by)
        intake.report(intake.Told(words=f"投诉 {n}", channel="grid", kind="complaint", area=area), by=by)

    told = resident.get(ask).text
    assert "这里在办的同类反映有 5 件" in told
    assert "CANARY" not in told
    assert residents.open_nearby(community) == 5
