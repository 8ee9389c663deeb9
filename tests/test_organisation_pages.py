"""The pages of the organisation (组织页面): chart, roster, counts, forms, import; in two languages, few queries."""

import csv
import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.ground.journal.models import Look
from jiedao.ground.people import appointments, establishing
from jiedao.ground.people.models import Account, Person, Post, Reorganisation, Tenure, Unit
from jiedao.ground.places.models import Area
from jiedao.kit.clock import today
from jiedao.kit.ids import new_id
from tests.desks import Colleague, reported, sent, words
from tests.organising import KEEPER, SYSTEM, bare, holder, in_days, keeper, person, post, seat, tenure, term
from tests.residents import HERE

pytestmark = pytest.mark.usefixtures("in_gulou")

PAGES = (
    "/organisation/",
    "/organisation/unit/urban/",
    "/organisation/roster/",
    "/organisation/vacancies/",
    "/organisation/approved/",
    "/organisation/stationed/",
    "/organisation/linked/",
    "/organisation/ties/",
)
KEPT = ("/organisation/accounts/", "/organisation/import/", "/organisation/do/appoint/")


@pytest.fixture
def boss() -> Colleague:
    bare()
    keeper()
    return Colleague(KEEPER)


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
@pytest.mark.parametrize("path", [*PAGES, *KEPT])
def test_every_page_opens_for_the_keeper_in_both_languages(path, lang):
    keeper()

    answer = Colleague(KEEPER, lang=lang).get(path)

    assert answer.status_code == 200
    assert ("组织" in words(answer)) == (lang == "zh-hans")


@pytest.mark.parametrize("path", PAGES)
def test_every_post_reads_the_organisation(path):
    keeper()
    page = Colleague("grid").get(path)

    assert page.status_code == 200
    assert "/organisation/do/" not in page.content.decode()


@pytest.mark.parametrize("path", [*KEPT, "/organisation/do/reorganise/", "/organisation/do/nothing/"])
def test_what_only_the_keeper_does_is_not_there_for_others(path):
    keeper()

    assert Colleague("grid").get(path).status_code == 404


def test_a_stranger_is_sent_to_sign_in(client):
    assert client.get("/organisation/", headers=HERE).status_code == 302


def test_the_chart_shows_plates_seats_and_who_sits_there(boss):
    Unit.objects.filter(code="urban").update(second_name="综合执法局", side="back")

    page = words(boss.get("/organisation/"))

    assert "区城市管理局" in page and "综合执法局" in page and "后台" in page
    assert holder("urban-handler-1").name in page
    assert "下辖" in page
    below = Unit.objects.on().filter(parent__code="320106001").exclude(kind="community").first()
    assert below.name not in page
    assert 'href="?unit=320106001"' in boss.get("/organisation/").content.decode()


def test_one_sub_district_shows_down_to_its_communities(boss):
    page = words(boss.get("/organisation/?unit=320106001"))

    names = Unit.objects.on().filter(above__contains=[Unit.objects.get(code="320106001").id]).values_list("name")
    assert all(name in page for (name,) in names)
    assert "路灯管理所" not in page


def test_the_chart_can_be_narrowed_to_a_kind(boss):
    page = words(boss.get("/organisation/?kind=outpost"))

    assert "路灯管理所" in page and "指挥中心（12345热线办）" not in page


def test_the_roster_answers_who_was_where_on_a_day(boss):
    was = holder("urban-handler-1")
    appointments.move(tenure("urban-handler-1"), seat("water", "handler", "9"), by=SYSTEM, on=today())

    now = words(boss.get(f"/organisation/roster/?q={was.code}"))
    then = words(boss.get(f"/organisation/roster/?q={was.code}&day={in_days(-1)}"))

    assert "区水务局" in now and "区城市管理局" not in now
    assert "区城市管理局" in then and "区水务局" not in then


def test_the_roster_is_taken_away_as_it_is_shown(boss):
    path = f"/organisation/roster/export.{{}}?q={holder('urban-handler-1').code}"

    told = list(csv.DictReader(io.StringIO(boss.get(path.format("csv")).content.decode("utf-8-sig"))))
    book = openpyxl.load_workbook(io.BytesIO(boss.get(path.format("xlsx")).content))

    assert [row["post"] for row in told] == ["urban-handler-1"]
    assert [row[2] for row in book.active.iter_rows(values_only=True)] == ["post", "urban-handler-1"]


def test_a_vacant_seat_shows_with_who_acts_in_it(boss):
    free = seat("urban", "handler", "9")
    assert "共空缺" not in words(boss.get("/organisation/vacancies/"))
    appointments.stand_in(person(), free, by=SYSTEM, on=today(), until=in_days(9))

    page = words(boss.get("/organisation/vacancies/"))

    assert "urban-handler-9" in page
    assert f"{person().name} P9001 代理" in page


def test_accounts_are_counted_against_people_and_a_mismatch_opens(boss):
    Account(username="lost").save(force_insert=True)
    Account(username="urban-two", person=holder("urban-handler-1")).save(force_insert=True)
    gone = holder("urban-unit_head")
    Person.objects.filter(pk=gone.pk).update(left_on=today())

    assert "lost" in words(boss.get("/organisation/accounts/?tab=nobody"))
    second = words(boss.get("/organisation/accounts/?tab=second"))
    assert "urban-two" in second and " urban " in second
    assert "urban-head" in words(boss.get("/organisation/accounts/?tab=left"))
    assert person("P9009", "无号").name not in words(boss.get("/organisation/accounts/?tab=without"))


def test_approved_posts_show_filled_vacant_and_at_the_front_line(boss):
    term("staff_kind", "institution", "事业编制")
    street = Unit.objects.on().get(code="320106001")
    boss.post(
        "/organisation/do/approve/",
        {"unit": str(street.id), "staff_kind": "institution", "approved": "5", "on": str(today()), "moved": "2",
         "moved_from": "urban", "source": "区编〔2026〕1号"},
    )  # fmt: skip

    page = words(boss.get("/organisation/approved/"))

    assert "事业编制 5 0 5" in page and "100 %" in page and "40 %" in page and "区城市管理局 2" in page


def test_a_form_appoints_and_sent_twice_appoints_once(boss):
    seat("urban", "handler", "9")
    given = {"person": person().code, "post": "urban-handler-9", "on": str(today()), "key": str(new_id())}

    first = boss.post("/organisation/do/appoint/", given)
    again = boss.post("/organisation/do/appoint/", given)

    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["Location"] == "/organisation/unit/urban/"
    assert Tenure.objects.filter(person=person()).count() == 1


def test_a_refused_form_says_why_beside_what_was_typed(boss):
    answer = boss.post(
        "/organisation/do/appoint/", {"person": person().code, "post": "urban-handler-1", "on": str(today())}
    )

    page = words(answer)
    assert answer.status_code == 409
    assert f"由{holder('urban-handler-1').name}担任" in page
    assert 'value="P9001" checked' in answer.content.decode()


def test_a_form_that_lacks_something_says_what(boss):
    answer = boss.post("/organisation/do/appoint/", {"post": "urban-handler-1", "on": "nonsense"})

    assert answer.status_code == 422
    assert "人员 : 还没有填" in words(answer)


@pytest.mark.parametrize("act", ["release", "move", "disable", "call_back", "unlink", "drop"])
def test_an_act_on_something_that_is_not_there_is_absent(boss, act):
    assert boss.get(f"/organisation/do/{act}/").status_code == 404
    assert boss.get(f"/organisation/do/{act}/?row={new_id()}").status_code == 404
    assert boss.get(f"/organisation/do/{act}/?row=x").status_code == 404


def test_a_re_organisation_by_its_form_merges_today(boss):
    units = [str(Unit.objects.on().get(code=code).id) for code in ("water", "greening")]

    answer = boss.post(
        "/organisation/do/reorganise/",
        {"units": units, "code": "city", "name": "区水务和园林局", "second_name": "区水务局", "kind": "department",
         "on": str(today()), "ends": "greening-unit_head，greening-duty_officer"},
    )  # fmt: skip

    assert answer.status_code == 303
    page = words(boss.get("/organisation/unit/city/"))
    assert "区水务和园林局" in page and "由以下机构合并： 区绿化园林局 、 区水务局" in page
    assert "已并入：区水务和园林局" in words(boss.get("/organisation/unit/water/"))
    assert holder("greening-unit_head") is None


def test_a_plan_ahead_stands_on_the_chart(boss):
    unit = str(Unit.objects.on().get(code="greening").id)

    boss.post(
        "/organisation/do/reorganise/", {"units": [unit], "code": "green", "name": "园林局", "on": str(in_days(30))}
    )

    assert Reorganisation.objects.get().done_at is None
    page = words(boss.get("/organisation/"))
    assert "待生效的机构改革" in page and "greening → 园林局" in page and "将撤并" in page


def test_a_leader_sees_open_cases_of_linked_areas_and_takes_one_over():
    bare()
    keeper()
    case = reported("路灯不亮")
    leader = Colleague("leader")
    assert case.number not in words(leader.get("/organisation/linked/"))
    area = Area.objects.on().get(code=case.area.path.split("/")[1])
    establishing.link(post("leaders-district_leader-1"), by=SYSTEM, on=today(), area=area)

    page = leader.get("/organisation/linked/")
    assert case.number in words(page)
    assert f"/case/{case.number}/do/supervise/" in page.content.decode()
    leader.do(case.number, "supervise", reason="群众反复反映")

    taken = leader.get("/organisation/linked/?tab=taken")
    assert case.number in words(taken) and "督办" in words(taken)


def upload(boss: Colleague, text: str, key: str = "") -> object:
    file = SimpleUploadedFile("staff.csv", text.encode())
    return boss.client.post("/organisation/import/", {"file": file, "key": key or str(new_id())}, headers=boss.headers)


HEAD = "变动,人员编号,姓名,岗位代码,原岗位代码,日期,账号\n"


def test_a_sheet_of_changes_is_done_row_by_row_and_bad_rows_are_told(boss):
    seat("urban", "handler", "9")
    who = holder("urban-handler-2")
    sheet = (
        f"{HEAD}入职,P9001,张三（演示）,urban-handler-9,,2026/11/1,zhangsan\n"
        f"调岗,{who.code},,urban-handler-1,,2026-11-20,\n"  # taken: nothing of the row happens
        f"离职,{who.code},,,,2026-11-20,\n"
        "任职,NOBODY,,urban-handler-9,,2026-11-20,\n"
        "升天,P0001,,,,2026-11-20,\n"
        "入职,P9002,李四（演示）,urban-handler-9,,2026-11-20,lisi\n"
    )
    key = str(new_id())

    page = words(upload(boss, sheet, key))

    assert "2 行已办 · 0 行已办过 · 4 行未收" in page
    assert holder("urban-handler-9").code == "P9001"
    assert Account.objects.get(username="zhangsan").person.code == "P9001"
    assert holder("urban-handler-2") is None
    assert not Person.objects.filter(code="P9002").exists() and not Account.objects.filter(username="lisi").exists()
    assert "3 岗位代码 urban-handler-1" in page and "5 人员编号 NOBODY" in page and "6 变动 升天" in page
    again = words(upload(boss, sheet, key))
    assert "0 行已办 · 2 行已办过 · 4 行未收" in again


def test_a_sheet_without_its_columns_or_of_no_kind_is_refused_whole(boss):
    for text in ("甲,乙\n1,2\n", "", "\x00\x01"):
        assert upload(boss, text).status_code == 422
    assert boss.client.post("/organisation/import/", {"key": "x"}, headers=boss.headers).status_code == 422


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_sheet_to_fill_in_can_be_taken_and_read_again(boss, form):
    answer = boss.get(f"/organisation/import/template.{form}")

    file = SimpleUploadedFile(f"staff.{form}", answer.content)
    told = words(boss.client.post("/organisation/import/", {"file": file, "key": "k1"}, headers=boss.headers))

    assert answer.status_code == 200
    assert "行未收" in told
    assert boss.get("/organisation/import/template.exe").status_code == 404


QUERIES = {
    "/organisation/": 14,
    "/organisation/roster/": 14,
    "/organisation/vacancies/": 14,
    "/organisation/approved/": 14,
    "/organisation/accounts/": 14,
    "/organisation/ties/": 14,
    "/organisation/stationed/": 14,
    "/organisation/linked/": 18,
    "/organisation/unit/urban/": 28,
}


@pytest.mark.parametrize("path", QUERIES)
def test_a_page_asks_as_often_for_one_row_as_for_three(boss, path):
    boss.get(path)
    before = queries_of(boss, path)
    for number in range(3):
        appointments.appoint(person(f"P900{number}"), seat("urban", "handler", f"n{number}"), by=SYSTEM, on=today())
        seat("urban", "unit_head", f"v{number}")
    boss.get(path)  # what is kept for a minute is fresh again

    assert queries_of(boss, path) == before <= QUERIES[path]


NOT_COUNTED = ("SET", "SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", 'UPDATE "django_session"')
"""The session notes once a minute that somebody acts, whichever page that minute meets."""


def queries_of(colleague: Colleague, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert colleague.get(path).status_code == 200
    return len([q for q in asked if not q["sql"].startswith(NOT_COUNTED)])


def test_a_keeper_sees_as_a_seat_what_it_gets_without_anybodys_case_and_on_the_record(boss):
    case = sent("drainage", text="金丝雀路积水")

    told = words(boss.get("/organisation/seat/drainage-handler-1/"))

    assert "部门台" in told and "待办派单 1" in told and "签收" in told and case.title not in told
    seen = Look.objects.get(what="post")
    assert (seen.purpose, seen.object_id) == ("seen_as", Post.objects.get(code="drainage-handler-1").id)
    assert Colleague("grid").get("/organisation/seat/drainage-handler-1/").status_code == 404
    assert boss.get("/organisation/seat/none/").status_code == 404
