"""Pairs (优化派人): which free person goes to which waiting case so that all ways together are shortest."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from jiedao.doors import gate
from jiedao.doors.web import forms
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol import matching, queries, scope
from jiedao.lines.patrol.actions import sending
from jiedao.record import sight


@require_http_methods(["GET", "POST"])
@staff
def page(request: HttpRequest) -> HttpResponse:
    """The proposal; after sending, what came of each pair, and the proposal as it is then."""
    by = actor_of(request)
    if not scope.squads(by):
        raise Absent
    report = _sent(request, by) if request.method == "POST" else []
    cases, people = matching.waiting(by), queries.on_duty(by)
    shown = {
        "report": report,
        "waiting": len(cases),
        "free": sum(not one.is_busy and one.state == "free" for one in people),
        "proposal": matching.propose(cases, by, people) if cases else None,
        "fresh_keys": True,
    }
    return render(request, "map/pairs.html", shown)


def _sent(request: HttpRequest, by: Actor) -> list[dict[str, Any]]:
    """Each chosen pair under its own receipt: one that is refused does not hold up the next."""
    key, report = request.POST.get("key", ""), []
    for given in request.POST.getlist("pair")[: matching.MOST_CASES]:
        number, _, shift = given.partition(":")
        sign, word, went = request.POST.get(f"sign-{number}", "")[:20], gettext("Sent. Waits for the answer."), True
        try:
            _send(number, shift, by, key)
        except Refused as refused:
            word, went = forms.told(refused).text, False
        except Absent:
            word, went = gettext("Not sent: the case or the person is no longer there."), False
        report.append({"number": number, "sign": sign, "word": word, "went": went})
    return report


def _send(number: str, shift: str, by: Actor, key: str) -> None:
    case = sight.case_or_404(by, number)
    try:
        chosen = UUID(shift)
    except ValueError:
        raise Absent from None
    with receipts.once(by.scope, f"{key}:{number}"[:64], {"pair": number, "shift": str(chosen)}) as receipt:
        if not receipt.known:
            with gate.watched(by, "dispatch"):
                sending.send(case, [chosen], by=by)
            receipt.came_of(done=True)
