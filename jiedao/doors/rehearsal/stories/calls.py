"""The road of a call (来电): answered at once, not accepted, or sent; then the caller is asked how it went."""

from jiedao.doors.rehearsal.scene import Scene, often
from jiedao.doors.rehearsal.stage import Story, wait
from jiedao.doors.rehearsal.stories import events, residents, sending, whistles
from jiedao.ground.duties.models import DutyItem
from jiedao.ground.people import Actor
from jiedao.kit.ports import chance
from jiedao.record.models import Case
from jiedao.stages import triage, verification

OUTCOMES = (("sent", 90), ("not_accepted", 4), ("referred", 2), ("told_again", 2), ("talked_about", 2))
"""How calls divide at the desk, besides simple questions. Local default."""


def road(scene: Scene, case: Case, item: DutyItem, resident: Actor) -> Story:
    """From the desk to the end, through as many rounds as it takes."""
    yield wait(12)
    clerk = scene.cast.one("hotline_clerk")
    for _ in range(4):
        if scene.state(case) == "received":
            yield from at_the_desk(scene, case, item, clerk, resident)
        if case.phase == "closed" and case.state not in ("closed", "answered_at_once"):
            return
        yield from sending.worked_on(scene, case, resident)
        yield from called_back(scene, case, resident)
        if scene.state(case) not in ("received", "handling"):
            return


def at_the_desk(scene: Scene, case: Case, item: DutyItem, clerk: Actor, resident: Actor) -> Story:
    """Answered, turned away, passed on, joined to another, or sent to a unit."""
    if case.kind == Case.Kind.CONSULT and often(0.6):
        scene.act(case, triage.answer, by=clerk, text="政策和办理地点已当场告知。")
        yield from residents.rates(scene, case, resident)
        return
    outcome = chance.choices([name for name, _ in OUTCOMES], [weight for _, weight in OUTCOMES])[0]
    if outcome == "not_accepted":
        court = "区人民法院诉讼服务中心"
        scene.act(case, triage.reject, by=clerk, reason="该事项已进入诉讼程序。", right_office=court)
    elif outcome == "referred":
        scene.act(case, triage.refer, by=clerk, line="110")
    elif outcome == "told_again":
        scene.act(case, verification.close, by=clerk, text="同一事项上周已答复，无新情况，已告知结果。")
    else:
        classified(scene, case, item, clerk)
        events.remarked(scene, case)
        if sending.merged(scene, case, clerk):
            return
        dispatcher = scene.cast.one("dispatcher")
        if outcome == "talked_about":
            scene.act(case, triage.consult, by=dispatcher, reason="涉及多个单位，先会商。")
            yield scene.stage.office(4)
        yield from sending.sent(scene, case, dispatcher)
        if often(0.02):
            yield from whistles.grows_from(scene, case)


def classified(scene: Scene, case: Case, item: DutyItem, clerk: Actor) -> None:
    """A complaint names the unit it is about: now and then one that would have had to handle it."""
    about: dict[str, object] = {}
    if case.shielded:
        about = {"reported_nobody": True}
        if often(0.25):
            about = {"reported_units": [chance.choice(scene.cast.subdistricts)]}
    scene.act(case, triage.classify, by=clerk, item=item, **about)


def called_back(scene: Scene, case: Case, resident: Actor) -> Story:
    """Asked once or twice; who is dissatisfied gets another round, three at most."""
    for _ in range(3):
        if scene.state(case) != "replied":
            return
        yield scene.stage.office(4)
        clerk = scene.cast.one("callback_clerk")
        if often(0.3):
            scene.act(case, verification.ask_check, by=scene.cast.one("dispatcher"))
            yield scene.stage.office(2)
        happy = asked(scene, case, clerk)
        if often(0.06):
            seen = "现场看过，与答复一致。" if happy else "现场看过，与答复不符。"
            scene.act(case, verification.check, by=scene.cast.one("inspector"), way="site", agrees=happy, text=seen)
        yield wait(20)
        if happy:
            yield from sending.until_children_end(scene, case)
            scene.act(case, verification.close, by=clerk)
            yield from residents.rates(scene, case, resident)
            return
        scene.act(case, verification.rework, by=clerk, reason="诉求人认为没有解决。")
        yield from sending.worked_on(scene, case, resident)


def asked(scene: Scene, case: Case, clerk: Actor) -> bool:
    """What the caller says; one in eight does not take the call, and is not asked for a third time."""
    happy = not often(scene.doubt(case) * 1.3)
    reached = often(0.88)
    if not reached:
        scene.act(case, verification.callback, by=clerk, reached=False, text="两次拨打无人接听。")
        return True
    satisfied = "dissatisfied"
    if happy:
        satisfied = "satisfied" if often(0.7) else "basically"
    scene.act(
        case,
        verification.callback,
        by=clerk,
        reached=True,
        contacted=scene.was_contacted(case) and not often(0.04),
        solved=happy,
        satisfied=satisfied,
    )
    return happy
