"""Words (用语): what a refusal says in Chinese and English: what did not happen, the fact, the next step, the status.

The sentences stand in `sentences.py`; here their facts are put into words: verbs and fields by their labels, times
as people in China read them, never a code where there is a word.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jiedao.doors import acts, organising
from jiedao.doors.sentences import SENTENCES, Worded
from jiedao.kit.clock import local, now
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Absent, Refused
from jiedao.record.verbs import VERBS

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


@dataclass(frozen=True)
class Sentence:
    """A refusal in one language. `text` is all of it on one line."""

    rule: str
    status: int
    what: str
    fact: str
    next: str
    language: str
    next_href: str = ""

    @property
    def text(self) -> str:
        if self.language == "zh":
            return f"{self.what}：{self.fact}。{self.next}"
        return f"{self.what}. {self.fact}. {self.next}."


def say(refused: Refused | Absent, language: str) -> Sentence:
    """The sentence of a refusal, `zh` or `en`. A rule without words is a mistake of ours and says so as a 422."""
    language = "zh" if language.lower().startswith("zh") else "en"
    rule, facts = (refused.rule, refused.facts) if isinstance(refused, Refused) else ("absent", {})
    worded = SENTENCES.get(_variant(rule, facts)) or Worded(
        422, f"没有办理 · {rule} · 看说明", f"No · {rule} · See the help"
    )
    template = worded.zh if language == "zh" else worded.en
    what, fact, after = template.format_map(_Told(facts, language)).split(" · ", 2)
    return Sentence(rule, worded.status, what, fact, after, language, str(facts.get("apply", "")))


def _variant(rule: str, facts: Mapping[str, Any]) -> str:
    return "sealed" if rule == "unreadable" and "about" in facts else rule


class _Told(dict[str, str]):
    """The facts in words. A fact the refusal does not carry is empty, so that a sentence never fails."""

    def __init__(self, facts: Mapping[str, Any], language: str) -> None:
        super().__init__()
        self.facts, self.language = facts, language

    def __missing__(self, name: str) -> str:
        tell = _TELLERS.get(name, _plain)
        told = tell(self.facts.get(name), self.facts, self.language)
        return told.replace(" · ", " ")  # a fact must not pass for a part of the sentence


Teller = Callable[[Any, Mapping[str, Any], str], str]


def _plain(value: Any, facts: Mapping[str, Any], language: str) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return _list([str(v)[:200] for v in value[:8]], language)
    return str(value)[:200]


def _list(words: list[str], language: str) -> str:
    return ("、" if language == "zh" else ", ").join(words)


def _verb(value: Any, facts: Mapping[str, Any], language: str) -> str:
    verb = VERBS.get(str(value)) or organising.ACTS.get(str(value))
    if verb is None:
        return str(value or "")[:40]
    return verb.zh if language == "zh" else verb.en[:1].lower() + verb.en[1:]


def _field(value: Any, facts: Mapping[str, Any], language: str) -> str:
    return field_label(str(value or ""), str(facts.get("verb", "")))[language]


def _missing(value: Any, facts: Mapping[str, Any], language: str) -> str:
    verb = str(facts.get("verb", ""))
    return _list([field_label(str(name), verb)[language] for name in value or ()], language)


def field_label(name: str, verb: str = "") -> dict[str, str]:
    """What people call a field: the act's own label, else that of any act, else the name (a unit's, say)."""
    act: acts.Act | organising.Act | None = acts.ACTS.get(verb) or organising.ACTS.get(verb)
    for field in (*(act.fields if act else ()), *_EVERY_FIELD):
        if field.name == name:
            return field.label
    return _OTHER_FIELDS.get(name, {"zh": name[:80], "en": name[:80]})


_EVERY_FIELD = [field for table in (acts.ACTS, organising.ACTS) for act in table.values() for field in act.fields]


def _labels(table: str) -> dict[str, dict[str, str]]:
    """Lines of `code 中文|English`."""
    lines = (line.partition(" ") for line in table.strip().splitlines())
    return {code: dict(zip(("zh", "en"), label.split("|"), strict=True)) for code, _, label in lines}


_OTHER_FIELDS = _labels("""
words 内容|what happened
order 哪一张派单|which order
key 提交编号|key
seen 所见版本|seen
photos 照片|photos
title 标题|title
channel 渠道|channel
caller 反映人|caller
process 程序|process
number 编号|number
code 查询码|code
file 文件|file
source 来源|source
source_key 来源编号|number at the source
told 应找的部门|the right office
phone 电话|phone
name 姓名|name
may_ring 可否回电|may we ring
body 正文|body
limit 条数|number of rows
page 页码|page
q 查找|search
since 起始时间|since
overdue 是否超时|overdue
why 申请事由|why
basis 法律依据|legal basis
object 服务或管理对象|whom it is about
procedure 办理程序|procedure
result 办理结果|result
technique 技术支持|technical support
training 业务培训|training
start_on 开始日期|start
list_code 列入哪张清单|on which list
level 承接层级|receiving level
receivers 承接单位|receivers
people 随事划转的人员|people that come with it
money 随事划转的经费|money that comes with it
amount 金额（元）|amount in yuan
quantity 数量|quantity
kind 类别|kind
what 事项|what
question 征询的问题|question
right 职权|right
holder 享有职权的单位|who holds the right
rhythm 频次|how often
hours 每次小时数|hours each time
fields 填报的字段|fields asked for
communities 社区|communities
asked_by 要求出具的单位或个人|who demands it
""")


def _wants(value: Any, facts: Mapping[str, Any], language: str) -> str:
    if value == "one_of":
        known = _plain(facts.get("known"), facts, language)
        return f"这些之一：{known}" if language == "zh" else f"one of {known}"
    return _WANTS.get(str(value), {"zh": str(value), "en": str(value)})[language]


_WANTS = _labels("""
text 文字|text
number 数字|a number
time 日期和时间|a date and time
yes_or_no 是或否|yes or no
date 日期|a date
article 一行一条法律和条款号|a law and the number of its article on each line
money 以元为单位的金额|an amount in yuan
point 经度和纬度|longitude and latitude
marks 每个单位的评价|marks for each unit
list 列表|a list
object 一组字段|an object
uuid UUID|a UUID
""")


def _label(value: Any, facts: Mapping[str, Any], language: str) -> str:
    return str(value.get(language, "")) if isinstance(value, dict) else str(value or "")


def _roles(value: Any, facts: Mapping[str, Any], language: str) -> str:
    labels = list(dict.fromkeys(_label(role, facts, language) for role in value or ()))
    return _list(labels[:6], language) or ("有权的岗位" if language == "zh" else "posts with that right")


def _time(value: Any, facts: Mapping[str, Any], language: str) -> str:
    try:
        return moment(datetime.fromisoformat(str(value)), language)
    except ValueError:
        return str(value or "")[:40]


def moment(at: datetime, language: str) -> str:
    """A time as people write it: 今天 16:30, 6月3日 16:30; today 16:30, 3 Jun 16:30."""
    there, today = local(at), local(now()).date()
    return f"{_day(there.date(), today, language)} {there:%H:%M}"


def _day(on: date, today: date, language: str) -> str:
    if on == today:
        return "今天" if language == "zh" else "today"
    if language == "zh":
        return f"{on.month}月{on.day}日" if on.year == today.year else f"{on.year}年{on.month}月{on.day}日"
    return f"{on.day} {MONTHS[on.month - 1]}" + ("" if on.year == today.year else f" {on.year}")


def _since(value: Any, facts: Mapping[str, Any], language: str) -> str:
    lines = [f"{_verb(line['verb'], facts, language)} {_time(line['at'], facts, language)}" for line in value or ()]
    return _list(lines, language)


def _limit(value: Any, facts: Mapping[str, Any], language: str) -> str:
    try:
        return Limit(str(value)).label(language)
    except Refused:
        return str(value or "")[:40]


def _level(value: Any, facts: Mapping[str, Any], language: str) -> str:
    told = _LEVELS.get(str(value))
    return told[language] if told else str(value or "")


_LEVELS = _labels("""
district 区级部门|department
subdistrict 街道|sub-district
community 社区|community
""")


def _unit(value: Any, facts: Mapping[str, Any], language: str) -> str:
    return str((facts.get("unit_en") if language == "en" else "") or value or "")


def _either(name: str) -> Teller:
    """A fact that comes in both languages: as `name` and as `name_en`."""

    def tell(value: Any, facts: Mapping[str, Any], language: str) -> str:
        return _plain((facts.get(f"{name}_en") if language == "en" else "") or value, facts, language)

    return tell


def _right(value: Any, facts: Mapping[str, Any], language: str) -> str:
    return str((facts.get("right_en") if language == "en" else "") or value or "")


def _phone(value: Any, facts: Mapping[str, Any], language: str) -> str:
    if value:
        return f"现在可打值班电话 {value}" if language == "zh" else f"Ring the duty phone now: {value}"
    return "先看流转记录" if language == "zh" else "See the timeline meanwhile"


def _file_why(value: Any, facts: Mapping[str, Any], language: str) -> str:
    told = _FILE_WHY.get(str(facts.get("why")), _FILE_WHY["broken"])
    return told.split("|")[0 if language == "zh" else 1].format(most=facts.get("most", ""))


_FILE_WHY = {
    "empty": "文件是空的|The file is empty",
    "too_big": "文件超过 20 MB|It is larger than 20 MB",
    "kind": "只收 JPEG、PNG、WebP、PDF、XLSX、DOCX、CSV 和语音|"
    "Only JPEG, PNG, WebP, PDF, XLSX, DOCX, CSV and voice notes are taken",
    "broken": "文件损坏，打不开|It is damaged and cannot be opened",
    "pixels": "图片超过 {most} 像素|The picture has more than {most} pixels",
    "too_heavy": "打开它太费机器|Opening it takes too much of the machine",
    "encrypted": "文件加了密码|It is locked with a password",
    "active": "文件里有会运行的内容|It holds something that would run",
    "macros": "文件里有宏|It holds macros",
    "external": "文件要从别处取内容|It fetches things from elsewhere",
    "bomb": "解开后大得反常|It unpacks to an unreasonable size",
    "rows": "超过 {most} 行|It has more than {most} rows",
    "columns": "超过 {most} 列|It has more than {most} columns",
    "too_long": "语音超过 {most} 秒|The voice note is longer than {most} s",
    "infected": "查出病毒|A virus was found in it",
}

_TELLERS: dict[str, Teller] = {
    "verb": _verb,
    "field": _field,
    "missing": _missing,
    "wants": _wants,
    "label": _label,
    "roles": _roles,
    "at": _time,
    "again_at": _time,
    "until": _time,
    "since": _since,
    "cap": _limit,
    "limit": _limit,
    "level": _level,
    "unit": _unit,
    "right": _right,
    "what": _either("what"),
    "posts": _either("posts"),
    "grid": _either("grid"),
    "phone": _phone,
    "file_why": _file_why,
}
