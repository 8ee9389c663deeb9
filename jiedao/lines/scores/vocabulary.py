"""Vocabulary (评分词汇): every fact a rule may count, and nothing else. Closed: a rule names facts, it computes none (G38).

A fact is a column of the rows in `facts.py`, always text: `yes`, `no`, a code, a whole number, or empty where the record
does not say. Each row is one order of one unit, or one check of a squad on the road.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """What a column holds. `values` are its codes with their words; a number has none."""

    code: str
    zh: str
    en: str
    values: tuple[tuple[str, str, str], ...] = ()
    is_number: bool = False
    is_open: bool = False

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(code for code, _, _ in self.values)

    def word(self, code: str, lang: str) -> str:
        """The word of a value; a code of the district's own stands for itself."""
        for known, zh, en in self.values:
            if known == code:
                return zh if lang == "zh" else en
        return code


def _flag(code: str, zh: str, en: str, no_zh: str = "", no_en: str = "") -> Fact:
    return Fact(code, zh, en, (("yes", zh, en), ("no", no_zh or f"未{zh}", no_en or f"not {en}")))


_SATISFIED = (("satisfied", "满意", "satisfied"), ("basically", "基本满意", "basically satisfied"),
              ("dissatisfied", "不满意", "dissatisfied"))  # fmt: skip
_MARKS = tuple((str(n), f"{n} 分", f"{n} points") for n in range(1, 6))

_SEVERITIES = tuple((str(n), f"紧急程度 {n} 级", f"severity {n}") for n in range(4))
_PROCESSES = (("event", "事件", "events"), ("call", "来电", "calls"), ("two_way", "双向派单", "two-way orders"),
              ("whistle_progress", "工作推进哨", "work-progress whistles"),
              ("whistle_hard", "攻坚克难哨", "hard-problem whistles"))  # fmt: skip

_ALL = (
    # in which window it falls 窗口
    _flag("sent", "本期派出", "sent in the window", "非本期派出"),
    _flag("due", "本期到期", "due in the window", "非本期到期"),
    _flag("called", "本期回访", "called back in the window", "本期没有回访"),
    _flag("marked", "本期由派出方评价", "marked by its sender in the window", "本期派出方没有评价"),
    _flag("spotted", "本期见勤抽查", "checked on the road in the window", "不是见勤抽查", "no check on the road"),
    # what it is 是什么
    Fact("role", "主协办", "role", (("lead", "主办", "lead"), ("helper", "协办", "helper"))),
    Fact("process", "流程", "process", _PROCESSES, is_open=True),
    Fact("kind", "诉求类型", "kind", is_open=True),
    Fact("severity", "紧急程度", "severity", _SEVERITIES, is_open=True),
    Fact("sender_kind", "派出单位类别", "kind of the sending unit", is_open=True),
    # what came of it 办理
    _flag("acknowledged", "签收", "acknowledged"),
    _flag("contacted", "联系诉求人", "caller contacted"),
    _flag("contacted_in_time", "按时联系", "contacted in time"),
    _flag("arrived", "报到", "arrived"),
    _flag("arrived_in_time", "按时报到", "arrived in time"),
    _flag("answered", "办理完毕", "handled"),
    _flag("answered_in_time", "按时办理", "handled in time"),
    _flag("open_overdue", "超时未办", "open and overdue", "没有超时未办"),
    _flag("returned", "退回", "returned"),
    _flag("extended", "延期", "extended"),
    _flag("reworked", "返工", "reworked"),
    _flag("supervised", "督办", "supervised"),
    _flag("supervised_open", "督办后仍未办理", "supervised and unhandled", "没有督办后未办"),
    _flag("closed", "结案", "closed"),
    _flag("closed_in_time", "按时结案", "closed in time"),
    _flag("repeated", "重复诉求", "asked again", "没有重复诉求"),
    _flag("agrees", "核查属实", "found done by the check", "核查不属实", "found undone by the check"),
    Fact("outcome", "办理结果", "outcome", (("done", "办结", "done"),), is_open=True),
    Fact("contact_minutes", "首次联系用时（分钟）", "minutes to the first contact", is_number=True),
    # what others say 评价
    _flag("reached", "有效回访", "with a valid callback", "回访未联系上", "nobody could be asked"),
    _flag(
        "said_contacted",
        "诉求人说联系过",
        "contacted by the caller's word",
        "诉求人说没联系过",
        "not contacted by the caller's word",
    ),
    _flag(
        "solved", "诉求人说已解决", "solved by the caller's word", "诉求人说未解决", "not solved by the caller's word"
    ),
    Fact("satisfied", "满意度", "satisfaction", _SATISFIED),
    Fact("arrival", "报到评分", "mark for arrival", _MARKS),
    Fact("handling", "办理评分", "mark for handling", _MARKS),
    _flag("met", "抽查见勤", "met on the road", "抽查未见勤", "not met on the road"),
    Fact("sender_satisfied", "派出方满意度", "the sender's satisfaction", _SATISFIED),
)

FACTS: dict[str, Fact] = {fact.code: fact for fact in _ALL}

KEYS = ("unit", "order", "number", "left_out")
"""Columns before the facts: whose row, which order, of which case, and why it is left out, if it is."""

COLUMNS = (*KEYS, *FACTS)

LEFT_OUT: dict[str, tuple[str, str]] = {
    "imported": ("导入的历史案件", "imported history"),
    "merged": ("并入其他案件", "merged into another case"),
    "recalled": ("派单已撤回", "the order was recalled"),
    "objection_upheld": ("派单异议成立", "the unit's objection was upheld"),
    "own_report": ("本单位自报自办", "reported by the unit itself"),
    "split": ("由同一案件拆出", "split off a case of the same unit"),
}
"""What never counts, whatever a rule says (G39): such a row is kept, shown, and adds nothing."""

NEARLY: dict[str, tuple[str, str, str]] = {
    "reached": ("no", "未联系上诉求人", "nobody could be asked"),
}
"""What keeps a row from counting although all else fits: it is listed with the figure, for somebody will look for it."""

FORBIDDEN: dict[str, tuple[str, str]] = {
    "track": ("轨迹", "tracks"),
    "shift": ("班次", "shifts"),
    "check_in": ("打卡签到", "check-ins"),
    "online": ("在线时长", "online time"),
    "log_in": ("登录次数", "log-ins"),
    "login": ("登录次数", "log-ins"),
    "photo": ("照片数", "photos"),
    "like": ("点赞", "likes"),
    "age": ("年龄", "age"),
    "sex": ("性别", "sex"),
    "gender": ("性别", "sex"),
    "household": ("户别", "household type"),
    "device": ("设备", "devices"),
    "name": ("姓名", "names"),
    "party": ("政治面貌", "party membership"),
    "step": ("步数", "steps"),
}
"""What somebody may try to count and never can, with its word, so that the refusal names it."""


def forbidden(code: str) -> tuple[str, str] | None:
    """The word for a forbidden input. None for a fact that exists, or that nobody has forbidden: it is unknown then."""
    if code in FACTS:
        return None
    words = set(code.lower().split("_")) | {code.lower()}
    for part, said in FORBIDDEN.items():
        if part in code.lower() if "_" in part else part in words or f"{part}s" in words:
            return said
    return None
