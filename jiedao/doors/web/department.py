"""The department desk (部门台): orders to us with their clocks and next step, what we sent, and a new order of our own."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from jiedao.doors.web import forms, opening, tabs
from jiedao.doors.web.who import actor_of, is_part, staff
from jiedao.kit.refusal import Absent, Refused
from jiedao.record import queries
from jiedao.record.verbs import VERBS


def _words() -> dict[str, str]:
    return {
        "open": gettext("Orders to us"),
        "answered": gettext("Answered by us"),
        "sent_back": gettext("Returned or recalled"),
        "sent": gettext("Sent by us"),
    }


@require_GET
@staff
def desk(request: HttpRequest) -> HttpResponse:
    """One tab of the desk, overdue longest first; each row carries its next step."""
    by = actor_of(request)
    orders, lists, words = queries.Orders(by), queries.Lists(by), _words()
    found = queries.counts({**{t: orders.source(t) for t in words if t != "sent"}, "sent": lists.sent().source})
    tab, number = tabs.chosen(request, words), tabs.number(request)
    rows: list[Any] = lists.sent().page(number) if tab == "sent" else orders.page(tab, number)
    shown = {
        "tabs": tabs.tabs(words, found, tab, reverse("department")),
        "tab": tab,
        "rows": rows,
        "pages": tabs.Pages(number, found[tab], len(rows)),
        "list_href": tabs.here(request),
        "verbs": VERBS,
        "back": request.get_full_path() if not is_part(request) else f"{reverse('department')}?tab={tab}",
        "may_send": opening.may_open(by, "two_way", opening.in_force()),
    }
    return render(request, "desk/_orders.html" if is_part(request) else "desk/department.html", shown)


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
