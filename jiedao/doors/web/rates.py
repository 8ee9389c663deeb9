"""Rates (三率): a month's figures of units, each opening to its cases. Units stand by code, never by rank (R14)."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from jiedao.doors.web import sheets, tabs
from jiedao.doors.web.templatetags.jiedao_ui import pick
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import now
from jiedao.lines.scores import sight
from jiedao.lines.scores.callbacks import callbacks
from jiedao.lines.scores.rates import Answer, Figure, Rates, last_of_each, month_of, rates, rule, window
from jiedao.record import queries
from jiedao.record import sight as cases

PAGE = 50

ALWAYS = frozenset({Unit.Kind.DEPARTMENT, Unit.Kind.OUTPOST, Unit.Kind.SUBDISTRICT})
"""Kinds of unit that are shown without data too; of others there are many that no caller was ever asked about."""


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """Every unit that the visitor may read, with its three rates and the composite; a dash where there is no data."""
    units = sight.units(actor_of(request))
    month, by = _month(request), rule()
    found = _figures(units, month)
    rows = [
        {"unit": unit, "cells": _cells(found[unit.id]), "composite": found[unit.id].composite}
        for unit in units
        if unit.kind in ALWAYS or any(figure.rows or figure.left_out for figure in found[unit.id].figures.values())
    ]
    shown = {**_frame(month, by), "rows": rows}
    return render(request, "rates/page.html", shown)


@require_GET
@staff
def unit(request: HttpRequest, code: str) -> HttpResponse:
    """One rate of a unit with the orders it counts: what each gives, what is left out and why, what one changes."""
    by = actor_of(request)
    chosen = sight.unit_or_absent(by, code)
    month, number = _month(request), tabs.number(request)
    found = _figures([chosen], month)[chosen.id]
    name = request.GET.get("rate", "")
    figure = found.figures.get(name) or next(iter(found.figures.values()))
    rows = figure.rows[(number - 1) * PAGE : number * PAGE]
    known = _seen(by, [answer.number for answer, _ in rows] + [answer.number for answer, _ in figure.left_out[:PAGE]])
    shown = {
        **_frame(month, rule()),
        "unit": chosen,
        "composite": found.composite,
        "cells": _cells(found),
        "figure": _cell(figure),
        "rows": [_row(figure, answer, gives, known) for answer, gives in rows],
        "left_out": [{"answer": a, "case": known.get(a.number), "why": _why(why)} for a, why in figure.left_out[:PAGE]],
        "more_left_out": max(0, len(figure.left_out) - PAGE),
        "pages": tabs.Pages(number, queries.Count(len(figure.rows)), len(rows), PAGE),
    }
    return render(request, "rates/unit.html", shown)


@require_GET
@staff
def export(request: HttpRequest, code: str = "") -> HttpResponse:
    """The same as a table: the figures of every unit, or the facts of one."""
    by, month = actor_of(request), _month(request)
    if code:
        chosen = sight.unit_or_absent(by, code)
        return sheets.answer(f"rates-{code}-{month:%Y-%m}.csv", _facts(chosen, month))
    units = sight.units(by)
    return sheets.answer(f"rates-{month:%Y-%m}.csv", _summary(units, _figures(units, month)))


def _month(request: HttpRequest) -> date:
    """The month asked for, none that lies ahead. This month for anything else."""
    newest = month_of(now(), rule())
    try:
        asked = date.fromisoformat(f"{request.GET.get('month', '')[:7]}-01")
    except ValueError:
        return newest
    return min(asked, newest) if asked.year > 2000 else newest


def _figures(units: list[Unit], month: date) -> dict[UUID, Rates]:
    start, end = window(month, rule())
    answers = callbacks(start, end, [unit.id for unit in units])
    return {unit.id: rates(unit.code, answers.get(unit.id, ()), rule()) for unit in units}


def _frame(month: date, by: dict[str, Any]) -> dict[str, Any]:
    """Month, window and the rule's own text, for both pages."""
    begins, ends = window(month, by)
    parts = [{"label": pick(each["label"]), "sentence": pick(each["sentence"])} for each in by["rates"].values()]
    weights = [{"label": pick(by["rates"][n]["label"]), "weight": w} for n, w in by["composite"]["weights"].items()]
    return {
        "month": f"{month:%Y-%m}",
        "newest": f"{month_of(now(), by):%Y-%m}",
        "begins": f"{begins:%Y-%m-%d %H:%M}",
        "ends": f"{ends:%Y-%m-%d %H:%M}",
        "rule": {"label": pick(by["label"]), "version": by["version"], "counts": pick(by["counts"])},
        "parts": parts,
        "composite_label": pick(by["composite"]["label"]),
        "weights": weights,
    }


def _cells(found: Rates) -> list[dict[str, Any]]:
    return [_cell(figure) for figure in found.figures.values()]


def _cell(figure: Figure) -> dict[str, Any]:
    each = rule()["rates"][figure.measure]
    return {
        "name": figure.measure,
        "label": pick(each["label"]),
        "sentence": pick(each["sentence"]),
        "percent": figure.percent,
        "numerator": f"{figure.numerator.normalize():f}",
        "denominator": figure.denominator,
    }


def _row(figure: Figure, answer: Answer, gives: Any, known: dict[str, str]) -> dict[str, Any]:
    return {
        "answer": answer,
        "said": _said(figure.measure, answer),
        "gives": gives,
        "without": figure.without(gives),
        "case": known.get(answer.number),
    }


def _said(measure: str, answer: Answer) -> str:
    if measure == "satisfaction":
        words = {
            "satisfied": gettext("Satisfied"),
            "basically": gettext("Basically satisfied"),
            "dissatisfied": gettext("Dissatisfied"),
        }
        return words.get(answer.satisfied, "")
    fact = answer.contacted if measure == "response" else answer.solved
    return gettext("Yes") if fact else gettext("No")


def _why(why: str) -> str:
    return {"not_reached": gettext("Nobody could be asked")}.get(why, why)


def _seen(by: Actor, numbers: list[str]) -> dict[str, str]:
    """Titles of the cases in the visitor's sight; the others stand here by number alone. One query."""
    return dict(cases.visible_to(by).filter(number__in=numbers).values_list("number", "title"))


def _summary(units: list[Unit], found: dict[UUID, Rates]) -> Iterator[list[object]]:
    yield [
        "unit",
        "name",
        *(f"{name}_{part}" for name in rule()["rates"] for part in ("numerator", "denominator", "percent")),
        "composite",
    ]
    for each in units:
        figures = found[each.id]
        cells = [part for f in figures.figures.values() for part in (f.numerator, f.denominator, f.percent)]
        yield [each.code, each.name, *cells, figures.composite]


def _facts(chosen: Unit, month: date) -> Iterator[list[object]]:
    """Every callback of the window, and whether it is the one that counts for its order."""
    start, end = window(month, rule())
    said = callbacks(start, end, [chosen.id]).get(chosen.id, [])
    counted = {(answer.order, answer.at) for answer in last_of_each(said)}
    yield ["unit", "case", "order", "asked_at", "last", "reached", "contacted", "solved", "satisfied"]
    for a in sorted(said, key=lambda answer: (answer.number, answer.at)):
        last = (a.order, a.at) in counted
        yield [chosen.code, a.number, a.order, a.at.isoformat(), last, a.reached, a.contacted, a.solved, a.satisfied]
