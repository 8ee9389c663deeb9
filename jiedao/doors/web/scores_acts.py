"""Acts of the score workbench (评分台操作): each a form, one verb, and back to the page."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiedao.doors.notify import listeners
from jiedao.doors.web import sheet
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.people import Actor
from jiedao.kit.refusal import Absent
from jiedao.kit.text import clean
from jiedao.lines.scores import desk, objections, periods, subjects
from jiedao.lines.scores.models import Objection, Period


def _publish(period: Period, *, by: Actor) -> Period:
    done = periods.publish(period, by=by)
    listeners.scores_up(done)
    return done


def _freeze(period: Period, *, by: Actor) -> Period:
    done = periods.freeze(period, by=by)
    listeners.scores_final(done)
    return done


STEPS: dict[str, Callable[..., Any]] = {"merge": periods.merge, "publish": _publish, "freeze": _freeze}


def _text(request: HttpRequest, name: str, most: int = 1000) -> str:
    return clean(request.POST.get(name, "")[:most]).strip()


@require_POST
@staff
def open_period(request: HttpRequest) -> HttpResponse:
    """Opens a window of a rule."""
    code, called = request.POST.get("rule", ""), request.POST.get("period", "")
    book = reverse("scores")
    return sheet.pressed(
        request, "score_open", lambda: periods.open_period(code, called, by=actor_of(request)), f"{book}#rule-{code}"
    )


@require_POST
@staff
def step(request: HttpRequest, code: str, called: str, step: str) -> HttpResponse:
    """The next state of a period."""
    found, act = desk.period_or_absent(code, called), STEPS.get(step)
    if act is None:
        raise Absent
    back = reverse("scores_period", args=[code, called])
    return sheet.pressed(request, f"score_{step}", lambda: act(found, by=actor_of(request)), back)


@require_POST
@staff
def contest(request: HttpRequest, code: str, called: str, about: str) -> HttpResponse:
    """Objects to a line, or to one order on it."""
    by, found = actor_of(request), desk.period_or_absent(code, called)
    order, number = request.POST.get("order", ""), _text(request, "number", 20)
    kind = request.POST.get("kind", "") if order else objections.ANEW

    def write() -> Objection:
        return objections.raise_(
            found, about, by=by, reason=_text(request, "reason"), evidence=_text(request, "evidence"), kind=kind,
            number=number, order_id=desk.order_of(found, about, order) if order else None,
        )  # fmt: skip

    return sheet.pressed(request, "score_object", write, reverse("scores_line", args=[code, called, about]))


@require_POST
@staff
def decide(request: HttpRequest, pk: Any) -> HttpResponse:
    """A second reader upholds or dismisses, with reasons that are published."""
    by = actor_of(request)
    found = objections.one(pk)
    upheld = request.POST.get("outcome") == "upheld"

    def write() -> None:
        listeners.objection_decided(objections.decide(found, by=by, upheld=upheld, reasons=_text(request, "reasons")))

    back = reverse("scores_line", args=[found.period.code, found.period.name, found.about])
    return sheet.pressed(request, "score_decide", write, back)


@require_POST
@staff
def mark(request: HttpRequest, code: str, called: str, about: str) -> HttpResponse:
    """A rater's marks on one line."""
    by, found = actor_of(request), desk.period_or_absent(code, called)
    points = {name[2:]: value.strip()[:8] for name, value in request.POST.items() if name.startswith("p-")}
    return sheet.pressed(
        request, "score_mark",
        lambda: subjects.mark(found, about, by=by, points=points, why=_text(request, "why", 400)),
        reverse("scores_line", args=[code, called, about]),
    )  # fmt: skip


@require_POST
@staff
def confirm(request: HttpRequest, code: str, called: str, about: str) -> HttpResponse:
    """A named person confirms grade and factor; until then they are advice."""
    by, found = actor_of(request), desk.period_or_absent(code, called)
    return sheet.pressed(
        request, "score_confirm", lambda: desk.confirm(periods.latest(found), about, by=by),
        reverse("scores_line", args=[code, called, about]),
    )  # fmt: skip
