"""Oversight (督办): supervisors and leaders walk through what is late, twice a day."""

from datetime import timedelta

from jiedao.doors.rehearsal.scene import Scene, often
from jiedao.doors.rehearsal.stage import Story
from jiedao.ground.people import Actor
from jiedao.record.models import Case
from jiedao.stages import dispatch, intake

AT_ONCE = 20
"""How many late cases a supervisor looks at in one round."""


def rounds(scene: Scene) -> Story:
    """As long as the rehearsal goes on: remind, supervise, hand up; lift what has been answered."""
    while True:
        yield scene.stage.office(3.5)
        open_ = Case.objects.exclude(phase="closed")
        late = open_.filter(imported=False, due_at__lt=scene.stage.now).order_by("due_at", "opened_at", "id")[:AT_ONCE]
        for case in late:
            chased(scene, case)
        answered = open_.filter(phase="verification", marks__has_key="supervised").order_by("opened_at", "id")
        for case in answered[:AT_ONCE]:
            if often(0.6):
                scene.act(case, dispatch.lift, by=scene.cast.one("supervisor"), reason="已反馈结果。")


def chased(scene: Scene, case: Case) -> None:
    """The later it is, the higher it goes."""
    late = scene.stage.now - (case.due_at or scene.stage.now)
    supervisor = scene.cast.one("supervisor")
    if often(0.4):
        scene.act(case, dispatch.remind, by=supervisor, text="已超时，请尽快办理并反馈。")
    if late > timedelta(hours=12) and "supervised" not in case.marks and often(0.25):
        leader = scene.cast.one("supervisor", "district_leader")
        scene.act(case, dispatch.supervise, by=leader, reason="超时未办结，督办。")
    if late > timedelta(hours=36) and "escalated" not in case.marks and often(0.15):
        scene.act(case, dispatch.escalate, by=supervisor, reason="多次催办仍未办结，提级处理。")


def pressed(scene: Scene, case: Case, by: Actor) -> Story:
    """Who sent it presses: adds, remarks, reminds; the centre supervises, hands up, and lifts it again."""
    yield scene.stage.office(2)
    scene.state(case)
    if case.phase == "closed":
        return
    scene.act(case, intake.add, by=by, text="补充：本周内有检查，请优先安排。")
    scene.act(case, intake.note, by=by, text="已与对方科室电话沟通。")
    scene.act(case, dispatch.remind, by=by, text="请尽快办理。")
    yield scene.stage.office(2)
    supervisor = scene.cast.one("supervisor")
    scene.act(case, dispatch.supervise, by=supervisor, reason="进度滞后，督办。")
    scene.act(case, dispatch.escalate, by=supervisor, reason="需区里协调。")
    yield scene.stage.office(4)
    scene.act(case, dispatch.lift, by=supervisor, reason="已明确办理时间。")
