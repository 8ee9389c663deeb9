"""Checking and calling back (核查、回访): cases that wait for somebody who did not handle them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from jiedao.doors.web import tabs
from jiedao.doors.web.who import actor_of, is_part, staff
from jiedao.record import queries


@require_GET
@staff
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for a check, for a callback, for its end. A case our own unit handled is in neither of the first two."""
    by = actor_of(request)
    lists = queries.Lists(by)
    words = {"check": gettext("To check"), "callback": gettext("To call back"), "closing": gettext("To end or redo")}
    heaps = {
        "check": lists.to_check("check"),
        "callback": lists.to_check("callback"),
        "closing": lists.triage("closing"),
    }
    found = queries.counts({tab: heap.source for tab, heap in heaps.items()})
    tab, number = tabs.chosen(request, words), tabs.number(request)
    rows = heaps[tab].page(number)
    shown = {
        "tabs": tabs.tabs(words, found, tab, reverse("checks")),
        "tab": tab,
        "rows": rows,
        "pages": tabs.Pages(number, found[tab], len(rows)),
        "list_href": tabs.here(request),
        "back": f"{reverse('checks')}?tab={tab}",
        "does": {"check": gettext("Write the check"), "callback": gettext("Ring now")},
    }
    return render(request, "desk/_checks.html" if is_part(request) else "desk/checks.html", shown)
