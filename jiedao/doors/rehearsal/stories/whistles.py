"""Whistles (吹哨报到): drafted, signed, called, arrived, done, verified, evaluated; or ended on the way."""

from jiedao.doors.rehearsal.cast import DRAFTERS, HANDLERS, LEADERS
from jiedao.doors.rehearsal.scene import Scene, often
from jiedao.doors.rehearsal.stage import Story, Together, wait
from jiedao.doors.rehearsal.stories import oversight, units
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.ports import chance
from jiedao.record import arrival
from jiedao.record.models import Case, DispatchOrder
from jiedao.stages import assessment, dispatch, intake, resolution, triage, verification

CARDS = ("plain", "pressed", "refused", "declined", "sent_back", "redone", "withdrawn", "more_time", "merged")
"""How whistles go; each comes once a round. Local default."""

AIM = {"aim": "现场会商，明确整改分工和时限。", "meeting": "后天上午九点半，街道指挥中心", "limit": "10 working_days"}


def whistle(scene: Scene, *, hard: bool) -> Story:
    """A sub-district calls departments to come."""
    body = chance.choice(scene.cast.subdistricts)
    drafter = scene.cast.of_unit(body, *DRAFTERS)
    if drafter is None:
        return
    told, _ = scene.matters.told(scene.stage.now, "platform", Case.Kind.FINDING)
    case = opened(scene, "whistle_hard" if hard else "whistle_progress", told.address, body, drafter)
    if case is not None:
        yield from road(scene, case, body, drafter)


def opened(scene: Scene, process: str, street: str, body: Unit, drafter: Actor) -> Case | None:
    """A draft about a street of the sub-district."""
    told = intake.Told(
        words=f"{street}消防通道长期被占，多次协调未果，请部门到场解决。",
        channel="platform",
        title=f"{street}消防通道整治",
        address=street,
        area=body.area,
    )
    taken = scene.act(None, intake.report, told, by=drafter, process=process, from_unit=body)
    return scene.stage.opened(taken.case) if taken is not None else None


def grows_from(scene: Scene, case: Case) -> Story:
    """A case needs departments to come together: its sub-district blows a whistle for it."""
    body = scene.cast.body_at(case.area_path)
    clerk = scene.cast.near(case, *DRAFTERS)
    if body is None or clerk is None:
        return
    child = scene.act(case, dispatch.open_child, "whistle_progress", by=clerk, reason="需多部门到场联合处置。")
    if child is not None:
        scene.stage.aside(road(scene, scene.stage.opened(child), body, clerk, card="plain"))
    yield wait(5)


def road(scene: Scene, case: Case, body: Unit, drafter: Actor, card: str = "") -> Story:
    """From the draft to the evaluation, by one card."""
    card = card or scene.card(case.process.code, CARDS)
    yield scene.stage.office(1)
    if card == "merged":  # two offices of one sub-district drafted the same
        again = opened(scene, case.process.code, case.address, body, drafter)
        if again is not None:
            scene.act(again, triage.merge, case.id, by=drafter)
    yield from drafted(scene, case, body, drafter, again=card == "sent_back")
    leader = scene.cast.of_unit(body, "director")
    if card == "declined" and leader:
        scene.act(case, triage.decline, by=leader, reason="属于街道职权范围，由街道自行处置。")
        return
    blown(scene, case, body)
    if card == "withdrawn" and leader:
        yield scene.stage.office(1)
        scene.act(case, intake.withdraw, by=leader, reason="占用方已自行清理。")
        return
    if card == "pressed":
        scene.stage.aside(oversight.pressed(scene, case, drafter))
    yield from answered(scene, case, drafter, card)
    yield from judged(scene, case, body, drafter, card)


def drafted(scene: Scene, case: Case, body: Unit, drafter: Actor, *, again: bool) -> Story:
    """Whom it calls, what for, when and where; sent back once if the leaders want it clearer."""
    called = chance.sample(scene.cast.departments, 3 if case.process.code == "whistle_hard" else 2)
    if often(0.3):
        scene.act(case, triage.classify, by=drafter, item=chance.choice(scene.matters.items))
    scene.act(case, triage.review, by=drafter, lead=called[0], helpers=called[1:], **AIM)
    yield scene.stage.office(1)
    leader = scene.cast.of_unit(body, "party_secretary")
    if again and leader:
        scene.act(case, triage.consult, by=leader, reason="请写明各部门任务。")
        yield scene.stage.office(2)
        scene.act(case, triage.review, by=drafter, lead=called[0], helpers=called[1:], **AIM)
        yield scene.stage.office(1)


def blown(scene: Scene, case: Case, body: Unit) -> None:
    """Signed by those the definition names."""
    kinds = ("party_secretary", "director") if case.process.code == "whistle_hard" else (chance.choice(LEADERS),)
    for kind in kinds:
        signer = scene.cast.of_unit(body, kind)
        if signer:
            scene.act(case, dispatch.blow, by=signer)


def answered(scene: Scene, case: Case, drafter: Actor, card: str) -> Story:
    """The departments sign, speak with the sub-district, come; the plan is agreed; each does its part."""
    rows = scene.open_orders(case)
    if card == "refused" and rows:
        yield from refused(scene, case, rows.pop(), drafter)
    yield Together([came(scene, case, row) for row in rows])
    yield scene.stage.office(1)
    for signer in (drafter, scene.cast.one("district_leader")):
        if rows and scene.state(case) == "arrived":
            scene.act(rows[0], resolution.start, by=signer, plan="三方分工，一周内完成清理和划线。")
    if card == "more_time" and rows:
        yield from asked_for_time(scene, case, rows[0])
    yield Together([did(scene, case, row) for row in rows])


def refused(scene: Scene, case: Case, row: DispatchOrder, drafter: Actor) -> Story:
    """One department does not come: on the record, handed to the district, and its order taken back."""
    who = scene.cast.of_unit(row.unit, *HANDLERS)
    yield wait(200)
    if who:
        scene.act(row, resolution.refuse, by=who, reason="人员另有任务，不能到场。")
    scene.act(case, dispatch.escalate, by=drafter, reason="部门拒不到场，请区里协调。")
    yield wait(30)
    starter = scene.cast.of_unit(case.from_unit, *LEADERS) if case.from_unit else None
    if starter:
        scene.act(row, dispatch.recall, by=starter, reason="改由区里另行协调。")


def came(scene: Scene, case: Case, row: DispatchOrder) -> Story:
    """Signed within the hour or not, spoken with within the day or not; who cheats does not come."""
    temper, who = scene.cast.temper(row.unit), scene.cast.of_unit(row.unit, *HANDLERS)
    if who is None:
        return
    yield wait(25 * temper.pace)
    scene.act(row, resolution.acknowledge, by=who)
    if often(0.3):
        units.passed_on(scene, row, who)
    yield wait(300 * temper.pace)
    scene.act(row, resolution.contact, by=who, way="phone", text="已与街道对接到场时间。")
    yield scene.stage.office(9)
    if not often(temper.cheats):
        scene.act(row, resolution.arrive, by=who, code=arrival.code(case))


def asked_for_time(scene: Scene, case: Case, row: DispatchOrder) -> Story:
    """The sub-district's director decides, who blew the whistle."""
    who = scene.cast.of_unit(row.unit, *HANDLERS)
    leader = scene.cast.of_unit(case.from_unit, "director") if case.from_unit else None
    if (
        who
        and leader
        and scene.act(row, resolution.ask_extension, by=who, limit="15 working_days", reason="需进场施工。")
    ):
        yield scene.stage.office(2)
        scene.act(row, resolution.decide_extension, by=leader, granted=often(0.7), reason="按会商意见。")


def did(scene: Scene, case: Case, row: DispatchOrder) -> Story:
    who = scene.cast.of_unit(row.unit, *HANDLERS)
    if who and often(0.2):
        yield from units.stood_still(scene, case, row, who)
    yield scene.stage.office(16 * scene.cast.temper(row.unit).pace)
    if who:
        units.replied(scene, row, who, scene.cast.temper(row.unit))


def judged(scene: Scene, case: Case, body: Unit, drafter: Actor, card: str) -> Story:
    """The sub-district looks, sends back what is not done, and rates each department."""
    yield scene.stage.office(3)
    if card == "redone" and scene.state(case) == "fed_back":
        scene.act(case, verification.rework, by=drafter, reason="西侧仍有车辆占用。")
        yield Together([did(scene, case, row) for row in scene.open_orders(case)])
        yield scene.stage.office(2)
    if scene.state(case) != "fed_back":
        return
    scene.act(case, verification.verify, by=drafter, text="现场复看，通道已恢复畅通。")
    yield scene.stage.office(1)
    rows = case.orders.filter(recalled_at=None).order_by("sent_at", "id")
    marks: dict[object, dict[str, int | str]] = {
        row.unit_id: {
            "arrival": chance.randint(3, 5) if row.arrived_at else 1,
            "handling": chance.randint(3, 5),
            "satisfied": chance.choice(("satisfied", "satisfied", "basically")),
        }
        for row in rows
    }
    scene.act(case, assessment.evaluate, by=drafter, marks=marks)
