"""Words of the audit (审计用词): what was read, what was changed, what came of a sign-in; a code it lacks stands for itself."""

from collections.abc import Mapping

from jiedao.doors.web import organisation_words
from jiedao.doors.web.templatetags.jiedao_ui import pick
from jiedao.ground.terms.models import terms

Words = Mapping[str, tuple[str, str]]

READ: Words = {
    "contact": ("查看来电人", "Opened a caller"),
    "subject": ("查到某人的资料", "Found what is kept of somebody"),
    "caller": ("按电话查案件", "Found cases by a caller's number"),
    "case": ("查看案件", "Opened a case"),
    "file": ("查看附件", "Opened a file"),
    "export": ("导出", "Exported"),
    "post": ("以岗位查看", "Saw as a seat"),
    "track": ("查看轨迹", "Opened a track"),
    "body_camera": ("查看执法记录仪", "Opened a body camera"),
    "camera": ("查看摄像头", "Opened a camera"),
}
PURPOSE: Words = {
    "opened": ("办理本案", "to handle this case"),
    "callback": ("回访", "to call back"),
    "case": ("办理本案", "to handle this case"),
    "search": ("检索", "to search"),
    "seen_as": ("核对岗位权限", "to see what a seat gets"),
    "subject_copy": ("向本人提供副本", "for the subject's copy"),
    "api": ("程序接口", "through the API"),
}
CHANGED: Words = {
    "account": ("账号", "account"),
    "admission": ("准入", "admission"),
    "alarm": ("告警", "alarm"),
    "burden": ("负担台账", "burden ledger"),
    "certificate": ("人员证件", "certificate"),
    "channel": ("通知渠道", "channel of notices"),
    "correction": ("更正请求", "correction"),
    "demand": ("证明事项", "demand for a certificate"),
    "duty_list": ("职责清单", "duty list"),
    "duty_note": ("勤务记录", "note of duty"),
    "export": ("导出", "export"),
    "group": ("处置组", "group"),
    "hand_over": ("划转", "hand-over"),
    "hold": ("延长保存", "longer keeping"),
    "hot_spot": ("乱点", "bad spot"),
    "joint_patrol": ("联合巡查", "joint patrol"),
    "package": ("区数据包", "district's package"),
    "person": ("人员", "person"),
    "position_source": ("定位来源", "source of positions"),
    "problem": ("问题清单", "problem"),
    "process_draft": ("流程草稿", "draft of a process"),
    "question": ("职权咨询", "question about a power"),
    "record.Precedent": ("先例", "precedent"),
    "redraw": ("网格调整", "redrawing of grids"),
    "reorganisation": ("机构改革", "re-organisation"),
    "replies.ReplyTemplate": ("答复模板", "reply template"),
    "roster": ("排班", "roster"),
    "score_objection": ("评分申诉", "objection to a score"),
    "score_period": ("评分周期", "period of scores"),
    "score_rule": ("评分规则", "rule of scores"),
    "screen": ("大屏", "wall screen"),
    "shift": ("班次", "shift"),
    "shift_task": ("班次任务", "task of a shift"),
    "spot_check": ("抽查", "spot check"),
    "subject_request": ("个人信息请求", "request of a subject"),
    "token": ("接口令牌", "token"),
    "unit": ("单位", "unit"),
}
DID: Words = {
    "acknowledged": ("确认", "acknowledged"),
    "add": ("添加", "added"),
    "admit": ("准入", "admitted"),
    "agree": ("同意", "agreed to"),
    "amend": ("修改", "amended"),
    "answer": ("答复", "answered"),
    "apply": ("申请", "applied for"),
    "approve": ("批准", "approved"),
    "approve_posts": ("核定编制", "posts approved"),
    "arrived": ("到位", "arrived"),
    "ask": ("提出", "asked for"),
    "begin": ("开始", "begun"),
    "book": ("登记", "booked"),
    "call_back": ("召回派驻", "called back"),
    "called": ("呼叫", "called"),
    "carry_out": ("实施", "carried out"),
    "change": ("修改", "changed"),
    "checked": ("检查", "checked"),
    "close": ("关闭", "closed"),
    "closed": ("关闭", "closed"),
    "confirm": ("确认", "confirmed"),
    "correct": ("更正", "corrected"),
    "decide": ("决定", "decided"),
    "declared": ("登记", "declared"),
    "delete": ("删除", "deleted"),
    "disable": ("停用", "disabled"),
    "drop": ("放弃", "dropped"),
    "enable": ("启用", "enabled"),
    "end": ("终止", "ended"),
    "end_item": ("终止条目", "item ended"),
    "ended": ("结束", "ended"),
    "enter": ("录入", "entered"),
    "fill": ("填写", "filled in"),
    "freeze": ("定版", "frozen"),
    "give": ("赋予", "given"),
    "give_back": ("退回修改", "given back"),
    "given": ("发给", "given"),
    "hand": ("移交", "handed over"),
    "hold": ("延长保存", "kept longer"),
    "import": ("导入", "imported"),
    "in_force": ("生效", "in force"),
    "join": ("入职", "taken on"),
    "keep": ("保存", "kept"),
    "leave": ("离任", "left"),
    "lift": ("解除", "lifted"),
    "link": ("建立挂点", "linked"),
    "made": ("建立", "made"),
    "make": ("建立", "made"),
    "many_openings": ("一小时内查看身份过多", "opened too many identities within an hour"),
    "mark": ("打分", "marked"),
    "marked": ("标记", "marked"),
    "merge": ("合并", "merged"),
    "object": ("申诉", "objected"),
    "off": ("关闭", "switched off"),
    "on": ("开启", "switched on"),
    "open": ("建立", "opened"),
    "ordered": ("下达", "ordered"),
    "paired": ("配对", "paired"),
    "plan": ("计划", "planned"),
    "planned": ("计划", "planned"),
    "prove": ("验证", "proven"),
    "publish": ("公布", "published"),
    "published": ("公布", "published"),
    "put_item": ("修改条目", "item written"),
    "read": ("阅知", "read"),
    "receive": ("接收", "received"),
    "refuse": ("不同意", "refused"),
    "remove": ("删除", "removed"),
    "revoked": ("吊销", "revoked"),
    "round": ("开始巡查", "round begun"),
    "round_ended": ("结束巡查", "round ended"),
    "said": ("发言", "said"),
    "signed": ("签名", "signed"),
    "staffed": ("排人", "staffed"),
    "station": ("派驻", "stationed"),
    "take_back": ("收回", "taken back"),
    "take_items": ("读入条目", "items read in"),
    "taken_off": ("撤下", "taken off"),
    "told": ("告知", "told"),
    "turn_down": ("驳回", "turned down"),
    "unlink": ("解除挂点", "unlinked"),
    "unmarked": ("取消标记", "unmarked"),
    "use": ("使用", "used"),
    "withdraw": ("撤回", "withdrawn"),
    "write": ("起草", "written"),
    "written": ("写入", "written"),
}
SIGNED: Words = {
    "in": ("登录", "Signed in"),
    "out": ("退出", "Signed out"),
    "wrong": ("密码或动态码不对", "Wrong password or code"),
    "blocked": ("错误过多，已暂停", "Blocked after too many"),
}
WAY: Words = {
    "password": ("密码", "password"),
    "totp": ("密码和动态码", "password and one-time code"),
    "recovery_codes": ("备用码", "recovery code"),
    "webauthn": ("通行密钥", "passkey"),
    "socialaccount": ("统一身份认证", "single sign-on"),
}

CHOICES: Mapping[str, Words] = {"reads": READ, "changes": CHANGED, "sign_ins": SIGNED}
"""What each list can be narrowed to."""


def word(words: Words, code: str) -> str:
    """The word of a code in the reader's language."""
    zh, en = words.get(code, (code, code))
    return str(pick({"zh": zh, "en": en}))


def purpose(code: str) -> str:
    """What a reading was for: a fixed purpose, one that the law names, or what its reader wrote."""
    legal = terms("purpose").get(code)
    return str(pick({"zh": legal.name, "en": legal.name_en})) if legal else word(PURPOSE, code)


def did(verb: str) -> str:
    """What was done to something; an act on the organisation by its own word."""
    return word(DID, verb) if verb in DID else organisation_words.verb(verb)


def choices(tab: str) -> list[tuple[str, str]]:
    return [(code, word(CHOICES[tab], code)) for code in CHOICES[tab]]
