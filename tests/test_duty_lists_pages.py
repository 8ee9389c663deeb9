"""Pages of the lists (清单网页): read by anybody, kept by few, in both languages, with a steady number of queries."""

import csv
import io
import re
from datetime import date
from time import process_time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from jiedao.doors.notify import inbox
from jiedao.ground.duties import drafts, sheets, written
from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.people.models import Account
from jiedao.lines.lists.models import ListChange, Question, Wish
from jiedao.record.models import Case
from tests.cast import dispatched, do, seat
from tests.desks import Colleague, words
from tests.listing import (
    DISTRICT,
    KEEPER,
    decided,
    draft,
    examined,
    item,
    keep,
    powers,
    proposed,
    submitted,
    tomorrow,
)
from tests.residents import Resident, acting

pytestmark = pytest.mark.usefixtures("in_gulou")

STREET = "320106001"


@pytest.fixture(autouse=True)
def keepers(in_gulou):
    keep()


def by():
    return seat(KEEPER)


def keeper(lang="zh-hans"):
    """Whoever sits at the desk of the urban bureau."""
    return Colleague("urban", lang=lang)


def anybody(lang="zh-hans"):
    visitor = Resident()
    visitor.client.cookies["lang"] = lang
    return visitor


# Public pages 公开页面


def test_anybody_reads_the_lists_in_both_languages():
    powers()

    chinese, english = words(anybody().get("/lists/")), words(anybody("en").get("/lists/"))

    assert "区级派单目录（演示）" in chinese and "街道赋权清单（演示） 行政权力事项清单 街道 1 1 1" in chinese
    assert "District dispatch catalogue (demo)" in english
    assert "Delegated powers (demo) Administrative power list Sub-district 1 1 1" in english


def test_a_list_is_searched_by_words_number_and_department():
    for sought in ("路灯", "street-lights", "路灯管理所", "Street lights"):
        page = words(anybody().get(f"/lists/{DISTRICT}/?q={sought}"))
        assert "路灯不亮 street-lights" in page and "占道经营 street-vendors" not in page


def test_a_list_is_filtered_by_category_and_type():
    powers()

    assert "路灯不亮 street-lights" not in words(anybody().get(f"/lists/{DISTRICT}/?category=街面秩序"))
    page = words(anybody().get("/lists/demo-powers/?type=penalty"))
    assert "占用消防通道的处罚" in page and "个人占用消防通道" in page
    assert "本清单没有符合的事项" in words(anybody().get("/lists/demo-powers/?type=licence"))


def test_an_item_found_by_its_part_is_shown_with_it():
    powers()

    page = words(anybody().get("/lists/demo-powers/?q=个人占用"))

    assert "找到 1 个事项" in page
    assert "占用消防通道的处罚 block-exit" in page and "个人占用消防通道 block-exit-person" in page


def test_a_handbook_says_basis_range_steps_points_cautions_cases_and_whom_to_ask():
    powers()

    chinese = words(anybody().get("/lists/demo-powers/block-exit/"))
    english = words(anybody("en").get("/lists/demo-powers/block-exit/"))

    for told in (
        "法律依据 《中华人民共和国消防法》第 28 条", "处罚依据 《中华人民共和国消防法》第60条",
        "处罚幅度 五千元以上五万元以下罚款",
        "办理步骤 表明身份，出示证件 拍照固定现场 责令改正", "审查要点 是否经催告仍不改", "注意事项 不得少于两人",
        "案例 某小区私家车",
        "业务联系岗位 区消防救援大队", "90 个自然日", "赋权部门 区消防救援大队 · 2025年1月1日", "演示",
    ):  # fmt: skip
        assert told in chinese
    assert "Penalty basis" in english and "Contact who answers questions Fire and Rescue Brigade" in english


def test_a_sub_item_is_led_by_who_leads_its_item():
    version = draft()
    drafts.put(version, item("lights-park", parent="street-lights", lead="", helpers=[]), by=by())
    drafts.publish(version, date.today(), by=by())

    assert "主办 路灯管理所" in words(anybody().get(f"/lists/{DISTRICT}/lights-park/"))


def test_all_lists_are_searched_at_once():
    powers()

    page = words(anybody().get("/lists/search/?q=消防通道"))

    assert "占用消防通道 fire-lanes" in page and "占用消防通道的处罚 block-exit" in page
    assert "现行清单里没有类似事项" in words(anybody().get("/lists/search/?q=外星人"))


def test_versions_are_read_each_and_compared():
    version = draft()
    lights = written.of(version)["street-lights"]
    drafts.put(version, lights | {"limit": "12 hours"}, by=by())
    drafts.put(version, item(), by=by())
    drafts.end(version, "leaflets", by=by())
    drafts.publish(version, tomorrow(), by=by())

    page = words(anybody().get(f"/lists/compare/{DISTRICT}/?before=1&after=2"))

    assert "新增 1 项 减少 1 项 变更 1 项" in page
    assert "办理时限 24 小时（昼夜连续） 12 小时（昼夜连续）" in page
    assert "ebike-parking" not in words(anybody().get(f"/lists/{DISTRICT}/"))
    assert "ebike-parking" in words(anybody().get(f"/lists/{DISTRICT}/?version=2"))


def test_what_is_not_published_is_not_there():
    version = draft()
    drafts.put(version, item(), by=by())

    for path in (f"/lists/{DISTRICT}/?version=2", f"/lists/{DISTRICT}/ebike-parking/", "/lists/nowhere/",
                 f"/lists/{DISTRICT}/?version=abc", f"/lists/export/{DISTRICT}.csv?version=2"):  # fmt: skip
        assert anybody().get(path).status_code == 404


def test_a_list_is_taken_away_as_csv_and_xlsx_and_reads_in_again():
    for kind in ("csv", "xlsx"):
        answer = anybody().get(f"/lists/export/{DISTRICT}.{kind}")
        if kind == "csv":
            heading, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
        else:
            sheet = load_workbook(io.BytesIO(answer.content)).active
            heading, *rows = [[cell or "" for cell in row] for row in sheet.values]

        found = [(at, dict(zip(heading, row, strict=True))) for at, row in enumerate(rows, 2)]
        items, bad = sheets.read(found, sheets.headings(heading))

        assert bad == []
        there = written.of(drafts.newest(DISTRICT))
        assert {one["code"]: written.whole(one) for one in items} == {k: written.whole(v) for k, v in there.items()}


def test_a_list_costs_the_same_number_of_queries_at_one_item_and_at_many():
    powers()
    counts = []
    for path in ("/lists/demo-powers/", f"/lists/{DISTRICT}/"):
        anybody().get(path)
        with CaptureQueriesContext(connection) as asked:
            assert anybody().get(path).status_code == 200
        counts.append(len(asked))

    assert counts[0] == counts[1] and counts[0] <= 6


def test_251_items_cost_the_server_less_than_half_a_second():
    """Its own time, not that of whatever else the machine does; a browser's test measures the whole."""
    version = DutyList.objects.create(
        code="many", version=1, kind="power", level="subdistrict", name="多", name_en="Many",
        published_on=date(2025, 1, 1), valid_from=date(2025, 1, 1),
    )  # fmt: skip
    wanted = [item(f"power-{n}", name=f"权力{n}", type="penalty", giver="urban") for n in range(251)]
    written.write(version, wanted, written.known(wanted))
    anybody().get("/lists/")
    taken = []
    for _ in range(3):
        start = process_time()
        page = anybody().get("/lists/many/")
        taken.append(process_time() - start)

    assert len(re.findall(r'<tr id="item-power-', page.text)) == 251
    assert min(taken) < 0.5


# Questions 业务咨询


def test_a_question_reaches_the_named_contact_and_the_answer_stands_by_the_handbook():
    powers()
    asker, contact = (
        Colleague("clerk"),
        Account.objects.create(username="fire-one", person=seat("fire-handler-1").person),
    )
    answer = asker.post("/lists/demo-powers/block-exit/", {"text": "首次违法能不能不罚？"})
    assert answer.status_code == 303
    fire = Colleague(contact.username)
    assert "业务咨询 首次违法能不能不罚？" in words(fire.get("/notices/"))
    assert inbox.unread(seat("fire-handler-1")).number == 1

    question = Question.objects.get()
    assert "首次违法能不能不罚？" in words(fire.get("/lists/questions/"))
    assert (
        fire.post("/lists/questions/", {"question": str(question.id), "text": "可以，依法不予处罚"}).status_code == 303
    )

    page = words(asker.get("/lists/demo-powers/block-exit/"))
    assert "首次违法能不能不罚？" in page and "可以，依法不予处罚" in page
    assert "您的咨询有了答复 可以，依法不予处罚" in words(asker.get("/notices/"))
    # Colleagues' words are not for the public page.
    assert "依法不予处罚" not in words(anybody().get("/lists/demo-powers/block-exit/"))


def test_nobody_but_the_contact_answers_and_only_once():
    powers()
    Colleague("clerk").post("/lists/demo-powers/block-exit/", {"text": "怎么办？"})
    told = {"question": str(Question.objects.get().id), "text": "这样办"}

    assert Colleague("urban").post("/lists/questions/", told).status_code == 403
    Account.objects.create(username="fire-one", person=seat("fire-handler-1").person)
    assert Colleague("fire-one").post("/lists/questions/", told).status_code == 303
    assert Colleague("fire-one").post("/lists/questions/", told).status_code == 409

    assert Question.objects.get().answered_by == seat("fire-handler-1").person


def test_an_item_without_a_contact_is_asked_about_in_vain():
    answer = Colleague("clerk").post(f"/lists/{DISTRICT}/street-lights/", {"text": "问谁？"})

    assert answer.status_code == 422 and "没有写明业务联系岗位" in words(answer)
    assert not Question.objects.exists()


def test_the_public_asks_nothing_here():
    powers()

    answer = anybody().post("/lists/demo-powers/block-exit/", {"text": "谁？", "key": "k"})

    assert answer.status_code == 403 and not Question.objects.exists()


# The desk 管理台


def test_a_change_is_proposed_written_and_published_by_pages_alone():
    assert (
        keeper().post("/lists/desk/", {"code": DISTRICT, "trigger": "law", "reason": "上位法修改"}).status_code == 303
    )
    told = sheets.cells(item()) | {"helpers": ["own_subdistrict"], "mark": ""}
    saved = keeper().post(f"/lists/draft/{DISTRICT}/new/", {k: v for k, v in told.items() if v})
    assert saved.status_code == 303, words(saved)
    page = words(keeper().get(f"/lists/draft/{DISTRICT}/"))
    assert "新增 1 项 减少 0 项 变更 0 项" in page and "电动自行车停放秩序" in page

    case = Case.objects.get(process__code="list_change")
    sent = keeper().do(case.number, "submit", basis="消防法第28条", effective_on=tomorrow().isoformat())
    assert sent.status_code == 303, words(sent)
    assert Colleague("t-legal").do(case.number, "vet", lawful="yes", text="合法").status_code == 303
    assert Colleague("t-establishment").do(case.number, "table").status_code == 303
    assert Colleague("t-government").do(case.number, "approve").status_code == 303
    assert Colleague("t-establishment").do(case.number, "publish").status_code == 303

    assert "电动自行车停放秩序" in words(anybody().get(f"/lists/{DISTRICT}/?version=2"))


def test_an_edit_form_opens_with_what_stands_and_keeps_what_was_typed():
    version = draft()
    page = keeper().get(f"/lists/draft/{DISTRICT}/edit/street-lights/")
    assert 'value="24 hours"' in page.text and "《城市道路管理条例》第21条" in page.text

    told = {k: v for k, v in sheets.cells(written.of(version)["street-lights"]).items() if v}
    mark = re.search(r'name="mark" value="(\w+)"', page.text)[1]
    wrong = keeper().post(f"/lists/draft/{DISTRICT}/edit/street-lights/", told | {"limit": "bald", "mark": mark})
    assert wrong.status_code == 422 and 'value="bald"' in wrong.text
    right = keeper().post(f"/lists/draft/{DISTRICT}/edit/street-lights/", told | {"limit": "12 hours", "mark": mark})
    assert right.status_code == 303
    late = keeper().post(f"/lists/draft/{DISTRICT}/edit/street-lights/", told | {"limit": "1 hours", "mark": mark})
    assert late.status_code == 409 and "别人改过事项" in words(late)

    assert written.of(version)["street-lights"]["limit"] == "12 hours"


def test_a_table_with_a_bad_row_is_named_by_line_and_nothing_is_taken():
    version = draft()
    before = written.of(version)
    heading, *rows = sheets.rows(before.values())
    rows[2][heading.index("办理时限 limit")] = "irgendwann"
    bad = keeper().post(f"/lists/draft/{DISTRICT}/bring/", {"file": as_file(heading, rows)})

    assert bad.status_code == 422
    assert "没有读入：1 处不合要求" in words(bad) and "4 办理时限" in words(bad)
    assert written.of(version) == before


def test_a_table_becomes_the_draft():
    version = draft()
    heading, *rows = sheets.rows(written.of(version).values())
    rows[0][heading.index("办理时限 limit")] = "2 working_days"

    taken = keeper().post(f"/lists/draft/{DISTRICT}/bring/", {"file": as_file(heading, rows[:-1])})

    assert taken.status_code == 303, words(taken)
    assert len(written.of(version)) == len(rows) - 1
    page = words(keeper().get(f"/lists/draft/{DISTRICT}/"))
    assert "新增 0 项 减少 1 项 变更 1 项" in page


def test_what_is_no_table_is_refused_by_name():
    draft()

    answer = keeper().post(f"/lists/draft/{DISTRICT}/bring/", {"file": SimpleUploadedFile("x.xlsx", b"PK\x03\x04junk")})

    assert answer.status_code in (400, 413, 415, 422)
    assert "没有" in words(answer)


def as_file(heading, rows):
    out = io.StringIO()
    csv.writer(out).writerows([heading, *rows])
    return SimpleUploadedFile("list.csv", out.getvalue().encode("utf-8-sig"), "text/csv")


def test_the_trial_and_the_gaps_are_pages_of_the_keeper():
    dispatched("lighting")
    version = draft()
    drafts.put(version, written.of(version)["street-lights"] | {"lead": "urban"}, by=by())

    page = words(keeper().get(f"/lists/draft/{DISTRICT}/trial/"))
    assert "会派往别处 事项 案件" in page and "路灯管理所 区城市管理局" in page
    assert "冲突与缺口" in words(keeper().get("/lists/gaps/"))
    english = words(keeper("en").get(f"/lists/draft/{DISTRICT}/trial/"))
    assert "Would go elsewhere" in english


def test_who_keeps_no_list_sees_no_draft_and_changes_nothing():
    draft()
    clerk = Colleague("clerk")

    for path in (f"/lists/draft/{DISTRICT}/", f"/lists/draft/{DISTRICT}/trial/", "/lists/gaps/",
                 f"/lists/draft/{DISTRICT}/new/", f"/lists/draft/{DISTRICT}/bring/"):  # fmt: skip
        assert clerk.get(path).status_code == 404
    answer = clerk.post("/lists/desk/", {"code": DISTRICT, "trigger": "law", "reason": "我想改"})
    assert answer.status_code == 422
    assert not ListChange.objects.exists()
    assert anybody().get("/lists/desk/").status_code == 302


def test_who_examines_a_change_reads_its_draft_and_does_not_write_in_it():
    case = submitted(with_item())
    office = Colleague("t-legal")

    page = office.get(f"/lists/draft/{DISTRICT}/")

    assert page.status_code == 200 and "/edit/" not in page.text
    assert f"/lists/draft/{DISTRICT}/" in office.get(f"/case/{case.number}/").text


def with_item():
    case = proposed()
    from jiedao.lines.lists import actions

    actions.edit(draft(), "put", item(), by=by())
    return case


def test_a_street_answers_a_round_and_the_owner_gives():
    powers("province", kind="catalogue")
    powers()
    case = proposed("demo-powers", trigger="delegation", catalogue="province")
    do(case, "hear", KEEPER, units=[STREET], question="需要哪些")
    street = Colleague("clerk")
    assert "占用消防通道的处罚" in words(street.get(f"/lists/round/{case.number}/"))

    told = {"what": "answer", "wish-block-exit": "carry", "stance": "agree", "text": "我们接"}
    assert street.post(f"/lists/round/{case.number}/", told).status_code == 303
    assert Wish.objects.get().carries
    given = {"what": "give", "item": ["block-exit"], "giver": "urban", "given_on": "2026-12-01"}
    assert keeper().post(f"/lists/round/{case.number}/", given).status_code == 303

    assert written.of(draft("demo-powers"))["block-exit"]["giver"] == "urban"
    refused = street.post(f"/lists/round/{case.number}/", given)
    assert refused.status_code == 403


def test_how_powers_came_and_went_is_public():
    powers()

    page = words(anybody().get("/lists/handed/demo-powers/"))

    assert "占用消防通道的处罚 block-exit 下放 2025-01-01 区消防救援大队" in page


# Routing on the case page 案件页上的派单依据


def test_a_case_says_in_words_why_a_unit_was_proposed_and_links_to_its_item():
    case = dispatched("lighting")

    page = Colleague("dispatcher").get(f"/case/{case.number}/")
    english = words(Colleague("dispatcher", lang="en").get(f"/case/{case.number}/"))

    assert f'href="/lists/{DISTRICT}/street-lights/?version=1"' in page.text
    assert "按“区级派单目录（演示）”第 1 版“路灯不亮”由路灯管理所主办" in words(page)
    assert "District dispatch catalogue (demo), version 1" in english


def test_the_public_pages_say_nothing_of_accounts(keepers):
    assert DutyItem.objects.exists() and acting("urban")
    assert "/lists/desk/" not in anybody().get("/lists/").text
    assert examined and decided
