"""Telling (表述): what the record holds in codes, as people read it: lines, limits, reasons, choices."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext, pgettext

from jiedao.doors import acts
from jiedao.doors.fields import MANDATE_WAYS, MANDATES, VETTED, matters
from jiedao.doors.web import clocks
from jiedao.doors.web.templatetags.jiedao_ui import named, pick
from jiedao.ground.districts.calendar import calendar
from jiedao.kit.clock import local
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused
from jiedao.record.definition import Definition
from jiedao.record.models import Deadline
from jiedao.record.queries import Line, Story
from jiedao.record.tick import UNANSWERED
from jiedao.record.verbs import MARKS, STEPS

CHANNELS = {
    "resident": ("居民上报", "Resident"),
    "grid": ("网格员", "Grid worker"),
    "patrol": ("巡查", "Patrol"),
    "hotline": ("热线", "Hotline"),
    "community": ("社区", "Community"),
    "department": ("部门", "Department"),
    "window": ("窗口", "Counter"),
    "petition": ("信访", "Petition"),
    "camera": ("视频", "Camera"),
    "platform": ("上级平台", "Upper platform"),
    "import": ("导入", "Import"),
}
LINES = (
    "text",
    "reason",
    "question",
    "plan",
    "aim",
    "meeting",
    "took_up",
    "spoke_with",
    "did",
    "finished",
    "article",
    "told",
)
DAYS_OFF_SHOWN = 20


def both(pair: tuple[str, str]) -> str:
    """The word of this page's language from a Chinese and an English one."""
    return pair[0] if clocks.is_chinese() else pair[1]


def channel(code: str) -> str:
    return both(CHANNELS.get(code, (code, code)))


def kind(code: str) -> str:
    return pick(acts.KINDS.get(code, {}), code)


def matter(case: Any) -> str:
    """The kind of matter a case is, in the district's word for it."""
    return pick(matters(case).get(case.matter, {}), case.matter) if case.matter else ""


def outcome(code: str) -> str:
    """What came of a unit's turn: its reply, its opinion, its review."""
    for known in (acts.OUTCOMES, acts.STANCES, VETTED):
        if code in known:
            return pick(known[code])
    return code


def marks(case_marks: dict[str, Any], definition: Definition | None = None) -> list[dict[str, Any]]:
    """Marks as words, `overdue` left to the clock."""
    named_here = definition.marks if definition else {}
    return [
        {"code": code, "word": pick(named_here.get(code), "") or both(MARKS.get(code, (code, code))), **mark}
        for code, mark in case_marks.items()
        if code != "overdue"
    ]


def limit_name(definition: Definition, name: str) -> str:
    """What a deadline is about: a step, a state, the promise."""
    if name == "promise" and definition.switches.get("turns"):
        return gettext("The whole procedure")
    if name == "promise":
        return gettext("Promise to the caller")
    if name in STEPS:
        return both(STEPS[name][1:])
    if name == UNANSWERED:
        return gettext("Answer of who was sent")
    return pick(definition.states[name].label) if name in definition.states else name


def deadline(row: Deadline, definition: Definition, items: dict[str, Any] | None = None) -> dict[str, Any]:
    """A deadline as `{% clock %}` draws it and explains it."""
    try:
        limit: Any = Limit(row.limit)
    except Refused:
        limit = row.limit
    pauses = list(row.pauses.all())
    return {
        "name": limit_name(definition, row.name),
        "code": row.name,
        "due_at": row.due_at,
        "soon_from": row.soon_at,
        "started_at": row.started_at,
        "stopped_at": row.stopped_at,
        "paused_since": row.paused_since,
        "limit": limit,
        "reason": pause_reason(definition, pauses[-1].reason) if row.paused_since and pauses else "",
        "source": source(row.source, items or {}),
        "pauses_told": [_pause(p, definition) for p in pauses],
        "days_off": days_off(limit, row.started_at, row.due_at),
        "cap_at": pauses[-1].cap_at if pauses else None,
    }


def source(code: str, items: dict[str, Any]) -> str:
    """Where a limit comes from. A process writes its own source for who reviews it; its page shows that."""
    if code == "order":
        return gettext("Named on the order")
    if code == "case":
        return gettext("Named when it was filed")
    if code == "extension":
        return gettext("More time was granted")
    if code.startswith("item "):
        return gettext("Duty item %(item)s") % {"item": named(items.get(code[5:])) or code[5:]}
    return gettext("The process this case follows")


def pause_reason(definition: Definition, code: str) -> str:
    if code in definition.pause_reasons:
        return pick(definition.pause_reasons[code])
    return pick(definition.states[code].label) if code in definition.states else code


def _pause(span: Any, definition: Definition) -> str:
    until = clocks.moment(span.until) if span.until else pgettext("pause", "still on")
    return f"{clocks.moment(span.since)} – {until} · {pause_reason(definition, span.reason)}"


def days_off(limit: Any, start: datetime, due: datetime) -> list[date]:
    """Weekdays that do not count, for a limit in working time: the holidays between start and due."""
    if not isinstance(limit, Limit) or not limit.unit.startswith("working"):
        return []
    on, last, found, known = local(start).date(), local(due).date(), [], calendar()
    while on <= last and len(found) < DAYS_OFF_SHOWN:
        if on.weekday() < 5 and not known.is_working_day(on):
            found.append(on)
        on += timedelta(days=1)
    return found


def why(reason: dict[str, Any], item: Any = None) -> str:
    """Why a unit was proposed or sent the case: by whom, or by which list, item and relation to the place."""
    by = reason.get("by", "")
    if by == "matter":
        return _settled(reason)
    if by == "precedent":
        return gettext("As ruled in case %(number)s on %(day)s, for this item in this community") % {
            "number": reason.get("case", ""),
            "day": reason.get("since", ""),
        }
    if by:
        words = {
            "person": gettext("Chosen by a person"),
            "ruling": gettext("By a ruling"),
            "rework": gettext("Redone"),
            "import": gettext("Guessed at import"),
            "turn": gettext("Its turn in the procedure"),
        }
        return words.get(by, by)
    if not reason.get("list"):
        return ""
    known = item is not None and item.list.code == reason["list"]
    told = gettext("%(list)s, version %(version)s") % {
        "list": named(item.list) if known else reason["list"],
        "version": reason.get("version", ""),
    }
    relations = {
        "own_subdistrict": gettext("the sub-district of the place"),
        "own_community": gettext("the community of the place"),
    }
    relation = relations.get(reason.get("relation", ""), "")
    return f"{told} · {relation}" if relation else told


def _settled(reason: dict[str, Any]) -> str:
    """A kind of matter settled below: at the lowest level that can (E2)."""
    matter = named({"name": reason.get("matter_name", ""), "name_en": reason.get("matter_name_en", "")})
    if reason.get("level") == "community":
        return gettext("%(matter)s: settled by the community of the place, where it is admitted") % {"matter": matter}
    return gettext("%(matter)s: settled by the sub-district of the place, where it is admitted") % {"matter": matter}


def details(line: Line, story: Story) -> list[tuple[str, str]]:
    """What was given with an entry beside its words: outcome, limit, units, answers."""
    facts, found = line.entry.facts, []
    names = {key: named(u) for u in story.units.values() for key in (u.code, str(u.id))}
    names |= {code: named(thing) for code, thing in (*story.items.items(), *story.areas.items())}
    fields = {f.name: f for f in acts.ACTS[line.entry.verb].fields} if line.entry.verb in acts.ACTS else {}
    for name, value in facts.items():
        if name in _NOT_TOLD or value in (None, "", [], {}):
            continue
        label = pick(fields[name].label) if name in fields else _FACTS.get(name, ("", ""))
        word = label if isinstance(label, str) else both(label)
        told = _value(name, value, fields.get(name), names)
        if word and told:
            found.append((word, told))
    return found


_NOT_TOLD = frozenset(
    {"photos", "signs", "as", "point", "marks", "process", "ring", "kind", "limit_name", "due", "why", "sort", "level"}
)
_FACTS = {
    "units": ("单位", "Units"),
    "lead": ("主办", "Lead"),
    "limit": ("时限", "Limit"),
    "item": ("职责事项", "Duty item"),
    "area": ("区域", "Area"),
    "channel": ("来源", "Source"),
    "into": ("并入", "Joined to"),
    "from": ("并入自", "Joined from"),
    "child": ("关联案件", "Child case"),
    "parent": ("来自案件", "From case"),
    "unit": ("单位", "Unit"),
    "reported": ("被反映的单位", "Unit reported"),
    "solved": ("问题解决", "Solved"),
    "contacted": ("单位联系过", "Was contacted"),
    "reached": ("联系上", "Reached"),
    "satisfied": ("满意", "Satisfied"),
    "until": ("期限", "Until"),
    "stance": ("意见", "Opinion"),
    "right": ("职权", "Right"),
    "booked": ("登记划转", "Hand-overs booked"),
    "valid_from": ("生效日期", "In force from"),
    "fields": ("补正的内容", "What was corrected"),
    "silent": ("未在时限内答复", "Did not answer in time"),
    "same_as": ("反映人说同一件事", "Said to be the same as"),
    "mandate_by": ("代办人", "Filed for them by"),
    "mandate_way": ("委托方式", "Asked for it"),
}
_CODED = {"mandate_by": MANDATES, "mandate_way": MANDATE_WAYS}


def _value(name: str, value: Any, field: acts.Field | None, units: dict[str, str]) -> str:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if name == "channel":
        return channel(str(value))
    if name in _CODED:
        return pick(_CODED[name].get(str(value), ""))
    if field is not None and not callable(field.choices) and str(value) in field.choices:
        return pick(field.choices[str(value)])
    if name == "limit":
        return limit_words(str(value))
    if name == "until":
        return _moment(str(value))
    if name in ("meeting", "child", "into", "from", "parent", "same_as"):
        return str(value)
    if isinstance(value, list):
        return (", ", "、")[clocks.is_chinese()].join(units.get(str(v), str(v)) for v in value)
    return units.get(str(value), str(value))


def limit_words(text: str) -> str:
    """A limit in words; what cannot be read stays as it is."""
    try:
        return Limit(text).label("zh" if clocks.is_chinese() else "en")
    except Refused:
        return text


def _moment(text: str) -> str:
    try:
        return clocks.moment(datetime.fromisoformat(text))
    except ValueError:
        return text


def said(line: Line) -> list[tuple[str, str]]:
    """The words of an entry, each under what it answers; the main text has no label."""
    fields = {f.name: f for f in acts.ACTS[line.entry.verb].fields} if line.entry.verb in acts.ACTS else {}
    found = []
    for name in sorted(line.said, key=lambda one: LINES.index(one) if one in LINES else 99):
        label = "" if name in ("text", "reason") or name not in fields else pick(fields[name].label)
        found.append((label, line.said[name]))
    return found


def ring(line: Line, definition: Definition) -> str:
    """What rang, for the line that the ticker wrote."""
    facts = line.entry.facts
    name = limit_name(definition, facts.get("limit_name", ""))
    if facts.get("ring") == "due":
        return gettext("Limit passed: %(name)s") % {"name": name}
    return gettext("Limit runs out soon: %(name)s") % {"name": name}


def check_row(check: Any, units: dict[Any, Any]) -> dict[str, Any]:
    """A check in words."""
    agrees = gettext("agrees with the reply") if check.agrees else gettext("does not agree with the reply")
    return {
        "at": check.at,
        "way": pick(acts.CHECKS.get(check.way, {}), check.way),
        "word": agrees,
        "unit": units.get(check.unit_id),
    }


RATED_BY = {
    "resident": ("反映人评价", "The caller"),
    "callback": ("回访", "Callback"),
    "sender": ("派单方评价", "The sender"),
}


def rating_row(rating: Any, units: dict[Any, Any]) -> dict[str, Any]:
    """A rating in words; who could not be reached is no judgement."""
    if not rating.reached:
        word = gettext("not reached")
    else:
        solved = {True: gettext("solved"), False: gettext("not solved")}.get(rating.solved, "")
        satisfied = pick(acts.SATISFIED.get(rating.satisfied, {}), "")
        scale = f"{rating.arrival} · {rating.handling}" if rating.arrival else ""
        word = " · ".join(part for part in (solved, satisfied, scale) if part)
    return {
        "at": rating.at,
        "by": both(RATED_BY.get(rating.by, (rating.by, rating.by))),
        "word": word,
        "unit": units.get(rating.unit_id),
    }
