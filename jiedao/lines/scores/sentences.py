"""Sentences (规则文字): what a rule says, in Chinese and English, made from the rule itself so that it cannot say less."""

from collections.abc import Iterator
from decimal import Decimal

from jiedao.lines.scores.rules import Composite, Indicator, Part, Rule, Side
from jiedao.lines.scores.vocabulary import FACTS


def number(value: Decimal) -> str:
    """As it is written: without zeros at its end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def formula(indicator: Indicator, lang: str) -> str:
    """Numerator ÷ denominator, in words."""
    if indicator.shown_as == "number":
        return f"{_gives(indicator, lang)}{_of(lang)}{_rows(indicator, lang)}"
    return f"{_gives(indicator, lang)} ÷ {_rows(indicator, lang)}"


def _of(lang: str) -> str:
    return "，范围：" if lang == "zh" else ", of "


def _gives(indicator: Indicator, lang: str) -> str:
    if indicator.measures:
        return f"{FACTS[indicator.measures].zh}之和" if lang == "zh" else f"sum of {FACTS[indicator.measures].en}"
    assert indicator.gives is not None
    fact, worth = indicator.gives
    parts = [
        (f"{number(points)} × " if points != 1 else "") + FACTS[fact].word(value, lang)
        for value, points in worth.items()
        if points
    ]
    joined = " + ".join(parts)
    return (f"（{joined}）" if lang == "zh" else f"({joined})") if len(parts) > 1 else joined


def _rows(indicator: Indicator, lang: str) -> str:
    words = []
    for fact, values in indicator.counts.items():
        known = FACTS[fact]
        said = [known.word(value, lang) for value in values]
        named = "" if set(values) <= {"yes", "no"} else (f"{known.zh}为" if lang == "zh" else f"{known.en} ")
        words.append(named + ("或" if lang == "zh" else " or ").join(said))
    if "spotted" in indicator.counts:
        return "、".join(words) if lang == "zh" else ", ".join(words)
    return ("、".join(words) + "的派单") if lang == "zh" else f"orders {', '.join(words)}"


def weighted(each: Composite, rule: Rule, lang: str) -> str:
    """A composite's parts, in words."""
    return " + ".join(_part(part, rule, lang) for part in each.parts)


def _part(part: Part, rule: Rule, lang: str) -> str:
    label = rule.indicators[part.of].label[lang]
    if part.form == "rest":
        return f"{number(part.weight)} × (1 − {label})"
    if part.form == "deduct":
        return f"({number(part.begins)} − {number(part.weight)} × {label})"
    return f"{number(part.weight)} × {label}"


def rated(side: Side, lang: str) -> str:
    """Who rates what with which weight."""
    aspects = ("、" if lang == "zh" else ", ").join(one[lang] for one in side.aspects.values())
    return f"{side.label[lang]} {number(side.weight * 100)} %（{aspects}）" if lang == "zh" else (
        f"{side.label[lang]} {number(side.weight * 100)} % ({aspects})"
    )  # fmt: skip


def told(rule: Rule, lang: str) -> Iterator[tuple[str, str]]:
    """The whole rule, line by line: what it is called and what it says."""
    for indicator in rule.indicators.values():
        yield indicator.label[lang], formula(indicator, lang)
    for each in rule.composites.values():
        yield each.label[lang], weighted(each, rule, lang)
    for side in rule.raters.values():
        yield side.label[lang], rated(side, lang)
    for grade in rule.grades:
        least = number(grade.begins)
        factor = number(grade.factor)
        yield grade.label[lang], f"{least} 分以上，系数 {factor}" if lang == "zh" else f"from {least}, factor {factor}"
