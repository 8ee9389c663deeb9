"""Residents (居民): what they do beside the road of their case: add, remind, take back, rate, ask again."""

from jiedao.doors.rehearsal.scene import Scene, often
from jiedao.doors.rehearsal.stage import Story, wait
from jiedao.ground.people import Actor
from jiedao.kit.ports import chance
from jiedao.record.models import Case
from jiedao.stages import assessment, dispatch, intake, verification


def follows(scene: Scene, case: Case, resident: Actor) -> Story:
    """Most wait. Some add something, some remind, a few take it back."""
    does = chance.choices(("waits", "adds", "reminds", "takes_back"), (84, 7, 7, 2))[0]
    yield wait({"waits": 1, "adds": 150, "reminds": 2_000, "takes_back": 400}[does])
    if does == "waits" or scene.state(case) in ("closed", "merged"):
        return
    if does == "adds":
        scene.act(case, intake.add, by=resident, text="补充一下：晚上七点以后更明显。")
    elif does == "reminds":
        scene.act(case, dispatch.remind, by=resident, text="请问现在办到哪一步了？")
    else:
        scene.act(case, intake.withdraw, by=resident, reason="物业已经处理好了，不用再办。")


def rates(scene: Scene, case: Case, resident: Actor | None) -> Story:
    """A third of the residents rate. Gives nothing; asks the caller to look at `asks_again`."""
    yield scene.stage.office(4)
    if resident is None or not often(0.35):
        return
    happy = not often(scene.doubt(case))
    scene.act(
        case,
        assessment.rate,
        by=resident,
        solved=happy,
        satisfied="satisfied" if happy else "dissatisfied",
        contacted=scene.was_contacted(case),
    )
    if not happy and often(0.6):
        scene.act(case, verification.reopen, by=resident, reason="问题又出现了。")
