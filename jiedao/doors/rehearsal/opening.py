"""The opening (开场): what every desk of the demonstration finds waiting, played with real verbs in the last hours.

Chance alone would leave one desk or another empty. The desks are those of the district's demo accounts.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Any, cast

from jiedao.doors.notify import inbox
from jiedao.doors.rehearsal.cast import HANDLERS
from jiedao.doors.rehearsal.matters import caller, written
from jiedao.doors.rehearsal.scene import Scene, hours
from jiedao.doors.rehearsal.stage import Story, wait
from jiedao.doors.rehearsal.stories import disputes, papers
from jiedao.doors.rehearsal.stories.whistles import AIM
from jiedao.ground.duties.models import DutyItem, Responsibility
from jiedao.ground.people import Actor, posts
from jiedao.ground.people.contacts import Caller
from jiedao.ground.people.models import Account, Unit
from jiedao.ground.places.models import Area
from jiedao.kit.ports import chance
from jiedao.record import arrival
from jiedao.record.models import Case, DispatchOrder
from jiedao.stages import dispatch, intake, resolution, triage, verification

NOT_OURS = {"reason": "经核对，不属于本单位职责。", "article": "职责清单无此事项"}


class Desks:
    """The seats of the demo accounts: departments, one sub-district, one grid of it."""

    def __init__(self, scene: Scene) -> None:
        accounts = Account.objects.filter(person__isnull=False).select_related("person").order_by("person__code")
        people = [account.person for account in accounts if account.person]
        seats = [Actor.at(post, person) for person in people for post in posts.held_by(person)]
        self.everybody = seats
        self.seats = {seat.post_kind: seat for seat in reversed(seats)}
        leads = set(
            Responsibility.objects.filter(role="lead", item__in=scene.matters.items).values_list("unit_id", flat=True)
        )
        # Who examines papers has no work in the street: only units that lead something take part.
        self.handlers = [seat for seat in seats if seat.post_kind == "handler" and seat.unit_id in leads]
        clerk, grid = self.seats.get("subdistrict_clerk"), self.seats.get("grid_worker")
        self.body: Unit | None = posts.body_of(clerk.post) if clerk and clerk.post else None
        self.grid: Area | None = (grid.post.area or grid.post.unit.area) if grid and grid.post else None
        self.items = scene.matters.items

    def unit(self, handler: Actor) -> Unit:
        return cast(Unit, handler.post.unit)  # type: ignore[union-attr]

    def item_of(self, unit: Unit | None, relation: str = "named", among: Iterable[DutyItem] = ()) -> DutyItem:
        """An item that this unit leads, or any."""
        led = Responsibility.objects.filter(role="lead", relation=relation, unit=unit).values_list("item_id", flat=True)
        known = set(led)
        return next((item for item in among or self.items if item.id in known), self.items[0])


def plan(scene: Scene) -> None:
    """Puts the scenes on the agenda, each so long before the end."""
    desks, ends = Desks(scene), scene.stage.ends

    def at(minutes: float, story: Story) -> None:
        scene.stage.plan(max(scene.stage.begins, ends - timedelta(minutes=minutes)), story)

    at(180, notices_read(desks))
    for minutes, kind in ((41, Case.Kind.HELP), (19, Case.Kind.COMPLAINT), (7, Case.Kind.CONSULT)):
        at(minutes, new_call(scene, kind))
    at(95, twice_reported(scene, desks))
    for number, handler in enumerate(desks.handlers):
        unit = desks.unit(handler)
        at(55 - 3 * number, sent(scene, desks, unit, until="sent"))
        at(230 + 7 * number, sent(scene, desks, unit, until="acknowledged"))
        at(1_500 + 30 * number, sent(scene, desks, unit, until="started"))
    roads: tuple[Callable[[Scene, Desks, Unit], Story], ...] = (
        returned,
        objected,
        late,
        asked_for_time,
        waits_for_signature,
        partial(waits_for_signature, granted=True),
        replied,
        called_back,
        fed_back,
        checked,
        disagreed,
    )
    for number, road in enumerate(roads if desks.handlers else ()):
        unit = desks.unit(desks.handlers[number % len(desks.handlers)])
        at(600 + 17 * number, road(scene, desks, unit))
    at(480, disputes.undecided(scene, [desks.unit(one) for one in (desks.handlers * 3)[:3]]))
    if desks.body:
        _at_the_sub_district(scene, desks, at)
    officer, applicant = desks.seats.get("establishment_officer"), next(iter(desks.handlers), None)
    if officer and applicant and desks.body:
        papers.plan(scene, at, officer, applicant, desks.body, desks.seats["subdistrict_clerk"])


def _at_the_sub_district(scene: Scene, desks: Desks, at: Callable[[float, Story], None]) -> None:
    at(75, street_event(scene, desks))
    at(65, looked_at_first(scene, desks))
    for minutes, signer in ((170, "party_secretary"), (150, "director"), (30, "")):
        at(minutes, whistle(scene, desks, "whistle_hard" if signer else "whistle_progress", signer))
    at(50, whistle(scene, desks, "whistle_progress", "deputy_director"))
    at(2_800, whistle_done(scene, desks))
    if desks.handlers:
        at(120, sent_up(scene, desks, resolved=False))
        at(1_400, sent_up(scene, desks, resolved=True))
        at(110, sent_down(scene, desks))


def notices_read(desks: Desks) -> Story:
    """Everybody has read what came before this morning; the number beside the bell then means something."""
    for seat in desks.everybody:
        while rows := inbox.page(seat, only_unread=True, size=200):
            inbox.read(seat, [row.id for row in rows])
    yield wait(1)


# How a scene begins


def _called(scene: Scene, item: DutyItem, kind: str = Case.Kind.HELP, point: tuple[float, float] | None = None) -> Any:
    street = f"青云巷{chance.randint(1, 80)}号"
    told = written(item, point or scene.matters.spot(), street, "hotline", kind)
    name, phone = caller()
    clerk = scene.cast.one("hotline_clerk")
    ring = Caller(name, phone, proven=True)
    taken = scene.act(None, intake.report, told, by=clerk, caller=ring, process="call")
    return scene.stage.opened(taken.case)


def _found(scene: Scene, item: DutyItem, grid: Area | None, street: str = "") -> Any:
    street = street or f"槐树路{chance.randint(1, 80)}号"
    told = written(item, scene.matters.spot(grid), street, "resident", Case.Kind.FINDING)
    taken = scene.act(None, intake.report, told, by=Actor("resident"))
    return scene.stage.opened(taken.case)


def _sent(scene: Scene, case: Case, item: DutyItem, lead: Unit, helpers: Iterable[Unit] = ()) -> DispatchOrder | None:
    clerk, dispatcher = scene.cast.one("hotline_clerk"), scene.cast.one("dispatcher")
    scene.act(case, triage.classify, by=clerk, item=item, **({"reported_nobody": True} if case.shielded else {}))
    if case.process.code == "event":
        scene.act(case, triage.file, by=clerk)
    scene.act(case, dispatch.dispatch, by=dispatcher, lead=lead, helpers=list(helpers))
    return next(iter(scene.open_orders(case)), None)


def _acknowledged(scene: Scene, order: DispatchOrder | None, *, started: bool = False) -> Actor | None:
    who = scene.cast.of_unit(order.unit, *HANDLERS) if order else None
    if order is None or who is None:
        return None
    scene.act(order, resolution.acknowledge, by=who)
    if started and order.case.has_caller:
        scene.act(order, resolution.contact, by=who, way="phone", text="电话联系，已了解具体情况。")
        scene.act(order, resolution.start, by=who)
    return who


def _answered(scene: Scene, order: DispatchOrder | None) -> Story:
    yield wait(25)
    who = _acknowledged(scene, order, started=True)
    yield wait(60)
    if who:
        scene.act(
            order, resolution.reply, by=who, outcome="done", text="已安排人员处理完毕，现场恢复正常。", did="现场处理"
        )


# The inbox


def new_call(scene: Scene, kind: str) -> Story:
    """Nobody has looked at it yet."""
    _called(scene, chance.choice(scene.matters.items), kind)
    yield wait(1)


def twice_reported(scene: Scene, desks: Desks) -> Story:
    """The same lamp, by two people: the second waits to be joined to the first."""
    item, grid = desks.item_of(None, "own_subdistrict"), desks.grid
    point = scene.matters.spot(grid)
    for words in (f"梧桐道12号门口{item.name}，好几天了。", f"梧桐道12号门口{item.name}，好几天了，请处理。"):
        told = intake.Told(words=words, channel="resident", point=point, address="梧桐道12号")
        case = scene.stage.opened(scene.act(None, intake.report, told, by=Actor("resident")).case)
        if words.endswith("天了。"):
            scene.act(case, triage.classify, by=scene.cast.one("hotline_clerk"), item=item)
        yield wait(30)


# Orders of the departments


def sent(scene: Scene, desks: Desks, unit: Unit, *, until: str) -> Story:
    """An order of its own on every desk: new, acknowledged, or under way."""
    item = desks.item_of(unit)
    order = _sent(scene, _called(scene, item), item, unit)
    yield wait(20)
    if until != "sent":
        _acknowledged(scene, order, started=until == "started")


def returned(scene: Scene, desks: Desks, unit: Unit) -> Story:
    """Given back with a reason; the dispatcher has to decide."""
    item = desks.item_of(unit)
    order = _sent(scene, _found(scene, item, None), item, unit)
    yield wait(45)
    who = scene.cast.of_unit(unit, *HANDLERS)
    if order and who:
        scene.act(order, resolution.return_, by=who, **NOT_OURS)


def objected(scene: Scene, desks: Desks, unit: Unit) -> Story:
    """Denied, and nobody has ruled yet."""
    item = desks.item_of(unit)
    order = _sent(scene, _called(scene, item), item, unit)
    yield wait(40)
    who = scene.cast.of_unit(unit, *HANDLERS)
    if order and who:
        scene.act(order, resolution.object_, by=who, **NOT_OURS)


def late(scene: Scene, desks: Desks, unit: Unit) -> Story:
    """Two hours were given, eight have passed, and the centre supervises."""
    item = min(desks.items, key=lambda one: hours(DispatchOrder(limit=one.limit)) if "hours" in one.limit else 99)
    order = _sent(scene, _called(scene, item), item, unit)
    yield wait(20)
    _acknowledged(scene, order, started=True)
    yield timedelta(hours=6)
    if order:
        reason = "紧急事项超时未反馈，督办。"
        scene.act(order.case, dispatch.supervise, by=scene.cast.one("supervisor"), reason=reason)


def asked_for_time(scene: Scene, desks: Desks, unit: Unit) -> Story:
    """More time was asked for; the dispatcher decides."""
    item = desks.item_of(unit)
    order = _sent(scene, _called(scene, item), item, unit)
    yield wait(30)
    if order and (who := _acknowledged(scene, order, started=True)):
        scene.act(order, resolution.ask_extension, by=who, limit="10 working_days", reason="需采购配件，约一周到货。")


def waits_for_signature(scene: Scene, desks: Desks, unit: Unit, *, granted: bool = False) -> Story:
    """The unit cannot finish; to be deferred, the centre has to sign too."""
    item = desks.item_of(unit)
    order = _sent(scene, _found(scene, item, None), item, unit)
    yield wait(30)
    if order and (who := _acknowledged(scene, order)):
        scene.act(order, resolution.defer, by=who, reason="改造方案需审批，近期无法完成。")
    if order and granted:
        scene.act(order, resolution.defer, by=scene.cast.one("dispatcher"), reason="经核实同意挂账，每月复看。")


# To be checked


def replied(scene: Scene, desks: Desks, unit: Unit) -> Story:
    """A call that was answered: the caller is to be asked."""
    item = desks.item_of(unit)
    yield from _answered(scene, _sent(scene, _called(scene, item), item, unit))


def called_back(scene: Scene, desks: Desks, unit: Unit) -> Story:
    """A callback that was asked for and did not get through."""
    item = desks.item_of(unit)
    case = _called(scene, item)
    yield from _answered(scene, _sent(scene, case, item, unit))
    scene.act(case, verification.ask_check, by=scene.cast.one("dispatcher"))


def fed_back(scene: Scene, desks: Desks, unit: Unit) -> Story:
    """An event whose result nobody has looked at."""
    item = desks.item_of(unit)
    yield from _answered(scene, _sent(scene, _found(scene, item, desks.grid), item, unit))


def checked(scene: Scene, desks: Desks, unit: Unit) -> Story:
    """A check in the grid worker's own grid."""
    item = desks.item_of(unit)
    case = _found(scene, item, desks.grid)
    yield from _answered(scene, _sent(scene, case, item, unit))
    scene.act(case, verification.ask_check, by=scene.cast.one("dispatcher"))


def disagreed(scene: Scene, desks: Desks, unit: Unit) -> Story:
    """Checked, and it is not done: the dispatcher sends it back."""
    item = desks.item_of(unit)
    case = _found(scene, item, None)
    yield from _answered(scene, _sent(scene, case, item, unit))
    scene.act(case, verification.ask_check, by=scene.cast.one("dispatcher"))
    yield wait(40)
    by = scene.cast.one("inspector")
    scene.act(case, verification.check, by=by, way="site", agrees=False, text="现场仍有遗留，未清理干净。")


# At the sub-district


def street_event(scene: Scene, desks: Desks) -> Story:
    """The sub-district leads, its community helps; both have it on their desks."""
    item = desks.item_of(None, "own_subdistrict", scene.matters.of({"exposed-rubbish", "leaflets", "waste-sorting"}))
    near = [u for u in scene.cast.units.values() if u.kind == Unit.Kind.COMMUNITY and u.area and desks.grid]
    helpers = [u for u in near if desks.grid and u.area and desks.grid.path.startswith(f"{u.area.path}/")]
    case = _found(scene, item, desks.grid)
    if desks.body:
        _sent(scene, case, item, desks.body, helpers)
    yield wait(1)


def looked_at_first(scene: Scene, desks: Desks) -> Story:
    """The grid worker is asked to look whether there is anything."""
    case = _found(scene, desks.item_of(None, "own_subdistrict"), desks.grid)
    yield wait(5)
    scene.act(case, triage.verify_report, by=scene.cast.one("hotline_clerk"), text="请到现场看一看。")


def _drafted(scene: Scene, desks: Desks, process: str, what: str) -> Case | None:
    """A reviewed whistle of the sub-district, calling the first departments of the demo accounts."""
    body, clerk = desks.body, desks.seats["subdistrict_clerk"]
    called = [u for u in map(desks.unit, desks.handlers) if u.kind == Unit.Kind.DEPARTMENT][:3]
    if body is None or not called:
        return None
    told = intake.Told(words=f"{what}，多次协调未果，请部门到场。", channel="platform", title=what, area=body.area)
    taken = scene.act(None, intake.report, told, by=clerk, process=process, from_unit=body)
    case: Case = scene.stage.opened(taken.case)
    scene.act(case, triage.review, by=clerk, lead=called[0], helpers=called[1:], **AIM)
    return case


def whistle(scene: Scene, desks: Desks, process: str, signer: str) -> Story:
    """Hard: signed by one of two. Progress: blown by a deputy, or waiting for one."""
    case = _drafted(
        scene, desks, process, chance.choice(("农贸市场周边占道整治", "老旧小区消防通道整治", "河道排口整治"))
    )
    yield wait(4)
    seat = desks.seats.get(signer)
    if case and seat:
        scene.act(case, dispatch.blow, by=seat)


def whistle_done(scene: Scene, desks: Desks) -> Story:
    """The departments came and did their part; the sub-district has to verify."""
    case, seat, clerk = _drafted(scene, desks, "whistle_progress", "夜间施工扰民联合整治"), None, None
    seat, clerk = desks.seats.get("deputy_director"), desks.seats.get("subdistrict_clerk")
    if case is None or seat is None or clerk is None:
        return
    scene.act(case, dispatch.blow, by=seat)
    rows = scene.open_orders(case)
    hands = [(row, scene.cast.of_unit(row.unit, *HANDLERS)) for row in rows]
    yield wait(30)
    for row, who in hands:
        scene.act(row, resolution.acknowledge, by=who)
        scene.act(row, resolution.contact, by=who, way="phone", text="已与街道对接到场时间。")
    yield wait(300)
    for row, who in hands:
        scene.act(row, resolution.arrive, by=who, code=arrival.code(case))
    scene.act(rows[0], resolution.start, by=clerk, plan="按会商分工，三天内完成。")
    yield wait(900)
    for row, who in hands:
        scene.act(row, resolution.reply, by=who, outcome="done", text="已按分工完成整改。", did="现场整改")


def sent_up(scene: Scene, desks: Desks, *, resolved: bool) -> Story:
    """The sub-district asks a department; one order is new, one waits for the sender's word."""
    unit, clerk = desks.unit(desks.handlers[0]), desks.seats["subdistrict_clerk"]
    item = desks.item_of(unit)
    told, _ = scene.matters.told(scene.stage.now, "department", Case.Kind.FINDING, item=item)
    taken = scene.act(None, intake.report, told, by=clerk, process="two_way", from_unit=desks.body)
    case = scene.stage.opened(taken.case)
    scene.act(case, triage.classify, by=clerk, item=item)
    scene.act(case, dispatch.dispatch, by=clerk, lead=unit, limit="3 working_days")
    yield wait(60)
    for row in scene.open_orders(case) if resolved else ():
        if who := _acknowledged(scene, row):
            scene.act(row, resolution.start, by=who)
            yield wait(120)
            scene.act(row, resolution.reply, by=who, outcome="done", text="已现场办结。", did="现场处理")


def sent_down(scene: Scene, desks: Desks) -> Story:
    """A department sends the sub-district what its list admits."""
    handler = desks.handlers[0]
    item = desks.item_of(None, "own_subdistrict", scene.matters.of({"exposed-rubbish", "leaflets", "street-vendors"}))
    told, _ = scene.matters.told(scene.stage.now, "department", Case.Kind.FINDING, item=item)
    taken = scene.act(None, intake.report, told, by=handler, process="two_way", from_unit=desks.unit(handler))
    case = scene.stage.opened(taken.case)
    scene.act(case, triage.classify, by=handler, item=item)
    scene.act(case, dispatch.dispatch, by=handler, lead=desks.body, limit="3 working_days")
    yield wait(1)
