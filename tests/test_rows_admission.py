"""Rows D3, D4, D5, D7, D8, D9, E2, E4 of the mechanisms (准入与职权): each played through the product's own pages."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.duties.responsible import admitted
from jiedao.ground.people.models import Post, Unit
from jiedao.ground.places.models import Area
from jiedao.ground.terms.models import terms
from jiedao.kit.clock import moved, now, today
from jiedao.lines.admission import rules
from jiedao.lines.admission.models import Application, Attempt, Demand, HandOver
from jiedao.lines.rights import actions as rights
from jiedao.lines.rights.models import RightUse
from jiedao.record import versions
from jiedao.record.models import Case
from jiedao.stages import intake
from tests.cast import do, seat
from tests.desks import Colleague, words


class Town:
    """A district at work: colleagues by account, the first sub-district and community that have people."""

    def __init__(self, label: str, street: str) -> None:
        self.host, self.street, self.community = {"host": f"{label}.localhost"}, street, f"{street}901"
        self.known: dict[str, Colleague] = {}

    def __call__(self, account: str) -> Colleague:
        if account not in self.known:
            self.known[account] = Colleague(account, host=self.host)
        return self.known[account]

    def acting(self, account: str, post: str) -> None:
        """The colleague acts in another of his posts from now on."""
        self(account).post("/desk/post/", {"post": str(Post.objects.on().get(code=post).id)})

    def reported(self, item: str, **given: str) -> Case:
        """The centre takes a matter down in a grid of that community and classifies it."""

        grid = Area.objects.on().filter(kind="grid", path__contains=self.community).order_by("code").first()
        case = _report(grid, seat("centre-hotline_clerk-1"))
        do(case, "classify", "centre-dispatcher-1", item=item, **given)
        do(case, "file", "centre-dispatcher-1")
        return Case.objects.get(pk=case.pk)

    def sent(self, case: Case, unit: str) -> Any:
        return self("dispatcher").do(case.number, "dispatch", lead=unit)


def _report(grid: Area, by: Any) -> Case:

    return intake.report(intake.Told("楼道口有情况", "grid", area=grid), by=by).case


@pytest.fixture
def gulou(in_gulou) -> Town:
    return Town("gulou", "320106001")


@pytest.fixture
def jianghan(in_jianghan) -> Town:
    return Town("jianghan", "420103010")


@pytest.fixture
def liunan(in_liunan) -> Town:
    return Town("liunan", "450204006")


@pytest.fixture
def guangming(in_guangming) -> Town:
    return Town("guangming", "440311001")


@pytest.fixture
def neijiang(in_neijiang) -> Town:
    return Town("neijiang", "511002001")


def papers(**other: str) -> dict[str, str]:
    """What one types into the application."""
    start = rules.earliest_start(versions.process("admission").definition)
    return {
        "item_code": "pension-proof", "name": "养老待遇资格核对", "name_en": "Checking who draws a pension",
        "list_code": "subdistrict-duties", "why": "就近办理", "basis": "中华人民共和国社会保险法 第17条",
        "object": "领取养老待遇的居民", "procedure": "上门或视频核对", "limit_amount": "5", "limit_unit": "working_days",
        "result": "核对结果", "people": "1", "money": "30000", "technique": "开通账号", "training": "每年两次",
        "start_on": start.isoformat(),
    } | other  # fmt: skip


def applied(town: Town, account: str, level: str, **other: str) -> Application:
    answer = town(account).post(f"/admission/apply/?level={level}", papers(**other))
    assert answer.status_code == 303, words(answer)
    return Application.objects.order_by("-applied_at").first()


def admit(town: Town, row: Application, heard: str, answers: str, *signers: str) -> None:
    """All the steps, each by who has his turn, through the forms of the case page."""
    number = row.case.number
    for account, verb, told in (
        ("establishment", "accept", {}),
        ("establishment", "hear", {"units": heard, "question": "能否承接，需要多少人和钱"}),
        (answers, "opine", {"stance": "agree_if", "text": "经费按年到位"}),
        ("legal", "vet", {"lawful": "yes", "text": "依据充分"}),
        ("establishment", "table", {"text": "提请审议"}),
        *((signer, "admit", {}) for signer in signers),
    ):
        answer = town(account).do(number, verb, **told)
        assert answer.status_code == 303, f"{account} {verb}: {words(answer)}"


def state(row: Application) -> str:
    return Case.objects.get(pk=row.case_id).state


def refused(answer: Any, rule: str) -> None:
    assert answer.status_code == 422, words(answer)
    assert rule in words(answer)


# D3 准入


def test_D3_gulou_decides_by_committee_and_government(gulou):
    row = applied(gulou, "urban", "subdistrict", receivers=gulou.street)

    admit(gulou, row, gulou.street, "director", "committee")
    assert state(row) == "deliberating"  # one of the two is not enough
    assert gulou("government").do(row.case.number, "admit").status_code == 303

    assert state(row) == "admitted"
    assert admitted("pension-proof", "subdistrict", row.start_on)
    money = HandOver.objects.get(item_code="pension-proof", kind="money")
    assert (money.to_unit.code, money.amount) == (gulou.street, Decimal("30000.00"))


def test_D3_jianghan_sends_nothing_down_that_is_not_admitted(jianghan):
    case = jianghan.reported("street-lights")

    refused(jianghan.sent(case, jianghan.street), "准入")

    assert Attempt.objects.get().sender.code == "centre"
    assert "street-lights" in words(jianghan("establishment").get("/admission/?tab=attempts"))
    row = applied(jianghan, "urban", "subdistrict")
    admit(jianghan, row, jianghan.street, "director", "committee", "government")
    case = jianghan.reported("street-vendors")
    with moved(now() + (row.start_on - today())):
        jianghan("dispatcher").do(case.number, "classify", item="pension-proof")
        assert admitted("pension-proof", "subdistrict", today())


def test_D3_neijiang_admits_certificates_too_and_bars_the_negative_list(neijiang):
    barred = DutyItem.objects.filter(list__code="community-negative").first()
    community = "/admission/apply/?level=community"
    told = papers(list_code="community-certificates")

    refused(neijiang("civil").post(community, told | {"name": barred.name}), barred.name)
    refused(neijiang("civil").post(community, told | {"people": "0", "money": "0"}), "只转事")
    row = applied(neijiang, "civil", "community", list_code="community-certificates", receivers=neijiang.community)
    admit(neijiang, row, neijiang.community, "community-head", "committee", "government")

    version = DutyList.objects.get(code="community-certificates", valid_to=None, published_on__isnull=False)
    assert version.items.count() == 19
    assert version.valid_from == row.start_on


# D4 职权


def asked(town: Town, account: str, right: str, holder: str) -> RightUse:
    answer = town(account).post(f"/rights/ask/{right}/", {"holder": holder, "question": "拟作调整，征询意见"})
    assert answer.status_code == 303, words(answer)
    return RightUse.objects.get()


def answered(town: Town, account: str, use: RightUse, stance: str, text: str) -> None:
    assert town(account).do(use.case.number, "opine", stance=stance, text=text).status_code == 303


def decided(town: Town, account: str, use: RightUse, **told: str) -> Any:
    return town(account).do(use.case.number, "decide", **told)


def named(town: Town) -> list[str]:
    """The rights that the page offers, by code."""
    page = town("establishment").get("/rights/").content.decode()
    return re.findall(r'href="/rights/ask/([a-z0-9-]+)/"', page)


def test_D4_liunan_has_six_rights_and_two_by_name(liunan):
    assert (len(named(liunan)), named(liunan)[:2]) == (6, ["command", "appraisal"])
    use = asked(liunan, "urban", "command", liunan.street)
    answered(liunan, "director", use, "agree", "同意抽调两名队员")

    assert decided(liunan, "urban", use, decision="go_ahead", text="抽调两名").status_code == 303

    paper = words(liunan("urban").get(f"/rights/{use.case.number}/decision/"))
    assert "同意抽调两名队员" in paper and "抽调两名" in paper


def test_D4_gulou_has_eight_rights_and_five_by_name(gulou):
    assert (len(named(gulou)), named(gulou)[:5]) == (8, ["decisions", "staff", "budget", "appraisal", "rating"])
    use = asked(gulou, "urban", "decisions", gulou.street)
    answered(gulou, "director", use, "object", "选址不当")

    refused(decided(gulou, "urban", use, decision="go_ahead", text="照建"), "理由")
    assert decided(gulou, "urban", use, decision="go_ahead", text="照建", reason="别无选址").status_code == 303

    assert "别无选址" in words(gulou("director").get(f"/rights/{use.case.number}/decision/"))


def test_D4_neijiang_moves_no_head_without_consent(neijiang):
    assert len(named(neijiang)) == 6
    use = asked(neijiang, "police", "consent", neijiang.street)
    answered(neijiang, "secretary", use, "object", "不同意调离")

    refused(decided(neijiang, "police", use, decision="go_ahead", text="调离", reason="工作需要"), "为主")
    assert decided(neijiang, "police", use, decision="dropped", text="不调").status_code == 303

    assert not rights.decided(use.case.number).consents


def test_D4_guangming_gives_the_community_command_and_appraisal(guangming):
    assert named(guangming) == ["command", "appraisal"]
    use = asked(guangming, "works", "command", guangming.community)

    answered(guangming, "community-head", use, "agree", "听社区统一调度")
    assert decided(guangming, "works", use, decision="go_ahead", text="由社区调度").status_code == 303

    assert rights.decided(use.case.number).stance == "agree"


# D5 街道到社区


def test_D5_guangming_reviews_what_the_street_passes_on(guangming):
    lists = words(guangming("works").get("/certificates/lists/"))
    assert "社区工作事项清单" in lists and "街道工作事项清单" in lists
    case = guangming.reported("street-lights")
    refused(guangming.sent(case, guangming.community), "准入")

    row = applied(guangming, "works", "community", list_code="community-work-items", receivers=guangming.community)
    assert row.applicant.code == guangming.street
    guangming.acting("secretary", f"{guangming.street}-leaders-party_secretary")
    admit(guangming, row, guangming.community, "community-head", "director", "secretary")

    assert state(row) == "admitted"
    assert admitted("pension-proof", "community", row.start_on)
    assert not admitted("pension-proof", "community", row.start_on - timedelta(days=1))


# D7 随事划转


def book(town: Town, account: str, to: str, kind: str, what: str, **told: str) -> HandOver:
    answer = town(account).post("/handover/book/", {"to_unit": to, "kind": kind, "what": what, **told})
    assert answer.status_code == 303, words(answer)
    row = HandOver.objects.get(what=what)
    assert town(account).post(f"/handover/{row.id}/hand/").status_code == 303
    return row


def test_D7_liunan_hands_over_vehicles_gear_and_funds(liunan):
    rows = [
        book(liunan, "urban", liunan.street, "vehicle", "执法车", quantity="2"),
        book(liunan, "urban", liunan.street, "gear", "执法记录仪", quantity="35"),
        book(liunan, "urban", liunan.street, "money", "办公经费", amount="200000"),
    ]

    for row in rows:
        assert liunan("director").post(f"/handover/{row.id}/receive/").status_code == 303
    used = liunan("director").post(f"/handover/{rows[2].id}/use/", {"text": "购置桌椅", "amount": "50000"})
    assert used.status_code == 303

    for account in ("urban", "director"):  # both sides
        page = words(liunan(account).get("/handover/"))
        assert "执法车" in page and "执法记录仪" in page and "150,000.00" in page


def test_D7_guangming_pays_communities_and_approves_above_a_limit(guangming):
    row = book(guangming, "works", guangming.community, "money", "社区市容专项", amount="80000")
    assert guangming("community-head").post(f"/handover/{row.id}/receive/").status_code == 303

    guangming("community-head").post(f"/handover/{row.id}/use/", {"text": "小修", "amount": "3000"})
    guangming("community-head").post(f"/handover/{row.id}/use/", {"text": "整治一条街", "amount": "60000"})

    small, large = row.uses.order_by("amount")
    assert (small.needs_approval, large.needs_approval) == (False, True)
    assert guangming("community-head").post(f"/handover/{large.id}/approve/").status_code == 403
    assert guangming("director").post(f"/handover/{large.id}/approve/").status_code == 303
    assert "17,000.00" in words(guangming("community-head").get("/handover/"))


def test_D7_jianghan_hands_over_whole_packages(jianghan):
    for kind, told in (("function", {}), ("post", {"quantity": "12"}), ("staff", {"quantity": "10"}),
                       ("money", {"amount": "860000"})):  # fmt: skip
        row = book(jianghan, "urban", jianghan.street, kind, f"城市管理整建制 {kind}", **told)
        assert jianghan("director").post(f"/handover/{row.id}/receive/").status_code == 303

    rows = HandOver.objects.filter(to_unit__code=jianghan.street, received_on__isnull=False)
    assert sorted(rows.values_list("kind", flat=True)) == ["function", "money", "post", "staff"]


# D8 证明和挂牌


def test_D8_neijiang_issues_eighteen_classes_and_refuses_any_other(neijiang):
    assert "社区可出具 18 类" in words(neijiang("community").get("/certificates/"))
    listed = DutyItem.objects.filter(list__code="community-certificates").first()

    answer = neijiang("community").post("/certificates/demand/", {"item_code": listed.code, "asked_by": "居民本人"})
    assert Demand.objects.get().outcome == "issued"
    answer = neijiang("community").post("/certificates/demand/", {"what": "无犯罪记录证明", "asked_by": "某用人单位"})

    slip = words(neijiang("community").get(answer.url))
    assert "不予出具" in slip and "18 类" in slip and "无犯罪记录证明" in slip
    log = words(neijiang("director").get("/certificates/"))
    assert "无犯罪记录证明" in log and "某用人单位" in log


# D9 护住社区的清单


def test_D9_neijiang_shows_the_lists_that_shield_communities(neijiang):
    page = neijiang("community").get("/certificates/lists/").content.decode()

    numbers = {
        code: int(re.search(rf'id="list-{code}".*?<span class="num">(\d+)</span>', page, re.DOTALL)[1])
        for code in ("handed-down", "two-committees", "assist-government", "community-certificates",
                     "community-negative")
    }  # fmt: skip
    assert numbers == {
        "handed-down": 55, "two-committees": 39, "assist-government": 79, "community-certificates": 18,
        "community-negative": 4,
    }  # fmt: skip
    down = DutyItem.objects.filter(list__code="handed-down")
    fields = {
        field: down.filter(category_en=field).count() for field in set(down.values_list("category_en", flat=True))
    }
    assert sorted(fields.values()) == [16, 17, 22]


# E2 三事分流


def settled(town: Town, item: str, matter: str) -> str:
    """Whom the case proposes, as its page says."""
    case = town.reported(item, matter=matter)
    lead = Unit.objects.get(pk=case.routing["proposed_lead"])
    assert case.routing["why"]["by"] == "matter"
    assert str(terms("matter")[matter].name) in words(town("dispatcher").get(f"/case/{case.number}/"))
    return lead.code


def test_E2_liunan_knows_three_kinds(liunan):
    assert len(terms("matter")) == 3
    assert settled(liunan, "corridor-clutter", "middle") == liunan.community
    assert settled(liunan, "street-vendors", "large") == liunan.street


def test_E2_neijiang_settles_small_matters_in_the_yard(neijiang):
    assert settled(neijiang, "corridor-clutter", "small") == neijiang.community
    assert settled(neijiang, "corridor-clutter", "middle") == neijiang.community


def test_E2_guangming_leaves_upkeep_to_the_community_and_projects_to_the_street(guangming):
    assert settled(guangming, "corridor-clutter", "middle") == guangming.community
    assert settled(guangming, "street-vendors", "large") == guangming.street


# E4 双向派单


def two_way(town: Town, item: str) -> Any:
    told = {"lead": town.street, "title": "协助整治", "words": "请街道办理", "item": item, "limit_amount": "3",
            "limit_unit": "working_days", "area": town.community}  # fmt: skip
    return town("urban").post("/department/send/", told)


def test_E4_jianghan_sends_to_a_sub_district_only_what_is_admitted(jianghan):
    assert two_way(jianghan, "street-vendors").status_code == 303

    refused(two_way(jianghan, "street-lights"), "准入")

    assert Case.objects.filter(process__code="two_way").count() == 1
    assert (Attempt.objects.get().sender.code, Attempt.objects.get().item_code) == ("urban", "street-lights")
