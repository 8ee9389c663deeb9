"""Rows O1–O4, O9, O10, O12 of the mechanisms (组织机制), each played in the district it is named for, by its pages."""

import csv
import io
import re
from typing import Any

import pytest

from jiedao.ground.duties.models import DutyList, Responsibility
from jiedao.ground.people import stationing, ties
from jiedao.ground.people.models import Account, Link, Post, Stationing, Unit
from jiedao.ground.places.models import Area
from jiedao.kit.clock import today
from jiedao.stages import intake
from tests.cast import do
from tests.cast import seat as sitting
from tests.desks import Colleague, words
from tests.organising import SYSTEM, holder, seat, tenure


def official(label: str, username: str = "admin", lang: str = "zh-hans") -> Colleague:
    """Somebody of a district, signed in there."""
    return Colleague(username, lang=lang, host={"host": f"{label}.localhost"})


def tagged(page: Any, word: str) -> int:
    """How many units of a kind a chart shows."""
    return page.content.decode().count(f'<span class="tag">{word}</span>')


def body(page: Any, **attributes: str) -> str:
    """The words of the row with an id."""
    found = re.search(rf'(?s)<tr id="{attributes["row"]}".*?</tr>', page.content.decode())
    assert found, words(page)[:2000]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])).strip()


# O1: three levels, each with its party organisation


def test_o1_liunan_has_eleven_bodies_and_ninety_seven_below_each_with_its_party_organisation(in_liunan):
    boss = official("liunan")

    page = words(boss.get("/organisation/"))
    assert "街道 8 · 镇 3 · 社区 55 · 村 42" in page
    party = boss.get("/organisation/?unit=party")
    assert tagged(party, "党组织") >= 1 + 11 + 97
    branch = Unit.objects.on().filter(kind="party").exclude(serves=[]).order_by("code").first()
    assert f"服务网格 {branch.serves[0]}" in words(boss.get(f"/organisation/unit/{branch.code}/"))


def test_o1_gulou_has_thirteen_sub_districts_a_hundred_and_twenty_communities_and_parties_by_trade(in_gulou):
    boss = official("gulou")

    assert "街道 13 · 社区 120" in words(boss.get("/organisation/"))
    assert "商贸行业党委" in words(boss.get("/organisation/unit/party/"))


def test_o1_guangming_is_six_communities_in_one_sub_district(in_guangming):
    boss = official("guangming")

    assert "社区 6 · 综合网格 150" in words(boss.get("/organisation/"))
    assert tagged(boss.get("/organisation/?unit=440311001&kind=community"), "社区") == 6


def test_o1_every_grid_of_shizhong_has_its_branch(in_neijiang):
    grids = set(Area.objects.on().filter(kind="grid").values_list("code", flat=True))

    served = {code for unit in Unit.objects.on().filter(kind="party") for code in unit.serves}

    assert len(grids) == 199 and grids <= served


# O2: offices as each district sets them, and their merging

LAYOUTS = {
    "liunan": ("450204001", {"内设机构": 5, "中心": 2}),
    "guangming": ("440311001", {"领导班子": 2, "中队": 6}),
    "jianghan": ("420103001", {"内设机构": 6, "中心": 3}),
    "gulou": ("320106001", {"内设机构": 5, "局（队）": 1, "中心": 2}),
    "neijiang": ("511002001", {"内设机构": 4, "中心": 3}),
}


@pytest.mark.parametrize("label", LAYOUTS)
def test_o2_each_district_has_its_own_offices(label, request):
    request.getfixturevalue(f"in_{label}")
    code, wanted = LAYOUTS[label]

    page = official(label).get(f"/organisation/?unit={code}")

    assert {word: tagged(page, word) for word in wanted} == wanted


def test_o2_townships_of_shizhong_have_seven_offices_and_four_centres(in_neijiang):
    page = official("neijiang").get("/organisation/?unit=511002100")

    assert (tagged(page, "内设机构"), tagged(page, "中心")) == (7, 4)


def test_o2_five_bodies_of_a_sub_district_in_gulou_bear_a_second_name(in_gulou):
    page = official("gulou").get("/organisation/?unit=320106001").content.decode()

    assert page.count('class="plate"') == 5
    assert "退役军人服务站" in page


def test_o2_offices_of_liunan_say_from_which_they_were_merged(in_liunan):
    made = Unit.objects.on().filter(code__startswith="450204001-").exclude(came_from=[])

    assert 10 <= sum(len(unit.came_from) for unit in made) <= 15
    first = made.order_by("code").first()
    assert "由以下机构合并" in words(official("liunan").get(f"/organisation/unit/{first.code}/"))


def test_o2_offices_that_are_merged_take_their_open_work_along(in_jianghan):
    boss, old = official("jianghan"), Unit.objects.on().get(code="water")
    told = intake.Told("三号楼下水道堵塞，污水外溢", "hotline", area=Area.objects.on().get(code="420103010901001"))
    case = intake.report(told, by=sitting("centre-hotline_clerk-1")).case
    lead = Unit.objects.on().get(code="urban")
    do(case, "classify", "centre-dispatcher-1", item=_item_led_by(old))
    do(case, "file", "centre-dispatcher-1")
    do(case, "dispatch", "centre-dispatcher-1", lead="water")

    boss.post(
        "/organisation/do/reorganise/",
        {"units": [str(old.id), str(lead.id)], "code": "city-water", "name": "区城管和水务局", "on": str(today())},
    )

    new = Unit.objects.on().get(code="city-water")
    case.refresh_from_db()
    assert (case.orders.get().unit, case.holder) == (new, new)
    page = official("jianghan", "water").get("/department/")
    assert case.number in words(page)
    assert do(case, "acknowledge", "water-handler-1").verb == "acknowledge"


def _item_led_by(unit: Unit) -> str:
    rows = Responsibility.objects.filter(unit=unit, role="lead", item__list__in=DutyList.objects.on())
    found = rows.filter(item__list__level="district", item__list__kind="duty").select_related("item").first()
    assert found is not None
    return found.item.code


# O3: posts, people, accounts


def test_o3_shizhong_has_547_grid_workers_in_a_and_b_posts_and_one_account_too_many(in_neijiang):
    page = official("neijiang").get("/organisation/accounts/?tab=second")

    a, b = body(page, row="crew-grid_worker-A"), body(page, row="crew-grid_worker-B")
    counted = [list(map(int, re.findall(r"-?\d+", row))) for row in (a, b)]
    assert [row[0] for row in counted] == [147, 400]
    assert sum(row[1] for row in counted) == 548
    assert sum(row[2] for row in counted) == 1
    workers = Account.objects.filter(person__tenures__post__kind__code="grid_worker", is_active=True)
    twice = [a.username for a in workers.distinct() if a.person and a.person.accounts.count() > 1]
    assert len(twice) == 2 and all(name in words(page) for name in twice)
    boss = official("neijiang")
    extra = Account.objects.get(username=sorted(twice)[-1])
    boss.post(f"/organisation/do/disable/?row={extra.id}", {"reason": "一人两号"})
    again = boss.get("/organisation/accounts/")
    assert sum(int(re.findall(r"-?\d+", body(again, row=f"crew-grid_worker-{s}"))[2]) for s in "AB") == 0


def test_o3_guangming_has_494_staff_of_six_departments(in_guangming):
    page = words(official("guangming").get("/organisation/stationed/"))

    assert "494 人，来自 6 个部门" in page
    assert "常驻人员 275" in page and "机动人员 219" in page


def test_o3_gulou_counts_its_crews(in_gulou):
    """120+ heads, 900+ full-time, 1,900+ part-time, 2,000+ of police and justice, 483 officers with their heads."""
    table = official("gulou").get("/organisation/roster/export.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))

    def people(**where: str) -> int:
        return len(
            {r["person"] for r in rows if r["person"] and all(r[name] == value for name, value in where.items())}
        )

    assert people(kind="网格长") >= 120
    assert people(duty="full_time") >= 900
    assert people(duty="part_time") >= 1900
    assert people(kind="政法网格员") >= 2000
    assert people(kind="执法队员") + people(kind="中队长") == 483


def test_o3_one_person_holds_several_posts_and_acts_in_the_one_chosen(in_gulou):
    head = official("gulou", "community-head")

    held = Post.objects.filter(tenures__person=Account.objects.get(username="community-head").person)

    assert held.count() >= 3
    page = words(official("gulou").get("/organisation/roster/?q=P0152"))
    assert all(post.code in page for post in held)
    assert head.get("/desk/").status_code == 200


# O4: two masters, and the asking before a head is moved


def test_o4_guangming_shows_two_masters_and_their_shares(in_guangming):
    page = words(official("guangming").get("/organisation/stationed/?unit=440311001901-squad"))

    assert "由指挥方单独考核" in page and "指挥方 50 ： 部门 50" in page


def test_o4_gulou_moved_the_party_membership_of_who_is_used_by_the_street(in_gulou):
    page = words(official("gulou").get("/organisation/stationed/?unit=320106001"))

    assert "党组织关系已转入" in page and "区属街管街用 指挥方 100 %" in page


@pytest.mark.parametrize(
    ("label", "right", "street", "home"),
    [("neijiang", "consent", "511002001", "urban"), ("gulou", "staff", "320106001", "urban")],
)
def test_o4_a_head_is_moved_only_after_the_sub_district_was_asked(label, right, street, home, request):
    """The department asks, the sub-district answers, the answer is recorded with the move."""
    request.getfixturevalue(f"in_{label}")
    boss, asker, chief = official(label), official(label, "urban"), official(label, "director")
    head = _head_at(boss, street, home)
    free = seat(home, "handler", "free")
    move = f"/organisation/do/move/?row={head['tenure'].id}"
    refused = boss.post(move, {"post": free.code, "on": str(today())})
    assert refused.status_code == 409 and "须先征求其意见" in words(refused)

    number = _asked(asker, right, street, head["person"].code)
    early = boss.post(move, {"post": free.code, "on": str(today()), "consent": number})
    assert "不是已答复的征求意见案件" in words(early)
    assert chief.do(number, "opine", stance="agree", text="同意调整").status_code == 303
    assert asker.do(number, "decide", decision="go_ahead", text="按程序任免").status_code == 303
    done = boss.post(move, {"post": free.code, "on": str(today()), "consent": number})

    assert done.status_code == 303, words(done)
    assert holder(free.code) == head["person"]
    assert number in words(boss.get(f"/organisation/unit/{home}/"))


def _head_at(boss: Colleague, street: str, home: str) -> dict[str, Any]:
    """A head that the department has stationed with the sub-district: the package's, or one sent by the form."""
    command = Unit.objects.on().get(code=street)
    there = Stationing.objects.on().filter(is_head=True, command__above__contains=[command.id], home__code=home)
    row = there.select_related("person").first()
    if row is None:
        sent = tenure(f"{home}-handler-2")
        stationing.station(
            sent.person, home=sent.post.unit, command=command, kind="outposted", by=SYSTEM, on=today(), is_head=True,
            consent=_consent_of(command, sent.person),
        )  # fmt: skip
        row = Stationing.objects.on().get(person=sent.person)
    held = row.person.tenures.on().select_related("post__unit", "post__kind", "post__area", "person").first()
    return {"person": row.person, "tenure": held}


def _consent_of(command: Unit, person: Any) -> Any:
    return stationing.Consent("26-00000", True, "consent", person.id, command.id)


def _asked(asker: Colleague, right: str, street: str, person: str) -> str:
    holder_id = str(Unit.objects.on().get(code=street).id)
    told = {"holder": holder_id, "question": "拟调整派驻负责人，请街道提出意见", "about_person": person}
    answer = asker.post(f"/rights/ask/{right}/", told)
    assert answer.status_code in (302, 303), words(answer)
    return answer.headers["Location"].rstrip("/").rpartition("/")[2]


# O9: approved posts


def test_o9_shizhong_moved_103_institution_posts_down_a_share_of_27_percent(in_neijiang):
    page = official("neijiang").get("/organisation/approved/")

    row = body(page, row="sum-institution")
    assert "103 27 %" in row


def test_o9_liunan_gave_each_street_one_post_and_four_to_six_more(in_liunan):
    page = words(official("liunan").get("/organisation/approved/?unit=450204001"))

    assert "行政编制" in page and "事业编制" in page and "2021-06-01" in page


def test_o9_posts_follow_the_task_by_the_form(in_gulou):
    """编随事走: what a task takes along is booked from whom and when, and the share at the front line grows."""
    boss = official("gulou")
    before = body(boss.get("/organisation/approved/?unit=320106001"), row="sum-official")
    branch = Unit.objects.on().get(code="320106001-branch")
    market = Unit.objects.on().get(code="market")

    boss.post(
        "/organisation/do/approve/",
        {"unit": str(branch.id), "staff_kind": "official", "approved": "18", "moved": "18",
         "moved_from": str(market.id), "on": str(today()), "source": "编随事走（演示）"},
    )  # fmt: skip

    after = body(boss.get("/organisation/approved/?unit=320106001"), row="sum-official")
    approved = [int(re.findall(r"\d+", row)[0]) for row in (before, after)]
    assert approved[1] == approved[0] + 3
    assert "编随事走（演示）" in words(boss.get("/organisation/unit/320106001-branch/"))


# O10: linked leaders


def test_o10_every_leader_of_liunan_is_linked_and_takes_a_matter_over(in_liunan):
    linked = Link.objects.on().filter(post__kind__code="district_leader")
    assert linked.values("post").distinct().count() == Post.objects.on().filter(kind__code="district_leader").count()
    area = Area.objects.on().filter(kind="grid", path__contains="/450204001/").order_by("path").first()
    told = intake.Told("网格内路灯不亮", "grid", area=area)
    case = intake.report(told, by=sitting("centre-hotline_clerk-1")).case
    leader = official("liunan", "leader")

    page = leader.get("/organisation/linked/")
    assert "河西街道" in words(page) and case.number in words(page)
    assert leader.do(case.number, "supervise", reason="挂点街道的问题，请限期办结").status_code == 303

    assert case.number in words(leader.get("/organisation/linked/?tab=taken"))


def test_o10_leaders_of_guangming_claim_a_field_and_supervise_it(in_guangming):
    page = words(official("guangming", "deputy").get("/organisation/linked/"))

    assert "认领督办: 综治维稳" in page


def test_o10_community_staff_are_linked_to_small_grids(in_liunan):
    page = words(official("liunan").get("/organisation/unit/450204001901/"))

    assert "银杏一号网格" in page


# O12: two hats on purpose


@pytest.mark.parametrize("label", ["guangming", "gulou", "liunan"])
def test_o12_posts_tied_together_show_and_hold(label, request):
    request.getfixturevalue(f"in_{label}")

    pairs = ties.pairs()
    page = words(official(label).get("/organisation/ties/"))

    apart = [pair for pair in pairs if pair.state != "holds"]
    assert len(pairs) > 5 and len(apart) <= 4
    assert f"不一致的 {len(apart)} 全部" in page
    assert all(person.name in page for pair in apart for person in pair.holders)


def test_o12_with_the_secretary_the_head_of_the_squad_changes(in_guangming):
    boss, community = official("guangming"), "440311001902"
    gone = tenure(f"{community}-community_secretary")
    assert holder(f"{community}-squad-squad_head") == gone.person

    boss.post(f"/organisation/do/release/?row={gone.id}", {"on": str(today())})
    boss.post("/organisation/do/join/", {"code": "P9001", "name": "新书记（演示）", "on": str(today()),
                                         "post": f"{community}-community_secretary"})  # fmt: skip

    assert holder(f"{community}-community_secretary").code == "P9001"
    assert holder(f"{community}-squad-squad_head").code == "P9001"


def test_o12_a_mismatch_is_flagged_where_nothing_follows_by_itself(in_gulou):
    boss, street = official("gulou"), "320106002"
    chief = tenure(f"{street}-police-station_chief")

    boss.post(f"/organisation/do/release/?row={chief.id}", {"on": str(today())})
    boss.post("/organisation/do/join/", {"code": "P9001", "name": "新所长（演示）", "on": str(today()),
                                         "post": f"{street}-police-station_chief"})  # fmt: skip

    page = words(boss.get("/organisation/ties/"))
    assert "由两人分任 新所长（演示）" in page
