"""Rows D1, D2 and D6 of the mechanisms (清单机制): each played through the product's own pages, in its own district."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from jiedao.ground.districts import district
from jiedao.ground.people import posts
from jiedao.ground.people.models import Account, Post, Tenure, Unit
from jiedao.ground.terms.models import fact
from jiedao.kit.clock import today
from jiedao.record.models import Case
from tests.desks import Colleague, words
from tests.residents import Resident


class Place:
    """A district as its people meet it: pages for everybody, colleagues by the account of their post."""

    def __init__(self, label: str) -> None:
        self.host = {"host": f"{label}.localhost"}

    def read(self, path: str, lang: str = "zh-hans") -> Any:
        visitor = Resident(host=self.host)
        visitor.client.cookies["lang"] = lang
        return visitor.get(path)

    def at(self, post: str) -> Colleague:
        """Whoever sits in a post, acting in it; an account is opened where the demonstration has none."""
        seat = Post.objects.on().get(code=post)
        person = Tenure.objects.on().filter(post=seat).first().person
        account = Account.objects.filter(person=person).first()
        account = account or Account.objects.create(username=f"t-{post}", person=person)
        colleague = Colleague(account.username, host=self.host)
        colleague.post("/desk/post/", {"post": str(next(one.id for one in posts.held_by(person) if one.code == post))})
        return colleague

    def office(self, code: str, kinds: str) -> Colleague:
        """Somebody of an office of the district's table, in the first of these kinds of post that is filled."""
        unit = Unit.objects.on().get(code=fact("office", code, "unit"))
        filled = Tenure.objects.on().filter(post__unit=unit).values_list("post__kind__code", "post__code")
        by_kind = dict(filled)
        return self.at(next(by_kind[kind] for kind in kinds.split() if kind in by_kind))

    @property
    def keeper(self) -> Colleague:
        return self.office("establishment", "establishment_officer")

    def decided(self, number: str) -> None:
        """An applied change is found lawful, decided and published."""
        examiner = self.office("establishment", "unit_head handler establishment_officer")
        for who, verb, told in (
            (self.office("legal", "handler unit_head legal_officer"), "vet", {"lawful": "yes", "text": "合法"}),
            (examiner, "table", {}),
            (self.office("government", "office_head unit_head district_leader"), "approve", {}),
            (examiner, "publish", {}),
        ):
            answer = who.do(number, verb, **told)
            assert answer.status_code == 303, f"{verb}: {words(answer)}"

    def proposed(self, code: str, trigger: str, **more: str) -> str:
        """A change begun by the keeper; its number."""
        told = {"code": code, "trigger": trigger, "reason": "按规定动态调整"} | more
        answer = self.keeper.post("/lists/desk/", told)
        assert answer.status_code == 303, words(answer)
        return Case.objects.filter(process__code="list_change").latest("opened_at").number

    def applied(self, number: str, on: date) -> None:
        answer = self.keeper.do(number, "submit", basis="区政府第12次常务会议纪要", effective_on=on.isoformat())
        assert answer.status_code == 303, words(answer)

    def table(self, code: str) -> list[dict[str, str]]:
        """A list as anybody takes it away."""
        rows = csv.DictReader(io.StringIO(self.read(f"/lists/export/{code}.csv").content.decode("utf-8-sig")))
        return [{heading.rsplit(" ", 1)[-1]: cell for heading, cell in row.items()} for row in rows]


def _place(label: str) -> Iterator[Place]:
    with district(label):
        yield Place(label)


@pytest.fixture
def gulou(db: None) -> Iterator[Place]:
    yield from _place("gulou")


@pytest.fixture
def jianghan(db: None) -> Iterator[Place]:
    yield from _place("jianghan")


@pytest.fixture
def liunan(db: None) -> Iterator[Place]:
    yield from _place("liunan")


@pytest.fixture
def neijiang(db: None) -> Iterator[Place]:
    yield from _place("neijiang")


TOMORROW = timedelta(days=1)


def test_d1_liunan_reads_its_lists_by_category_item_and_sub_item_and_changes_them_by_decision(liunan):
    page = words(liunan.read("/lists/street-work-items/"))
    assert "118 个事项" in page and "240 个子项" in page and "41 个类别" in page
    assert "82 个事项" in words(liunan.read("/lists/joint-enforcement/"))
    assert len({row["giver"] for row in liunan.table("joint-enforcement")}) == 12
    assert "街道 8 项职能" in words(liunan.read("/lists/"))
    bases = [row["basis"] for row in liunan.table("joint-enforcement") if row["basis"]]
    assert bases and all(re.fullmatch(r"(《[^》]+》第[0-9]+条(之[0-9]+)?；?)+", basis) for basis in bases)

    number = liunan.proposed("street-work-items", "law")
    row = next(row for row in liunan.table("street-work-items") if not row["parent"])
    mark = re.search(
        r'name="mark" value="(\w*)"', liunan.keeper.get(f"/lists/draft/street-work-items/edit/{row['code']}/").text
    )[1]
    told = {name: cell for name, cell in row.items() if cell and name not in ("limit", "helpers", "demo")}
    told |= {"limit": "3 working_days", "source": "local default", "mark": mark}
    saved = liunan.keeper.post(f"/lists/draft/street-work-items/edit/{row['code']}/", told)
    assert saved.status_code == 303, words(saved)
    ended = liunan.keeper.post(
        "/lists/draft/street-work-items/remove/", {"item": liunan.table("street-work-items")[-1]["code"]}
    )
    assert ended.status_code == 303
    liunan.applied(number, today() + TOMORROW)
    liunan.decided(number)

    compared = words(liunan.read("/lists/compare/street-work-items/?before=1&after=2"))
    assert "新增 0 项" in compared and "3 个工作日" in compared
    assert "第 1 版" in words(liunan.read("/lists/street-work-items/"))  # until its day


def test_d1_gulou_publishes_four_lists_with_251_penalties_of_six_departments_and_90_approvals(gulou):
    front = words(gulou.read("/lists/"))
    for name in ("街道职责清单", "街道行政权力事项清单", "街道公共服务事项清单", "街道综合行政检查事项清单"):
        assert name in front

    powers = gulou.table("street-powers")
    assert "251 个事项" in words(gulou.read("/lists/street-powers/"))
    assert {row["type"] for row in powers} == {"penalty"} and len({row["giver"] for row in powers}) == 6
    assert "90 个事项" in words(gulou.read("/lists/street-services/"))
    found = words(gulou.read("/lists/street-powers/?q=城市管理局"))
    assert "找到" in found and "251 个事项" in found


def test_d1_neijiang_makes_a_streets_list_from_the_model_catalogue(neijiang):
    catalogue = neijiang.table("model-catalogue")
    assert catalogue and "指导目录" in words(neijiang.read("/lists/model-catalogue/"))
    assert "街道 6 项职能" in words(neijiang.read("/lists/"))

    new = {"code": "one-street", "name": "某街道权责清单（演示）", "name_en": "List of one street (demo)", "kind": "power",
           "level": "subdistrict"}  # fmt: skip
    assert neijiang.keeper.post("/lists/desk/new/", new).status_code == 303
    number = neijiang.proposed("one-street", "body", catalogue="model-catalogue")
    chosen = [row["code"] for row in catalogue if not row["parent"]][:5]
    taken = neijiang.keeper.post(f"/lists/round/{number}/", {"what": "take", "item": chosen})
    assert taken.status_code == 303, words(taken)
    neijiang.applied(number, today())
    neijiang.decided(number)

    assert [row["code"] for row in neijiang.table("one-street") if not row["parent"]] == chosen


def test_d2_jianghan_opens_the_handbook_of_a_delegated_power_and_its_contact_answers(jianghan):
    written = [row for row in jianghan.table("delegated-powers") if row["steps"] and row["contact_post"]]
    power = written[0]
    path = f"/lists/delegated-powers/{power['code']}/"

    page = words(jianghan.read(path))
    for chapter in ("法律依据", "处罚依据", "处罚幅度", "办理步骤", "审查要点", "注意事项", "案例", "业务联系岗位"):
        assert chapter in page
    asker = jianghan.office("legal", "handler unit_head legal_officer")
    assert asker.post(path, {"text": "首次违法且及时改正，能否不予处罚？"}).status_code == 303
    contact = jianghan.at(power["contact_post"])
    question = re.search(r'name="question" value="([0-9a-f-]+)"', contact.get("/lists/questions/").text)[1]
    answered = contact.post("/lists/questions/", {"question": question, "text": "可以，依据行政处罚法第三十三条"})
    assert answered.status_code == 303

    assert "可以，依据行政处罚法第三十三条" in words(asker.get(path))
    assert "您的咨询有了答复" in words(asker.get("/notices/"))


def test_d6_gulou_delegates_251_powers_and_90_approvals_in_rounds_with_date_and_department(gulou):
    for code, many in (("street-powers", 251), ("street-services", 90)):
        rows = [row for row in gulou.table(code) if not row["parent"]]
        given = gulou.read(f"/lists/handed/{code}/").text.count("<b>下放</b>")
        assert (len(rows), given) == (many, many)
        assert all(row["giver"] and row["given_on"] for row in rows)

    adjusted, back = [row["code"] for row in gulou.table("street-powers") if not row["parent"]][:2]
    number = gulou.proposed("street-powers", "delegation")
    asked = gulou.keeper.do(number, "hear", units=["320106001"], question="哪些需要，哪些能承接")
    assert asked.status_code == 303, words(asked)
    street = gulou.at("320106001-leaders-director")
    told = {
        "what": "answer",
        f"wish-{adjusted}": "carry",
        f"wish-{back}": "no",
        "stance": "agree_if",
        "text": "配车就接",
    }
    assert street.post(f"/lists/round/{number}/", told).status_code == 303
    giver = {"giver": "urban", "given_on": today().isoformat()}
    assert (
        gulou.keeper.post(f"/lists/round/{number}/", {"what": "give", "item": [adjusted], **giver}).status_code == 303
    )
    assert gulou.keeper.post(f"/lists/round/{number}/", {"what": "take_back", "item": [back]}).status_code == 303
    gulou.applied(number, today() + TOMORROW)
    gulou.decided(number)

    page = words(gulou.read("/lists/handed/street-powers/"))
    assert page.count("收回") >= 1 and f"{(today() + TOMORROW).isoformat()}" in page
    assert page.count("调整") >= 1 and today().isoformat() in page
