"""The reporter's number (联系方式): one case at a time, with a reason, logged before it is shown, masked again (R4, R5).

Whose task it is has the reason in the task. Who else may open identity names a purpose of the district's list, and
shows a second proof of the last quarter of an hour. The handling side of a complaint has no way here (R7).
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from jiedao.doors.web import buttons as offers
from jiedao.doors.web import case as case_page
from jiedao.doors.web import stepup
from jiedao.doors.web.callers import callers
from jiedao.doors.web.templatetags.jiedao_ui import named
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.people import Actor
from jiedao.ground.terms import competence
from jiedao.kit.refusal import Absent
from jiedao.lines.subjects import desk
from jiedao.record import queries, sight, standing
from jiedao.record.models import Case

OWN = {
    "callback": gettext_lazy("To ask the caller about the result (callback)"),
    "order": gettext_lazy("To speak with the caller about our order"),
}
SHOWN_FOR = 300
"""Seconds, then the page masks it again (R4)."""


@require_http_methods(["GET", "POST"])
@staff
def contact(request: HttpRequest, number: str) -> HttpResponse:
    """Asks what for, writes the look, then shows. Whose business it is not finds no such page."""
    by = actor_of(request)
    case = sight.case_or_404(by, number)
    purposes, own = _purposes(case, by)
    if not purposes:
        raise Absent
    if not own and not stepup.is_fresh(request):
        return stepup.asked_again(request, request.path)
    shown: dict[str, Any] = {"case": case, "purposes": purposes, "seconds": SHOWN_FOR, "minutes": stepup.FRESH_MINUTES}
    if request.method == "POST":
        purpose = request.POST.get("purpose", "")
        if purpose not in purposes:
            return render(request, "case/contact.html", {**shown, "missing": True}, status=422)
        case_page.look(case, by, "contact", purpose)
        shown["callers"] = callers(case)
    return render(request, "case/contact.html", shown)


def _purposes(case: Case, by: Actor) -> tuple[dict[str, Any], bool]:
    """For what this actor may open it, and whether that is the own task. Empty for who may not."""
    held = standing.standings(by, case)
    own = case_page.reason_to_ring(case, held, offers.buttons(case, by, queries.prefetched_orders(case)))
    if own:
        return {own: OWN[own]}, True
    if not case.has_caller or (case.shielded and "centre" not in held) or not competence.may(by, "unmask"):
        return {}, False
    return {code: named(term) for code, term in desk.purposes().items()}, False
