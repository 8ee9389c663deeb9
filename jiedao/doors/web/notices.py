"""Notices (通知): what our units and I were told, and marking it as read."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from jiedao.doors.notify import inbox
from jiedao.doors.web import tabs
from jiedao.doors.web.who import actor_of, is_part, staff
from jiedao.record import queries


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """Notices, the latest first; `?tab=unread` only those I have not read."""
    by = actor_of(request)
    tab, number = tabs.chosen(request, {"all": "", "unread": ""}), tabs.number(request)
    rows, known = inbox.page(by, number, only_unread=tab == "unread"), queries.definitions()
    shown = {
        "rows": [{"notice": row, "verb": _verb(row, known)} for row in rows],
        "tab": tab,
        "count": inbox.unread(by),
        "list_href": tabs.here(request),
        "number": number,
        "has_next": len(rows) == queries.PAGE,
    }
    return render(request, "desk/_notices.html" if is_part(request) else "desk/notices.html", shown)


def _verb(row: inbox.NoticeRow, known: dict[UUID, queries.Definition]) -> dict[str, str]:
    if row.ring:
        word = gettext("Limit passed") if row.ring == "due" else gettext("Limit runs out soon")
        return {"zh": word, "en": word}
    if row.process_id is None:
        word = _OTHER.get(row.verb, row.verb)
        return {"zh": str(word), "en": str(word)}
    return known[row.process_id].verb_label(row.verb)


_OTHER = {
    "correction": gettext_lazy("A colleague asks for a correction of personal data"),
    "corrected": gettext_lazy("Your request for a correction was answered"),
    "question": gettext_lazy("Question about a power"),
    "answer": gettext_lazy("Your question was answered"),
}
"""Notices that are of no case."""


@require_POST
@staff
def read(request: HttpRequest) -> HttpResponse:
    """Marks the notices shown as read. Sent twice it changes nothing."""
    inbox.read(actor_of(request), [pk for pk in map(_uuid, request.POST.getlist("notice")[:200]) if pk])
    return HttpResponseRedirect(reverse("notices"), status=303)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
