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
    (address,) = re.findall(r'href="(/files/[0-9a-f-]+/)view/"', page)
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


def test_the_page_kept_without_a_network_holds_no_token_and_nothing_of_anybody(resident):
    opened(resident)
    worker, shell = resident.get("/report/sw.js"), resident.get("/report/offline/")

    assert worker.headers["Content-Type"].startswith("text/javascript")
    assert 'const SHELL = "/report/offline/"' in worker.text
    assert "csrf" not in shell.text
    assert LAMP not in shell.text
    listed = re.findall(r'"(/static/[^"]+)"', worker.text)
    assert set(re.findall(r'(?:href|src)="(/static/(?:css|js)/[^"]+)"', shell.text)) <= set(listed)


def known_lamp(kind: str = "finding") -> Case:
    """An open case that a grid worker reported and a clerk sorted."""
    from jiedao.ground.duties.models import DutyItem
    from jiedao.stages import triage

    area = Area.objects.on().filter(kind="grid", grid_kind="integrated").order_by("path").first()
    told = intake.Told(words="CANARY 灯坏了", channel="grid", kind=kind, area=area, point=centre(area))
    case = intake.report(told, by=acting("grid")).case
    item = DutyItem.objects.filter(list__kind="duty", list__level="district").first()
    triage.classify(case.id, by=acting("dispatcher"), item=item)
    case.refresh_from_db()
    return case


def test_who_met_it_too_gets_an_own_number_and_the_clerk_is_told_which_is_meant(resident):
    from jiedao.record import queries

    other = known_lamp()
    number = opened(resident, same_as=other.number, lon=other.lon, lat=other.lat)

    assert number != other.number
    near = queries.duplicates(case_of(number), acting("dispatcher"))
    assert [(one.number, one.told) for one in near] == [(other.number, True)]
    assert other.number not in resident.get("/follow/").text


@pytest.mark.parametrize("kind", ["help", "complaint"])
def test_nobody_learns_by_a_guessed_number_what_is_open(resident, kind):
    other = known_lamp(kind)

    for guess in (other.number, "26-99999"):
        assert case_of(opened(resident, same_as=guess, words=f"路灯 {guess}")).routing == {}


def test_similar_ones_are_told_by_what_and_where_and_never_in_anybodys_words(resident):
    other = known_lamp()
    page = resident.get(f"/report/similar/?lon={other.lon}&lat={other.lat}").text

    assert other.number in page
    assert other.item.name in page
    assert "CANARY" not in page
    assert str(other.lon) not in page
    assert known_lamp("complaint").number not in resident.get(f"/report/similar/?lon={other.lon}&lat={other.lat}").text


def test_the_check_shows_everything_and_nothing_is_sent_by_it(resident):
    before = Case.objects.count()
    page = resident.post(
        "/report/", {"words": "我要投诉乱收费", "address": "解放里 5 号", "phone": "13812345678", "go": "check"}
    )

    assert page.status_code == 200
    assert Case.objects.count() == before
    for said in ("我要投诉乱收费", "解放里 5 号", "13812345678", "因为您写到“投诉”", "还没有发送"):
        assert said in page.text


def test_a_mandate_stands_on_the_event_and_the_helpers_name_is_sealed(resident):
    number = opened(
        resident, name="张三丰", phone="13812345678", on_behalf="family", mandate_way="phone", helper_name="李代办"
    )
    event = Event.objects.get(case__number=number)

    assert event.raw == {"mandate": {"by": "family", "way": "phone"}}
    assert clear(event.id).helper == "李代办"
    assert "家人" in resident.get("/follow/").text
    for words in Event.objects.filter(pk=event.id).values():
        assert "李代办" not in str(words)


def test_who_files_for_somebody_says_for_whom_and_how_he_was_asked(resident):
    answer = resident.report(on_behalf="family")

    assert answer.status_code == 422
    assert answer.text.count("还没有填，请补上。") >= 3
