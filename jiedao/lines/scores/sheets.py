"""Sheets (评分表): marks that named raters give, to a unit, a person or the head of a stationed unit. Pure.

Of each rater the last mark on an aspect counts. A side's points are the mean over its raters and aspects; the score is
the weighted sum of the sides, and there is none before every side is in.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from jiedao.lines.scores.figures import rounded
from jiedao.lines.scores.rules import Grade, Rule


@dataclass(frozen=True)
class Mark:
    """One mark of a rater: from 0 to 100, on one aspect. Everything by code or id, in the order it was given."""

    about: str
    side: str
    rater: str
    aspect: str
    points: Decimal
    at: str


@dataclass(frozen=True)
class Score:
    """What comes out for one line. `sides` are the points of each side, None while it is not complete."""

    about: str
    sides: dict[str, Decimal | None]
    score: Decimal | None
    grade: Grade | None
    marks: tuple[Mark, ...]

    @property
    def complete(self) -> bool:
        return self.score is not None


def last(marks: Iterable[Mark]) -> list[Mark]:
    """The last mark of each rater on each aspect."""
    found: dict[tuple[str, str, str, str], Mark] = {}
    for mark in sorted(marks, key=lambda m: (m.at, m.about, m.side, m.rater, m.aspect)):
        found[mark.about, mark.side, mark.rater, mark.aspect] = mark
    return sorted(found.values(), key=lambda m: (m.about, m.side, m.rater, m.aspect))


def scores(marks: Iterable[Mark], rule: Rule, about: Iterable[str]) -> dict[str, Score]:
    """The score of each line named."""
    by_line: dict[str, list[Mark]] = defaultdict(list)
    for mark in last(marks):
        by_line[mark.about].append(mark)
    return {code: _score(code, by_line.get(code, []), rule) for code in sorted(set(about) | set(by_line))}


def _score(about: str, marks: list[Mark], rule: Rule) -> Score:
    exact = {code: _side(code, marks, rule) for code in rule.raters}
    total = None
    if all(value is not None for value in exact.values()):
        weighted = (Fraction(rule.raters[code].weight) * value for code, value in exact.items() if value is not None)
        total = rounded(sum(weighted, Fraction(0)), rule.places)
    shown = {code: None if value is None else rounded(value, rule.places) for code, value in exact.items()}
    return Score(about, shown, total, grade_of(total, rule), tuple(marks))


def _side(code: str, marks: list[Mark], rule: Rule) -> Fraction | None:
    """The mean over raters of their mean over all aspects. None while nobody, or somebody not on all, has rated."""
    aspects = rule.raters[code].aspects
    given: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for mark in marks:
        if mark.side == code and mark.aspect in aspects:
            given[mark.rater][mark.aspect] = mark.points
    whole = [points for points in given.values() if set(points) == set(aspects)]
    if not whole or len(whole) < len(given):
        return None
    means = [Fraction(sum(points.values(), Decimal(0))) / len(aspects) for points in whole]
    return sum(means, Fraction(0)) / len(means)


def grade_of(score: Decimal | None, rule: Rule) -> Grade | None:
    """The grade of the table whose lower end the score reaches. None without a score or without a table."""
    if score is None:
        return None
    return next((grade for grade in rule.grades if score >= grade.begins), None)
