"""Three rates (响应率、解决率、满意率): pure functions from facts and a rule to figures that open to their cases.

Nothing is stored and nothing is counted along the way: the same facts and the same rule give the same figures, today
and in ten years, in this program or in anybody's spreadsheet.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from jiedao.kit.clock import SHANGHAI, local
from jiedao.kit.refusal import Refused

RULES = Path(__file__).parent / "rules"


@dataclass(frozen=True)
class Answer:
    """One order and what its caller said at the last callback. `reached` false: nobody could be asked."""

    order: str
    number: str
    unit: str
    at: datetime
    reached: bool
    contacted: bool | None
    solved: bool | None
    satisfied: str


@dataclass(frozen=True)
class Figure:
    """A rate with its parts. `rows` are the orders it counts with what each gives; `left_out` those it does not."""

    measure: str
    numerator: Decimal
    denominator: int
    rows: tuple[tuple[Answer, Decimal], ...]
    left_out: tuple[tuple[Answer, str], ...]
    places: int

    @property
    def percent(self) -> Decimal | None:
        """Rounded once, half up, to the rule's places. None where nothing can be divided: no data, never 0 or 100."""
        if not self.denominator:
            return None
        return _rounded(self.numerator * 100 / self.denominator, self.places)

    def without(self, gives: Decimal) -> Decimal | None:
        """The percentage if one of its rows, which gives so much, were not counted."""
        if self.denominator < 2:
            return None
        return _rounded((self.numerator - gives) * 100 / (self.denominator - 1), self.places)


@dataclass(frozen=True)
class Rates:
    """A unit's figures in a window, and the composite. `rule` and `version` say by which text."""

    unit: str
    rule: str
    version: int
    figures: dict[str, Figure]
    composite: Decimal | None


FACTS = frozenset({"contacted", "solved", "satisfied"})
"""What a rule may count: what the caller said. Nothing else reaches this program, and no rule may ask for it (G38)."""

NAMES = ("response", "resolution", "satisfaction")


@cache
def rule(name: str = "three_rates") -> dict[str, Any]:
    """The rule's text, parsed. Refuses `no_such_rule`."""
    path = RULES / f"{name}.yaml"
    if not path.is_file():
        raise Refused("no_such_rule", name=name)
    return read(path.read_text(encoding="utf-8"))


def read(text: str) -> dict[str, Any]:
    """A rule from its YAML. Refuses `bad_rule` with what is wrong, `forbidden_input` for what no rule may count."""
    try:
        found: dict[str, Any] = yaml.safe_load(text)
        asked = {fact for each in found["rates"].values() for fact in each["gives"]}
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as broken:
        raise Refused("bad_rule", problems=[f"{type(broken).__name__}: {str(broken)[:120]}"]) from None
    if asked - FACTS:
        raise Refused("forbidden_input", given=sorted(asked - FACTS), known=sorted(FACTS))
    if problems := list(_problems(found)):
        raise Refused("bad_rule", problems=problems)
    return found


def _problems(found: dict[str, Any]) -> Iterator[str]:
    if sorted(found["rates"]) != sorted(NAMES):
        yield f"rates: {', '.join(NAMES)}"
    for name, each in found["rates"].items():
        if len(each["gives"]) != 1:
            yield f"rates.{name}.gives: one fact"
        worth = [value for given in each["gives"].values() for value in given.values()]
        if not all(isinstance(value, str) and Decimal(0) <= Decimal(value) <= 1 for value in worth):
            yield f"rates.{name}.gives: decimals from 0 to 1, in quotes"
    weights = found.get("composite", {}).get("weights", {})
    if sorted(weights) != sorted(found["rates"]) or sum(map(Decimal, map(str, weights.values()))) != 1:
        yield "composite.weights: one for each rate, together 1"


def window(month: date, by: dict[str, Any]) -> tuple[datetime, datetime]:
    """A month's window: from the rule's hour on its first day to the same hour on the first of the next."""
    begins = time.fromisoformat(by["window"]["begins"])
    first = month.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return datetime.combine(first, begins, SHANGHAI), datetime.combine(following, begins, SHANGHAI)


def month_of(at: datetime, by: dict[str, Any]) -> date:
    """The first day of the month in whose window a moment lies: before the hour it begins, still the month before."""
    first = local(at).date().replace(day=1)
    return first if at >= window(first, by)[0] else (first - timedelta(days=1)).replace(day=1)


def last_of_each(answers: Iterable[Answer]) -> list[Answer]:
    """The last callback of each order: who was asked twice counts once, by what was said last."""
    last: dict[str, Answer] = {}
    for answer in sorted(answers, key=lambda a: (a.at, a.order)):
        last[answer.order] = answer
    return list(last.values())


def rates(unit: str, answers: Iterable[Answer], by: dict[str, Any]) -> Rates:
    """All figures of a unit from the answers of its orders in a window."""
    asked = last_of_each(answers)
    figures = {name: _figure(name, asked, by) for name in by["rates"]}
    return Rates(unit, by["rule"], by["version"], figures, _composite(figures, by))


def _figure(name: str, asked: list[Answer], by: dict[str, Any]) -> Figure:
    ((fact, gives),) = by["rates"][name]["gives"].items()
    rows, left_out = [], []
    for answer in sorted(asked, key=lambda a: a.number):
        if not answer.reached:
            left_out.append((answer, "not_reached"))
            continue
        said = getattr(answer, fact)
        rows.append((answer, Decimal(gives.get(str(said).lower(), "0"))))
    total = sum((given for _, given in rows), Decimal(0))
    return Figure(name, total, len(rows), tuple(rows), tuple(left_out), int(by["places"]))


def _composite(figures: dict[str, Figure], by: dict[str, Any]) -> Decimal | None:
    """Weighted from the unrounded rates. None as soon as one of them has no data."""
    total = Decimal(0)
    for name, weight in by["composite"]["weights"].items():
        figure = figures[name]
        if not figure.denominator:
            return None
        total += Decimal(weight) * figure.numerator * 100 / figure.denominator
    return _rounded(total, int(by["places"]))


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def without(unit: str, answers: Iterable[Answer], order: str, by: dict[str, Any]) -> Rates:
    """The figures if one order were not counted: what one case changes."""
    return rates(unit, [a for a in answers if a.order != order], by)
