"""Differences (差异): what one version of a process says otherwise than another, as sentences in both languages."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused
from jiedao.lines.processes.edits import Data
from jiedao.record.verbs import PHASES, STANDINGS, STEPS, VERBS

Pair = tuple[str, str]
"""Chinese and English of one thing."""


@dataclass(frozen=True)
class Change:
    """One difference. `place` names its line (`states.filed`, `moves.12`), in the later version if it is there."""

    place: str
    zh: str
    en: str


def differences(former: Data, later: Data) -> list[Change]:
    """Everything that differs, from the frame to the moves. Empty for documents that say the same."""
    return [
        *_frame(former, later),
        *_lines(former, later, "states", ("状态", "State"), _STATE),
        *_lines(former, later, "roles", ("角色", "Role"), _ROLE),
        *_lines(former, later, "steps", ("派单步骤", "Step of an order"), _STEP),
        *_reasons(former, later),
        *_moves(former, later),
    ]


_FRAME = {
    "label": ("名称", "name"),
    "promise": ("对外承诺时限", "promise to who reported"),
    "reopen": ("可重开期限", "window to reopen"),
    "remind_again_after": ("再次催办间隔", "time before a second reminder"),
    "asks_rating": ("是否请评价", "whether a rating is asked for"),
    "counts_from": ("起算状态", "state it counts from"),
    "opened_by": ("可发起的角色", "who may open one"),
    "cap": ("暂停累计上限", "cap of pauses"),
}
_STATE = {
    "phase": ("阶段", "phase"),
    "label": ("名称", "name"),
    "resident": ("居民看到的话", "sentence for the resident"),
    "limit": ("时限", "limit"),
    "pauses": ("期间承诺时限暂停", "pauses the promise"),
    "end": ("终态", "is an end"),
}
_ROLE = {"label": ("名称", "name"), "standing": ("身份", "standing"), "posts": ("岗位类别", "post kinds")}
_STEP = {
    "moves": ("由谁的步骤推动案件", "whose step moves the case"),
    "limit": ("时限", "limit"),
    "asked": ("是否要求", "is asked"),
}
_MOVE = {
    "from": ("起始状态", "states it starts from"),
    "to": ("目标状态", "state it leads to"),
    "by": ("可办理的角色", "who may do it"),
    "needs": ("必填", "what it needs"),
    "when": ("条件", "conditions"),
    "signed_by": ("会签", "signatures"),
    "label": ("名称", "name"),
}


def _frame(former: Data, later: Data) -> Iterator[Change]:
    for name, (zh, en) in _FRAME.items():
        was, now = (data.get("pause", {}).get("cap") if name == "cap" else data.get(name) for data in (former, later))
        if was != now:
            yield _changed(f"frame.{name}", ("流程", "Process"), (zh, en), was, now, former, later)


def _lines(former: Data, later: Data, part: str, what: Pair, fields: dict[str, Pair]) -> Iterator[Change]:
    had, has = former.get(part, {}), later.get(part, {})
    for code in [*has, *(code for code in had if code not in has)]:
        name = _named(part, code, has.get(code) or had[code])
        subject = (f"{what[0]}“{name[0]}”", f"{what[1]} “{name[1]}”")
        if code not in had:
            yield Change(f"{part}.{code}", f"新增{subject[0]}", f"{subject[1]} is new")
        elif code not in has:
            yield Change(f"{part}.{code}", f"取消{subject[0]}", f"{subject[1]} is left out")
        else:
            yield from _fields(f"{part}.{code}", subject, fields, had[code], has[code], former, later)


def _reasons(former: Data, later: Data) -> Iterator[Change]:
    def reasons(data: Data) -> Data:
        return {"reasons": {code: {"label": label} for code, label in data.get("pause", {}).get("reasons", {}).items()}}

    yield from _lines(
        reasons(former), reasons(later), "reasons", ("暂停原因", "Cause of a pause"), {"label": ("名称", "name")}
    )


def _moves(former: Data, later: Data) -> Iterator[Change]:
    """Moves have no code: those of one verb that are alike are paired first, the rest by their order."""
    for verb in dict.fromkeys(move["verb"] for move in [*former["moves"], *later["moves"]]):
        had = [move for move in former["moves"] if move["verb"] == verb]
        has = [(n, move) for n, move in enumerate(later["moves"]) if move["verb"] == verb]
        for n, was, now in _paired(had, has):
            yield from _move(n, was, now, former, later)


def _paired(had: list[Data], has: list[tuple[int, Data]]) -> Iterator[tuple[int, Data | None, Data | None]]:
    left = list(had)
    waiting = []
    for n, move in has:
        if move in left:
            left.remove(move)
        else:
            waiting.append((n, move))
    for n, move in waiting:
        same = [one for one in left if one.get("to") == move.get("to")] or left
        if same:
            left.remove(same[0])
        yield n, same[0] if same else None, move
    for move in left:
        yield -1, move, None


def _move(n: int, was: Data | None, now: Data | None, former: Data, later: Data) -> Iterator[Change]:
    shown = now or was or {}
    verb = VERBS.get(shown["verb"])
    label = shown.get("label") or {"zh": verb.zh if verb else shown["verb"], "en": verb.en if verb else shown["verb"]}
    data = later if now else former
    where = _words(shown.get("from", []), "from", data)
    subject = (f"流转“{label['zh']}”（{where[0]}）", f"Move “{label['en']}” ({where[1]})")
    place = f"moves.{n}" if n >= 0 else "moves"
    if was is None:
        yield Change(place, f"新增{subject[0]}", f"{subject[1]} is new")
    elif now is None:
        yield Change(place, f"取消{subject[0]}", f"{subject[1]} is left out")
    else:
        yield from _fields(place, subject, _MOVE, was, now, former, later)


def _fields(
    place: str, subject: Pair, fields: dict[str, Pair], was: Data, now: Data, former: Data, later: Data
) -> Iterator[Change]:
    for name, words in fields.items():
        if was.get(name) != now.get(name):
            yield _changed(place, subject, words, was.get(name), now.get(name), former, later, name)


def _changed(
    place: str, subject: Pair, field: Pair, was: Any, now: Any, former: Data, later: Data, name: str = ""
) -> Change:
    name = name or place.rpartition(".")[2]
    old, new = _words(was, name, former), _words(now, name, later)
    return Change(
        place,
        f"{subject[0]}：{field[0]}由“{old[0]}”改为“{new[0]}”",
        f"{subject[1]}: {field[1]} was “{old[1]}”, becomes “{new[1]}”",
    )


def _named(part: str, code: str, line: Any) -> Pair:
    if part == "steps" and code in STEPS:
        return STEPS[code][1], STEPS[code][2]
    label = line.get("label", {}) if isinstance(line, dict) else {}
    return str(label.get("zh") or code), str(label.get("en") or code)


def _words(value: Any, name: str, data: Data) -> Pair:
    """A value of a line in words; codes by their labels."""
    if value in (None, "", [], {}):
        return "无", "none"
    if isinstance(value, bool):
        return ("是", "yes") if value else ("否", "no")
    if name in ("label", "resident"):
        return str(value.get("zh", "")), str(value.get("en", ""))
    if name == "limit" or name in ("promise", "reopen"):
        return limit_words(str(value.get("within", "")))
    if name in ("remind_again_after", "cap"):
        return limit_words(str(value))
    if name == "signed_by":
        return _signatures(value, data)
    if isinstance(value, list):
        parts = [_word(one, name, data) for one in value]
        return "、".join(zh for zh, _ in parts), ", ".join(en for _, en in parts)
    return _word(value, name, data)


def _signatures(value: Data, data: Data) -> Pair:
    roles = [_named("roles", code, data["roles"].get(code, {})) for code in next(iter(value.values()), [])]
    zh, en = "、".join(role[0] for role in roles), ", ".join(role[1] for role in roles)
    return (f"{zh}都签", f"all of: {en}") if "all" in value else (f"{zh}任一签", f"any of: {en}")


def _word(value: Any, name: str, data: Data) -> Pair:
    if name in ("from", "to", "counts_from"):
        return _named("states", str(value), data["states"].get(value, {}))
    if name in ("by", "opened_by"):
        return _named("roles", str(value), data["roles"].get(value, {}))
    if name == "phase" and value in PHASES:
        return PHASES[value]
    if name == "standing" and value in STANDINGS:
        return STANDINGS[value]
    if name == "moves":
        return {"first": ("最先的", "the first"), "lead": ("主办的", "the lead's"), "last": ("最后的", "the last")}.get(
            str(value), (str(value), str(value))
        )
    return str(value), str(value)


def limit_words(within: str) -> Pair:
    """A limit as people read it; what the duty item or the order names is said so."""
    named = {
        "item": ("按职责事项", "as the duty item says"),
        "named": ("按派单写明", "as named on the order"),
        "": ("无", "none"),
    }
    if within in named:
        return named[within]
    try:
        limit = Limit(within)
    except Refused:
        return within, within
    return limit.label("zh"), limit.label("en")
