"""Verbs (动作): everything that can be done to a case, in the order of the road. Code, not data.

A definition says who may do which of them in which state; it cannot invent one. The labels are what a timeline
and a button say where a definition gives no words of its own.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Verb:
    """`of_order`: done to one unit's order, so the actor's part in that order counts. `mark`: sets or lifts a mark."""

    code: str
    zh: str
    en: str
    of_order: bool = False


_ALL = (
    # intake 受理
    Verb("report", "上报", "Report"),
    Verb("add", "补充", "Add to the report"),
    Verb("withdraw", "撤回诉求", "Withdraw"),
    # triage 研判
    Verb("verify_report", "先行核实", "Check first"),
    Verb("classify", "研判归类", "Classify"),
    Verb("file", "立案", "File"),
    Verb("reject", "不予立案", "Reject"),
    Verb("answer", "即时答复", "Answer at once"),
    Verb("solve_on_site", "现场解决", "Solved on the spot"),
    Verb("refer", "转紧急专线", "Pass to the emergency line"),
    Verb("merge", "并案", "Merge"),
    Verb("consult", "会商", "Consult"),
    # whistle 吹哨
    Verb("review", "审核", "Review"),
    Verb("decline", "不予启动", "Do not start"),
    Verb("blow", "吹哨", "Blow the whistle"),
    # dispatch 派遣
    Verb("draft", "拟单", "Draft"),
    Verb("dispatch", "派遣", "Dispatch"),
    Verb("recall", "撤回派单", "Recall the order", of_order=True),
    Verb("rule", "裁定", "Rule"),
    Verb("uphold", "异议成立", "Uphold the objection", of_order=True),
    # resolution 处置
    Verb("acknowledge", "签收", "Acknowledge", of_order=True),
    Verb("assign", "指派", "Assign", of_order=True),
    Verb("take_up", "接受指派", "Accept the assignment", of_order=True),
    Verb("set_out", "出发", "Set out", of_order=True),
    Verb("reach", "到场", "On site", of_order=True),
    Verb("finish", "现场办完", "Done on site", of_order=True),
    Verb("stand_down", "取消指派", "Stand down", of_order=True),
    Verb("contact", "联系", "Contact", of_order=True),
    Verb("arrive", "报到", "Arrive", of_order=True),
    Verb("start", "开始办理", "Start", of_order=True),
    Verb("reply", "反馈", "Reply", of_order=True),
    Verb("return", "退回", "Return", of_order=True),
    Verb("object", "提出异议", "Object", of_order=True),
    Verb("refuse", "拒不履行", "Refuse", of_order=True),
    Verb("ask_extension", "申请延期", "Ask for more time", of_order=True),
    Verb("grant_extension", "同意延期", "Grant more time", of_order=True),
    Verb("deny_extension", "不同意延期", "Deny more time", of_order=True),
    Verb("pause", "暂停计时", "Pause the clock", of_order=True),
    Verb("resume", "恢复计时", "Resume the clock", of_order=True),
    Verb("defer", "挂账", "Defer", of_order=True),
    Verb("undefer", "销账", "Take off the deferred list"),
    Verb("terminate", "终止办理", "Terminate"),
    # verification 核查
    Verb("ask_check", "派核查", "Ask for a check"),
    Verb("check", "核查", "Check"),
    Verb("callback", "回访", "Call back"),
    Verb("rework", "返工", "Rework"),
    Verb("verify", "核实结项", "Verify and close"),
    Verb("confirm", "确认", "Confirm"),
    Verb("close", "结案", "Close"),
    Verb("reopen", "重开", "Reopen"),
    # council 会商审议
    Verb("apply", "申请准入", "Apply for admission"),
    Verb("propose", "提出变更", "Propose a change"),
    Verb("ask", "征询", "Ask"),
    Verb("accept", "受理申请", "Accept the papers"),
    Verb("send_back", "退回补正", "Send back for correction"),
    Verb("amend", "补正", "Correct the papers"),
    Verb("hear", "征求意见", "Ask for opinions"),
    Verb("opine", "答复意见", "Give an opinion", of_order=True),
    Verb("pass_on", "移送", "Pass on"),
    Verb("vet", "法制审核", "Review the law", of_order=True),
    Verb("table", "提交审议", "Submit for decision"),
    Verb("approve", "批准", "Approve"),
    Verb("turn_down", "不予批准", "Turn down"),
    Verb("decide", "作出决定", "Decide"),
    Verb("admit", "准入", "Admit"),
    Verb("submit", "提出申请", "Submit for examination"),
    Verb("publish", "公布", "Publish"),
    # assessment 考核
    Verb("rate", "评价", "Rate"),
    Verb("evaluate", "综合评价", "Evaluate"),
    # at any time 随时
    Verb("note", "备注", "Note"),
    Verb("remind", "催办", "Remind"),
    Verb("instruct", "批示", "Instruct"),
    Verb("supervise", "督办", "Supervise"),
    Verb("lift", "解除督办", "Lift supervision"),
    Verb("escalate", "提级", "Escalate"),
    Verb("open_child", "发起关联案件", "Open a child case"),
    Verb("child_ended", "关联案件结束", "A child case ended"),
    Verb("sign", "签名", "Sign"),
    Verb("ring", "到期提示", "A limit rang"),
    Verb("succeed", "机构承接", "Taken over by a new unit"),
    Verb("import", "导入", "Import"),
    Verb("adopt", "改用新版流程", "Go on under the new version"),
)

VERBS: dict[str, Verb] = {verb.code: verb for verb in _ALL}

PHASES: dict[str, tuple[str, str]] = {
    "intake": ("受理", "Intake"),
    "triage": ("研判", "Triage"),
    "dispatch": ("派遣", "Dispatch"),
    "resolution": ("处置", "Resolution"),
    "verification": ("核查", "Verification"),
    "closed": ("结案", "Closed"),
}
"""The six phases of the rail, in order."""

STEPS: dict[str, tuple[str, str, str]] = {
    "acknowledged": ("acknowledge", "签收", "Acknowledged"),
    "contacted": ("contact", "首次联系", "First contact"),
    "arrived": ("arrive", "报到", "Arrived"),
    "answered": ("reply", "反馈", "Answered"),
    "returned": ("return", "退回", "Returned"),
}
"""The steps of a unit's order: the verb that takes it, and its labels. Each is a time on the order's row."""

MARKS: dict[str, tuple[str, str]] = {
    "supervised": ("督办", "Supervised"),
    "escalated": ("提级", "Escalated"),
    "overdue": ("超时", "Overdue"),
    "joint": ("联合办理", "Joint"),
    "urgent": ("紧急", "Urgent"),
    "refused": ("拒不履行", "Refused"),
    "rated": ("已评价", "Rated"),
}
"""Marks on a case: since when, by whom; the state beneath goes on."""

QUESTIONS: dict[str, tuple[str, str]] = {
    "extension": ("延期申请", "Extension"),
    "objection": ("派单异议", "Objection"),
}
"""What a unit may ask about its order while the other orders go on."""

STANDINGS: dict[str, tuple[str, str]] = {
    "any": ("不限", "Anyone who sees the case"),
    "reporter": ("反映人", "Who reported it"),
    "own_area": ("本辖区", "In the own area"),
    "lead": ("主办", "Lead unit"),
    "helper": ("协办", "Helper unit"),
    "heard": ("被征求意见", "Unit that is heard"),
    "assignee": ("经办人", "Who was assigned"),
    "checker": ("核查人", "Checker, no handler"),
    "centre": ("指挥中心", "Command centre"),
    "overseer": ("上级", "Level above"),
    "sender": ("派单方", "Who sent the order"),
    "system": ("系统", "The system"),
}
"""What a person can be to a case. Computed by `standing.py`."""
