"""Retention (保存期限): what goes when, what went, what a hold keeps; the list of who runs the platform (R8)."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiedao.doors.fields import asked
from jiedao.doors.web import sheet
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.terms import competence
from jiedao.ground.terms.models import terms
from jiedao.kit.clock import today
from jiedao.kit.refusal import Absent
from jiedao.lines.subjects import holds, retention, watching

RUNS = 50
HOLD = (
    asked("number", "line", "案号", "Case number", required=True),
    asked("until", "date", "保留到哪天", "Kept until", required=True),
    asked("reason", "line", "理由", "Reason", required=True),
)


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """Periods with their sources, the last runs, the holds in force."""
    if not competence.may(actor_of(request), holds.KEEPER):
        raise Absent
    periods = list(terms(retention.TABLE).values())
    names = {term.code: term for term in periods}
    went = watching.runs(RUNS)
    runs = [{"run": run, "term": names.get(run.code), "gone": sum(run.gone.values())} for run in went]
    kept = watching.kept_longer(200)
    shown = {"periods": periods, "runs": runs, "holds": [{"hold": one, "over": one.until < today()} for one in kept]}
    return render(request, "privacy/retention.html", shown)


@require_http_methods(["GET", "POST"])
@staff
def hold(request: HttpRequest) -> HttpResponse:
    """Keeps a case beyond its period."""
    by = actor_of(request)
    if not competence.may(by, holds.KEEPER):
        raise Absent

    def write(told: dict[str, Any]) -> str:
        holds.make(told["number"], by=by, reason=told["reason"], until=told["until"])
        return reverse("retention")

    return sheet.page(request, "hold", HOLD, write, heading=gettext("Keep a case longer"), back=reverse("retention"))


@require_POST
@staff
def lift(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    """Ends a hold."""
    by = actor_of(request)
    if not competence.may(by, holds.KEEPER):
        raise Absent
    return sheet.pressed(request, f"lift-{hold_id}", lambda: holds.lift(hold_id, by=by), reverse("retention"))
