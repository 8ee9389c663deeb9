"""Rules of the scores (评分规则): read in words, drafted, tried beside the present text, published by a second person."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from jiedao.doors.web import forms, scores_words, sheet
from jiedao.doors.web.templatetags.jiedao_ui import pick
from jiedao.doors.web.who import actor_of, staff
from jiedao.kit.clock import now
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.scores import desk, facts, rulebook, rules, sight, windows
from jiedao.lines.scores.figures import Line, lines
from jiedao.lines.scores.models import RuleDraft
from jiedao.lines.scores.rules import Rule

MOST = 20_000
"""Characters of a rule's text."""


@require_GET
@staff
def page(request: HttpRequest, code: str) -> HttpResponse:
    """The rule in words and as text; its draft, and what the draft would change last window."""
    version, draft = rulebook.in_force(code), rulebook.draft_of(code)
    return _page(request, version, draft, draft.document if draft else version.document)


def _page(
    request: HttpRequest, version: Any, draft: RuleDraft | None, document: str, refusal: Any = None
) -> HttpResponse:  # fmt: skip
    by, rule = actor_of(request), rulebook.text_of(version)
    shown = {
        "rule": rule,
        "label": pick(rule.label),
        "version": version,
        "told": scores_words.told(rule),
        "draft": draft,
        "document": document,
        "problems": rules.problems(document),
        "refusal": refusal,
        "keeps": desk.keeps(by),
        "own": bool(draft and by.person and draft.changed_by == by.person.id),
        "trial": _trial(request, rule, draft) if draft and not rule.by_marks and desk.keeps(by) else None,
        "may_open": {unit.code for unit in sight.units(by)},
    }
    return render(request, "scores/rule.html", shown, status=refusal.status if refusal else 200)


def _trial(request: HttpRequest, rule: Rule, draft: RuleDraft) -> dict[str, Any]:
    """The draft on the window asked for, by default the last one, beside the present text: who moves, and by how much."""
    tried = rules.read(draft.document)
    day = windows.before(windows.at(now(), tried), tried)
    if called := request.GET.get("period", ""):
        day = windows.day_of(called, tried)
    start, end = windows.around(day, tried)
    rows = facts.rows(start, end)
    before, after = lines(rows, rule), lines(rows, tried)
    return {
        "name": windows.name(day, tried),
        "names": _names(tried),
        "columns": scores_words.columns(tried),
        "rows": [_moved(code, before.get(code), line, rule, tried) for code, line in after.items()],
    }


def _names(rule: Rule) -> list[str]:
    """The windows one may try a draft on: this one and the three before."""
    day: date = windows.at(now(), rule)
    found = []
    for _ in range(4):
        found.append(windows.name(day, rule))
        day = windows.before(day, rule)
    return found


def _moved(code: str, before: Line | None, after: Line, rule: Rule, tried: Rule) -> dict[str, Any]:
    old, new = (_values(before, rule) if before else {}), _values(after, tried)
    cells = [{"old": old.get(name, ""), "new": text, "moved": old.get(name) != text} for name, text in new.items()]
    return {"code": code, "cells": cells, "moved": any(cell["moved"] for cell in cells)}


def _values(line: Line, rule: Rule) -> dict[str, str]:
    told = {
        name: scores_words.value(None if each.value is None else f"{each.value:f}", rule.indicators[name].shown_as)
        for name, each in line.figures.items()
    }
    return told | {
        name: scores_words.value(None if each is None else f"{each:f}") for name, each in line.composites.items()
    }


@require_POST
@staff
def write(request: HttpRequest, code: str) -> HttpResponse:
    """Keeps the draft. Refused, the page shows what was typed with the problems by line."""
    by, version, draft = actor_of(request), rulebook.in_force(code), rulebook.draft_of(code)
    document = request.POST.get("document", "").replace("\r\n", "\n")[:MOST]
    seen = request.POST.get("seen", "")
    reason = request.POST.get("reason", "")[:400]

    def keep() -> str:
        rulebook.write(code, document, by=by, reason=reason, seen=int(seen) if seen.isascii() and seen.isdigit() else 0)
        return reverse("scores_rule", args=[code])

    try:
        href = sheet.once(request, "score_rule", {"document": document}, request.POST.get("key", ""), keep)
    except Refused as refused:
        return _page(request, version, draft, document, forms.told(refused))
    return HttpResponseRedirect(href, status=303)


@require_POST
@staff
def publish(request: HttpRequest, code: str) -> HttpResponse:
    """A second person publishes the draft as it was read."""
    by, draft, seen = actor_of(request), _draft(code), request.POST.get("seen", "")
    return sheet.pressed(
        request, "score_rule_publish",
        lambda: rulebook.publish(draft, by=by, seen=int(seen) if seen.isascii() and seen.isdigit() else -1),
        reverse("scores_rule", args=[code]),
    )  # fmt: skip


@require_POST
@staff
def drop(request: HttpRequest, code: str) -> HttpResponse:
    """Gives the draft up."""
    by, draft = actor_of(request), _draft(code)
    return sheet.pressed(
        request, "score_rule_drop", lambda: rulebook.drop(draft, by=by), reverse("scores_rule", args=[code])
    )


def _draft(code: str) -> RuleDraft:
    draft = rulebook.draft_of(code)
    if draft is None:
        raise Absent
    return draft
