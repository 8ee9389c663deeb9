"""What units do with an order (承办单位): sign or deny, speak with the caller, work, ask for time, answer."""

from jiedao.doors.rehearsal.cast import HANDLERS, Temper
from jiedao.doors.rehearsal.matters import EMPTY_REPLIES, REPLIES
from jiedao.doors.rehearsal.scene import Scene, hours, often
from jiedao.doors.rehearsal.stage import Story, wait
from jiedao.ground.people import Actor
from jiedao.kit.ports import chance
from jiedao.record.models import Case, DispatchOrder
from jiedao.stages import assignment, dispatch, resolution


def order(scene: Scene, case: Case, order: DispatchOrder) -> Story:
    """One unit's turn, from the moment it was sent."""
    temper = scene.cast.temper(order.unit)
    who = scene.cast.of_unit(order.unit, *HANDLERS)
    if who is None:
        scene.act(order, dispatch.recall, by=scene.cast.one("dispatcher"), reason="该单位暂无经办人。")
        return
    yield scene.stage.office(0.5 * temper.pace)
    if often(temper.returns) and not order.no_return:
        yield from denied(scene, case, order, who)
    if not scene.is_open(order):
        return
    if order.acknowledged_at is None:
        scene.act(order, resolution.acknowledge, by=who)
    if often(0.2):
        passed_on(scene, order, who)
    if order.role == "lead" and often(0.03):
        calls_in_help(scene, case, who)
    yield scene.stage.office(2 * temper.pace)
    contacted(scene, case, order, who, temper)
    if scene.state(case) in ("acknowledged", "contacted") and order.role == "lead":
        scene.act(order, resolution.start, by=who)
    yield from worked(scene, case, order, who, temper)
    replied(scene, order, who, temper)


def denied(scene: Scene, case: Case, order: DispatchOrder, who: Actor) -> Story:
    """The unit says it is not competent: it objects (call) or returns (event), and somebody decides."""
    dispatcher = scene.cast.one("dispatcher")
    given = {"reason": "不属于本单位职责。", "article": "职责清单无此事项"}
    if case.process.code == "call":
        if scene.act(order, resolution.object_, by=who, **given):
            yield scene.stage.office(3)
            decide = dispatch.rule if often(0.6) else dispatch.uphold
            scene.act(order, decide, by=dispatcher, reason="经研究，按清单执行。")
        return
    if scene.act(order, resolution.return_, by=who, **given):
        yield scene.stage.office(2)
        if often(0.5):
            scene.act(order, dispatch.rule, by=dispatcher, reason="按职责清单裁定由该单位办理。")


def passed_on(scene: Scene, order: DispatchOrder, who: Actor) -> None:
    """A head or a desk names the colleague who goes."""
    colleague = scene.cast.of_unit(order.unit, "handler", "grid_worker", "community_clerk")
    if colleague and colleague.post:
        scene.act(order, assignment.assign, by=who, post=colleague.post)


def calls_in_help(scene: Scene, case: Case, who: Actor) -> None:
    """The lead finds that another department has to come along."""
    busy = {row.unit_id for row in scene.open_orders(case)}
    free = [unit for unit in scene.cast.departments if unit.id not in busy]
    scene.act(case, dispatch.dispatch, by=who, lead=None, helpers=[chance.choice(free)], reason="需配合处理。")


def contacted(scene: Scene, case: Case, order: DispatchOrder, who: Actor, temper: Temper) -> None:
    """First contact; behind the shield through the platform. Cheating units say they rang."""
    if not case.has_caller or order.role != "lead" or order.contacted_at:
        return
    way = "platform" if case.shielded else "phone"
    text = "您好，我们已接到您反映的情况，正在安排人员处理。" if way == "platform" else "电话联系，已了解具体情况。"
    reached = temper.cheats > 0.3 or often(0.92)
    scene.act(order, resolution.contact, by=who, way=way, text=text, reached=reached)
    if not reached:
        scene.act(order, resolution.contact, by=who, way=way, text="第二次拨打，接通。")


def worked(scene: Scene, case: Case, order: DispatchOrder, who: Actor, temper: Temper) -> Story:
    """The work itself: so much of the limit as the unit is used to, with what comes between now and then."""
    needs = hours(order) * temper.pace
    if often(temper.cheats):
        yield wait(15)
        return
    if often(0.05):
        yield from stood_still(scene, case, order, who)
    if temper.pace > 1 and often(0.3):
        yield scene.stage.office(needs * 0.6)
        yield from asked_for_time(scene, order, who)
        needs *= 0.6
    if order.role == "lead" and often(0.025):
        yield from given_up(scene, case, order, who)
    if order.is_open:
        yield scene.stage.office(needs)


def stood_still(scene: Scene, case: Case, order: DispatchOrder, who: Actor) -> Story:
    """The clock is stopped for a reason the process knows, and runs on after a day or so."""
    reasons = list(case.process.definition.pause_reasons)
    if reasons and scene.act(order, resolution.pause, by=who, why=chance.choice(reasons), reason="等待中。"):
        yield scene.stage.office(6)
        scene.act(order, resolution.resume, by=who)


def asked_for_time(scene: Scene, order: DispatchOrder, who: Actor) -> Story:
    """More time is asked for; six of ten get it."""
    given = {"limit": "10 working_days", "reason": "需要采购配件。"}
    if scene.act(order, resolution.ask_extension, by=who, **given):
        yield scene.stage.office(2)
        decider = scene.cast.one("dispatcher")
        granted = often(0.6)
        reason = "同意一次。" if granted else "按原时限办理。"
        scene.act(order, resolution.decide_extension, by=decider, granted=granted, reason=reason)


def given_up(scene: Scene, case: Case, order: DispatchOrder, who: Actor) -> Story:
    """What cannot be finished: an event is deferred until its cause is gone, a call ended, both signed by the centre."""
    dispatcher = scene.cast.one("dispatcher")
    act = resolution.defer if case.process.code == "event" else resolution.terminate
    reason = "需改造方案审批，近期无法完成。" if act is resolution.defer else "权属争议正在诉讼，无法继续办理。"
    scene.act(order, act, by=who, reason=reason)
    yield scene.stage.office(3)
    scene.act(order, act, by=dispatcher, reason="经核实同意。")
    if scene.state(case) == "deferred":
        yield scene.stage.office(20)
        scene.act(order, resolution.undefer, by=dispatcher, reason="方案已批，恢复办理。")


def replied(scene: Scene, order: DispatchOrder, who: Actor, temper: Temper) -> None:
    """The answer; a cheating unit's says nothing."""
    if not scene.is_open(order):
        return
    cheats = often(temper.cheats)
    name = order.item.name if order.item else "问题"
    text = chance.choice(EMPTY_REPLIES if cheats else REPLIES).format(name=name)
    outcome = "explained" if often(0.15) else "done"
    scene.act(order, resolution.reply, by=who, outcome=outcome, text=text, did="" if cheats else text)
