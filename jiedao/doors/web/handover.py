"""Hand-overs (随事划转): booked, handed over, received, used; both sides see the same rows."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from jiedao.doors.fields import asked, choices
from jiedao.doors.web import admission_words, sheet, tabs
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.people import Actor
from jiedao.kit.refusal import Absent
from jiedao.lines.admission import hand_overs
from jiedao.lines.admission.models import HandOver
from jiedao.record.queries.scope import Count

PAGE = 50
KINDS = choices(
    function="职能|Function", post="岗位|Post", staff="人员|Staff", money="经费|Money", vehicle="车辆|Vehicles",
    gear="装备|Gear",
)  # fmt: skip
BOOK = (
    asked("to_unit", "unit", "划给哪个单位", "To which unit", required=True),
    asked("kind", "choice", "类别", "Kind", required=True, choices=KINDS),
    asked("what", "line", "划转的内容", "What", required=True),
    asked("quantity", "number", "数量", "Quantity"),
    asked("amount", "money", "金额（元）", "Amount in yuan"),
    asked("item_code", "word", "随哪个事项", "With which item"),
    asked("basis", "line", "依据", "Basis"),
    asked("due_on", "date", "应移交日期", "Due"),
)
USE = (
    asked("text", "line", "用在哪里", "What for", required=True),
    asked("amount", "money", "金额（元）", "Amount in yuan"),
    asked("quantity", "number", "数量", "Quantity"),
)


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """Every row the actor's side gives, gets or stands above; what is left of each."""
    by, number = actor_of(request), tabs.number(request)
    found = hand_overs.seen_by(by).order_by("to_unit__code", "item_code", "kind")
    kind = request.GET.get("kind", "")
    if kind in KINDS:
        found = found.filter(kind=kind)
    count = Count(found.count())
    rows = list(found[(number - 1) * PAGE : number * PAGE])
    shown = {
        "rows": [_row(row, by) for row in rows],
        "kinds": admission_words.kinds(),
        "kind": kind,
        "pages": tabs.Pages(number, count, len(rows), PAGE),
        "count": count,
        "here": request.get_full_path(),
    }
    return render(request, "admission/handover.html", shown)


def _row(row: HandOver, by: Actor) -> dict[str, Any]:
    above = row.to_unit.parent or row.from_unit
    return {
        "row": row,
        "balance": hand_overs.balance(row),
        "uses": list(row.uses.all()),
        "may_hand": row.handed_on is None and hand_overs.is_of(by, row.from_unit),
        "may_receive": row.handed_on is not None and row.received_on is None and hand_overs.is_of(by, row.to_unit),
        "may_use": row.received_on is not None and row.ended_on is None and hand_overs.is_of(by, row.to_unit),
        "may_approve": hand_overs.is_of(by, above),
    }


@require_http_methods(["GET", "POST"])
@staff
def book(request: HttpRequest) -> HttpResponse:
    """Books what is to come down."""
    by = actor_of(request)

    def write(told: dict[str, Any]) -> str:
        hand_overs.book(by=by, **told)
        return reverse("handover")

    return sheet.page(
        request, "handover_book", BOOK, write, heading=gettext("Book a hand-over"), back=reverse("handover")
    )


@require_http_methods(["GET", "POST"])
@staff
def step(request: HttpRequest, row: UUID, step: str) -> HttpResponse:
    """One step of a row: handed over, received, approved, or a use of it."""
    by, back = actor_of(request), reverse("handover")
    if step == "use":

        def write(told: dict[str, Any]) -> str:
            hand_overs.use(row, by=by, text=told.pop("text"), **told)
            return back

        return sheet.page(request, f"use-{row}", USE, write, heading=gettext("Enter a use"), back=back)
    done: dict[str, Callable[[], Any]] = {
        "hand": lambda: hand_overs.hand(row, by=by),
        "receive": lambda: hand_overs.receive(row, by=by),
        "approve": lambda: hand_overs.approve(row, by=by),
        "refuse": lambda: hand_overs.approve(row, by=by, agreed=False),
    }
    if step not in done or request.method != "POST":
        raise Absent
    return sheet.pressed(request, f"handover-{step}-{row}", done[step], back)
