"""Honesty watch and problem list (办结真实性提示、问题清单): what people should look at again, and causes with owners."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from jiedao.doors.web import sheet
from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.who import actor_of, staff
from jiedao.kit.clock import SHANGHAI, local, now
from jiedao.kit.refusal import Refused
from jiedao.kit.text import clean
from jiedao.lines.scores import desk, honesty
from jiedao.lines.scores import problems as items


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """A week's hints by kind, each with its evidence, for people to judge."""
    by = actor_of(request)
    first = _monday(request)
    start = datetime.combine(first, time(), SHANGHAI)
    found = honesty.week(by, start, start + timedelta(days=7))
    at = 0 if is_chinese() else 1
    shown = {
        "first": f"{first:%Y-%m-%d}",
        "last": f"{first + timedelta(days=6):%Y-%m-%d}",
        "before": f"{first - timedelta(days=7):%Y-%m-%d}",
        "kinds": [
            {"code": code, "word": words[at], "rows": [hint for hint in found if hint.kind == code]}
            for code, words in honesty.KINDS.items()
        ],
        "count": len(found),
    }
    return render(request, "board/honesty.html", shown)


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
    """Items with owner, plan and date; what keeps coming back and may become one."""
    by = actor_of(request)
    shown = {
        "rows": [{"row": row, "after": items.after(row)} for row in items.listed()],
        "recurring": items.recurring(by),
        "keeps": desk.keeps(by),
        "item": request.GET.get("item", "")[:40],
        "area": request.GET.get("area", "")[:100],
        "title": request.GET.get("title", "")[:120],
        "due": f"{local(now()).date() + timedelta(days=30):%Y-%m-%d}",
    }
    return render(request, "board/problems.html", shown)


@require_POST
@staff
def open_problem(request: HttpRequest) -> HttpResponse:
    """Puts a cause on the list."""
    by = actor_of(request)

    def write() -> Any:
        return items.open_item(
            by=by, due_on=_date(request), title=_text(request, "title", 120), cause=_text(request, "cause"),
            owner=_text(request, "owner", 20), plan=_text(request, "plan"), item=_text(request, "item", 40),
            area=_text(request, "area", 100), asked=_text(request, "asked", 200), told=_text(request, "told"),
        )  # fmt: skip

    return sheet.pressed(request, "problem_new", write, reverse("problems"))


@require_POST
@staff
def close_problem(request: HttpRequest, pk: Any) -> HttpResponse:
    """Closes an item with what came of it."""
    by, effect = actor_of(request), _text(request, "effect")
    return sheet.pressed(request, "problem_close", lambda: items.close(pk, by=by, effect=effect), reverse("problems"))


def _text(request: HttpRequest, name: str, most: int = 1000) -> str:
    return clean(request.POST.get(name, "")[:most]).strip()


def _date(request: HttpRequest) -> date:
    try:
        return date.fromisoformat(request.POST.get("due_on", ""))
    except ValueError:
        raise Refused("unreadable", field="due_on", wants="date") from None
