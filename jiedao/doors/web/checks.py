"""Checking and calling back (核查、回访): cases that wait for somebody who did not handle them, and the next call to make."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from jiedao.doors import acts
from jiedao.doors.web import case as case_page
from jiedao.doors.web import clocks, forms, register
from jiedao.doors.web.callers import callers
from jiedao.doors.web.templatetags.jiedao_ui import named
from jiedao.doors.web.who import actor_of, is_part, staff
from jiedao.doors.web.worklist import Worklist
from jiedao.ground.districts.calendar import calendar
from jiedao.ground.people import Actor
from jiedao.ground.terms.models import terms
from jiedao.kit.clock import now
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused
from jiedao.record import queries, sight
from jiedao.record.models import Case
from jiedao.record.queries import calls
from jiedao.record.queries.worklists import CaseRow

MOST_BEFORE = 50
"""Calls of the queue that are looked at for the next; whom nobody reached waits a while."""


@require_GET
@staff
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for a check, for a callback, for its end. A case our own unit handled is in neither of the first two."""
    by = actor_of(request)
    lists = queries.Lists(by)
    words = {"check": gettext("To check"), "callback": gettext("To call back"), "closing": gettext("To end or redo")}
    work = Worklist(request, by, "checks", words)
    heaps = {
        "check": work.narrowed(lists.to_check("check")),
        "callback": work.narrowed(lists.to_check("callback")),
        "closing": work.narrowed(lists.triage("closing")),
    }
    found = queries.counts({tab: heap.source for tab, heap in heaps.items()})
    rows = heaps[work.tab].page(work.number, order=work.order)
    shown = {
        **work.shown(found, rows),
        "does": {"check": gettext("Write the check"), "callback": gettext("Ring now")},
        "tries": calls.tries([row.id for row in rows]) if work.tab == "callback" else {},
        "bulk_verbs": register.bulk_verbs("checks") if work.tab == "closing" else [],
        "next_due": None if rows or work.chips() else queries.next_due(lists),
    }
    if is_part(request):
        return render(request, "desk/_checks.html", shown)
    return render(request, "desk/checks.html", {**shown, **work.frame()})


@require_http_methods(["GET", "POST"])
@staff
def call(request: HttpRequest) -> HttpResponse:
    """The next call: whom, what to say, three questions. Sent, the call after it opens; the handling unit has no such queue."""
    by = actor_of(request)
    queue = queries.Lists(by).to_check("callback")
    wanted = request.POST.get("case") or request.GET.get("case", "")
    row = _named(queue, wanted) if wanted else _next(queue)
    if request.method == "POST":
        return _called(request, by, sight.case_or_404(by, wanted), queue)
    if row is None:
        done = request.GET.get("done", "")[:20]
        return render(request, "desk/call.html", {"case": None, "waiting": queue.count(), "done": done})
    return _asked(request, by, sight.case_or_404(by, row.number), queue)


def _named(queue: queries.Listing, number: str) -> CaseRow | None:
    return next(iter(queue.also("c.number = %s", number).page(1, 1)), None)


def _next(queue: queries.Listing) -> CaseRow | None:
    """The first of the queue that may be rung now: who was not reached is left alone for as long as the rule says."""
    rows = queue.page(1, MOST_BEFORE)
    rung = calls.tries([row.id for row in rows])
    return next((row for row in rows if row.id not in rung or again_at(rung[row.id].last_at) <= now()), None)


def rule() -> dict[str, Any]:
    """The district's rule of callbacks: how often, how soon again, what to say."""
    found = terms("callback_rule").get("rule")
    return dict(found.facts) if found else {"tries": 3, "again_after": "2 working_hours"}


def again_at(last: Any) -> Any:
    """From when somebody who did not answer may be rung again."""
    return Limit(str(rule().get("again_after", "2 working_hours"))).due(last, calendar())


def _called(request: HttpRequest, by: Actor, case: Case, queue: queries.Listing) -> HttpResponse:
    asked = forms.Asked(acts.ACTS["callback"], case, by)
    form = forms.form_for(asked, None, request.POST)
    if form.is_valid():
        try:
            given = forms.given(form, asked.act, [])
            acts.perform("callback", case, by=by, given=given, key=request.POST.get("key", ""))
            return HttpResponseRedirect(f"{reverse('call')}?done={case.number}", status=303)
        except Refused as refused:
            forms.mark(form, asked.act, refused)
            said = forms.told(refused)
            return _asked(request, by, case, queue, form=form, refusal=said, status=said.status)
    return _asked(request, by, case, queue, form=form, status=422)


def _asked(
    request: HttpRequest,
    by: Actor,
    case: Case,
    queue: queries.Listing,
    *,
    form: Any = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The page of one call. The number is shown to who makes it, and the viewing is on the record first (R4)."""
    case_page.opened(case, by, request)
    case_page.look(case, by, "contact", "callback")
    told, rung = rule(), calls.tries([case.id]).get(case.id)
    story = queries.story(case)
    shown = {
        "case": case,
        "form": form or forms.form_for(forms.Asked(acts.ACTS["callback"], case, by), None),
        "callers": callers(case),
        "script": _script(told, case, request),
        "replies": [line for line in story.lines if line.entry.verb == "reply"][-3:],
        "tries": rung,
        "most": told.get("tries", 3),
        "again": told.get("again_after", ""),
        "waiting": queue.count(),
        "done": request.GET.get("done", "")[:20],
        **more,
    }
    return render(request, "desk/call.html", shown, status=status)


def _script(told: dict[str, Any], case: Case, request: HttpRequest) -> str:
    words = str(told.get("zh" if clocks.is_chinese() else "en", ""))
    return words.replace("{district}", named(request.district)).replace("{title}", case.title)  # type: ignore[attr-defined]
