"""Two-way orders (双向派单): down only what was admitted, up to any department; confirmed and scored by the sender."""

from jiedao.doors.rehearsal.cast import DRAFTERS, HANDLERS
from jiedao.doors.rehearsal.scene import Scene
from jiedao.doors.rehearsal.stage import Story, wait
from jiedao.doors.rehearsal.stories import oversight, units
from jiedao.ground.duties.models import DutyItem
from jiedao.ground.duties.responsible import admitted
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import local
from jiedao.kit.ports import chance
from jiedao.record.models import Case, DispatchOrder
from jiedao.stages import assessment, dispatch, intake, resolution, triage, verification

CARDS = (
    *("down", "down", "down_refused", "up", "up", "up_redone"),
    *("down_returned", "up_returned", "up_recalled", "up_more_time", "up_no_time", "up_merged", "up_pressed"),
)
"""Which way and how; each comes once a round. Local default."""


def two_way(scene: Scene) -> Story:
    """A department and a sub-district send one another work."""
    card = scene.card("two_way", CARDS)
    item = (
        _item(scene, wanted=card != "down_refused") if card.startswith("down") else chance.choice(scene.matters.items)
    )
    told, _ = scene.matters.told(scene.stage.now, "department", Case.Kind.FINDING, item=item)
    body = chance.choice(scene.cast.subdistricts)
    department = chance.choice(scene.cast.departments)
    sender, receiver = (department, body) if card.startswith("down") else (body, department)
    by = scene.cast.of_unit(sender, *(("unit_head", "duty_officer", "handler") if sender is department else DRAFTERS))
    if by is None:
        return
    taken = scene.act(None, intake.report, told, by=by, process="two_way", from_unit=sender)
    if taken is None:
        return
    case = scene.stage.opened(taken.case)
    scene.act(case, triage.classify, by=by, item=item)
    yield wait(20)
    yield from sent(scene, case, by, receiver, card)


def _item(scene: Scene, *, wanted: bool) -> DutyItem:
    """An item that sub-districts have admitted, or one that they have not."""
    day = local(scene.stage.now).date()
    found = [item for item in scene.matters.items if admitted(item.code, Unit.Level.SUBDISTRICT, day) == wanted]
    return chance.choice(found or scene.matters.items)


def sent(scene: Scene, case: Case, by: Actor, receiver: Unit, card: str) -> Story:
    """Issued and worked on; or refused by the gate, joined to another, taken back, returned."""
    if card == "up_merged":
        other = Case.objects.filter(process=case.process, from_unit=case.from_unit).exclude(phase="closed")
        if (lead := other.exclude(pk=case.pk).order_by("opened_at", "id").first()) is not None:
            scene.act(case, triage.merge, lead.id, by=by)
            return
    if not scene.act(case, dispatch.dispatch, by=by, lead=receiver, limit="3 working_days"):
        scene.act(case, intake.withdraw, by=by, reason="该事项未准入，不下派。")
        return
    (row,) = scene.open_orders(case)
    if card == "up_recalled":
        yield wait(10)
        scene.act(row, dispatch.recall, by=by, reason="材料不全，撤回补充。")
        yield scene.stage.office(1)
        scene.act(case, dispatch.dispatch, by=by, lead=receiver, limit="3 working_days")
        (row,) = scene.open_orders(case)
    if card.endswith("returned"):
        yield from returned(scene, case, row, by)
        if scene.state(case) != "issued":
            return
        (row,) = scene.open_orders(case)
    if card.endswith("_time"):
        scene.stage.aside(extended(scene, row, by, granted=card == "up_more_time"))
    if card == "up_pressed":
        scene.stage.aside(oversight.pressed(scene, case, by))
    yield from units.order(scene, case, row)
    yield from scored(scene, case, by, card)


def returned(scene: Scene, case: Case, row: DispatchOrder, by: Actor) -> Story:
    """Not ours, says the receiver. A joint meeting rules for a department; a sub-district is left alone."""
    who = scene.cast.of_unit(row.unit, *HANDLERS)
    yield scene.stage.office(1)
    if who is None or not scene.act(
        row, resolution.return_, by=who, reason="不在本单位清单内。", article="职责清单无此事项"
    ):
        return
    convener = scene.cast.one("district_leader")
    scene.act(case, triage.consult, by=by, reason="提请联席会议。")
    yield scene.stage.office(5)
    if row.unit in scene.cast.departments:
        scene.act(row, dispatch.rule, by=convener, reason="联席会议裁定由该部门办理。")
    else:
        scene.act(case, intake.withdraw, by=by, reason="联席会议认为应由部门自行办理。")


def extended(scene: Scene, row: DispatchOrder, by: Actor, *, granted: bool) -> Story:
    """More time is asked for; the sender decides."""
    yield scene.stage.office(2.5)
    who = scene.cast.of_unit(row.unit, *HANDLERS)
    if who and scene.act(row, resolution.ask_extension, by=who, limit="8 working_days", reason="需现场测绘。"):
        yield scene.stage.office(1)
        scene.act(row, resolution.decide_extension, by=by, granted=granted, reason="按派单要求。")


def scored(scene: Scene, case: Case, by: Actor, card: str) -> Story:
    """The sender looks at the result, accepts it or not, and scores it."""
    yield scene.stage.office(2)
    if card == "up_redone" and scene.state(case) == "resolved":
        scene.act(case, verification.rework, by=by, reason="缺少现场照片。")
        for row in scene.open_orders(case):
            yield from units.order(scene, case, row)
    if scene.state(case) == "resolved":
        scene.act(case, verification.confirm, by=by)
        yield scene.stage.office(2)
        scene.act(case, assessment.rate, by=by, solved=True, satisfied="satisfied", contacted=True)
