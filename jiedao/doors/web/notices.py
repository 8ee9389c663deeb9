"""Notices (通知): what our units and I were told, and marking it as read."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from jiedao.doors.notify import inbox, pace
from jiedao.doors.web import tabs
from jiedao.doors.web.who import actor_of, is_part, staff
from jiedao.kit.refusal import Absent
from jiedao.record import queries


@dataclass
class Group:
    """What was told of one case, or of one matter that is no case: the latest first."""

    number: str
    title: str
    rows: list[dict[str, Any]] = field(default_factory=list)


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """Notices by case, the latest first; `?tab=unread` only those I have not read, `?kind=` of one kind."""
    by, rules = actor_of(request), pace.rules()
    tab, number = tabs.chosen(request, {"all": "", "unread": ""}), tabs.number(request)
    kind = request.GET.get("kind", "") if request.GET.get("kind", "") in rules.kinds else ""
    verbs = rules.kinds[kind].facts.get("verbs", []) if kind else None
    rows = inbox.page(by, number, only_unread=tab == "unread", verbs=verbs)
    shown = {
        "groups": _grouped(rows, queries.definitions()),
        "unread_shown": [row.id for row in rows if not row.read],
        "tab": tab,
        "kinds": rules.kinds,
        "kind": kind,
        "count": inbox.unread(by),
        "list_href": tabs.here(request),
        "back": request.get_full_path(),
        "number": number,
        "has_next": len(rows) == queries.PAGE,
    }
    return render(request, "desk/_notices.html" if is_part(request) else "desk/notices.html", shown)


def _grouped(rows: list[inbox.NoticeRow], known: dict[UUID, queries.Definition]) -> list[Group]:
    """The rows of a page, each case once, where its latest notice stands."""
    groups: dict[Any, Group] = {}
    for row in rows:
        group = groups.setdefault(row.case_id or row.id, Group(row.number, row.title))
        group.rows.append({"notice": row, "verb": _verb(row, known)})
    return list(groups.values())


@require_GET
@staff
def follow(request: HttpRequest, notice: UUID) -> HttpResponse:
    """Leads to the very line a notice tells of, and counts it as read."""
    by = actor_of(request)
    found = inbox.one(by, notice)
    if found is None:
        raise Absent
    inbox.read(by, [notice])
    number, link, seq = found
    line = f"#entry-{seq}" if seq is not None else ""
    return HttpResponseRedirect(link or f"{reverse('case', args=[number])}{line}")


def _verb(row: inbox.NoticeRow, known: dict[UUID, queries.Definition]) -> dict[str, str]:
    if row.ring:
        word = gettext("Limit passed") if row.ring == "due" else gettext("Limit runs out soon")
        return {"zh": word, "en": word}
    if row.process_id is None:
        return other(row.verb)
    return known[row.process_id].verb_label(row.verb)


def other(verb: str) -> dict[str, str]:
    """What is of no case, in the page's language."""
    word = str(_OTHER.get(verb, verb))
    return {"zh": word, "en": word}


_OTHER = {
    "correction": gettext_lazy("A colleague asks for a correction of personal data"),
    "corrected": gettext_lazy("Your request for a correction was answered"),
    "group": gettext_lazy("Your group was spoken to"),
    "group_call": gettext_lazy("Your group has opened a video call"),
    "score_up": gettext_lazy("Scores are on notice, to read and to contest"),
    "score_sent": gettext_lazy("The appraisal of people you sent is there"),
    "score_decided": gettext_lazy("Your objection to a score was decided"),
    "export": gettext_lazy("The list you asked for is ready"),
    "export_failed": gettext_lazy("The list you asked for was not made"),
    "export_asked": gettext_lazy("A list in the clear waits for your yes or no"),
    "export_refused": gettext_lazy("Your list in the clear was refused"),
    "question": gettext_lazy("Question about a power"),
    "answer": gettext_lazy("Your question was answered"),
}
"""Notices that are of no case."""


@require_POST
@staff
def read(request: HttpRequest) -> HttpResponse:
    """Marks the notices shown as read. Sent twice it changes nothing."""
    inbox.read(actor_of(request), [pk for pk in map(_uuid, request.POST.getlist("notice")[:200]) if pk])
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return HttpResponseRedirect(back if safe else reverse("notices"), status=303)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
