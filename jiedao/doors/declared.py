"""Declared acts (动作声明): every verb once, with its function and what it asks for, in the order of the road."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jiedao.doors.fields import (
    ARTICLE,
    CHECKS,
    DECISIONS,
    KINDS,
    LIMIT,
    LINES,
    NOTE,
    OUTCOMES,
    PHOTOS,
    REASON,
    SATISFIED,
    SEVERITIES,
    STANCES,
    TEXT,
    WAYS,
    WHY,
    Field,
    asked,
    children,
    matters,
    pause_reasons,
)
from jiedao.doors.papers import PAPERS
from jiedao.lines.admission import actions as admission
from jiedao.lines.lists import actions as changes
from jiedao.stages import assessment, assignment, council, dispatch, intake, resolution, triage, verification


@dataclass(frozen=True)
class Act:
    """A verb as doors offer it. `on_order`: it is done to one unit's order, which the request names.

    `locks_two`: it changes more cases than the one it is done to.
    """

    verb: str
    call: Callable[..., Any]
    fields: tuple[Field, ...] = ()
    on_order: bool = False
    order_optional: bool = False
    locks_two: bool = False


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
            asked("matter", "choice", "事项分流", "Kind of matter", choices=matters),
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
    Act(
        "merge",
        triage.merge,
        (asked("into", "case", "并入案号", "Number of the lead case", required=True),),
        locks_two=True,
    ),
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
    Act(
        "instruct",
        dispatch.instruct,
        (
            asked("text", "long", "批示内容", "Instruction", required=True),
            asked("unit", "unit", "谁来落实", "Who sees to it"),
            asked("until", "moment", "何时落实", "By when"),
        ),
    ),
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
        assignment.assign,
        (
            asked("post", "post", "岗位", "Post"),
            asked("person", "person", "人员", "Person"),
        ),
        on_order=True,
    ),
    Act("take_up", assignment.take_up, on_order=True),
    Act("set_out", assignment.set_out, on_order=True),
    Act("reach", assignment.reach, (asked("point", "point", "位置", "Place"),), on_order=True),
    Act("finish", assignment.finish, (NOTE,), on_order=True),
    Act(
        "stand_down",
        assignment.stand_down,
        (REASON, asked("person", "person", "人员", "Person")),
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
    # council 会商审议
    Act("accept", council.accept, (NOTE,)),
    Act("send_back", council.send_back, (REASON,)),
    Act(
        "hear",
        council.hear,
        (
            asked("units", "units", "征求哪些单位的意见", "Whom to ask", required=True),
            asked("question", "long", "征求意见的问题", "What they are asked", required=True),
            LIMIT,
        ),
    ),
    Act(
        "opine",
        council.opine,
        (asked("stance", "choice", "意见", "Opinion", required=True, choices=STANCES), TEXT),
        on_order=True,
    ),
    Act("pass_on", council.pass_on, (NOTE,)),
    Act(
        "vet",
        council.vet,
        (
            asked(
                "lawful",
                "yes_no",
                "合法、不重复、不在负面清单内",
                "Lawful, no duplicate, in no negative list",
                required=True,
            ),
            TEXT,
        ),
        on_order=True,
    ),
    Act("table", council.table, (NOTE,)),
    Act("approve", council.approve, (NOTE,)),
    Act("turn_down", council.turn_down, (REASON,)),
    Act(
        "decide",
        council.decide,
        (
            asked("decision", "choice", "决定", "Decision", required=True, choices=DECISIONS),
            TEXT,
            asked("reason", "long", "不采纳意见的理由", "Why the opinion is not followed"),
        ),
    ),
    Act("amend", admission.amend, PAPERS),
    Act("admit", admission.admit, (NOTE,)),
    Act(
        "submit",
        changes.submit,
        (
            asked("basis", "long", "变更依据（法律、文件）", "Basis: law or paper", required=True),
            asked("effective_on", "date", "拟生效日期", "To come into force on", required=True),
        ),
    ),
    Act("publish", changes.publish, (asked("effective_on", "date", "生效日期", "In force from"),)),
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
