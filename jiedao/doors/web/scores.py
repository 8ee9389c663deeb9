"""The score workbench (评分台): rules, periods, lines, and every figure down to its cases. Not live: it says as of when."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from jiedao.doors.web import scores_words, tabs
from jiedao.doors.web.templatetags.jiedao_ui import named, pick
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import now
from jiedao.kit.refusal import Absent
from jiedao.lines.scores import desk, objections, periods, rulebook, sentences, subjects, windows
from jiedao.lines.scores.figures import Opened, Row
from jiedao.lines.scores.models import Period, Statement
from jiedao.lines.scores.rules import Rule
from jiedao.record import queries
from jiedao.record import sight as cases

PAGE = 50
FIGURES = ("figures-csv", "figures-xlsx", "figures-parquet", "bulletin-pdf", "bulletin-docx")
NEWEST = 6
"""Periods of a rule that its row shows; older ones open from the newest."""


@require_GET
@staff
def book(request: HttpRequest) -> HttpResponse:
    """Every rule of the district with its source and its periods."""
    by = actor_of(request)
    rows = [_rule_row(version) for version in rulebook.newest()]
    received = [{"period": one, "label": pick(periods.rule_of(one).label)} for one in desk.received(by)]
    return render(request, "scores/book.html", {"rows": rows, "keeps": desk.keeps(by), "received": received})


def _rule_row(version: Any) -> dict[str, Any]:
    rule = rulebook.text_of(version)
    here = windows.at(now(), rule)
    last = windows.before(here, rule)
    words = scores_words.states()
    rows = desk.recent(rule.code, NEWEST)
    there = {row.name for row in rows}
    return {
        "rule": rule,
        "label": pick(rule.label),
        "version": version.version,
        "periods": [{"period": row, "state": words[row.state]} for row in rows],
        "openable": [name for name in (windows.name(here, rule), windows.name(last, rule)) if name not in there],
        "is_new": bool(rulebook.draft_of(rule.code)),
    }


@require_GET
@staff
def period(request: HttpRequest, code: str, called: str) -> HttpResponse:
    """One period: its lines by code, the steps, objections, and what was computed how."""
    by, found = actor_of(request), desk.period_or_absent(code, called)
    statement = desk.statement_of(found, _version(request))
    lines = desk.shown(found, by, statement)
    if not lines and not desk.keeps(by):
        raise Absent
    beside, rule = desk.former(found) if request.GET.get("beside") else None, periods.rule_of(found)
    may_rank, by_score = desk.may_rank(rule), request.GET.get("order") == "score"
    if may_rank and by_score:
        lines = desk.ranked(lines, rule)
    shown = _frame(found, by, statement) | {
        "lines": [_line(found, one, beside) for one in lines],
        "beside": beside.period.name if beside else "",
        "files": [(kind, word) for kind, word in scores_words.files().items() if kind in FIGURES or desk.keeps(by)],
        "asked_beside": bool(request.GET.get("beside")),
        "may_rank": may_rank,
        "ranked": may_rank and by_score,
        "objections": _objections(_readable(found, by), by),
    }
    return render(request, "scores/period.html", shown)


@require_GET
@staff
def line(request: HttpRequest, code: str, called: str, about: str) -> HttpResponse:
    """One line: a figure with its formula, rows, what is left out; or a sheet with its marks."""
    by, found = actor_of(request), desk.period_or_absent(code, called)
    statement = desk.statement_of(found, _version(request))
    one = next((each for each in desk.shown(found, by, statement) if each.code == about), None)
    if one is None:
        raise Absent
    rule = periods.rule_of(found)
    shown = _frame(found, by, statement) | {
        "line": _line(found, one, None),
        "objections": _objections([each for each in objections.of_period(found) if each.about == about], by),
        "may_object": objections.may_object(found, about, by) and found.state in ("published", "objection")
        and found.objections_until is not None and now() <= found.objections_until,
        "kinds": [(kind, pick(label)) for kind, label in rule.exclusions.items()],
    }  # fmt: skip
    if rule.by_marks:
        return render(request, "scores/sheet.html", shown | _sheet(found, by, one, statement))
    return render(request, "scores/line.html", shown | _figure(request, found, by, about, statement))


def _version(request: HttpRequest) -> int:
    text = request.GET.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


def _frame(found: Period, by: Actor, statement: Statement | None) -> dict[str, Any]:
    """What every page of a period says: rule, state, steps, as of when, by whom it may go on."""
    rule = periods.rule_of(found)
    return {
        "period": found,
        "rule": rule,
        "label": pick(rule.label),
        "version": found.rule.version,
        "state": scores_words.states()[found.state],
        "steps": scores_words.steps(found.state),
        "columns": scores_words.columns(rule),
        "told": scores_words.told(rule),
        "statement": statement,
        "statements": list(found.statements.order_by("version")) if statement else [],
        "as_of": statement.computed_at if statement else now(),
        "window": (f"{_local(found.starts_at)}", f"{_local(found.ends_at)}"),
        "keeps": desk.keeps(by),
        "next": _next(found, by),
        "open_objections": found.objections.filter(decided_at=None).count(),
        "base": reverse("scores_period", args=[found.code, found.name]),
    }


def _local(moment: datetime) -> str:
    from jiedao.kit.clock import local  # noqa: PLC0415 -- app ready

    return f"{local(moment):%Y-%m-%d %H:%M}"


def _next(found: Period, by: Actor) -> dict[str, Any] | None:
    """The step that comes next, and why it cannot be taken yet. None for who keeps no scores, and at the end."""
    if not desk.keeps(by) or found.state == Period.State.FINAL or by.person is None:
        return None
    if found.state in (Period.State.OPENED, Period.State.SCORING):
        waits = gettext("The window still runs") if found.ends_at > now() else ""
        return {"step": "merge", "word": gettext("Freeze the rows and compute"), "waits": waits}
    own = by.person.id == found.merged_by
    second = gettext("A second person does this") if own else ""
    if found.state == Period.State.MERGED:
        return {"step": "publish", "word": gettext("Put the figures on notice"), "waits": second}
    waits = second
    if found.objections_until and found.objections_until > now():
        waits = gettext("Objections may come until %(until)s") % {"until": _local(found.objections_until)}
    elif blocked := periods.blocked_lines(found):
        waits = gettext("Open objections block: %(lines)s") % {"lines": ", ".join(sorted(blocked))}
    return {"step": "freeze", "word": gettext("Freeze the period"), "waits": waits}


def _line(found: Period, one: desk.Shown, beside: Statement | None) -> dict[str, Any]:
    rule = periods.rule_of(found)
    old = periods.plain(beside.figures).get(one.code, {}) if beside else {}
    cells = []
    for column in scores_words.columns(rule):
        name = column["code"]
        form = rule.indicators[name].shown_as if name in rule.indicators else ""
        text = one.values.get(name)
        if column["kind"] == "grade" and text is not None:
            text = next((pick(grade.label) for grade in rule.grades if grade.label["zh"] == text), text)
        cells.append({**column, "value": scores_words.value(text, form), "has_data": text is not None,
                      "old": scores_words.value(old.get(name), form) if beside else ""})  # fmt: skip
    return {"code": one.code, "name": one.name, "name_en": one.name_en, "cells": cells, "blocked": one.blocked,
            "mine": one.mine, "href": reverse("scores_line", args=[found.code, found.name, one.code])}  # fmt: skip


def _readable(found: Period, by: Actor) -> list[Any]:
    """Objections with their reasons: all for keepers, the own ones for a unit; the decided ones are published to all."""
    rows = objections.of_period(found)
    if desk.keeps(by) or by.post is None:
        return rows
    return [one for one in rows if one.decided_at or one.raised_by == (by.person.id if by.person else None)]


def _objections(rows: list[Any], by: Actor) -> list[dict[str, Any]]:
    """The objections with the names of whom they are about, in one query."""
    names = desk.names(one.about for one in rows)
    return [_objection(one, by, {code: named(each) for code, each in names.items()}) for one in rows]


def _objection(one: Any, by: Actor, names: dict[str, str]) -> dict[str, Any]:
    rule = periods.rule_of(one.period)
    mine = by.person is not None and one.raised_by == by.person.id
    return {
        "row": one,
        "about": names.get(one.about, one.about),
        "kind": scores_words.why(one.kind, rule) if one.order_id else gettext("Marked anew by its rater"),
        "may_decide": desk.keeps(by) and one.decided_at is None and not mine,
        "outcome": {"upheld": gettext("Upheld"), "dismissed": gettext("Dismissed")}.get(one.outcome, gettext("Open")),
    }


def _figure(
    request: HttpRequest, found: Period, by: Actor, about: str, statement: Statement | None
) -> dict[str, Any]:  # fmt: skip
    rule = periods.rule_of(found)
    unit = next(one for one in desk.readable_units(found, by) if one.code == about)
    name = request.GET.get("figure", "")
    name = name if name in rule.indicators else next(iter(rule.indicators))
    facts = desk.rows_of(found, unit, statement)
    opened, number = desk.figure(found, unit, name, facts), tabs.number(request)
    rows = opened.rows[(number - 1) * PAGE : number * PAGE]
    numbers = [row[2] for row, *_ in rows] + [row[2] for row, _ in opened.left_out[:PAGE]]
    titles = dict(cases.visible_to(by).filter(number__in=numbers).values_list("number", "title"))
    indicator = rule.indicators[name]
    names = indicator.facts
    return {
        "unit": unit,
        "chosen": name,
        "figure": _told(opened, rule),
        "parts": _parts(facts, unit, rule),
        "rows": [
            {"number": row[2], "order": row[1], "title": titles.get(row[2], ""), "said": scores_words.said(row, names),
             "gives": sentences.number(gives), "without": scores_words.value(_text(without), indicator.shown_as),
             "moves": _moves(opened, without)}
            for row, gives, without in rows
        ],
        "left_out": [
            {"number": row[2], "title": titles.get(row[2], ""), "why": scores_words.why(why, rule)}
            for row, why in opened.left_out[:PAGE]
        ],
        "left_out_by": _tally(opened, rule),
        "pages": tabs.Pages(number, queries.Count(len(opened.rows)), len(rows), PAGE),
    }  # fmt: skip


def _told(opened: Opened, rule: Rule) -> dict[str, Any]:
    indicator = rule.indicators[opened.figure.code]
    return {
        "label": pick(indicator.label),
        "formula": sentences.formula(indicator, scores_words.lang()),
        "value": scores_words.value(_text(opened.figure.value), indicator.shown_as),
        "has_data": opened.figure.value is not None,
        "numerator": sentences.number(opened.figure.numerator),
        "denominator": opened.figure.denominator,
        "source": indicator.source,
        "is_number": indicator.shown_as == "number",
    }


def _moves(opened: Opened, without: Any) -> str:
    """How much the figure moves when the row is taken away, with its sign."""
    if without is None or opened.figure.value is None:
        return "—"
    by = without - opened.figure.value
    return f"{by:+f}" if by else "0"


def _tally(opened: Opened, rule: Rule) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for _, why in opened.left_out:
        found[why] = found.get(why, 0) + 1
    return [(scores_words.why(why, rule), count) for why, count in found.items()]


def _text(value: Any) -> str | None:
    return None if value is None else f"{value:f}"


def _parts(facts: list[Row], unit: Unit, rule: Rule) -> list[dict[str, Any]]:
    """Each composite with what its parts add: they sum to it."""
    from jiedao.lines.scores.figures import lines as computed  # noqa: PLC0415 -- app ready
    from jiedao.lines.scores.figures import points, rounded  # noqa: PLC0415 -- app ready

    line = computed(facts, rule, [unit.code])[unit.code]
    told = []
    for code, each in rule.composites.items():
        adds = []
        for part in each.parts:
            exact = points(part, line.figures[part.of])
            text = None if exact is None else sentences.number(rounded(exact, 4))
            adds.append({"label": pick(rule.indicators[part.of].label), "points": scores_words.value(text)})
        told.append({"label": pick(each.label), "value": scores_words.value(_text(line.composites[code])), "parts": adds,
                     "formula": sentences.weighted(each, rule, scores_words.lang())})  # fmt: skip
    return told


def _sheet(found: Period, by: Actor, one: desk.Shown, statement: Statement | None) -> dict[str, Any]:
    rule, subject = periods.rule_of(found), subjects.line(found, one.code)
    score = desk.score_of(found, one.code, statement)
    sided = subjects.side_of(by, subject, rule)
    rated = by.person is not None and by.person.id == subject.person_id
    open_ = desk.keeps(by) or rated
    marks = score.marks if open_ and score.complete else subjects.readable(found, score, sided[0] if sided else "")
    own = {
        mark.aspect: mark.points
        for mark in score.marks
        if sided and (mark.side, mark.rater) == (sided[0], sided[1].code)
    }
    told = (statement.figures.get(one.code) or {}) if statement else {}
    raters = {code: named(each) for code, each in desk.names(mark.rater for mark in marks).items()}
    return {
        "subject": subject,
        "sides": [{"label": pick(side.label), "formula": sentences.rated(side, scores_words.lang())}
                  for side in rule.raters.values()],
        "marks": [{"side": pick(rule.raters[mark.side].label), "rater": raters.get(mark.rater, mark.rater),
                   "aspect": pick(rule.raters[mark.side].aspects[mark.aspect]), "points": sentences.number(mark.points)}
                  for mark in marks],
        "complete": score.complete,
        "asked": [(aspect, pick(label), own.get(aspect)) for aspect, label in rule.raters[sided[0]].aspects.items()]
        if sided and subjects.open_to_marks(found, one.code) else [],
        "side": pick(rule.raters[sided[0]].label) if sided else "",
        "factor": (told.get("grade") or {}).get("factor", ""),
        "confirmed": desk.confirmed(statement, subject.person_id)
        if statement and subject.person_id else None,
        "may_confirm": desk.keeps(by) and found.state == Period.State.FINAL and bool(told.get("grade")),
        "shown_reader": rated,
    }  # fmt: skip
