"""Lists in tests (测试中的清单): who keeps them, small lists with everything on them, a change on its way."""

from datetime import date, timedelta
from typing import Any

from jiedao.ground.duties import drafts, written
from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.people.models import Account, Person, Post
from jiedao.ground.terms.models import Term
from jiedao.kit.clock import today
from jiedao.lines.lists import actions
from jiedao.record.models import Case
from tests.cast import do, seat
from tests.offices import appoint

KEEPER = "urban-handler-1"
DISTRICT = "district-duties"
FIRE = "中华人民共和国消防法"


def keep(posts: tuple[str, ...] = ("handler", "unit_head"), within: str = "district") -> None:
    """Who keeps lists in the demo district, and the offices that examine, review the law and decide."""
    appoint()
    facts = {"posts": list(posts), "within": within}
    Term.objects.update_or_create(
        table="competence", code="lists", defaults={"name": "清单", "name_en": "Duty lists", "facts": facts}
    )
    for office in ("establishment", "legal", "government"):
        Account.objects.create(username=f"t-{office}", person=Person.objects.get(code=f"T-{office}"))


def item(code: str = "ebike-parking", **said: Any) -> written.Written:
    """An item as somebody writes it."""
    return {
        "code": code,
        "category": "消防与安全",
        "category_en": "Fire and safety",
        "name": "电动自行车停放秩序",
        "name_en": "Order of parked electric bicycles",
        "basis": [{"law": FIRE, "article": 28}],
        "limit": "2 working_days",
        "source": "local default",
        "lead": "fire",
        "helpers": ["own_subdistrict"],
    } | said


def draft(code: str = DISTRICT) -> DutyList:
    return drafts.open_of(code) or drafts.begin(drafts.newest(code), by=seat(KEEPER))


def powers(code: str = "demo-powers", **said: Any) -> DutyList:
    """A list of delegated powers in force, with a handbook, a sub-item and a named contact."""
    version = DutyList.objects.create(
        code=code, version=1, kind=said.get("kind", "power"), level="subdistrict", name="街道赋权清单（演示）",
        name_en="Delegated powers (demo)", published_on=date(2025, 1, 1), valid_from=date(2025, 1, 1),
    )  # fmt: skip
    contact = Post.objects.get(code="fire-handler-1")
    top = DutyItem.objects.create(
        list=version, code="block-exit", rank=1, category="消防", category_en="Fire", name="占用消防通道的处罚",
        name_en="Penalty for blocking a fire lane", type="penalty", basis=[{"law": FIRE, "article": 28}],
        giver=contact.unit, given_on=date(2025, 1, 1), contact_post=contact, limit="90 calendar_days",
        source="N: penalty law art. 60", demo=True,
        handbook={
            "penalty_basis": [{"law": FIRE, "article": 60}], "range": "五千元以上五万元以下罚款；个人警告或五百元以下罚款",
            "steps": ["表明身份，出示证件", "拍照固定现场", "责令改正"], "points": ["是否经催告仍不改", "是否为首次"],
            "cautions": ["不得少于两人"], "cases": ["某小区私家车占用消防通道，责令改正后清走（演示）"],
        },
    )  # fmt: skip
    DutyItem.objects.create(
        list=version, code="block-exit-person", rank=2, parent=top, category="消防", category_en="Fire",
        name="个人占用消防通道", name_en="A person blocks a fire lane", type="penalty",
    )  # fmt: skip
    return version


def proposed(code: str = DISTRICT, by: str = KEEPER, **said: Any) -> Case:
    given = {"trigger": "law", "reason": "上位法修改"} | said
    return actions.propose(code, by=seat(by), **given)


def submitted(case: Case, on: date | None = None, by: str = KEEPER) -> Case:
    do(case, "submit", by, basis="消防法第28条", effective_on=(on or tomorrow()).isoformat())
    return case


def examined(case: Case) -> Case:
    """Found lawful by the office that reviews the law."""
    do(case, "vet", "T-legal-1", lawful=True, text="依据充分")
    return case


def decided(case: Case) -> Case:
    """Submitted for decision and approved by government."""
    do(case, "table", "T-establishment-1")
    do(case, "approve", "T-government-1")
    return case


def tomorrow() -> date:
    return today() + timedelta(days=1)
