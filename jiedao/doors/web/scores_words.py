"""Words of the scores (评分用语): what states, steps and reasons are called, and how a value reads."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext, pgettext

from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.templatetags.jiedao_ui import pick
from jiedao.lines.scores import sentences
from jiedao.lines.scores.figures import AT, Row
from jiedao.lines.scores.rules import Rule
from jiedao.lines.scores.vocabulary import FACTS, LEFT_OUT, NEARLY


def lang() -> str:
    return "zh" if is_chinese() else "en"


def states() -> dict[str, str]:
    """The states of a period, in their order."""
    return {
        "opened": pgettext("state of a score period", "Trial run"),
        "scoring": pgettext("state of a score period", "Being rated"),
        "merged": pgettext("state of a score period", "Computed"),
        "published": pgettext("state of a score period", "On notice"),
        "objection": pgettext("state of a score period", "Objections"),
        "final": pgettext("state of a score period", "Frozen"),
    }


def steps(state: str) -> list[dict[str, Any]]:
    """Rule, trial, notice, objections, frozen; with the present one marked."""
    words = (
        gettext("Rule"),
        pgettext("step of a score", "Trial run"),
        pgettext("step of a score", "Notice"),
        pgettext("step of a score", "Objections"),
        pgettext("step of a score", "Frozen"),
    )
    at = {"opened": 1, "scoring": 1, "merged": 2, "published": 3, "objection": 3, "final": 4}[state]
    return [{"number": n + 1, "word": word, "present": n == at, "done": n < at} for n, word in enumerate(words)]


def files() -> dict[str, str]:
    """What may be taken away, with its words."""
    return {
        "bulletin-pdf": gettext("Bulletin, PDF"),
        "bulletin-docx": gettext("Bulletin, Word"),
        "figures-csv": gettext("Figures, CSV"),
        "figures-xlsx": gettext("Figures, Excel"),
        "figures-parquet": gettext("Figures, Parquet"),
        "facts-csv": gettext("Facts, CSV"),
        "facts-parquet": gettext("Facts, Parquet"),
        "statement-json": gettext("Rule and statement, JSON"),
    }


def columns(rule: Rule) -> list[dict[str, str]]:
    """The figures of a rule with their labels, in its order; composites, sides and grade behind them."""
    found = [{"code": code, "label": pick(each.label), "kind": "figure"} for code, each in rule.indicators.items()]
    found += [{"code": code, "label": pick(each.label), "kind": "composite"} for code, each in rule.composites.items()]
    found += [{"code": code, "label": pick(side.label), "kind": "side"} for code, side in rule.raters.items()]
    if rule.by_marks:
        found.append({"code": "score", "label": pgettext("of a sheet", "Score"), "kind": "composite"})
    if rule.grades:
        found.append({"code": "grade", "label": gettext("Grade"), "kind": "grade"})
    return found


def told(rule: Rule) -> list[tuple[str, str]]:
    return list(sentences.told(rule, lang()))


def value(text: str | None, shown_as: str = "") -> str:
    """A value as it reads: no data is said, never 0 or 100."""
    if text is None:
        return gettext("no data")
    if shown_as == "number":
        return sentences.number(Decimal(text))
    return f"{text} %" if shown_as == "percent" else text


def why(code: str, rule: Rule) -> str:
    """Why a row is left out: by the program's own reasons or the district's kinds."""
    if code in LEFT_OUT:
        return LEFT_OUT[code][0 if is_chinese() else 1]
    if code in NEARLY:
        return NEARLY[code][1 if is_chinese() else 2]
    return pick(rule.exclusions[code]) if code in rule.exclusions else code


def said(row: Row, names: set[str]) -> str:
    """What a row says on the facts a figure asks of it."""
    parts = [FACTS[name].word(row[AT[name]], lang()) for name in FACTS if name in names and row[AT[name]]]
    return ("、" if is_chinese() else ", ").join(parts)
