"""Search (检索): one field for cases, duties, places and units. What leads to a person never stands in an address."""

import re
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from jiedao.doors.web import tabs
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.journal import notes
from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import known_subject
from jiedao.ground.terms import competence
from jiedao.kit.text import fold_width
from jiedao.record.queries import search, titles

_PERSONAL = re.compile(r"[0-9Xx]{7,}")


@require_http_methods(["GET", "POST"])
@staff
def page(request: HttpRequest) -> HttpResponse:
    """Results by kind. The field posts; plain words then become an address that can be kept, a phone number never does."""
    given = request.POST if request.method == "POST" else request.GET
    sought = tabs.words(given.get("q", ""))
    personal = _is_personal(sought)
    if request.method == "POST" and sought and not personal:
        return HttpResponseRedirect(f"{reverse('search')}?{urlencode({'q': sought})}")
    if request.method == "GET" and personal:
        return HttpResponseRedirect(f"{reverse('search')}?kept_out=1")  # out of this address too
    by, number = actor_of(request), tabs.number(request)
    shown = _callers_own(by, sought, number) if personal else _by_words(by, sought, number)
    shown["kept_out"] = "kept_out" in request.GET
    return render(request, "search/page.html", {"sought": "" if personal else sought, "number": number, **shown})


def _is_personal(sought: str) -> bool:
    """Whether what was typed may be somebody's phone or document: a long run of digits that is no case number."""
    bare = fold_width(sought).replace(" ", "").replace("-", "")
    return bool(_PERSONAL.search(bare)) and not titles.is_number(sought)


def _by_words(by: Actor, sought: str, number: int) -> dict[str, Any]:
    found = search.cases(by, sought, number)
    named = search.named(sought) if number == 1 else None
    return {
        "rows": found.rows,
        "more": found.more,
        "named": named,
        "nothing": bool(sought) and not (found.rows or named),
    }


def _callers_own(by: Actor, phone: str, number: int) -> dict[str, Any]:
    """The cases of the caller with this number, for posts that answer calls; the look is written before they are shown."""
    if not competence.may(by, "callers"):
        return {"not_here": True}
    subject = known_subject(fold_width(phone).replace(" ", "").replace("-", ""))
    if subject is None:
        return {"nothing": True}
    notes.look(
        by.scope, "caller", subject.id, purpose="search", **by.author, unit_id=by.unit_id,
    )  # fmt: skip
    found = search.of_subject(by, subject.id, number)
    return {"rows": found.rows, "more": found.more, "of_caller": True, "nothing": not found.rows}
