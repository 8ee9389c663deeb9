"""How often a sub-district whistles (吹哨率): a band from its lowest month to its highest, both ends marked, and this month.

No end is a target: few whistles may be help not asked for, many may be work passed on. People look, nothing is scored.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from jiedao.doors.web import tabs
from jiedao.doors.web.templatetags.jiedao_ui import named
from jiedao.doors.web.who import actor_of, staff
from jiedao.kit.clock import today
from jiedao.kit.refusal import Absent
from jiedao.record import queries, residents
from jiedao.record.queries import whistling
from jiedao.record.queries.whistling import Rate

WIDE, INSET = 240, 8
"""The drawing's width and what stays free at its sides, in its own units."""


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """One band a sub-district, by code; every count opens its rows below."""
    lists, day = queries.Lists(actor_of(request)), today()
    known = whistling.by_month(lists, day)
    months = [f"{month:%Y-%m}" for month in whistling.months(day)]
    names = {area.code: named(area) for area in residents.named_areas(known)}
    rows = [_row(code, names.get(code, code), known[code], months) for code in sorted(known)]
    told = [row["rate"] for row in rows if row["rate"] is not None]
    most = max([row["high"]["rate"] for row in rows if row["high"]] + told, default=Decimal(0)) or Decimal(1)
    for row in rows:
        row["band"] = _band(row, most)
    shown = {
        "rows": rows,
        "months": months,
        "present": months[-1],
        "least": min(told, default=None),
        "most": max(told, default=None),
    }
    return render(request, "desk/whistle_rates.html", shown | _opened(request, lists, known, months, names))


def _row(code: str, name: str, known: dict[str, Rate], months: list[str]) -> dict[str, Any]:
    """A sub-district's months, the ends of its band among the whole ones, and the month that runs."""
    found = [(month, known.get(month, Rate())) for month in months]
    whole = [{"month": month, "rate": rate.told} for month, rate in found[:-1] if rate.told is not None]
    return {
        "code": code,
        "name": name,
        "months": [_cell(code, month, rate) for month, rate in found],
        "low": min(whole, key=lambda end: end["rate"], default=None),
        "high": max(whole, key=lambda end: end["rate"], default=None),
        "rate": found[-1][1].told,
    }


def _cell(code: str, month: str, rate: Rate) -> dict[str, Any]:
    here = f"{reverse('whistle_rates')}?area={code}&month={month}&of="
    return {"month": month, "rate": rate, "whistles": f"{here}whistles#rows", "matters": f"{here}matters#rows"}


def _band(row: dict[str, Any], most: Decimal) -> dict[str, int | None] | None:
    """Where the ends and this month stand in the drawing. None where nothing has a rate."""
    if row["low"] is None and row["rate"] is None:
        return None
    at = {
        name: None if rate is None else INSET + int(min(rate, most) * (WIDE - 2 * INSET) / most)
        for name, rate in (
            ("low", row["low"] and row["low"]["rate"]),
            ("high", row["high"] and row["high"]["rate"]),
            ("now", row["rate"]),
        )
    }
    return {**at, "wide": None if at["low"] is None or at["high"] is None else max(at["high"] - at["low"], 1)}


def _opened(
    request: HttpRequest, lists: queries.Lists, known: dict[str, Any], months: list[str], names: dict[str, str]
) -> dict[str, Any]:
    """The rows behind the count that the address names; nothing where it names none."""
    area, month, of = (request.GET.get(name, "") for name in ("area", "month", "of"))
    if not area:
        return {}
    if area not in known or month not in months or of not in (whistling.WHISTLES, whistling.MATTERS):
        raise Absent
    found = whistling.behind(lists, area, date.fromisoformat(f"{month}-01"), of)
    number = tabs.number(request)
    rows, count = found.page(number, order=queries.NEWEST), found.count()
    return {
        "opened": rows,
        "of": of,
        "opened_month": month,
        "opened_area": names.get(area, area),
        "count": count,
        "pages": tabs.Pages(number, count, len(rows)),
    }
