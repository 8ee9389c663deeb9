"""Stories (演练情节): the roads cases take, told as people walk them; each `yield` is a wait.

Units act by their temper: late ones overrun, careless ones do half the work, cheating ones answer without having
gone, and some return what is theirs. What the rules refuse them is refused here too, and logged.
"""

from jiedao.doors.rehearsal.cast import HANDLERS, Cast, Temper
from jiedao.doors.rehearsal.matters import EMPTY_REPLIES, KINDS, REPLIES, Matters, caller
from jiedao.doors.rehearsal.stage import Stage, Story, wait
from jiedao.ground.duties.models import DutyItem
from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import Caller
from jiedao.ground.people.models import Unit
from jiedao.kit.limits import Limit
from jiedao.kit.ports import chance
from jiedao.record import arrival
from jiedao.record.models import Case, DispatchOrder
from jiedao.stages import assessment, dispatch, intake, resolution, triage, verification


class Plot:
    """The stories of one rehearsal: they share a stage, a cast and the matters people report."""

    def __init__(self, stage: Stage, cast: Cast, matters: Matters) -> None:
        self.stage, self.cast, self.matters = stage, cast, matters

    # How reports come in

    def found_in_grid(self) -> Story:
        """A grid worker finds something; a third of it is solved on the spot."""
        told, item = self.matters.told(self.stage.now, "grid", Case.Kind.FINDING)
        worker = self.cast.one("grid_worker", "grid_head")
        taken = self.stage.act(None, intake.report, told, by=worker)
        if taken is None:
            return
        case = self.stage.opened(taken.case)
        yield wait(10)
        if chance.random() < 0.3:
            self.stage.act(case, intake.solve_on_site, case.id, by=worker, text="现场已清理，商户已提醒。")
            return
        yield from self.event_road(case, item, None)

    def residents_event(self) -> Story:
        """A resident reports what he saw, and leaves no name."""
        told, item = self.matters.told(self.stage.now, "resident", Case.Kind.FINDING)
        taken = self.stage.act(None, intake.report, told, by=Actor("resident"))
        if taken is None:
            return
        case = self.stage.opened(taken.case)
        yield from self.event_road(case, item, Actor.resident(taken.event.id, case.id))

    def call(self) -> Story:
        """Somebody rings the hotline, or writes, and wants an answer."""
        kind = chance.choices([k for k, _ in KINDS], [w for _, w in KINDS])[0]
        channel = "hotline" if chance.random() < 0.7 else "resident"
        told, item = self.matters.told(self.stage.now, channel, kind)
        name, phone = caller()
        clerk = self.cast.one("hotline_clerk") if channel == "hotline" else Actor("resident")
        ring = Caller(name, phone, may_ring=chance.random() < 0.9, proven=channel == "hotline")
        taken = self.stage.act(None, intake.report, told, by=clerk, caller=ring, process="call")
        if taken is None:
            return
        case = taken.case if taken.joined else self.stage.opened(taken.case)
        if not taken.joined:
            yield from self.call_road(case, item, Actor.resident(taken.event.id, case.id))

    # The road of an event

    def event_road(self, case: Case, item: DutyItem, resident: Actor | None) -> Story:
        yield self.stage.office(0.4)
        clerk, dispatcher = self.cast.one("hotline_clerk", "dispatcher"), self.cast.one("dispatcher")
        if chance.random() < 0.15:
            self.stage.act(case, triage.verify_report, case.id, by=clerk)
            yield self.stage.office(2)
        if chance.random() < 0.04:
            self.stage.act(case, triage.reject, case.id, by=clerk, reason="经核实现场没有这个问题。", right_office="")
            return
        self.stage.act(case, triage.classify, case.id, by=clerk, item=item)
        self.stage.act(case, triage.file, case.id, by=clerk)
        yield self.stage.office(0.3)
        if not self.sent(case, dispatcher):
            return
        yield from self.orders(case, resident)
        yield from self.checked(case, resident)

    def checked(self, case: Case, resident: Actor | None) -> Story:
        """Check, callback where there is a caller, close or rework."""
        for _ in range(3):
            if self.state(case) != "fed_back":
                return
            yield self.stage.office(1)
            dispatcher = self.cast.one("dispatcher")
            self.stage.act(case, verification.ask_check, case.id, by=dispatcher)
            yield self.stage.office(5)
            agrees = chance.random() > self.doubt(case)
            checker = self.cast.near(case, "grid_worker", "grid_head") or self.cast.one("inspector")
            done = self.stage.act(
                case,
                verification.check,
                case.id,
                by=checker,
                way="site",
                agrees=agrees,
                text="现场与反馈一致。" if agrees else "现场仍有遗留，未清理干净。",
            )
            if done is None:
                self.stage.act(
                    case,
                    verification.check,
                    case.id,
                    by=self.cast.one("inspector"),
                    way="site",
                    agrees=agrees,
                    text="到现场看过。",
                )
            yield self.stage.office(1)
            if agrees:
                self.stage.act(case, verification.close, case.id, by=dispatcher)
                yield from self.rated(case, resident)
                return
            self.stage.act(case, verification.rework, case.id, by=dispatcher, reason="核查发现没有办到位。")
            yield from self.orders(case, resident)

    # The road of a call

    def call_road(self, case: Case, item: DutyItem, resident: Actor) -> Story:
        yield wait(12)
        clerk, dispatcher = self.cast.one("hotline_clerk"), self.cast.one("dispatcher")
        if case.kind == Case.Kind.CONSULT and chance.random() < 0.6:
            self.stage.act(case, triage.answer, case.id, by=clerk, text="政策和办理地点已当场告知。")
            yield from self.rated(case, resident)
            return
        if chance.random() < 0.04:
            self.stage.act(
                case,
                triage.reject,
                case.id,
                by=clerk,
                reason="该事项已进入诉讼程序。",
                right_office="区人民法院诉讼服务中心",
            )
            return
        self.classified(case, item, clerk)
        if chance.random() < 0.03:
            self.stage.act(case, triage.consult, case.id, by=dispatcher, reason="涉及多个单位，先会商。")
            yield self.stage.office(4)
        if not self.sent(case, dispatcher):
            return
        yield from self.orders(case, resident)
        yield from self.called_back(case, resident)

    def classified(self, case: Case, item: DutyItem, clerk: Actor) -> None:
        """A complaint names the unit it is about: now and then one that would have had to handle it."""
        about: dict[str, object] = {}
        if case.shielded:
            if chance.random() < 0.25:
                about = {"reported_units": [chance.choice(self.cast.subdistricts)]}
            else:
                about = {"reported_nobody": True}
        self.stage.act(case, triage.classify, case.id, by=clerk, item=item, **about)

    def called_back(self, case: Case, resident: Actor) -> Story:
        for _ in range(3):
            if self.state(case) != "replied":
                return
            yield self.stage.office(6)
            clerk = self.cast.one("callback_clerk")
            happy = chance.random() > self.doubt(case) * 1.3
            reached = chance.random() < 0.88
            self.stage.act(
                case,
                verification.callback,
                case.id,
                by=clerk,
                reached=reached,
                contacted=self.was_contacted(case),
                solved=happy,
                satisfied=("satisfied" if chance.random() < 0.7 else "basically") if happy else "dissatisfied",
            )
            yield wait(20)
            if happy or not reached:
                self.stage.act(case, verification.close, case.id, by=clerk)
                yield from self.rated(case, resident)
                return
            self.stage.act(case, verification.rework, case.id, by=clerk, reason="诉求人认为没有解决。")
            yield from self.orders(case, resident)

    # What units do

    def sent(self, case: Case, by: Actor) -> bool:
        """Sends by the list; where the list's unit must not have it, to the neutral one."""
        case.refresh_from_db()
        lead = case.routing.get("proposed_lead")
        if not lead:
            return False
        helpers = [Unit.objects.get(pk=pk) for pk in case.routing.get("proposed_helpers", []) if chance.random() < 0.5]
        unit = Unit.objects.select_related("area").get(pk=lead)
        if self.stage.act(case, dispatch.dispatch, case.id, by=by, lead=unit, helpers=helpers):
            return True
        neutral = self.cast.one("unit_head").post
        if neutral is None:
            return False
        return (
            self.stage.act(case, dispatch.dispatch, case.id, by=by, lead=neutral.unit, reason="改派中立单位")
            is not None
        )

    def orders(self, case: Case, resident: Actor | None) -> Story:
        """Every open order is worked on; the waits of several units pass side by side in one line."""
        for _ in range(6):
            rows = list(case.orders.open().select_related("unit", "item").order_by("role", "sent_at"))
            if not rows:
                return
            for order in sorted(rows, key=lambda o: o.role != "helper"):
                yield from self.order(case, order, resident)
            yield wait(5)

    def order(self, case: Case, order: DispatchOrder, resident: Actor | None) -> Story:
        unit, temper = order.unit, self.cast.temper(order.unit)
        who = self.cast.of_unit(unit, *HANDLERS)
        if who is None:
            self.stage.act(case, dispatch.recall, order, by=self.cast.one("dispatcher"), reason="该单位暂无经办人。")
            return
        yield self.stage.office(0.5 * temper.pace)
        if chance.random() < temper.returns and not order.no_return:
            yield from self.denied(case, order, who)
            return
        if order.acknowledged_at is None:
            self.stage.act(case, resolution.acknowledge, order, by=who)
        yield self.stage.office(2 * temper.pace)
        self.contacted(case, order, who, temper)
        self.stage.act(case, resolution.start, order, by=who) if self.state(case) in (
            "acknowledged",
            "contacted",
        ) else None
        yield from self.worked(case, order, who, temper)
        if resident and chance.random() < 0.05:
            self.stage.act(case, intake.add, case.id, by=resident, text="补充一下：晚上七点以后更明显。")
        self.replied(case, order, who, temper)

    def denied(self, case: Case, order: DispatchOrder, who: Actor) -> Story:
        """The unit says it is not competent: it returns or objects, and somebody decides."""
        dispatcher = self.cast.one("dispatcher")
        if case.process.code == "call":
            if self.stage.act(
                case, resolution.object_, order, by=who, reason="不属于本单位职责。", article="职责清单无此事项"
            ):
                yield self.stage.office(3)
                decide = dispatch.rule if chance.random() < 0.6 else dispatch.uphold
                self.stage.act(case, decide, order, by=dispatcher, reason="经研究，按清单执行。")
        elif self.stage.act(
            case, resolution.return_, order, by=who, reason="不属于本单位职责。", article="职责清单无此事项"
        ):
            yield self.stage.office(2)
            self.stage.act(case, dispatch.rule, order, by=dispatcher, reason="按职责清单裁定由该单位办理。")
        if self.state(case) == "returned":
            yield self.stage.office(1)
            self.sent(case, dispatcher)

    def contacted(self, case: Case, order: DispatchOrder, who: Actor, temper: Temper) -> None:
        """First contact; behind the shield through the platform. Cheating units say they rang."""
        if not case.has_caller or order.role != "lead" or order.contacted_at:
            return
        way = "platform" if case.shielded else "phone"
        text = "您好，我们已接到您反映的情况，正在安排人员处理。" if way == "platform" else "电话联系，已了解具体情况。"
        order.refresh_from_db()
        if order.is_open:
            reached = temper.cheats > 0.3 or chance.random() < 0.92
            self.stage.act(case, resolution.contact, order, by=who, way=way, text=text, reached=reached)
            if not reached:
                self.stage.act(case, resolution.contact, order, by=who, way=way, text="第二次拨打，接通。")

    def worked(self, case: Case, order: DispatchOrder, who: Actor, temper: Temper) -> Story:
        """The work itself: so much of the limit as the unit's temper takes, with a pause or an extension now and then."""
        order.refresh_from_db()
        hours = _hours(order) * temper.pace
        if chance.random() < temper.cheats:
            yield wait(15)
            return
        if chance.random() < 0.04:
            reasons = list(case.process.definition.pause_reasons)
            if reasons:
                self.stage.act(case, resolution.pause, order, by=who, why=chance.choice(reasons), reason="等待中。")
                yield self.stage.office(6)
                self.stage.act(case, resolution.resume, order, by=who)
        if temper.pace > 1 and chance.random() < 0.3:
            yield self.stage.office(hours * 0.6)
            asked = self.stage.act(
                case, resolution.ask_extension, order, by=who, limit="10 working_days", reason="需要采购配件。"
            )
            if asked:
                yield self.stage.office(2)
                self.stage.act(
                    case,
                    resolution.decide_extension,
                    order,
                    by=self.cast.one("dispatcher"),
                    granted=chance.random() < 0.6,
                    reason="同意一次。",
                )
            hours *= 0.6
        yield self.stage.office(hours)

    def replied(self, case: Case, order: DispatchOrder, who: Actor, temper: Temper) -> None:
        order.refresh_from_db()
        if not order.is_open:
            return
        cheats = chance.random() < temper.cheats
        text = chance.choice(EMPTY_REPLIES if cheats else REPLIES).format(
            name=order.item.name if order.item else "问题"
        )
        self.stage.act(case, resolution.reply, order, by=who, outcome="done", text=text, did="" if cheats else text)

    # How it ends

    def rated(self, case: Case, resident: Actor | None) -> Story:
        """A third of the residents rate; a few are dissatisfied and ask again."""
        yield self.stage.office(4)
        if resident is None or chance.random() > 0.35:
            return
        happy = chance.random() > self.doubt(case)
        self.stage.act(
            case,
            assessment.rate,
            case.id,
            by=resident,
            solved=happy,
            satisfied="satisfied" if happy else "dissatisfied",
            contacted=self.was_contacted(case),
        )
        if not happy and chance.random() < 0.4:
            self.stage.act(case, verification.reopen, case.id, by=resident, reason="问题又出现了。")
            yield from self.orders(case, resident)
            again = self.called_back if case.process.code == "call" else self.checked
            yield from again(case, resident)

    def doubt(self, case: Case) -> float:
        """How likely it is that the work was bad: as the worst of the units that answered is used to work."""
        rows = case.orders.exclude(answered_at=None).select_related("unit")
        tempers = [self.cast.temper(row.unit) for row in rows]
        return min(0.8, 0.06 + max((t.careless + t.cheats * 0.6 for t in tempers), default=0.1))

    @staticmethod
    def was_contacted(case: Case) -> bool:
        return case.orders.exclude(contacted_at=None).exists()

    @staticmethod
    def state(case: Case) -> str:
        case.refresh_from_db()
        return case.state

    # Whistles and two-way orders

    def whistle(self, hard: bool) -> Story:
        """A sub-district calls departments to come: drafted, signed, acknowledged, arrived, done, rated."""
        process = "whistle_hard" if hard else "whistle_progress"
        body = chance.choice(self.cast.subdistricts)
        drafter = self.cast.of_unit(body, "office_head", "subdistrict_clerk")
        if drafter is None:
            return
        told, item = self.matters.told(self.stage.now, "platform", Case.Kind.FINDING)
        told = intake.Told(
            words=f"{told.address}消防通道长期被占，多次协调未果，请部门到场解决。",
            channel="platform",
            title=f"{told.address}消防通道整治",
            area=body.area,
        )
        taken = self.stage.act(None, intake.report, told, by=drafter, process=process, from_unit=body)
        if taken is None:
            return
        case = self.stage.opened(taken.case)
        departments = list(Unit.objects.on().filter(kind="department").order_by("code"))  # type: ignore[attr-defined]
        called = chance.sample(departments, 3 if hard else 2)
        yield self.stage.office(1)
        self.stage.act(
            case,
            triage.review,
            case.id,
            by=drafter,
            lead=called[0],
            helpers=called[1:],
            aim="现场会商，明确整改分工和时限。",
            meeting="后天上午九点半，街道指挥中心",
            limit="10 working_days",
        )
        yield self.stage.office(2)
        for kind in ("party_secretary", "director") if hard else ("deputy_director",):
            signer = self.cast.of_unit(body, kind)
            if signer:
                self.stage.act(case, dispatch.blow, case.id, by=signer)
        yield from self.answered_whistle(case, drafter)
        yield from self.judged(case, drafter)

    def answered_whistle(self, case: Case, drafter: Actor) -> Story:
        rows = list(case.orders.open().select_related("unit", "item").order_by("role"))
        for order in rows:
            who = self.cast.of_unit(order.unit, *HANDLERS)
            if who is None:
                continue
            yield wait(25 * self.cast.temper(order.unit).pace)
            self.stage.act(case, resolution.acknowledge, order, by=who)
            yield wait(300 * self.cast.temper(order.unit).pace)
            self.stage.act(case, resolution.contact, order, by=who, way="phone", text="已与街道对接到场时间。")
        yield self.stage.office(9)
        for order in rows:
            who = self.cast.of_unit(order.unit, *HANDLERS)
            if who and chance.random() > self.cast.temper(order.unit).cheats:
                self.stage.act(case, resolution.arrive, order, by=who, code=arrival.code(case))
        yield self.stage.office(1)
        for signer in (drafter, self.cast.one("district_leader")):
            if self.state(case) == "arrived":
                self.stage.act(case, resolution.start, rows[0], by=signer, plan="三方分工，一周内完成清理和划线。")
        yield self.stage.office(16)
        for order in rows:
            who = self.cast.of_unit(order.unit, *HANDLERS)
            if who:
                self.replied(case, order, who, self.cast.temper(order.unit))

    def judged(self, case: Case, drafter: Actor) -> Story:
        yield self.stage.office(3)
        if self.state(case) != "fed_back":
            return
        self.stage.act(case, verification.verify, case.id, by=drafter, text="现场复看，通道已恢复畅通。")
        yield self.stage.office(1)
        marks: dict[object, dict[str, int | str]] = {
            order.unit_id: {
                "arrival": chance.randint(3, 5) if order.arrived_at else 1,
                "handling": chance.randint(3, 5),
                "satisfied": "satisfied",
            }
            for order in case.orders.filter(recalled_at=None)
        }
        self.stage.act(case, assessment.evaluate, case.id, by=drafter, marks=marks)

    def two_way(self) -> Story:
        """A department sends work to a sub-district: only what was admitted gets there; or the other way round."""
        sender = self.cast.one("unit_head", "duty_officer")
        if sender.post is None:
            return
        told, item = self.matters.told(self.stage.now, "department", Case.Kind.FINDING)
        taken = self.stage.act(None, intake.report, told, by=sender, process="two_way", from_unit=sender.post.unit)
        if taken is None:
            return
        case = self.stage.opened(taken.case)
        self.stage.act(case, triage.classify, case.id, by=sender, item=item)
        body = Unit.objects.filter(kind="subdistrict", area__code__in=case.area_path.split("/")).first()
        if body is None or not self.stage.act(
            case, dispatch.dispatch, case.id, by=sender, lead=body, limit="3 working_days"
        ):
            self.stage.act(case, intake.withdraw, case.id, by=sender, reason="该事项未准入，不下派。")
            return
        order = case.orders.open().select_related("unit", "item").get()
        yield from self.order(case, order, None)
        yield self.stage.office(2)
        if self.state(case) == "resolved":
            self.stage.act(case, verification.confirm, case.id, by=sender)
            self.stage.act(
                case, assessment.rate, case.id, by=sender, solved=True, satisfied="satisfied", contacted=True
            )


def _hours(order: DispatchOrder) -> float:
    """About how many office hours the order's limit gives."""
    text = order.limit or (order.item.limit if order.item else "") or "3 working_days"
    limit = Limit(text)
    per_unit = {"minutes": 1 / 60, "hours": 0.5, "working_hours": 1, "working_days": 7, "calendar_days": 5}
    return limit.amount * per_unit[limit.unit]
