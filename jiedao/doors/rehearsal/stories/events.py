"""The road of an event (事件): checked first or filed at once, sent, worked on, checked by somebody else, closed."""

from jiedao.doors.rehearsal.cast import GRID
from jiedao.doors.rehearsal.scene import Scene, often
from jiedao.doors.rehearsal.stage import Story
from jiedao.doors.rehearsal.stories import residents, sending, whistles
from jiedao.ground.duties.models import DutyItem
from jiedao.ground.people import Actor
from jiedao.kit.ports import chance
from jiedao.record.models import Case
from jiedao.stages import intake, triage, verification


def road(scene: Scene, case: Case, item: DutyItem, resident: Actor | None) -> Story:
    """From the inbox to the end, through as many rounds as it takes."""
    yield scene.stage.office(0.4)
    clerk = scene.cast.one("hotline_clerk", "dispatcher")
    if often(0.15):
        yield from looked_at_first(scene, case, clerk)
    if often(0.04):
        scene.act(case, triage.reject, by=clerk, reason="经核实现场没有这个问题。", right_office="")
        return
    if often(0.02):
        scene.act(case, triage.refer, by=clerk, line="119")
    scene.act(case, triage.classify, by=clerk, item=item)
    remarked(scene, case)
    if sending.merged(scene, case, clerk):
        return
    scene.act(case, triage.file, by=clerk)
    yield scene.stage.office(0.3)
    for _ in range(4):
        yield from sending.sent(scene, case, scene.cast.one("dispatcher"))
        if often(0.03):
            yield from whistles.grows_from(scene, case)
        yield from sending.worked_on(scene, case, resident)
        yield from checked(scene, case, resident)
        if scene.state(case) not in ("rework", "reported"):
            return
        if case.state == "reported":  # solved on the spot, and there again
            scene.act(case, triage.file, by=clerk)


def looked_at_first(scene: Scene, case: Case, clerk: Actor) -> Story:
    """Somebody of the grid looks whether there is anything."""
    scene.act(case, triage.verify_report, by=clerk, text="请到现场看一看。")
    yield scene.stage.office(2)
    looker = scene.cast.near(case, *GRID)
    if looker:
        found = "现场情况属实，照片见附件。" if often(0.9) else "现场没有发现。"
        scene.act(case, verification.check, by=looker, way="site", agrees=True, text=found)


def checked(scene: Scene, case: Case, resident: Actor | None) -> Story:
    """A check by somebody of no handling unit, then the end or another round."""
    for _ in range(3):
        if scene.state(case) != "fed_back":
            return
        yield scene.stage.office(1)
        dispatcher = scene.cast.one("dispatcher")
        scene.act(case, verification.ask_check, by=dispatcher)
        yield scene.stage.office(4)
        agrees = look(scene, case)
        if often(0.1):
            clerk = scene.cast.one("callback_clerk")
            scene.act(case, verification.callback, by=clerk, reached=False, text="来电人未留电话。")
        yield scene.stage.office(1)
        if agrees:
            yield from sending.until_children_end(scene, case)
            scene.act(case, verification.close, by=dispatcher)
            yield from residents.rates(scene, case, resident)
            return
        scene.act(case, verification.rework, by=dispatcher, reason="核查发现没有办到位。")
        yield from sending.worked_on(scene, case, resident)


def look(scene: Scene, case: Case) -> bool:
    """Whether the check agrees. The grid goes first; where its unit had an order, an inspector does."""
    agrees = not often(scene.doubt(case))
    text = "现场与反馈一致。" if agrees else "现场仍有遗留，未清理干净。"
    nearest = scene.cast.near(case, *GRID) or scene.cast.one("inspector")
    way = "site" if often(0.9) else "phone"
    for checker in (nearest, scene.cast.one("inspector")):
        if scene.act(case, verification.check, by=checker, way=way, agrees=agrees, text=text):
            return agrees
    return agrees


def remarked(scene: Scene, case: Case) -> None:
    """A colleague's remark on the timeline, now and then."""
    if often(0.05):
        clerk = scene.cast.one("dispatcher", "hotline_clerk")
        scene.act(case, intake.note, by=clerk, text=chance.choice(("已电话提醒承办单位。", "与上周一件情况相近。")))
