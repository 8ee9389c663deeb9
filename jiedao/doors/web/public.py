"""What was reported (公开): a district's figures that everybody may read, each opening to its rows."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_safe

from jiedao.doors import acts
from jiedao.doors.web import clocks, resident_words, scores_public
from jiedao.doors.web.templatetags.jiedao_ui import named, pick
from jiedao.ground.places.models import Area
from jiedao.kit import cells
from jiedao.kit.clock import today
from jiedao.kit.refusal import Absent
from jiedao.record import public, residents

PAGE = 20
MOST_PAGES = 500
STATES = ("intake", "triage", "resolution", "verification", "closed", "ended")
Line = dict[str, Any]


def is_on(request: HttpRequest) -> bool:
    """Whether the district publishes its figures. It does unless its package says no."""
    place = getattr(request, "district", None)
    return bool(place is not None and place.switches.get("public_figures", True))


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Kind, state, place and week of the last quarter; small counts and those that give them away stay closed."""
    if not is_on(request):
        raise Absent
    found = public.figures()
    chosen = request.GET.get("place", "")
    context = summary(found) | {"sections": _sections(found), "chosen": chosen, "scores": scores_public.is_on(request)}
    if chosen in found.communities:
        names = _names([chosen, *found.communities[chosen].counts])
        context["inner"] = [
            _line("", code, names.get(code, gettext("no place given")), found.communities[chosen])
            for code in sorted(found.communities[chosen].counts)
        ]
        context["chosen_name"] = names.get(chosen, "")
    return render(request, "public/page.html", context)


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """The reports behind one open figure. A closed one is not there."""
    by, code = request.GET.get("by", ""), request.GET.get("code", "")
    found = public.figures()
    if not is_on(request) or by not in found.tables or not found.tables[by].is_open(code):
        raise Absent
    number = _number(request.GET.get("page", ""))
    count = found.tables[by].counts[code]
    rows = [_row(row) for row in public.rows(by, code, (number - 1) * PAGE, PAGE)]
    context = {
        "rows": rows, "count": count, "at": found.at, "title": _words(by, [code])[code], "by": by, "code": code,
        "page": number, "before": number - 1, "after": number + 1 if number * PAGE < count else 0,
        "pages": -(-count // PAGE),
    }  # fmt: skip
    return render(request, "public/list.html", context)


def _number(written: str) -> int:
    return min(max(int(written), 1), MOST_PAGES) if written.isascii() and written.isdigit() else 1


def summary(found: public.Figures) -> dict[str, Any]:
    """How it goes in general: for the first page too."""
    ended = found.tables["state"] if found.tables else None
    return {
        "figures": found,
        "ended": ended.counts.get("closed", 0) if ended and ended.is_open("closed") else None,
        "since": public.since(today()),
    }


def _sections(found: public.Figures) -> list[dict[str, Any]]:
    place = gettext("By community") if found.flat else gettext("By sub-district")
    titles = {"kind": gettext("By kind"), "state": gettext("How far it is"), "place": place, "week": gettext("By week")}
    known = {"kind": list(public.KINDS), "state": list(STATES), "week": public.weeks(today())[::-1]}
    sections = []
    for name, table in found.tables.items():
        codes = known.get(name) or sorted(table.counts)
        words = _words(name, codes)
        sections.append(
            {"by": name, "title": titles[name], "lines": [_line(name, code, words[code], table) for code in codes]}
        )
    return sections


def _line(by: str, code: str, word: str, table: public.Table) -> Line:
    """One cell: its word and its figure, or why it is not told."""
    told = table.told.get(code, cells.OPEN)
    count = table.counts.get(code, 0)
    return {
        "by": by, "code": code, "word": word, "told": told, "count": count if told == cells.OPEN else None,
        "most": max((table.counts[other] for other in table.counts if table.is_open(other)), default=1),
        "opens": bool(by) and table.is_open(code),
    }  # fmt: skip


def _words(by: str, codes: list[str]) -> dict[str, str]:
    if by == "kind":
        return {code: kind_word(code) for code in codes}
    if by == "state":
        return {code: state_word(code) for code in codes}
    if by == "week":
        return {code: _week(date.fromisoformat(code)) for code in codes}
    names = _names(codes)
    return {code: names.get(code, gettext("no place given")) for code in codes}


def kind_word(code: str) -> str:
    """The kind in a resident's words."""
    return gettext("A problem somebody saw") if code == "finding" else pick(acts.KINDS[code])


def state_word(code: str) -> str:
    """Where it stands, in a resident's words."""
    if code == "ended":
        return pgettext("to a resident", "Not taken up, joined or withdrawn")
    return str(resident_words.BY_PHASE[code])


def _week(monday: date) -> str:
    return f"{clocks.day(monday)} – {clocks.day(monday + timedelta(days=6))}"


def _names(codes: list[str]) -> dict[str, str]:
    return {area.code: named(area) for area in residents.named_areas(codes)}


def _row(row: public.Row) -> Line:
    case = row.case
    place: Area | None = row.place
    return {
        "case": case,
        "kind": kind_word(row.kind) if row.kind else "",
        "state": state_word(row.state) if row.state else "",
        "place": named(place) if place else "",
        "opened_on": row.opened_on,
        "closed_on": row.closed_on,
        "item": case.item if case and case.kind == "finding" else None,
        "unit": case.holder if case else None,
    }
