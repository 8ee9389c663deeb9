"""The department desk (部门台): orders to us with their clocks and next step, what we sent, and a new order of our own."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from jiedao.doors.web import forms, opening, pulse, register
from jiedao.doors.web.who import actor_of, is_part, staff
from jiedao.doors.web.worklist import Worklist
from jiedao.kit.ids import is_uuid
from jiedao.kit.refusal import Absent, Refused
from jiedao.record import queries
from jiedao.record.verbs import VERBS

ARRIVALS = "dispatch blow rule rework reopen recall hear grant_extension deny_extension"
"""Verbs after which an order may have come to us."""


def _words() -> dict[str, str]:
    return {
        "open": gettext("Orders to us"),
        "heard": gettext("Our opinion is asked"),
        "sent": gettext("Sent by us"),
        "answered": gettext("Answered by us"),
        "month": gettext("Answered this month"),
        "sent_back": gettext("Returned or recalled"),
    }


@require_GET
@staff
def desk(request: HttpRequest) -> HttpResponse:
    """One tab of the desk, overdue longest first; each row carries its next step, which Enter takes."""
    by = actor_of(request)
    work = Worklist(request, by, "department", _words())
    orders = queries.Orders(by, [*work.also, *_words_sought(work)])
    part = request.GET.get("part", "") if is_part(request) else ""
    if part == "pulse" and work.tab != "sent":
        return render(request, "desk/_order_pulse.html", _pulse(work, orders))
    shown = _shown(work, orders)
    if is_part(request):
        return render(request, "desk/_orders.html", shown)
    may_send = opening.may_open(by, "two_way", opening.in_force())
    own = by.post.unit if by.post else None
    return render(request, "desk/department.html", {**shown, **work.frame(), "may_send": may_send, "own_unit": own})


def _words_sought(work: Worklist) -> list[tuple[str, list[Any]]]:
    """Number or words of the title, as the other desks seek them."""
    return [queries.titles.holds(work.asked.words)] if work.asked.words else []


def _shown(work: Worklist, orders: queries.Orders) -> dict[str, Any]:
    sent = work.narrowed(queries.Lists(work.by).sent())
    sources = {tab: orders.source(tab) for tab in work.words if tab != "sent"} | {"sent": sent.source}
    found = queries.counts({**sources, "on_time": orders.source("on_time")})
    rows: list[Any] = (
        sent.page(work.number, order=work.order)
        if work.tab == "sent"
        else orders.page(work.tab, work.number, order=work.order)
    )
    shown = ",".join(str(row.id) for row in rows) if work.tab != "sent" else ""
    return {
        **work.shown(found, rows),
        "verbs": VERBS,
        "arrivals": ARRIVALS,
        "on_time": found["on_time"],
        "month_count": found["month"],
        "month_href": work.href(tab="month"),
        "bulk_verbs": register.bulk_verbs("department") if work.tab == "open" else [],
        "pulse_href": f"{work.path}?{work.query()}&part=pulse&shown={shown}&beyond={found[work.tab].number - len(rows)}",
        "next_due": None,
    }


def _pulse(work: Worklist, orders: queries.Orders) -> dict[str, Any]:
    """Orders that left the tab since it was drawn, with who took them back and why; and how many have come."""
    request = work.request
    shown = [one for one in request.GET.get("shown", "").split(",") if is_uuid(one)][: pulse.MOST]
    told = set(request.GET.get("taken", "").split(","))
    still = orders.ids(work.tab)
    gone = [one for one in shown if one not in still and one not in told]
    beyond = request.GET.get("beyond", "0")
    known = int(beyond) if beyond.isascii() and beyond.isdigit() and len(beyond) < 6 else 0
    shared = work.shown(queries.counts({tab: orders.source(work.tab) for tab in work.words}), [])
    return {**shared, "rows": orders.these(gone), "arrived": max(len(still - set(shown)) - known, 0)}


@require_http_methods(["GET", "POST"])
@staff
def send(request: HttpRequest) -> HttpResponse:
    """A two-way order (双向派单): opened, classified and sent as one. Not admitted, it is refused and nothing is left."""
    by = actor_of(request)
    if not opening.may_open(by, "two_way", opening.in_force()):
        raise Absent
    refusal = None
    finding = request.POST.get("find", "")
    form = opening.TwoWay(request.POST or None, sought=opening.sought_in(request))
    if finding:
        form._errors = {}  # type: ignore[attr-defined]  # sent for a search, not to be judged
    elif request.method == "POST" and form.is_valid():
        try:
            number = opening.open_case(form, by, request.POST.get("key", ""), "two_way")
            return HttpResponseRedirect(reverse("case", args=[number]), status=303)
        except Refused as refused:
            refusal = forms.told(refused)
            opening.marked(form, refused)
    status = refusal.status if refusal else 422 if form.is_bound and not finding else 200
    shown = {"form": form, "refusal": refusal, "heading": gettext("Send an order"), "back": reverse("department")}
    return render(request, "desk/open.html", shown, status=status)
