"""Acts (办理动作): every verb once, with what it asks for, for all doors alike.

A door lists the moves that `flow.offered` gives, shows or documents the fields of their acts, and hands what came
back to `perform`: one receipt, one call of the stage's verb. Neither forms nor serializers know a rule.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jiedao.doors import readers
from jiedao.doors.fields import (
    ARTICLE,
    CHECKS,
    KINDS,
    LIMIT,
    LINES,
    NOTE,
    OUTCOMES,
    PHOTOS,
    REASON,
    SATISFIED,
    SEVERITIES,
    TEXT,
    WAYS,
    WHY,
    Field,
    asked,
    children,
    pause_reasons,
)
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.ground.store import Stored
from jiedao.kit.refusal import Absent, Refused
from jiedao.record.models import Case, DispatchOrder, Entry
from jiedao.stages import assessment, dispatch, intake, resolution, triage, verification


@dataclass(frozen=True)
class Act:
    """A verb as doors offer it. `on_order`: it is done to one unit's order, which the request names."""

    verb: str
    call: Callable[..., Any]
    fields: tuple[Field, ...] = ()
    on_order: bool = False
    order_optional: bool = False


_ACTS = (
    # intake 受理
    Act("add", intake.add, (TEXT, PHOTOS)),
    Act("note", intake.note, (TEXT,)),
    Act("withdraw", intake.withdraw, (WHY,)),
    Act("solve_on_site", intake.solve_on_site, (TEXT, PHOTOS)),
    # triage 研判
    Act(
        "classify",
        triage.classify,
        (
            asked("item", "item", "职责事项", "Duty item"),
            asked("kind", "choice", "诉求类型", "Kind", choices=KINDS),
            asked("matter", "word", "事项分流", "Kind of matter"),
            asked("point", "point", "位置", "Place on the map"),
            asked("area", "area", "所在区域", "Area"),
            asked("address", "line", "地址", "Address"),
            asked("severity", "number", "紧急程度", "Severity", choices=SEVERITIES),
            asked("reported_units", "units", "被反映的单位", "Unit the complaint is about"),
            asked("reported_nobody", "yes", "不涉及任何单位", "It is about no unit"),
        ),
    ),
    Act("verify_report", triage.verify_report, (NOTE,)),
    Act("file", triage.file, (LIMIT, NOTE)),
    Act("reject", triage.reject, (REASON, asked("right_office", "line", "应找的部门", "The right office"))),
    Act("answer", triage.answer, (TEXT,)),
    Act("refer", triage.refer, (asked("line", "choice", "专线", "Line", required=True, choices=LINES),)),
    Act("consult", triage.consult, (REASON, asked("units", "units", "参加单位", "Units"))),
    Act(
        "review",
        triage.review,
        (
            asked("lead", "unit", "主办部门", "Lead department", required=True),
            asked("helpers", "units", "协办部门", "Helping departments"),
            asked("aim", "long", "请求事项", "What is asked of them", required=True),
            asked("meeting", "line", "报到时间和地点", "When and where to meet", required=True),
            LIMIT,
        ),
    ),
    Act("decline", triage.decline, (REASON,)),
    Act("merge", triage.merge, (asked("into", "case", "并入案号", "Number of the lead case", required=True),)),
    # dispatch 派遣
    Act(
        "dispatch",
        dispatch.dispatch,
        (
            asked("lead", "unit", "主办单位", "Lead unit"),
            asked("helpers", "units", "协办单位", "Helping units"),
            LIMIT,
            WHY,
        ),
    ),
    Act("blow", dispatch.blow),
    Act("recall", dispatch.recall, (REASON,), on_order=True),
    Act("rule", dispatch.rule, (REASON, asked("unit", "unit", "裁定由谁办理", "Who must act")), on_order=True),
    Act("uphold", dispatch.uphold, (REASON,), on_order=True),
    Act("remind", dispatch.remind, (NOTE,), on_order=True, order_optional=True),
    Act("supervise", dispatch.supervise, (REASON, asked("until", "moment", "督办期限", "Until"))),
    Act("lift", dispatch.lift, (WHY,)),
    Act("escalate", dispatch.escalate, (REASON,)),
    Act(
        "open_child",
        dispatch.open_child,
        (
            asked("process", "choice", "程序", "Procedure", required=True, choices=children),
            REASON,
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
            asked("post", "post", "岗位", "Post"),
            asked("person", "person", "人员", "Person"),
        ),
        on_order=True,
    ),
    Act(
        "contact",
        resolution.contact,
        (
            asked("way", "choice", "联系方式", "How", required=True, choices=WAYS),
            asked("reached", "yes_no", "联系上了吗", "Reached", required=True),
            TEXT,
        ),
        on_order=True,
    ),
    Act(
        "arrive",
        resolution.arrive,
        (
            asked("code", "line", "现场码", "Code on the host's screen", required=True),
            asked("point", "point", "位置", "Place"),
        ),
        on_order=True,
    ),
    Act("start", resolution.start, (asked("plan", "long", "方案", "Plan"),), on_order=True),
    Act(
        "reply",
        resolution.reply,
        (
            asked("outcome", "choice", "办理结果", "Outcome", required=True, choices=OUTCOMES),
            asked("took_up", "line", "何时受理", "When it was taken up"),
            asked("spoke_with", "line", "与谁联系", "Whom you spoke with"),
            asked("did", "long", "采取的措施", "What was done"),
            asked("finished", "line", "完成时间", "When it was or will be finished"),
            asked("text", "long", "答复内容", "Answer to the resident", required=True),
            PHOTOS,
        ),
        on_order=True,
    ),
    Act("return", resolution.return_, (REASON, ARTICLE), on_order=True),
    Act("object", resolution.object_, (REASON, ARTICLE), on_order=True),
    Act("refuse", resolution.refuse, (REASON,), on_order=True),
    Act(
        "ask_extension",
        resolution.ask_extension,
        (
            asked("limit", "limit", "申请的时限（自派单起算）", "Limit asked for, from the order", required=True),
            REASON,
        ),
        on_order=True,
    ),
    Act("grant_extension", resolution.decide_extension, (WHY, LIMIT), on_order=True),
    Act("deny_extension", resolution.decide_extension, (REASON,), on_order=True),
    Act(
        "pause",
        resolution.pause,
        (
            asked("why", "choice", "暂停原因", "Cause", required=True, choices=pause_reasons),
            REASON,
            asked("until", "moment", "预计恢复", "Until"),
        ),
        on_order=True,
    ),
    Act("resume", resolution.resume, (WHY,), on_order=True),
    Act("defer", resolution.defer, (REASON,), on_order=True),
    Act("undefer", resolution.undefer, (REASON,), on_order=True),
    Act("terminate", resolution.terminate, (REASON,), on_order=True),
    # verification 核查
    Act("ask_check", verification.ask_check, (NOTE,)),
    Act(
        "check",
        verification.check,
        (
            asked("way", "choice", "核查方式", "How", required=True, choices=CHECKS),
            asked("agrees", "yes_no", "与反馈一致吗", "Agrees with the reply", required=True),
            TEXT,
            PHOTOS,
        ),
    ),
    Act(
        "callback",
        verification.callback,
        (
            asked("reached", "yes_no", "打通了吗", "Reached", required=True),
            asked("contacted", "yes_no", "单位联系过您吗", "Were you contacted"),
            asked("solved", "yes_no", "问题解决了吗", "Is it solved"),
            asked("satisfied", "choice", "满意吗", "Satisfied", choices=SATISFIED),
            NOTE,
        ),
    ),
    Act("rework", verification.rework, (REASON, LIMIT)),
    Act("verify", verification.verify, (TEXT,)),
    Act("confirm", verification.confirm, (NOTE,)),
    Act("close", verification.close, (NOTE,)),
    Act("reopen", verification.reopen, (REASON,)),
    # assessment 考核
    Act(
        "rate",
        assessment.rate,
        (
            asked("solved", "yes_no", "问题解决了吗", "Is it solved", required=True),
            asked("satisfied", "choice", "满意吗", "Satisfied", required=True, choices=SATISFIED),
            asked("contacted", "yes_no", "单位联系过您吗", "Were you contacted"),
            NOTE,
        ),
    ),
    Act(
        "evaluate",
        assessment.evaluate,
        (
            asked("marks", "marks", "对每个部门的评价", "Marks for each department", required=True),
            NOTE,
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
    for wanted in act.fields:
        value = readers.read(wanted.kind, wanted.name, given, by=by, options=wanted.options(case))
        if value is None or value == "" or value == []:
            if wanted.required:
                missing.append(wanted.name)
            continue
        values[wanted.name] = value
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
    """The body as its fingerprint sees it: files by their content, uploads by their id."""
    return {
        name: [p.sha256.hex() if isinstance(p, Stored) else p for p in value] if _is_files(name, value) else value
        for name, value in given.items()
        if value not in (None, "", [])
    }


def _is_files(name: str, value: Any) -> bool:
    return name == "photos" and isinstance(value, (list, tuple))


def order_of(case: Case, order_id: str, by: Actor) -> DispatchOrder | None:
    """The order a request names, on this case; without a name, the actor's own. `Absent` if it is not here."""
    rows = case.held_orders()
    if order_id:
        named = next((row for row in rows if str(row.id) == order_id.lower()), None)
        if named is None:
            raise Absent
        return named
    above = list(by.post.unit.above) if by.post else []
    own = sorted((row for row in rows if row.unit_id in above), key=lambda order: order.sent_at, reverse=True)
    # The nearest open one: an office whose bureau has an order of its own means its own. One that is over is named too,
    # so that who comes second hears that it was answered and by whom.
    return min(own, key=lambda order: (not order.is_open, above.index(order.unit_id)), default=None)


__all__ = ["ACTS", "Act", "Done", "Field", "order_of", "perform", "read"]
