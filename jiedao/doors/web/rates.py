"""Rates (三率): a month of the rule `three_rates` as the record stands now, each figure open to its cases. No ranking (R14)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from jiedao.doors.web import scores_words, sheets, tabs
from jiedao.doors.web.templatetags.jiedao_ui import pick
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import local, now
from jiedao.kit.refusal import Refused
from jiedao.lines.scores import board, facts, rulebook, sentences, sight, windows
from jiedao.lines.scores.figures import AT, Figure, Line, Opened, Row, lines, opened
from jiedao.lines.scores.rules import Rule
from jiedao.lines.scores.vocabulary import COLUMNS, FACTS
from jiedao.record import queries
from jiedao.record import sight as cases

PAGE = 50
CODE = "three_rates"


@dataclass(frozen=True)
class Month:
    """A month of the rule in force, whether anybody opened a period of it or not."""

    rule: Rule
    version: int
    day: date

    @classmethod
    def asked(cls, request: HttpRequest) -> "Month":
        """The month asked for, none that lies ahead. This month for anything else."""
        version = rulebook.in_force(CODE)
        rule = rulebook.text_of(version)
        newest = windows.at(now(), rule)
        try:
            return cls(rule, version.version, min(windows.day_of(request.GET.get("month", ""), rule), newest))
        except Refused:
            return cls(rule, version.version, newest)

    @property
    def name(self) -> str:
        return windows.name(self.day, self.rule)

    def rows(self, units: Iterable[Unit]) -> list[Row]:
        """The orders of these units whose callers were asked in the month."""
        return facts.called(*windows.around(self.day, self.rule), [unit.id for unit in units])

    def counted(self, units: Iterable[Unit]) -> list[Row]:
        """The same rows with what the rule counts and no more, for figures that nobody opens here."""
        return facts.called(*windows.around(self.day, self.rule), [unit.id for unit in units], self.rule.facts)


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """Every unit that the visitor may read, with its three rates and the composite; a dash where there is no data."""
    by, month = actor_of(request), Month.asked(request)
    units, on = sight.units(by), board.Span(*windows.around(month.day, month.rule))

    codes = [unit.code for unit in units]

    def counted() -> tuple[set[str], dict[str, Line]]:
        rows = month.counted(units)
        return {row[0] for row in rows}, lines(rows, month.rule, codes)

    asked, found = board.kept((f"rates v{month.version} {codes}", by, on), board.KEPT, counted)
    shown = [
        {"unit": unit, "cells": _cells(found[unit.code], month.rule), "composite": _composite(found[unit.code])}
        for unit in units
        if unit.kind in month.rule.kinds or unit.code in asked
    ]
    return render(request, "rates/page.html", _frame(month) | {"rows": shown})


@require_GET
@staff
def unit(request: HttpRequest, code: str) -> HttpResponse:
    """One rate of a unit with the orders it counts: what each gives, what is left out and why, what one changes."""
    by = actor_of(request)
    chosen, month, number = sight.unit_or_absent(by, code), Month.asked(request), tabs.number(request)
    rows = month.rows([chosen])
    found, name = lines(rows, month.rule, [code])[code], request.GET.get("rate", "")
    name = name if name in found.figures else next(iter(found.figures))
    seen = opened(rows, month.rule, code, name)
    page_ = seen.rows[(number - 1) * PAGE : number * PAGE]
    known = _seen(by, [row[2] for row, *_ in page_] + [row[2] for row, _ in seen.left_out[:PAGE]])
    shown = {
        "unit": chosen,
        "composite": _composite(found),
        "cells": _cells(found, month.rule),
        "figure": _cell(seen.figure, month.rule),
        "rows": [_row(seen, month.rule, row, gives, without, known) for row, gives, without in page_],
        "left_out": [
            {"number": row[2], "case": known.get(row[2]), "why": scores_words.why(why, month.rule)}
            for row, why in seen.left_out[:PAGE]
        ],
        "more_left_out": max(0, len(seen.left_out) - PAGE),
        "pages": tabs.Pages(number, queries.Count(len(seen.rows)), len(page_), PAGE),
    }
    return render(request, "rates/unit.html", _frame(month) | shown)


@require_GET
@staff
def export(request: HttpRequest, code: str = "") -> HttpResponse:
    """The same as a table: the figures of every unit, or the facts of one."""
    by, month = actor_of(request), Month.asked(request)
    if code:
        chosen = sight.unit_or_absent(by, code)
        return sheets.answer(f"rates-{code}-{month.name}.csv", [list(COLUMNS), *map(list, month.rows([chosen]))])
    units = sight.units(by)
    found = lines(month.counted(units), month.rule, [unit.code for unit in units])
    return sheets.answer(f"rates-{month.name}.csv", _summary(units, found, month.rule))


def _frame(month: Month) -> dict[str, Any]:
    """Month, window and the rule's own words, for both pages."""
    begins, ends = windows.around(month.day, month.rule)
    return {
        "month": month.name,
        "newest": windows.name(windows.at(now(), month.rule), month.rule),
        "begins": f"{local(begins):%Y-%m-%d %H:%M}",
        "ends": f"{local(ends):%Y-%m-%d %H:%M}",
        "rule": month.rule,
        "label": pick(month.rule.label),
        "version": month.version,
        "told": scores_words.told(month.rule),
        "columns": [pick(each.label) for each in month.rule.indicators.values()],
        "composite_label": pick(next(iter(month.rule.composites.values())).label) if month.rule.composites else "",
    }


def _cells(found: Line, rule: Rule) -> list[dict[str, Any]]:
    return [_cell(figure, rule) for figure in found.figures.values()]


def _cell(figure: Figure, rule: Rule) -> dict[str, Any]:
    indicator = rule.indicators[figure.code]
    return {
        "name": figure.code,
        "label": pick(indicator.label),
        "sentence": sentences.formula(indicator, scores_words.lang()),
        "value": _text(figure, figure.value),
        "numerator": sentences.number(figure.numerator),
        "denominator": figure.denominator,
    }


def _text(figure: Figure, value: Any) -> str:
    return "—" if value is None else scores_words.value(f"{value:f}", figure.shown_as)


def _composite(found: Line) -> str:
    """The first composite of the rule, which the district publishes."""
    value = next(iter(found.composites.values()), None)
    return "—" if value is None else f"{value:f}"


def _row(seen: Opened, rule: Rule, row: Row, gives: Any, without: Any, known: dict[str, str]) -> dict[str, Any]:
    fact = (rule.indicators[seen.figure.code].gives or ("",))[0]
    return {
        "number": row[2],
        "case": known.get(row[2]),
        "said": FACTS[fact].word(row[AT[fact]], scores_words.lang()) if fact else "",
        "gives": sentences.number(gives),
        "without": _text(seen.figure, without),
    }


def _seen(by: Actor, numbers: list[str]) -> dict[str, str]:
    """Titles of the cases in the visitor's sight; the others stand here by number alone. One query."""
    return dict(cases.visible_to(by).filter(number__in=numbers).values_list("number", "title"))


def _summary(units: list[Unit], found: dict[str, Line], rule: Rule) -> Iterator[list[object]]:
    names = [f"{code}_{part}" for code in rule.indicators for part in ("numerator", "denominator", "value")]
    yield ["unit", "name", *names, *rule.composites]
    for each in units:
        line = found[each.code]
        cells = [part for f in line.figures.values() for part in (f.numerator, f.denominator, f.value)]
        yield [each.code, each.name, *cells, *line.composites.values()]
