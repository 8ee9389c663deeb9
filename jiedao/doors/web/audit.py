"""Audit (安全审计): who read what, who changed what, who signed in; for the auditor, who can change nothing of it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from jiedao.doors.web import audit_words as words
from jiedao.doors.web import tabs
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.terms import competence
from jiedao.kit.clock import now
from jiedao.kit.refusal import Absent
from jiedao.lines.subjects import watching
from jiedao.record.queries.scope import Count

PAGE = 50
DAYS = (1, 7, 30, 180)
MOST = 10_000


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """Three lists over the same days, narrowed by staff number, by case number, by what was done."""
    by, number = actor_of(request), tabs.number(request)
    if not competence.may(by, "audit"):
        raise Absent
    named = {"reads": gettext("Readings"), "changes": gettext("Changes"), "sign_ins": gettext("Sign-ins")}
    tab = tabs.chosen(request, named)
    asked = {name: tabs.words(request.GET.get(name, ""), 40) for name in ("person", "number", "what")}
    days = next((d for d in DAYS if str(d) == request.GET.get("days")), 7)
    found = watching.lines(tab, now() - timedelta(days=days), asked, by=by)
    rows = list(found[(number - 1) * PAGE : number * PAGE])
    total = Count(found[:MOST].count())
    # Only the open list is counted: the others may be long.
    present = [
        tabs.Tab(code, word, total if code == tab else Count(0), f"?tab={code}", code == tab)
        for code, word in named.items()
    ]
    shown = {
        "views": present, "tab": tab, "rows": _told(tab, rows), "asked": asked, "days": days, "all_days": DAYS,
        "choices": words.choices(tab),
        "pages": tabs.Pages(number, total, len(rows), PAGE), "total": total, "href": reverse("audit"),
    }  # fmt: skip
    return render(request, "privacy/audit.html", shown)


def _told(tab: str, rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Rows with names in place of ids: two queries for a page."""
    listed = list(rows)
    signed = tab == "sign_ins"
    people = watching.people((row.account and row.account.person_id) if signed else row.person_id for row in listed)
    numbers = watching.numbers(row.object_id for row in listed) if tab == "reads" else {}
    return [_row(tab, row, people, numbers) for row in listed]


def _row(tab: str, row: Any, people: dict[UUID, Any], numbers: dict[UUID, str]) -> dict[str, Any]:
    if tab == "sign_ins":
        person = people.get(row.account.person_id) if row.account else None
        return {
            "at": row.at,
            "who": person,
            "system": "",
            "what": words.word(words.SIGNED, row.outcome),
            "of": words.word(words.WAY, row.way),
            "place": bytes(row.place).hex()[:8],
        }
    person = people.get(row.person_id)
    if tab == "changes":
        return {
            "at": row.at,
            "who": person,
            "system": row.system,
            "what": words.did(row.verb),
            "of": words.word(words.CHANGED, row.kind),
            "place": str(row.object_id)[-12:],
        }
    place = numbers.get(row.object_id) or str(row.object_id)[-12:]
    return {
        "at": row.at,
        "who": person,
        "system": "",
        "what": words.word(words.READ, row.what),
        "of": words.purpose(row.purpose),
        "place": place,
    }
