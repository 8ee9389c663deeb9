"""Disputes (派单争议): a case that three units gave back, which somebody has to rule upon."""

from jiedao.doors.rehearsal.cast import HANDLERS
from jiedao.doors.rehearsal.matters import written
from jiedao.doors.rehearsal.scene import Scene
from jiedao.doors.rehearsal.stage import Story, wait
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.record.models import Case
from jiedao.stages import dispatch, intake, resolution, triage

NOT_OURS = {"reason": "经核对，不属于本单位职责。", "article": "职责清单无此事项"}


def undecided(scene: Scene, units: list[Unit]) -> Story:
    """Given back by one after the other; the ruling is still to come."""
    item = scene.matters.items[0]
    told = written(item, scene.matters.spot(), "柳堤路7号", "resident", Case.Kind.FINDING)
    case = scene.stage.opened(scene.act(None, intake.report, told, by=Actor("resident")).case)
    clerk, dispatcher = scene.cast.one("hotline_clerk"), scene.cast.one("dispatcher")
    scene.act(case, triage.classify, by=clerk, item=item)
    scene.act(case, triage.file, by=clerk)
    for unit in units:
        yield wait(20)
        who = scene.cast.of_unit(unit, *HANDLERS)
        scene.act(case, dispatch.dispatch, by=dispatcher, lead=unit)
        yield wait(15)
        if who and (rows := scene.open_orders(case)):
            scene.act(rows[0], resolution.return_, by=who, **NOT_OURS)


def ruled(scene: Scene, case: Case) -> None:
    """The first that gave it back must act after all."""
    row = case.orders.exclude(returned_at=None).select_related("unit").order_by("sent_at").first()
    if row is not None:
        scene.act(row, dispatch.rule, by=scene.cast.one("dispatcher"), reason="三定方案写明由该单位办理。")
