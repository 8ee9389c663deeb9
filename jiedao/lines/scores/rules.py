"""Rules (评分规则): indicators as data. Read from YAML, checked line by line; no code and no expressions in them.

A rule counts rows of orders (`indicators`, `composites`) or takes marks that named raters give (`raters`, `grades`).
A published text never changes; what differs is another version.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import yaml

from jiedao.kit.refusal import Refused
from jiedao.lines.scores.vocabulary import FACTS, forbidden

Label = dict[str, str]


@dataclass(frozen=True)
class Indicator:
    """One figure of a unit. `counts` chooses its rows; `gives` says what each adds, or `measures` names a number."""

    code: str
    label: Label
    counts: dict[str, tuple[str, ...]]
    gives: tuple[str, dict[str, Decimal]] | None
    measures: str
    shown_as: str
    source: str

    @property
    def facts(self) -> set[str]:
        return {*self.counts, *([self.gives[0]] if self.gives else []), *([self.measures] if self.measures else [])}


@dataclass(frozen=True)
class Part:
    """What an indicator adds to a composite: its share, what is missing to the whole, or a deduction per piece."""

    of: str
    weight: Decimal
    form: str = "share"
    begins: Decimal = Decimal(0)


@dataclass(frozen=True)
class Composite:
    code: str
    label: Label
    parts: tuple[Part, ...]
    source: str


@dataclass(frozen=True)
class Side:
    """Who rates, with which weight, on which aspects."""

    code: str
    label: Label
    weight: Decimal
    aspects: dict[str, Label]


@dataclass(frozen=True)
class Grade:
    begins: Decimal
    label: Label
    factor: Decimal


@dataclass(frozen=True)
class Rule:
    """A rule's text, parsed. `about` is what stands on a line: a unit by its orders, a unit, person or head by marks."""

    code: str
    label: Label
    source: str
    about: str
    kinds: tuple[str, ...]
    window: str
    begins: str
    places: int
    objections: str = "5 working_days"
    indicators: dict[str, Indicator] = field(default_factory=dict)
    composites: dict[str, Composite] = field(default_factory=dict)
    exclusions: dict[str, Label] = field(default_factory=dict)
    raters: dict[str, Side] = field(default_factory=dict)
    grades: tuple[Grade, ...] = ()
    staff: str = ""
    is_line_assessment: bool = False
    sent_to: str = ""

    @property
    def facts(self) -> set[str]:
        """Every fact that one of its indicators asks for."""
        return {fact for each in self.indicators.values() for fact in each.facts}

    @property
    def by_marks(self) -> bool:
        return bool(self.raters)

    @property
    def about_persons(self) -> bool:
        return self.about in ("person", "head")


ABOUT = ("orders", "unit", "person", "head")
WINDOWS = ("month", "quarter", "half", "year")
SHOWN = ("percent", "mean", "number")
FORMS = ("share", "rest", "deduct")
SIDES: dict[str, tuple[str, ...]] = {
    "unit": ("subdistricts", "communities", "departments"),
    "person": ("command", "home"),
    "head": ("subdistrict",),
}
"""Who may rate whom: units by sub-districts, communities or departments, a person by who commands and who sent him."""


@lru_cache(maxsize=64)
def read(text: str) -> Rule:
    """A rule from its text. Refuses `bad_rule` with its problems, `forbidden_input` for what no rule may count."""
    data = _load(text)
    if asked := _forbidden_in(data):
        raise Refused("forbidden_input", given=sorted(asked), known=sorted(FACTS))
    if problems := [f"{_line_of(text, path)}: {what}" for path, what in _problems(data)]:
        raise Refused("bad_rule", problems=problems)
    return _rule(data)


def problems(text: str) -> list[str]:
    """What keeps a text from being a rule, each with its line; forbidden inputs by their names."""
    try:
        read(text)
    except Refused as refused:
        if refused.rule == "forbidden_input":
            return [f"forbidden input: {code}" for code in refused.facts["given"]]
        return list(refused.facts["problems"])
    return []


class _Loader(yaml.CSafeLoader):
    """YAML without guesses: `yes`, `0.9` and `12:00` stay the words that were written."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, shape) for tag, shape in found if tag.endswith((":null", ":merge"))]
    for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _load(text: str) -> dict[str, Any]:
    try:
        data = yaml.load(text, _Loader)  # noqa: S506 -- a safe loader with fewer guesses
    except (yaml.YAMLError, RecursionError) as broken:
        raise Refused("bad_rule", problems=[f"not YAML: {str(broken)[:120]}"]) from None
    if not isinstance(data, dict):
        raise Refused("bad_rule", problems=["1: not a rule"])
    return data


def _asked(data: dict[str, Any]) -> Iterator[str]:
    """Every name a rule asks to be counted, of facts and of aspects."""
    for each in _each(data, "indicators"):
        for part in ("counts", "gives"):
            yield from map(str, each.get(part) or ()) if isinstance(each.get(part), dict) else ()
        yield from [str(each["measures"])] if each.get("measures") else []
    for each in _each(data, "raters"):
        yield from map(str, each.get("aspects") or ())


def _each(data: dict[str, Any], name: str) -> list[dict[str, Any]]:
    lines = data.get(name)
    return [line for line in lines.values() if isinstance(line, dict)] if isinstance(lines, dict) else []


def _forbidden_in(data: dict[str, Any]) -> set[str]:
    return {code for code in _asked(data) if forbidden(code)}


Found = Iterator[tuple[tuple[str, ...], str]]


def _problems(data: dict[str, Any]) -> Found:
    unknown = set(data) - _NAMES
    for name in sorted(map(str, unknown)):
        yield (name,), f"{name} is no part of a rule"
    if not str(data.get("rule", "")).replace("_", "").isalnum():
        yield ("rule",), "rule: a code of small letters, digits and _"
    if not _labelled(data):
        yield ("label",), "label: zh and en"
    if not data.get("source"):
        yield ("source",), "source: where the rule comes from"
    if data.get("about") not in ABOUT:
        yield ("about",), f"about: {', '.join(ABOUT)}"
    window = data.get("window")
    if not isinstance(window, dict) or window.get("unit") not in WINDOWS or not _time(window.get("begins")):
        yield ("window",), f"window: unit ({', '.join(WINDOWS)}) and begins, as in 12:00"
    if data.get("places") not in ("0", "1", "2", "3", "4"):
        yield ("places",), "places: 0 to 4"
    by_orders = data.get("about") == "orders"
    if by_orders is not bool(data.get("indicators")) or by_orders is bool(data.get("raters")):
        yield ("about",), "about orders: indicators and no raters; about others: raters and no indicators"
    yield from _indicator_problems(data)
    yield from _composite_problems(data)
    yield from _rater_problems(data)
    for code, each in _lines(data, "exclusions"):
        if not isinstance(each, dict) or set(each) != {"zh", "en"}:
            yield ("exclusions", code), f"exclusions.{code}: zh and en"


_NAMES = {
    "rule", "version", "label", "source", "about", "kinds", "window", "places", "objections", "indicators", "composites",
    "exclusions", "raters", "grades", "staff", "is_line_assessment", "sent_to",
}  # fmt: skip


def _lines(data: dict[str, Any], name: str) -> list[tuple[str, Any]]:
    found = data.get(name)
    return [(str(code), each) for code, each in found.items()] if isinstance(found, dict) else []


def _labelled(each: Any) -> bool:
    label = each.get("label") if isinstance(each, dict) else None
    return isinstance(label, dict) and bool(label.get("zh")) and bool(label.get("en"))


def _time(text: Any) -> bool:
    hour, _, minute = str(text).partition(":")
    return hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60


def _decimal(text: Any) -> Decimal | None:
    try:
        value = Decimal(text) if isinstance(text, str) else None
    except InvalidOperation:
        return None
    if value is None or not value.is_finite() or abs(value) > 1000:
        return None
    return value if value == round(value, 4) else None


def _indicator_problems(data: dict[str, Any]) -> Found:
    for code, each in _lines(data, "indicators"):
        at = ("indicators", code)
        if not _labelled(each):
            yield at, f"indicators.{code}: label in zh and en"
            continue
        if each.get("shown_as", "percent") not in SHOWN:
            yield (*at, "shown_as"), f"indicators.{code}.shown_as: {', '.join(SHOWN)}"
        counts = each.get("counts")
        if not isinstance(counts, dict) or not counts:
            yield (*at, "counts"), f"indicators.{code}.counts: facts with the values that count"
            continue
        for fact, values in counts.items():
            yield from _values((*at, "counts"), f"indicators.{code}.counts", fact, values)
        yield from _giving(at, code, each)


def _giving(at: tuple[str, ...], code: str, each: dict[str, Any]) -> Found:
    gives, measures = each.get("gives"), each.get("measures")
    if bool(gives) is bool(measures):
        yield at, f"indicators.{code}: either gives or measures"
    elif measures:
        fact = FACTS.get(str(measures))
        if fact is None or not fact.is_number or each.get("shown_as") != "mean":
            yield (*at, "measures"), f"indicators.{code}.measures: a number, shown as mean"
    elif not isinstance(gives, dict) or len(gives) != 1:
        yield (*at, "gives"), f"indicators.{code}.gives: one fact"
    else:
        ((fact_code, worth),) = gives.items()
        yield from _values((*at, "gives"), f"indicators.{code}.gives", fact_code, list(worth or ()))
        if not all((value := _decimal(one)) is not None and 0 <= value <= 100 for one in (worth or {}).values()):
            yield (*at, "gives"), f"indicators.{code}.gives: decimals from 0 to 100"


def _values(at: tuple[str, ...], name: str, code: Any, values: Any) -> Found:
    fact = FACTS.get(str(code))
    if fact is None:
        yield at, f"{name}: there is no fact {code}; known: {', '.join(FACTS)}"
    elif not isinstance(values, list) or not values:
        yield at, f"{name}.{code}: a list of values"
    elif not fact.is_open and set(map(str, values)) - set(fact.codes):
        yield at, f"{name}.{code}: {', '.join(fact.codes) or 'no values'}"
    elif not all(isinstance(value, str) for value in values):
        yield at, f"{name}.{code}: values are words"


def _composite_problems(data: dict[str, Any]) -> Found:
    known = {code for code, _ in _lines(data, "indicators")}
    for code, each in _lines(data, "composites"):
        at = ("composites", code)
        parts = each.get("parts") if isinstance(each, dict) else None
        if not _labelled(each) or not isinstance(parts, list) or not parts:
            yield at, f"composites.{code}: label and parts"
            continue
        for part in parts:
            if not isinstance(part, dict) or part.get("of") not in known:
                yield at, f"composites.{code}: each part is of an indicator of this rule"
            elif _decimal(part.get("weight")) is None or part.get("form", "share") not in FORMS:
                yield at, f"composites.{code}: weights as numbers, form {', '.join(FORMS)}"
            elif part.get("form") == "deduct" and _decimal(part.get("begins")) is None:
                yield at, f"composites.{code}: a deduction says where it begins"


def _rater_problems(data: dict[str, Any]) -> Found:
    may = SIDES.get(str(data.get("about")), ())
    for code, each in _lines(data, "raters"):
        at = ("raters", code)
        if code not in may:
            yield at, f"raters.{code}: {', '.join(may) or 'nobody rates here'}"
        weight = _decimal(each.get("weight")) if isinstance(each, dict) else None
        if not _labelled(each) or weight is None or not 0 < weight <= 1:
            yield at, f"raters.{code}: label, and weight above 0 up to 1"
        elif not _lines(each, "aspects") or not all(_labelled({"label": one}) for _, one in _lines(each, "aspects")):
            yield at, f"raters.{code}.aspects: codes with zh and en"
    weights = [_decimal(each.get("weight")) or Decimal(0) for each in _each(data, "raters")]
    if sum(weights) > 1:
        yield ("raters",), "raters: the weights are together 1 at most"
    for grade in data.get("grades") or ():
        if not _labelled(grade) or _decimal(grade.get("from")) is None or _decimal(grade.get("factor")) is None:
            yield ("grades",), "grades: from, label and factor"


def _rule(data: dict[str, Any]) -> Rule:
    return Rule(
        data["rule"], data["label"], data["source"], data["about"], tuple(data.get("kinds", ())),
        data["window"]["unit"], data["window"]["begins"], int(data["places"]),
        data.get("objections", "5 working_days"),
        {code: _indicator(code, each) for code, each in data.get("indicators", {}).items()},
        {code: _composite(code, each) for code, each in data.get("composites", {}).items()},
        data.get("exclusions", {}),
        {code: _side(code, each) for code, each in data.get("raters", {}).items()},
        tuple(sorted((_grade(each) for each in data.get("grades", ())), key=lambda g: -g.begins)),
        data.get("staff", ""), data.get("is_line_assessment") == "true", data.get("sent_to", ""),
    )  # fmt: skip


def _indicator(code: str, each: dict[str, Any]) -> Indicator:
    gives = None
    if each.get("gives"):
        ((fact, worth),) = each["gives"].items()
        gives = (fact, {value: Decimal(points) for value, points in worth.items()})
    counts = {fact: tuple(values) for fact, values in each["counts"].items()}
    shown_as = each.get("shown_as", "percent")
    return Indicator(code, each["label"], counts, gives, each.get("measures", ""), shown_as, each.get("source", ""))


def _composite(code: str, each: dict[str, Any]) -> Composite:
    parts = [
        Part(p["of"], Decimal(p["weight"]), p.get("form", "share"), Decimal(p.get("begins", "0")))
        for p in each["parts"]
    ]
    return Composite(code, each["label"], tuple(parts), each.get("source", ""))


def _side(code: str, each: dict[str, Any]) -> Side:
    return Side(code, each["label"], Decimal(each["weight"]), each["aspects"])


def _grade(each: dict[str, Any]) -> Grade:
    return Grade(Decimal(each["from"]), each["label"], Decimal(each["factor"]))


def _line_of(text: str, path: tuple[str, ...]) -> int:
    """The line in which a part stands; the first one where it is missing."""
    node: Any = yaml.compose(text, _Loader)
    line = 1
    for name in path:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found = next(((key, value) for key, value in pairs if key.value == name), None)
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line
