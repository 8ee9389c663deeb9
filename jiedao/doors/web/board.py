"""The leader's board (领导看板): what is wrong, where, who has it; then act. Every figure opens the list it was counted from."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from jiedao.doors import acts
from jiedao.doors.web import forms, tabs
from jiedao.doors.web.who import actor_of, is_part, staff
from jiedao.ground.people import Actor
from jiedao.kit.clock import local, now
from jiedao.kit.refusal import Absent, Refused
from jiedao.kit.text import clean
from jiedao.lines.scores import board, windows
from jiedao.lines.scores.rules import Rule
from jiedao.record import queries, sight

PAGE = 50
FEW = 5
ON_MAP = 200


def _words() -> dict[str, str]:
    return {
        "open": gettext("Open cases"),
        "overdue": gettext("Overdue"),
        "whistles": gettext("Whistles not yet answered"),
        "repeats": gettext("At repeat places"),
        "on_time": gettext("Closed on time"),
        "satisfaction": gettext("Satisfied"),
    }


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """Six figures with the month before and the year before in words, three short lists, a map and a trend."""
    by, rule = actor_of(request), board.month_rule()
    day = _day(request, rule)
    shown = _frame(rule, day) | {"figures": _figures(by, rule, day)}
    if is_part(request):
        return render(request, "board/_figures.html", shown)
    on, words = board.span(rule, day), _words()
    shown |= {
        "lists": [
            {"name": name, "word": words[name], "rows": _first(name, by, on)}
            for name in ("overdue", "whistles", "repeats")
        ],
        "units": board.kept(("units", by, on), board.KEPT, lambda: board.units(by, on)),
        "points": board.kept(("points", by, on), board.KEPT, lambda: _points(by, on)),
        "trend": board.kept(("trend", by, on), 60.0, lambda: board.trend(by, rule, day)),
    }
    return render(request, "board/page.html", shown)


@require_GET
@staff
def listed(request: HttpRequest, name: str) -> HttpResponse:
    """The list behind a figure, with the box for an instruction."""
    if name not in board.NAMES:
        raise Absent
    by, rule, number = actor_of(request), board.month_rule(), tabs.number(request)
    day = _day(request, rule)
    on = board.span(rule, day)
    found = board.figure(name, by, on)
    rows = board.listed(name, by, on)[(number - 1) * PAGE : number * PAGE]
    shown = _frame(rule, day) | {
        "name": name,
        "word": _words()[name],
        "told": _value(found),
        "rows": _rows(rows),
        "count": found.rows,
        "pages": tabs.Pages(number, queries.Count(found.rows), len(rows), PAGE),
        "soonest": f"{local(now()).date() + timedelta(days=3):%Y-%m-%d}",
    }
    return render(request, "board/list.html", shown)


@require_POST
@staff
def instruct(request: HttpRequest, number: str) -> HttpResponse:
    """A leader's instruction on a case: who has it sees to it by a day."""
    by = actor_of(request)
    found = sight.case_or_404(by, number)
    text, until = clean(request.POST.get("text", "")[:1000]).strip(), request.POST.get("until", "")
    given = {"text": text, **({"until": f"{until}T18:00:00+08:00"} if until else {})}
    back = reverse("case", args=[number])
    try:
        if not text:
            raise Refused("incomplete", verb="instruct", missing=["text"])
        acts.perform("instruct", found, by=by, given=given, key=request.POST.get("key", ""))
    except Refused as refused:
        said = forms.told(refused)
        return render(request, "desk/refused.html", {"refusal": said, "back": back}, status=said.status)
    return HttpResponseRedirect(back, status=303)


def _day(request: HttpRequest, rule: Rule) -> date:
    newest = windows.at(now(), rule)
    try:
        return min(windows.day_of(request.GET.get("month", ""), rule), newest)
    except Refused:
        return newest


def _frame(rule: Rule, day: date) -> dict[str, Any]:
    here = windows.at(now(), rule)
    return {
        "month": windows.name(day, rule),
        "newest": windows.name(here, rule),
        "running": day == here,
        "before": windows.name(windows.before(day, rule), rule),
        "year_before": windows.name(windows.before(day, rule, 1), rule),
    }


def _figures(by: Actor, rule: Rule, day: date) -> list[dict[str, Any]]:
    told = board.figures(by, board.span(rule, day))
    last = board.figures(by, board.span(rule, windows.before(day, rule)))
    year = board.figures(by, board.span(rule, windows.before(day, rule, 1)))
    return [
        {"name": name, "word": word, "value": _value(told[name]), "before": _value(last[name]),
         "year_before": _value(year[name]), "letter": str(at)}
        for at, (name, word) in enumerate(_words().items(), 1)
    ]  # fmt: skip


def _value(told: board.Told) -> str:
    if told.value is None:
        return gettext("no data")
    return f"{told.value} %" if told.name in board.SHARES else told.value


def _rows(found: Any) -> list[Any]:
    return list(queries.case_rows([case.id for case in found]))


def _first(name: str, by: Actor, on: board.Span) -> list[Any]:
    """The first cases of a list, each as it stands now."""
    ids = board.kept(
        (f"first {name}", by, on), board.KEPT, lambda: [case.id for case in board.listed(name, by, on)[:FEW]]
    )
    return list(queries.case_rows(ids))


def _points(by: Actor, on: board.Span) -> list[dict[str, Any]]:
    """What is overdue, as points for the map."""
    rows = board.listed("overdue", by, on).exclude(lon=None)[:ON_MAP]
    return [
        {"id": str(case.id), "lon": case.lon, "lat": case.lat, "face": "overdue", "severe": case.severity > 1,
         "label": f"{case.number} {case.title}", "href": reverse("case", args=[case.number])}
        for case in rows
    ]  # fmt: skip
