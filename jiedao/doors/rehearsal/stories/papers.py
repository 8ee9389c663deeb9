"""Papers (文稿): work that asks to be passed down, a list that is to change, a right that is asked about."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from jiedao.doors.rehearsal.scene import Scene
from jiedao.doors.rehearsal.stage import Story, wait
from jiedao.ground.duties.models import DutyList
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.lines.admission import actions as admission
from jiedao.lines.admission import rules
from jiedao.lines.lists import actions as lists
from jiedao.lines.rights import actions as rights
from jiedao.record import versions
from jiedao.stages import council

LIST = "subdistrict-duties"
"""The list of the sub-districts that every demo district has."""

MATTERS = (
    (
        "bicycle-places",
        "共享单车停放点日常核查",
        "Daily look at places for shared bicycles",
        "每周核查一次，登记并上报",
    ),
    ("shop-front-notes", "沿街门头安全提示", "Safety notes to shops with signs", "上门提示，拍照存档"),
    ("tree-pits", "行道树树池日常巡看", "Daily look at the pits of street trees", "每周巡看一次，缺损拍照上报"),
)


def plan(
    scene: Scene, at: Callable[[float, Story], None], officer: Actor, applicant: Actor, body: Unit, clerk: Actor
) -> None:
    """What the offices that examine and decide find: applications, a list being changed, a right asked about."""
    at(1_600, applied(scene, applicant, 0, officer=officer, body=body))
    at(1_650, applied(scene, applicant, 2, officer=officer, body=body, clerk=clerk))
    at(140, applied(scene, applicant, 1, officer=None, body=None))
    at(320, list_changed(scene, officer))
    at(260, right_asked(scene, applicant, body))


def applied(
    scene: Scene, by: Actor, number: int, *, officer: Actor | None, body: Unit | None, clerk: Actor | None = None
) -> Story:
    """A department applies; with an officer the office takes it up and asks the sub-district what it says.

    With a clerk the sub-district answers, and the papers wait for the review of the law.
    """
    if not DutyList.objects.on().filter(code=LIST).exists():
        return
    code, name, name_en, procedure = MATTERS[number]
    told = admission.Papers(
        name=name, name_en=name_en, level="subdistrict", list_code=LIST, item_code=code,
        why="街道就近核查，发现快、成本低，人员和经费随事下沉。", basis=[{"law": "城市道路管理条例", "article": 27}],
        object="辖区内人行道和临街门面", procedure=procedure, limit="5 working_days", result="核查记录", people=2,
        money=Decimal("30000.00"), technique="开通核查系统账号", training="上岗前一次，每半年一次",
        start_on=rules.earliest_start(versions.process(admission.PROCESS).definition) + timedelta(days=5),
    )  # fmt: skip
    made = scene.act(None, admission.apply, told, by=by)
    if made is None:
        return
    case = scene.stage.opened(made.case)
    yield wait(30)
    if officer and body:
        scene.act(case, council.accept, by=officer, text="材料齐全，予以受理。")
        yield wait(20)
        scene.act(case, council.hear, by=officer, units=[body], question="能否承接？需要多少人员和经费？")
    if officer and body and clerk:
        yield wait(90)
        order = case.orders.filter(unit=body, answered_at=None).first()
        if order:
            scene.act(order, council.opine, by=clerk, stance="agree", text="可以承接，人员和经费按申请随事下沉。")


def list_changed(scene: Scene, by: Actor) -> Story:
    """The establishment office has begun a new version of a list and not finished it."""
    if DutyList.objects.on().filter(code=LIST).exists():
        reason = "新修订的条例施行，调整两项街面秩序事项的依据。"
        case = scene.act(None, lists.propose, LIST, by=by, trigger="law", reason=reason)
        if case is not None:
            scene.stage.opened(case)
    yield wait(1)


def right_asked(scene: Scene, by: Actor, body: Unit) -> Story:
    """A department asks who holds a right before it decides."""
    known = [term for term in rights.rights().values() if term.facts.get("asked_of") == "subdistrict"]
    if known and not known[0].facts.get("heads"):
        question = "拟在辖区新设两处公共停车场，请提出意见。"
        made = scene.act(None, rights.ask, known[0].code, by=by, holder=body, question=question)
        if made is not None:
            scene.stage.opened(made.case)
    yield wait(1)
