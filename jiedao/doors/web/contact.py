"""The reporter's number (联系方式): shown to the one whose task it is, one case at a time, logged before it is shown (R4)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from jiedao.doors.web import buttons as offers
from jiedao.doors.web import case as case_page
from jiedao.doors.web.callers import callers
from jiedao.doors.web.who import actor_of, staff
from jiedao.kit.refusal import Absent
from jiedao.record import queries, sight, standing

PURPOSES = {
    "callback": gettext_lazy("To ask the caller about the result (callback)"),
    "order": gettext_lazy("To speak with the caller about our order"),
}
SHOWN_FOR = 300
"""Seconds, then the page masks it again (R4)."""


@require_http_methods(["GET", "POST"])
@staff
def contact(request: HttpRequest, number: str) -> HttpResponse:
    """Asks what for, writes the look, then shows. Whose task it is not finds no such page."""
    by = actor_of(request)
    case = sight.case_or_404(by, number)
    orders = queries.prefetched_orders(case)
    reason = case_page.reason_to_ring(case, standing.standings(by, case), offers.buttons(case, by, orders))
    if not reason:
        raise Absent
    shown: dict[str, Any] = {"case": case, "purpose": PURPOSES[reason], "reason": reason, "seconds": SHOWN_FOR}
    if request.method == "POST":
        if request.POST.get("purpose") != reason:
            return render(request, "case/contact.html", {**shown, "missing": True}, status=422)
        case_page.look(case, by, "contact", reason)
        shown["callers"] = callers(case)
    return render(request, "case/contact.html", shown)
