"""Published scores (公开评分): final periods of units, where the district publishes them; small cells stay closed (R17)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from jiedao.doors.web import scores_words
from jiedao.doors.web.templatetags.jiedao_ui import pick
from jiedao.kit.cells import FEW
from jiedao.kit.refusal import Absent
from jiedao.lines.scores import desk, periods
from jiedao.lines.scores.models import Period
from jiedao.lines.scores.rules import Rule

NEWEST = 24
"""Periods the page lists."""


def is_on(request: HttpRequest) -> bool:
    """Whether the district publishes scores of its units. It does not unless its package says so."""
    place = getattr(request, "district", None)
    return bool(place is not None and place.switches.get("publishes_scores") is True)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The final periods, the newest first, and the one asked for."""
    if not is_on(request):
        raise Absent
    found = desk.final_of_units(NEWEST)
    asked = request.GET.get("period", "")
    chosen = next((one for one in found if f"{one.code}/{one.name}" == asked), found[0] if found else None)
    listed = [
        {"name": one.name, "label": _label(one), "key": f"{one.code}/{one.name}", "present": one == chosen}
        for one in found
    ]
    return render(request, "scores/public.html", {"periods": listed, **(_told(chosen) if chosen else {})})


def _label(period: Period) -> str:
    return pick(periods.rule_of(period).label)


def _told(period: Period) -> dict[str, Any]:
    rule, statement = periods.rule_of(period), periods.latest(period)
    columns = [column for column in scores_words.columns(rule) if column["kind"] != "grade"]
    counts = desk.counted(statement)
    return {
        "chosen": period,
        "label": pick(rule.label),
        "columns": columns,
        "told": scores_words.told(rule),
        "statement": statement,
        "lines": [
            {
                "unit": unit,
                "cells": [_cell(statement.figures[unit.code], counts[unit.code], one["code"], rule) for one in columns],
            }
            for unit in desk.units_of(statement)
            if any(counts[unit.code].values())
        ],
    }  # fmt: skip


def _cell(line: dict[str, Any], counts: dict[str, int], name: str, rule: Rule) -> str:
    """A value; or that fewer than five stand behind it, so that nobody can be counted out of it."""
    if 0 < counts[name] < FEW:
        return pgettext("public count", "fewer than 5")
    if name in rule.indicators:
        return scores_words.value(line["figures"][name]["v"], rule.indicators[name].shown_as)
    return scores_words.value(
        line["composites"][name] if name in rule.composites else line["sides"].get(name, line["score"])
    )
