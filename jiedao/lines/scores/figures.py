"""Figures (评分计算): pure functions from rows of facts and a rule to figures that sum to what they show.

Nothing is stored and nothing is counted along the way. Everything is exact until it is rounded once, at the end, half up.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from jiedao.lines.scores.rules import Composite, Indicator, Part, Rule
from jiedao.lines.scores.vocabulary import COLUMNS, NEARLY

Row = tuple[str, ...]
"""One order, in the order of `COLUMNS`; every value is text."""

AT = {name: place for place, name in enumerate(COLUMNS)}
UNIT, ORDER, NUMBER, OUT = (AT[name] for name in ("unit", "order", "number", "left_out"))


@dataclass(frozen=True)
class Figure:
    """An indicator of a unit. `numerator` over `denominator`; None as value where there is nothing to divide."""

    code: str
    numerator: Decimal
    denominator: int
    shown_as: str
    places: int

    @property
    def ratio(self) -> Fraction | None:
        """The exact value: share, mean, or what was counted. None without a row that counts: no data, never 0 or 100."""
        if not self.denominator:
            return None
        return Fraction(self.numerator) if self.shown_as == "number" else Fraction(self.numerator) / self.denominator

    @property
    def value(self) -> Decimal | None:
        ratio = self.ratio
        if ratio is None:
            return None
        return rounded(ratio * 100 if self.shown_as == "percent" else ratio, self.places)

    def without(self, gives: Decimal) -> Decimal | None:
        """The value if one of its rows, which gives so much, were not counted."""
        return replace(self, numerator=self.numerator - gives, denominator=self.denominator - 1).value


@dataclass(frozen=True)
class Line:
    """All figures of one unit, and its composites by code."""

    unit: str
    figures: dict[str, Figure]
    composites: dict[str, Decimal | None]


@dataclass(frozen=True)
class Opened:
    """A figure down to its rows: each with what it gives and the value without it; and what is left out, with why."""

    figure: Figure
    rows: tuple[tuple[Row, Decimal, Decimal | None], ...]
    left_out: tuple[tuple[Row, str], ...]


def rounded(value: Fraction, places: int) -> Decimal:
    """Half up, away from zero, once."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    signed = whole if value >= 0 else -whole
    return Decimal(signed).scaleb(-places).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def lines(rows: Iterable[Row], rule: Rule, units: Iterable[str] = ()) -> dict[str, Line]:
    """Every unit's figures, by code; the units named stand there without rows too. One pass over the rows."""
    counters = [(indicator, _counter(indicator)) for indicator in rule.indicators.values()]
    sums: dict[tuple[str, str], list[Decimal | int]] = defaultdict(lambda: [Decimal(0), 0])
    found = set(units)
    for row in rows:
        found.add(row[UNIT])
        if row[OUT]:
            continue
        for indicator, count in counters:
            gives = count(row)
            if gives is not None:
                cell = sums[row[UNIT], indicator.code]
                cell[0] += gives
                cell[1] += 1
    return {unit: _line(unit, sums, rule) for unit in sorted(found)}


def _line(unit: str, sums: Mapping[tuple[str, str], Sequence[Decimal | int]], rule: Rule) -> Line:
    figures = {}
    for indicator in rule.indicators.values():
        numerator, denominator = sums.get((unit, indicator.code), (Decimal(0), 0))
        figures[indicator.code] = Figure(
            indicator.code, Decimal(numerator), int(denominator), indicator.shown_as, rule.places
        )
    return Line(unit, figures, {code: composite(each, figures, rule) for code, each in rule.composites.items()})


def composite(each: Composite, figures: Mapping[str, Figure], rule: Rule) -> Decimal | None:
    """The sum of its parts, rounded once. None as soon as one of them has no data."""
    parts = [points(part, figures[part.of]) for part in each.parts]
    if any(part is None for part in parts):
        return None
    return rounded(sum((part for part in parts if part is not None), Fraction(0)), rule.places)


def points(part: Part, figure: Figure) -> Fraction | None:
    """What a part adds: weight × share, weight × (1 − share), or what a deduction per piece leaves."""
    ratio = figure.ratio
    if ratio is None:
        return None
    weight = Fraction(part.weight)
    if part.form == "deduct":
        return Fraction(part.begins) - weight * Fraction(figure.numerator)
    return weight * (1 - ratio if part.form == "rest" else ratio)


def opened(rows: Iterable[Row], rule: Rule, unit: str, code: str) -> Opened:
    """One figure of a unit with its rows, by case number and order."""
    rows = [row for row in rows if row[UNIT] == unit]
    indicator = rule.indicators[code]
    count = _counter(indicator)
    fits = [(row, gives) for row in rows if (gives := count(row)) is not None]
    fits.sort(key=lambda pair: (pair[0][NUMBER], pair[0][ORDER]))
    counted = [(row, gives) for row, gives in fits if not row[OUT]]
    total = sum((gives for _, gives in counted), Decimal(0))
    figure = Figure(code, total, len(counted), indicator.shown_as, rule.places)
    # Rows that give the same change the figure by the same: of ten thousand there are two or three kinds.
    without = {gives: figure.without(gives) for gives in {gives for _, gives in counted}}
    shown = tuple((row, gives, without[gives]) for row, gives in counted)
    missed = sorted(_nearly(rows, indicator), key=lambda pair: (pair[0][NUMBER], pair[0][ORDER]))
    return Opened(figure, shown, (*((row, row[OUT]) for row, _ in fits if row[OUT]), *missed))


def _nearly(rows: Iterable[Row], indicator: Indicator) -> Iterator[tuple[Row, str]]:
    """Rows that would count but for one fact, where it is one that people look for; with that fact."""
    for fact in NEARLY.keys() & indicator.counts.keys():
        place, said = AT[fact], NEARLY[fact][0]
        others = [(AT[other], frozenset(values)) for other, values in indicator.counts.items() if other != fact]
        for row in rows:
            if row[place] == said and not row[OUT] and all(row[at] in values for at, values in others):
                yield row, fact


def _counter(indicator: Indicator) -> Callable[[Row], Decimal | None]:
    """What a row gives; None for a row that is not counted: one that does not fit, or says nothing of the fact."""
    wanted = [(AT[fact], frozenset(values)) for fact, values in indicator.counts.items()]
    if indicator.measures:
        measured = AT[indicator.measures]
        worth: dict[str, Decimal] | None = None
    else:
        assert indicator.gives is not None
        fact, worth = indicator.gives
        measured = AT[fact]

    def count(row: Row) -> Decimal | None:
        for place, values in wanted:
            if row[place] not in values:
                return None
        if worth is None:
            return Decimal(row[measured]) if row[measured] else None
        return worth.get(row[measured], Decimal(0))

    return count


def excluded(rows: Iterable[Row], taken_out: Mapping[tuple[str, str], str]) -> list[Row]:
    """The rows with what objections took out marked as left out: order and unit → kind of exclusion."""
    found = []
    for row in rows:
        why = taken_out.get((row[ORDER], row[UNIT]))
        found.append((*row[:OUT], why, *row[OUT + 1 :]) if why and not row[OUT] else row)
    return found
