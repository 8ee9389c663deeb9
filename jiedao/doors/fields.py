"""Fields (填写项): what acts ask for and the choices they offer, in both languages, for pages and programs alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jiedao.record.models import Case

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


def asked(
    name: str, kind: str, zh: str, en: str, *, required: bool = False, choices: Any = None, hint: Any = None
) -> Field:
    return Field(name, kind, {"zh": zh, "en": en}, required, hint or {}, choices or {})


def choices(**labels: str) -> dict[str, Label]:
    """Choices, written as `code="中文|English"`."""
    return {code: dict(zip(("zh", "en"), label.split("|"), strict=True)) for code, label in labels.items()}


KINDS = choices(
    finding="巡查发现|Finding",
    help="求助|Help",
    consult="咨询|Question",
    complaint="投诉|Complaint",
    denunciation="举报|Report of wrongdoing",
    suggestion="建议|Suggestion",
)
OUTCOMES = choices(done="已办结|Done", partly="部分办结|Partly done", explained="解释说明|Explained")
WAYS = choices(phone="电话|By phone", visit="上门|In person", platform="通过平台转达|Through the platform")
CHECKS = choices(site="现场核查|On site", phone="电话核查|By phone", paper="材料核查|From the papers")
SATISFIED = choices(
    satisfied="满意|Satisfied", basically="基本满意|Basically satisfied", dissatisfied="不满意|Dissatisfied"
)
STANCES = choices(agree="同意|Agrees", agree_if="有条件同意|Agrees under conditions", object="不同意|Objects")
VETTED = choices(lawful="合法|Lawful", unlawful="不合法|Not lawful")
DECISIONS = choices(
    go_ahead="按原方案办|Go ahead as planned", changed="调整后办|Go ahead with changes", dropped="不办了|Not done"
)
LINES = choices(
    **{
        "110": "110 公安|110 Police",
        "119": "119 消防|119 Fire",
        "120": "120 急救|120 Ambulance",
        "122": "122 交通事故|122 Traffic accident",
    }
)
MANDATES = choices(
    family="家人|A relative",
    neighbour="邻居或朋友|A neighbour or friend",
    staff="社区或网格工作人员|Community or grid staff",
)
"""Who files for somebody else (代办)."""
MANDATE_WAYS = choices(in_person="当面|In person", phone="电话|By phone", paper="书面|In writing")
SEVERITIES = choices(**{"0": "一般|Normal", "1": "较急|Pressing", "2": "紧急|Urgent"})


def pause_reasons(case: Case) -> Mapping[str, Label]:
    return case.process.definition.pause_reasons


def matters(case: Case) -> Mapping[str, Label]:
    """The district's kinds of matter (三事分流). None where its table is empty: the field is not drawn then."""
    from jiedao.ground.duties.settling import TABLE  # noqa: PLC0415 -- app ready
    from jiedao.ground.terms.models import terms  # noqa: PLC0415 -- app ready

    return {code: {"zh": term.name, "en": term.name_en} for code, term in terms(TABLE).items()}


def children(case: Case) -> Mapping[str, Label]:
    from jiedao.record import versions  # noqa: PLC0415 -- app ready

    codes = {code for move in case.process.definition.moves_of("open_child", case.state) for code in move.opens}
    return {code: versions.process(code).definition.label for code in sorted(codes)}


TEXT = asked("text", "long", "说明", "What to say", required=True)
NOTE = asked("text", "long", "说明", "What to say")
REASON = asked("reason", "long", "理由", "Reason", required=True)
WHY = asked("reason", "long", "说明", "Why")
PHOTOS = asked("photos", "photos", "照片和附件", "Photos and files")
LIMIT = asked("limit", "limit", "时限", "Limit")
ARTICLE = asked("article", "line", "依据（清单事项或法条）", "List item or article of law", required=True)
