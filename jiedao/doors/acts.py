"""Acts (办理动作): every verb once, with what it asks for, for all doors alike.

A door lists the moves that `flow.offered` gives, shows or documents the fields of their acts, and hands what came
back to `perform`: one receipt, one call of the stage's verb. Neither forms nor serializers know a rule.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from jiedao.doors import readers
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.ground.store import Stored
from jiedao.kit.refusal import Absent, Refused
from jiedao.record.models import Case, DispatchOrder, Entry
from jiedao.stages import assessment, dispatch, intake, resolution, triage, verification

Label = dict[str, str]


@dataclass(frozen=True)
class Field:
    """One thing an act asks for. `kind` names a reader (`doors/readers.py`), which is also how a page draws it.

    `choices` are codes with their labels, or a function of the case that gives them.
    """

    name: str
    kind: str
    label: Label
    required: bool = False
    hint: Label = field(default_factory=dict)
    choices: Mapping[str, Label] | Callable[[Case], Mapping[str, Label]] = field(default_factory=dict)

    def options(self, case: Case) -> Mapping[str, Label]:
        return self.choices(case) if callable(self.choices) else self.choices


@dataclass(frozen=True)
class Act:
    """A verb as doors offer it. `on_order`: it is done to one unit's order, which the request names."""

    verb: str
    call: Callable[..., Any]
    fields: tuple[Field, ...] = ()
    on_order: bool = False
    order_optional: bool = False


def _f(
    name: str, kind: str, zh: str, en: str, *, required: bool = False, choices: Any = None, hint: Any = None
) -> Field:
    return Field(name, kind, {"zh": zh, "en": en}, required, hint or {}, choices or {})


def _c(**labels: str) -> dict[str, Label]:
    """Choices, written as `code="中文|English"`."""
    return {code: dict(zip(("zh", "en"), label.split("|"), strict=True)) for code, label in labels.items()}


KINDS = _c(
    finding="巡查发现|Finding",
    help="求助|Help",
    consult="咨询|Question",
    complaint="投诉|Complaint",
    denunciation="举报|Report of wrongdoing",
    suggestion="建议|Suggestion",
)
OUTCOMES = _c(done="已办结|Done", partly="部分办结|Partly done", explained="解释说明|Explained")
WAYS = _c(phone="电话|By phone", visit="上门|In person", platform="通过平台转达|Through the platform")
CHECKS = _c(site="现场核查|On site", phone="电话核查|By phone", paper="材料核查|From the papers")
SATISFIED = _c(satisfied="满意|Satisfied", basically="基本满意|Basically satisfied", dissatisfied="不满意|Dissatisfied")
LINES = _c(
    **{
        "110": "110 公安|110 Police",
        "119": "119 消防|119 Fire",
        "120": "120 急救|120 Ambulance",
        "122": "122 交通事故|122 Traffic accident",
    }
)
SEVERITIES = _c(**{"0": "一般|Normal", "1": "较急|Pressing", "2": "紧急|Urgent"})


def _pause_reasons(case: Case) -> Mapping[str, Label]:
    return case.process.definition.pause_reasons


def _children(case: Case) -> Mapping[str, Label]:
    from jiedao.record import flow  # noqa: PLC0415 -- app ready

    codes = {code for move in case.process.definition.moves_of("open_child", case.state) for code in move.opens}
    return {code: flow.process(code).definition.label for code in sorted(codes)}


_TEXT = _f("text", "long", "说明", "What to say", required=True)
_NOTE = _f("text", "long", "说明", "What to say")
_REASON = _f("reason", "long", "理由", "Reason", required=True)
_WHY = _f("reason", "long", "说明", "Why")
_PHOTOS = _f("photos", "photos", "照片和附件", "Photos and files")
_LIMIT = _f("limit", "limit", "时限", "Limit")
_ARTICLE = _f("article", "line", "依据（清单事项或法条）", "List item or article of law", required=True)

_ACTS = (
    # intake 受理
    Act("add", intake.add, (_TEXT, _PHOTOS)),
    Act("note", intake.note, (_TEXT,)),
    Act("withdraw", intake.withdraw, (_WHY,)),
    Act("solve_on_site", intake.solve_on_site, (_TEXT, _PHOTOS)),
    # triage 研判
    Act(
        "classify",
        triage.classify,
        (
            _f("item", "item", "职责事项", "Duty item"),
            _f("kind", "choice", "诉求类型", "Kind", choices=KINDS),
            _f("matter", "word", "事项分流", "Kind of matter"),
            _f("point", "point", "位置", "Place on the map"),
            _f("area", "area", "所在区域", "Area"),
            _f("address", "line", "地址", "Address"),
            _f("severity", "number", "紧急程度", "Severity", choices=SEVERITIES),
            _f("reported_units", "units", "被反映的单位", "Unit the complaint is about"),
            _f("reported_nobody", "yes", "不涉及任何单位", "It is about no unit"),
        ),
    ),
    Act("verify_report", triage.verify_report, (_NOTE,)),
    Act("file", triage.file, (_LIMIT, _NOTE)),
    Act("reject", triage.reject, (_REASON, _f("right_office", "line", "应找的部门", "The right office"))),
    Act("answer", triage.answer, (_TEXT,)),
    Act("refer", triage.refer, (_f("line", "choice", "专线", "Line", required=True, choices=LINES),)),
    Act("consult", triage.consult, (_REASON, _f("units", "units", "参加单位", "Units"))),
    Act(
        "review",
        triage.review,
        (
            _f("lead", "unit", "主办部门", "Lead department", required=True),
            _f("helpers", "units", "协办部门", "Helping departments"),
            _f("aim", "long", "请求事项", "What is asked of them", required=True),
            _f("meeting", "line", "报到时间和地点", "When and where to meet", required=True),
            _LIMIT,
        ),
    ),
    Act("decline", triage.decline, (_REASON,)),
    Act("merge", triage.merge, (_f("into", "case", "并入案号", "Number of the lead case", required=True),)),
    # dispatch 派遣
    Act(
        "dispatch",
        dispatch.dispatch,
        (
            _f("lead", "unit", "主办单位", "Lead unit"),
            _f("helpers", "units", "协办单位", "Helping units"),
            _LIMIT,
            _WHY,
        ),
    ),
    Act("blow", dispatch.blow),
    Act("recall", dispatch.recall, (_REASON,), on_order=True),
    Act("rule", dispatch.rule, (_REASON, _f("unit", "unit", "裁定由谁办理", "Who must act")), on_order=True),
    Act("uphold", dispatch.uphold, (_REASON,), on_order=True),
    Act("remind", dispatch.remind, (_NOTE,), on_order=True, order_optional=True),
    Act("supervise", dispatch.supervise, (_REASON, _f("until", "moment", "督办期限", "Until"))),
    Act("lift", dispatch.lift, (_WHY,)),
    Act("escalate", dispatch.escalate, (_REASON,)),
    Act(
        "open_child",
        dispatch.open_child,
        (
            _f("process", "choice", "程序", "Procedure", required=True, choices=_children),
            _REASON,
        ),
        on_order=True,
        order_optional=True,
    ),
    # resolution 处置
    Act("acknowledge", resolution.acknowledge, on_order=True),
    Act(
        "assign",
        resolution.assign,
        (
            _f("post", "post", "岗位", "Post"),
            _f("person", "person", "人员", "Person"),
        ),
        on_order=True,
    ),
    Act(
        "contact",
        resolution.contact,
        (
            _f("way", "choice", "联系方式", "How", required=True, choices=WAYS),
            _f("reached", "yes_no", "联系上了吗", "Reached", required=True),
            _TEXT,
        ),
        on_order=True,
    ),
    Act(
        "arrive",
        resolution.arrive,
        (
            _f("code", "line", "现场码", "Code on the host's screen", required=True),
            _f("point", "point", "位置", "Place"),
        ),
        on_order=True,
    ),
    Act("start", resolution.start, (_f("plan", "long", "方案", "Plan"),), on_order=True),
    Act(
        "reply",
        resolution.reply,
        (
            _f("outcome", "choice", "办理结果", "Outcome", required=True, choices=OUTCOMES),
            _f("took_up", "line", "何时受理", "When it was taken up"),
            _f("spoke_with", "line", "与谁联系", "Whom you spoke with"),
            _f("did", "long", "采取的措施", "What was done"),
            _f("finished", "line", "完成时间", "When it was or will be finished"),
            _f("text", "long", "答复内容", "Answer to the resident", required=True),
            _PHOTOS,
        ),
        on_order=True,
    ),
    Act("return", resolution.return_, (_REASON, _ARTICLE), on_order=True),
    Act("object", resolution.object_, (_REASON, _ARTICLE), on_order=True),
    Act("refuse", resolution.refuse, (_REASON,), on_order=True),
    Act(
        "ask_extension",
        resolution.ask_extension,
        (
            _f("limit", "limit", "申请的时限（自派单起算）", "Limit asked for, from the order", required=True),
            _REASON,
        ),
        on_order=True,
    ),
    Act("grant_extension", resolution.decide_extension, (_WHY, _LIMIT), on_order=True),
    Act("deny_extension", resolution.decide_extension, (_REASON,), on_order=True),
    Act(
        "pause",
        resolution.pause,
        (
            _f("why", "choice", "暂停原因", "Cause", required=True, choices=_pause_reasons),
            _REASON,
            _f("until", "moment", "预计恢复", "Until"),
        ),
        on_order=True,
    ),
    Act("resume", resolution.resume, (_WHY,), on_order=True),
    Act("defer", resolution.defer, (_REASON,), on_order=True),
    Act("undefer", resolution.undefer, (_REASON,), on_order=True),
    Act("terminate", resolution.terminate, (_REASON,), on_order=True),
    # verification 核查
    Act("ask_check", verification.ask_check, (_NOTE,)),
    Act(
        "check",
        verification.check,
        (
            _f("way", "choice", "核查方式", "How", required=True, choices=CHECKS),
            _f("agrees", "yes_no", "与反馈一致吗", "Agrees with the reply", required=True),
            _TEXT,
            _PHOTOS,
        ),
    ),
    Act(
        "callback",
        verification.callback,
        (
            _f("reached", "yes_no", "打通了吗", "Reached", required=True),
            _f("contacted", "yes_no", "单位联系过您吗", "Were you contacted"),
            _f("solved", "yes_no", "问题解决了吗", "Is it solved"),
            _f("satisfied", "choice", "满意吗", "Satisfied", choices=SATISFIED),
            _NOTE,
        ),
    ),
    Act("rework", verification.rework, (_REASON, _LIMIT)),
    Act("verify", verification.verify, (_TEXT,)),
    Act("confirm", verification.confirm, (_NOTE,)),
    Act("close", verification.close, (_NOTE,)),
    Act("reopen", verification.reopen, (_REASON,)),
    # assessment 考核
    Act(
        "rate",
        assessment.rate,
        (
            _f("solved", "yes_no", "问题解决了吗", "Is it solved", required=True),
            _f("satisfied", "choice", "满意吗", "Satisfied", required=True, choices=SATISFIED),
            _f("contacted", "yes_no", "单位联系过您吗", "Were you contacted"),
            _NOTE,
        ),
    ),
    Act(
        "evaluate",
        assessment.evaluate,
        (
            _f("marks", "marks", "对每个部门的评价", "Marks for each department", required=True),
            _NOTE,
        ),
    ),
)

ACTS: dict[str, Act] = {act.verb: act for act in _ACTS}

_FIXED: dict[str, dict[str, Any]] = {"grant_extension": {"granted": True}, "deny_extension": {"granted": False}}
"""What a verb's name already says to its function."""


@dataclass(frozen=True)
class Done:
    """What came of a write; the same for a replay."""

    number: str
    seq: int
    verb: str
    state: str
    replayed: bool = False
    child: str = ""


def perform(
    verb: str,
    case: Case,
    *,
    by: Actor,
    given: Mapping[str, Any],
    key: str,
    order: DispatchOrder | str | None = None,
    seen: int | None = None,
) -> Done:
    """Reads what was given, takes the key, calls the verb. Refuses `unreadable` with the field's name.

    `given` is text as a form or JSON has it; files are `Stored` already. `case` came through `sight`. An order may be
    given as a request names it, empty for the actor's own: it is looked for after the key, because a replay finds
    its own order answered.
    """
    act = ACTS.get(verb)
    if act is None:
        raise Refused("unknown_verb", verb=verb)
    named = order.id if isinstance(order, DispatchOrder) else order or None
    body = {"case": case.number, "verb": verb, "order": named, "given": _told(given)}
    with receipts.once(by.scope, key, body) as receipt:
        if receipt.known:
            return Done(**(receipt.outcome or {}), replayed=True)
        if isinstance(order, str):
            order = order_of(case, order, by)
        if act.on_order and order is None and not act.order_optional:
            raise Refused("incomplete", verb=verb, missing=["order"])
        result = _call(act, case, order, by=by, values=read(act, case, given, by=by), seen=seen)
        done = _outcome(case, result)
        receipt.came_of(number=done.number, seq=done.seq, verb=done.verb, state=done.state, child=done.child)
        return done


def read(act: Act, case: Case, given: Mapping[str, Any], *, by: Actor) -> dict[str, Any]:
    """The act's values in the types its verb takes. Fields that were left empty are left out."""
    values: dict[str, Any] = {}
    missing = []
    for asked in act.fields:
        value = readers.read(asked.kind, asked.name, given, by=by, options=asked.options(case))
        if value is None or value == "" or value == []:
            if asked.required:
                missing.append(asked.name)
            continue
        values[asked.name] = value
    if missing:
        raise Refused("incomplete", verb=act.verb, missing=missing)
    return values


def _call(
    act: Act, case: Case, order: DispatchOrder | None, *, by: Actor, values: dict[str, Any], seen: int | None
) -> Entry | Case:
    values = {**values, **_FIXED.get(act.verb, {})}
    if act.verb == "open_child":
        child: Case = dispatch.open_child(case.id, values.pop("process"), by=by, order=order, **values)
        return child
    if act.verb == "remind":
        return dispatch.remind(case.id, by=by, order=order, **values)
    if act.verb == "merge":
        return triage.merge(case.id, values["into"].id, by=by, seen=seen)
    if act.verb == "dispatch":
        values.setdefault("lead", None)
    if act.verb == "review":
        values.setdefault("helpers", [])
    if act.verb == "assign":
        entry: Entry = resolution.assign(order, by=by, **values)  # type: ignore[arg-type]
        return entry
    target: Any = order if act.on_order else case.id
    done: Entry = act.call(target, by=by, seen=seen, **values)
    return done


def _outcome(case: Case, result: Entry | Case) -> Done:
    if isinstance(result, Case):
        case.refresh_from_db()
        return Done(case.number, case.seq, "open_child", case.state, child=result.number)
    return Done(case.number, result.seq, result.verb, result.now)


def _told(given: Mapping[str, Any]) -> dict[str, Any]:
    """The body as its fingerprint sees it: files by their content, not by where they were stored; uploads by their id."""
    return {
        name: [p.sha256.hex() if isinstance(p, Stored) else p for p in value] if _is_files(name, value) else value
        for name, value in given.items()
        if value not in (None, "", [])
    }


def _is_files(name: str, value: Any) -> bool:
    return name == "photos" and isinstance(value, (list, tuple))


def is_over(verb: str, order: DispatchOrder) -> bool:
    """Whether a verb has no more sense on an order: a step that was taken, or anything but a ruling on one that ended."""
    if not order.is_open:
        return verb != "rule" or order.returned_at is None
    return bool({"acknowledge": order.acknowledged_at, "arrive": order.arrived_at}.get(verb))


def order_of(case: Case, order_id: str, by: Actor) -> DispatchOrder | None:
    """The order a request names, on this case; without a name, the actor's own open one. `Absent` if it is not here."""
    rows = case.orders.select_related("unit", "item")
    if order_id:
        try:
            found = rows.filter(pk=UUID(order_id)).first()
        except ValueError:
            found = None
        if found is None:
            raise Absent
        return found
    above = list(by.post.unit.above) if by.post else []
    # The nearest: an office whose bureau has an order of its own means its own.
    return min(rows.open().filter(unit__in=above), key=lambda order: above.index(order.unit_id), default=None)


__all__ = ["ACTS", "Act", "Done", "Field", "is_over", "order_of", "perform", "read"]
