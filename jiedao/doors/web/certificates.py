"""Certificates and plates (证明和挂牌): demanded, issued by the list or refused with a slip; shielding lists."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from jiedao.doors.fields import Label, asked
from jiedao.doors.web import sheet, tabs
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.duties import shields as lists
from jiedao.lines.admission import certificates
from jiedao.record.queries.scope import Count

PAGE = 50


def _listed(case: Any = None) -> dict[str, Label]:
    return {item.code: {"zh": item.name, "en": item.name_en} for item in certificates.listed()}


DEMAND = (
    asked("item_code", "choice", "清单内的证明或挂牌", "On the list", choices=_listed),
    asked(
        "what",
        "line",
        "清单外的证明或挂牌",
        "Not on the list",
        hint={"zh": "清单里没有的，写名称", "en": "If the list lacks it, write its name"},
    ),
    asked("asked_by", "line", "要求出具的单位或个人", "Who demands it", required=True),
    asked("purpose", "line", "用途", "What for"),
)


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """What a community may issue, and every demand with what came of it."""
    by, number = actor_of(request), tabs.number(request)
    found = certificates.seen_by(by)
    count = Count(found.count())
    rows = list(found[(number - 1) * PAGE : number * PAGE])
    shown = {
        "rows": rows,
        "listed": list(certificates.listed()),
        "pages": tabs.Pages(number, count, len(rows), PAGE),
        "refused": found.filter(outcome="refused").count(),
        "count": count,
        "may_demand": certificates.community_of(by) is not None,
    }
    return render(request, "admission/certificates.html", shown)


@require_http_methods(["GET", "POST"])
@staff
def demand(request: HttpRequest) -> HttpResponse:
    """Somebody demands one: issued, or refused with a slip to hand over."""
    by = actor_of(request)

    def write(told: dict[str, Any]) -> str:
        row = certificates.demand(by=by, **{"what": "", **told})
        return reverse("certificates_slip", args=[row.slip])

    back = reverse("certificates")
    return sheet.page(request, "demand", DEMAND, write, heading=gettext("Enter a demand"), back=back)


@require_GET
@staff
def slip(request: HttpRequest, number: str) -> HttpResponse:
    """The slip: issued, or refused with the rule; printed and handed over."""
    row = certificates.slip(actor_of(request), number)
    shown = {"row": row, "listed": list(certificates.listed()), "list": lists.of_code(row.list_code, row.list_version)}
    return render(request, "admission/slip.html", shown)


@require_GET
@staff
def shields(request: HttpRequest) -> HttpResponse:
    """Street and community lists side by side, each with its number of items; the negative list stands out (D5, D9)."""
    return render(request, "admission/shields.html", {"columns": lists.side_by_side()})
