"""Honesty watch and problem list (办结真实性提示、问题清单): what people should look at again, and causes with owners."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiedao.doors.fields import asked as field
from jiedao.doors.web import sheet
from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.templatetags.jiedao_ui import named
from jiedao.doors.web.who import actor_of, staff
from jiedao.kit.clock import SHANGHAI, local, now
from jiedao.kit.refusal import Absent
from jiedao.kit.text import clean
from jiedao.lines.scores import desk, honesty
from jiedao.lines.scores import problems as items

PROBLEM = (
    field("title", "line", "问题", "Problem", required=True),
    field("cause", "long", "成因", "Cause", required=True),
    field("owner", "unit", "责任单位", "Unit that owns it", required=True),
    field("plan", "long", "整改措施", "Plan", required=True),
    field("due_on", "date", "完成期限", "To be done by", required=True),
    field("asked", "line", "走访了谁", "Survey visit: who was asked"),
    field("told", "long", "对方怎么说", "What they said"),
)


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """A week's hints by kind, each with its evidence, for people to judge."""
    by = actor_of(request)
    first = _monday(request)
    start = datetime.combine(first, time(), SHANGHAI)
    found = honesty.week(by, start, start + timedelta(days=7))
    at, names = 0 if is_chinese() else 1, _names(found)
    shown = {
        "first": f"{first:%Y-%m-%d}",
        "last": f"{first + timedelta(days=6):%Y-%m-%d}",
        "before": f"{first - timedelta(days=7):%Y-%m-%d}",
        "kinds": [
            {"code": code, "word": words[at], "rows": [_told(hint, names) for hint in found if hint.kind == code]}
            for code, words in honesty.KINDS.items()
        ],
        "count": len(found),
    }
    return render(request, "board/honesty.html", shown)


def _names(found: list[honesty.Hint]) -> dict[str, str]:
    """The names of the units that the hints speak of, by code."""
    codes = {code for hint in found for text in (hint.evidence, hint.more) for code in text.split(", ")}
    return {code: named(unit) for code, unit in desk.names(codes).items()}


def _told(hint: honesty.Hint, names: dict[str, str]) -> dict[str, str]:
    """What the record says of a case, as a sentence."""
    units = "、".join(names.get(code, code) for code in hint.more.split(", "))
    said = {
        "no_contact": gettext("%(unit)s answered at %(at)s; no contact with the caller is on record."),
        "same_photo": gettext("The same photo stands in %(at)s."),
        "elsewhere": gettext("The photo of the answer was taken %(at)s m from the case."),
        "no_call": gettext("The callback reached nobody, and yet it is noted as satisfied."),
        "own_report": gettext("%(reporter)s reported it and handled it."),
        "again": gettext("Returned %(at)s times: %(unit)s."),
    }[hint.kind]
    told = said % {"unit": units, "at": hint.evidence, "reporter": names.get(hint.evidence, hint.evidence)}
    return {"number": hint.number, "told": told}


def _monday(request: HttpRequest) -> date:
    today = local(now()).date()
    try:
        asked = date.fromisoformat(request.GET.get("week", ""))
    except ValueError:
        asked = today
    asked = min(asked, today)
    return asked - timedelta(days=asked.weekday())


@require_GET
@staff
def problems(request: HttpRequest) -> HttpResponse:
    """Items with owner, plan and date, each with its cases; what keeps coming back and may become one."""
    by = actor_of(request)
    rows = items.listed()
    cases = items.cases_of(rows, by)
    shown = {
        "rows": [{"row": row, "after": items.after(row), "cases": cases[row.id]} for row in rows],
        "recurring": items.recurring(by),
        "keeps": desk.keeps(by),
    }
    return render(request, "board/problems.html", shown)


@require_http_methods(["GET", "POST"])
@staff
def open_problem(request: HttpRequest) -> HttpResponse:
    """Puts a cause on the list. The address says what it is about: rows that were picked, or an item in an area."""
    by = actor_of(request)
    if not desk.keeps(by):
        raise Absent
    asked = {name: request.GET.get(name, "")[:most] for name, most in (("item", 40), ("area", 100))}
    picked = request.GET.getlist("case")[: items.MOST]
    if picked:
        item, area, cases = items.shared(picked, by)
        asked, picked = {"item": item, "area": area}, [case.number for case in cases]

    def write(given: dict[str, Any]) -> str:
        made = items.open_item(by=by, cases=picked, **asked, **given)
        return f"{reverse('problems')}#problem-{made.id}"

    due = f"{local(now()).date() + timedelta(days=30):%Y-%m-%d}"
    heading = gettext("Put a problem on the list")
    return sheet.page(
        request, "problem_new", PROBLEM, write, heading=heading, back=reverse("problems"), initial={"due_on": due},
        about=picked, template="board/problem_new.html",
    )  # fmt: skip


@require_POST
@staff
def close_problem(request: HttpRequest, pk: Any) -> HttpResponse:
    """Closes an item with what came of it."""
    by, effect = actor_of(request), _text(request, "effect")
    return sheet.pressed(request, "problem_close", lambda: items.close(pk, by=by, effect=effect), reverse("problems"))


def _text(request: HttpRequest, name: str, most: int = 1000) -> str:
    return clean(request.POST.get(name, "")[:most]).strip()
