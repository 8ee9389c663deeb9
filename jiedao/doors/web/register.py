"""The register (案件总表): every case in sight, filtered by its address; saved views, bulk acts, files to take away."""

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_GET, require_POST

from jiedao.doors import acts, fields
from jiedao.doors.web import drawn, forms, sheets, tabs, take, telling
from jiedao.doors.web.templatetags.jiedao_ui import named, pick
from jiedao.doors.web.who import actor_of, is_part, staff
from jiedao.ground import finding
from jiedao.kit.clock import local, now
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.views import saved
from jiedao.record import queries, sight
from jiedao.record.queries import pick as picks
from jiedao.record.queries.register import DUE, ORDERS, Asked, register
from jiedao.record.queries.worklists import CaseRow, Lists
from jiedao.record.verbs import MARKS, PHASES, VERBS

DESK = "cases"
DESKS = frozenset({"cases", "triage", "department", "supervision", "checks", "whistles"})
"""Lists with views kept under a name, each by its URL name."""

BULK = {
    "cases": ("remind", "supervise", "lift", "escalate"),
    "triage": ("verify_report", "file", "remind"),
    "department": ("acknowledge",),
    "supervision": ("remind", "supervise", "lift", "escalate"),
    "checks": ("ask_check", "close"),
}
"""What may be done to several rows of a list at once: each row is its own command, with its own outcome."""
MOST_AT_ONCE = 50
NAMES = (
    "q",
    "process",
    "phase",
    "kind",
    "channel",
    "area",
    "unit",
    "due",
    "mark",
    "since",
    "until",
    "order",
    *drawn.FRAME,
)


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """The list with its filters; htmx asks for the list alone."""
    by, wanted = actor_of(request), asked(request)
    found, number = register(by, wanted), tabs.number(request)
    if drawn.is_asked(request):
        return drawn.answer(request, found, Lists(by))
    count = found.count()
    rows = found.page(number, order=ORDERS[wanted.order])
    shown = {
        "drawn": drawn.drawn(request, found),
        "rows": rows,
        "count": count,
        "pages": tabs.Pages(number, count, len(rows)),
        "asked": wanted,
        "query": _query(request),
        "list_href": tabs.here(request, "page"),
        "sought": wanted.words,
        "desk": DESK,
        "bulk_verbs": bulk_verbs(DESK),
    }
    if is_part(request):
        return render(request, "register/_list.html", shown)
    return render(request, "register/page.html", shown | choices(request, wanted))


@require_GET
@staff
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The same query as a file, at most ten thousand rows; its first lines say what was asked, when and by which post."""
    if kind not in ("csv", "xlsx"):
        raise Absent
    by, wanted = actor_of(request), asked(request)
    name = f"cases-{local(now()):%Y%m%d-%H%M}"
    if register(by, wanted).count().number > take.at_once():
        return take.asks(request, gettext("All cases"), reverse("cases"), kind)
    take.record(request, f"{_purpose(request)}: {request.path}")
    rows = table(request, by, wanted)
    return (
        sheets.answer(f"{name}.csv", rows)
        if kind == "csv"
        else sheets.workbook(f"{name}.xlsx", gettext("All cases"), rows)
    )


@require_POST
@staff
def save(request: HttpRequest) -> HttpResponse:
    """Keeps the view of a list under a name; the list is shown again."""
    query, desk = request.POST.get("query", "")[:600], _desk(request)
    back = f"{reverse(desk)}?{query}"
    try:
        saved.save(actor_of(request), desk, request.POST.get("name", ""), query, for_unit="unit" in request.POST)
    except Refused as refused:
        told = forms.told(refused)
        return render(request, "register/refused.html", {"refusal": told, "back": back}, status=told.status)
    return HttpResponseRedirect(back, status=303)


@require_POST
@staff
def forget(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """Takes a view of one's own away."""
    saved.forget(actor_of(request), view_id)
    return HttpResponseRedirect(reverse(_desk(request)), status=303)


def _desk(request: HttpRequest) -> str:
    """The list that is spoken of; the register where none of ours is named."""
    desk = request.POST.get("desk", DESK)
    return desk if desk in DESKS else DESK


def bulk_verbs(desk: str) -> list[dict[str, str]]:
    """What the bar below a list offers for the rows chosen."""
    return [{"code": verb, "word": _word(verb)} for verb in BULK.get(desk, ())]


def _word(verb: str) -> str:
    return pick({"zh": VERBS[verb].zh, "en": VERBS[verb].en})


@require_POST
@staff
def bulk(request: HttpRequest) -> HttpResponse:
    """One act on several cases: each its own, in turn, with its own outcome told. Nothing is all or nothing here."""
    by, verb, desk = actor_of(request), request.POST.get("verb", ""), _desk(request)
    if "problem" in request.POST:
        return _to_problem(request)
    if verb not in BULK.get(desk, ()):
        raise Absent
    chosen = request.POST.getlist("case")[:MOST_AT_ONCE]
    given = {name: request.POST.get(name, "") for name in ("reason", "until")}
    given["text"] = given["reason"]
    key = request.POST.get("key", "")
    report = [_one(by, verb, row, given, key) for row in chosen]
    shown = {
        "report": report,
        "done": sum(row["done"] for row in report),
        "word": _word(verb),
        "back": f"{reverse(desk)}?{request.POST.get('query', '')[:600]}",
        "left": len(request.POST.getlist("case")) - len(chosen),
    }
    return render(request, "register/_report.html" if is_part(request) else "register/report.html", shown)


def _to_problem(request: HttpRequest) -> HttpResponse:
    """To the form of the problem list, with the rows chosen: nothing is done to them."""
    chosen = [row.partition(" ")[0] for row in request.POST.getlist("case")][:MOST_AT_ONCE]
    href = f"{reverse('problem_new')}?{urlencode({'case': chosen}, doseq=True)}"
    if is_part(request):
        return HttpResponse(headers={"HX-Redirect": href})
    return HttpResponseRedirect(href, status=303)


def _one(by: Any, verb: str, row: str, given: dict[str, str], key: str) -> dict[str, Any]:
    """One row of a bulk act, a case or an order of one: done, or the sentence of its refusal. Each has its own key."""
    number, _, order = row.partition(" ")
    each = hashlib.sha256(f"{key} {verb} {row}".encode()).hexdigest() if key else ""
    try:
        case = sight.case_or_404(by, number)
        named_order = order if order or acts.ACTS[verb].on_order else None
        acts.perform(verb, case, by=by, given=given, key=each, order=named_order)
    except (Refused, Absent) as refused:
        return {"number": number, "done": False, "told": forms.told(refused)}
    return {"number": number, "done": True, "title": case.title}


def asked(request: HttpRequest) -> Asked:
    """What the address asks; what it does not know it leaves out."""
    given = {name: tabs.words(request.GET.get(name, "")) for name in NAMES}
    area, unit = finding.area(given["area"]), finding.unit(given["unit"])
    return Asked(
        words=given["q"],
        process=given["process"][:40],
        phase=given["phase"] if given["phase"] in PHASES else "",
        kind=given["kind"] if given["kind"] in fields.KINDS else "",
        channel=given["channel"] if given["channel"] in telling.CHANNELS else "",
        area=area.path if area and given["area"] else "",
        unit=str(unit.id) if unit and given["unit"] else "",
        due=given["due"] if given["due"] in DUE else "",
        mark=given["mark"] if given["mark"] in MARKS else "",
        since=_day(given["since"]),
        until=_day(given["until"]),
        order=given["order"] if given["order"] in ORDERS else "",
        box=drawn.box(request),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _query(request: HttpRequest) -> str:
    """The query of this view, without pages, as a saved view keeps it."""
    return urlencode([(name, request.GET[name]) for name in NAMES if request.GET.get(name)])


def due_words() -> dict[str, str]:
    return {
        "open": gettext("Running"),
        "overdue": gettext("Overdue"),
        "soon": gettext("Due soon"),
        "week": gettext("Due within seven days"),
        "paused": gettext("Standing still"),
        "unowned": gettext("Nobody has it"),
        "closed": gettext("Ended"),
    }


def order_words() -> dict[str, str]:
    return {
        "": gettext("Most pressing first"),
        "newest": gettext("Newest first"),
        "oldest": gettext("Oldest first"),
        "due": gettext("By due time"),
        "closed": gettext("Last ended first"),
    }


def choices(request: HttpRequest, wanted: Asked) -> dict[str, Any]:
    """What the filters offer, in the visitor's language."""
    by = actor_of(request)
    unit = picks.units_by([wanted.unit])[:1] if wanted.unit else []
    return {
        "views": saved.of(by, DESK),
        "own": by.person.id if by.person else None,
        "processes": [(one.code, pick(one.label)) for one in queries.in_force()],
        "phases": [(code, pick({"zh": zh, "en": en})) for code, (zh, en) in PHASES.items()],
        "kinds": [(code, pick(label)) for code, label in fields.KINDS.items()],
        "channels": [(code, telling.channel(code)) for code in telling.CHANNELS],
        "dues": list(due_words().items()),
        "orders": list(order_words().items()),
        "marks": [(code, pick({"zh": zh, "en": en})) for code, (zh, en) in MARKS.items()],
        "areas": picks.areas_below(by.area_path) if by.area_path else picks.areas(""),
        "area": request.GET.get("area", ""),
        "unit": unit[0] if unit else None,
    }


def _purpose(request: HttpRequest) -> str:
    purpose = request.GET.get("purpose", "")
    return purpose if purpose in take.PURPOSES else "work"


def table(request: HttpRequest, by: Any, wanted: Asked) -> Iterator[list[object]]:
    """The file: what was asked, then a head, then a row a case, page by page."""
    purpose = str(take.PURPOSES[_purpose(request)])
    yield from sheets.preamble(gettext("All cases"), told(wanted), by, purpose)
    yield [
        pgettext("of a case", "Number"), gettext("What"), gettext("Process"), gettext("State"), pgettext("channel", "Source"),
        gettext("Kind"), gettext("Duty item"), gettext("Area"), pgettext("of a place", "Address"), gettext("Who has it"),
        gettext("Since when"), gettext("Due"), gettext("Opened"),
    ]  # fmt: skip
    found, number = register(by, wanted), 1
    while number * queries.PAGE <= sheets.MOST:
        rows = found.page(number, order=ORDERS[wanted.order])
        yield from (_line(row) for row in rows)
        if len(rows) < queries.PAGE:
            return
        number += 1


def told(wanted: Asked) -> str:
    """What is asked, in words: as the filters of the page say it."""
    area = picks.areas_by([wanted.area.rsplit("/", 1)[-1]]) if wanted.area else []
    unit = picks.units_by([wanted.unit])[:1] if wanted.unit else []
    names = {one.code: pick(one.label) for one in queries.in_force()}
    parts = [
        wanted.words,
        due_words().get(wanted.due, ""),
        pick(dict(zip(("zh", "en"), PHASES[wanted.phase], strict=True))) if wanted.phase else "",
        names.get(wanted.process, ""),
        pick(fields.KINDS[wanted.kind]) if wanted.kind else "",
        telling.channel(wanted.channel) if wanted.channel else "",
        named(area[0]) if area else "",
        named(unit[0]) if unit else "",
        pick(dict(zip(("zh", "en"), MARKS[wanted.mark], strict=True))) if wanted.mark else "",
        f"{wanted.since or ''} – {wanted.until or ''}" if wanted.since or wanted.until else "",
        gettext("inside the map's frame") if wanted.box else "",
        order_words()[wanted.order] if wanted.order else "",
    ]
    return "；".join(part for part in parts if part)


def _line(row: CaseRow) -> list[object]:
    def at(moment: Any) -> str:
        return f"{local(moment):%Y-%m-%d %H:%M}" if moment else ""

    return [
        row.number, row.title, pick(row.process), pick(row.state), telling.channel(row.channel), telling.kind(row.kind),
        named(row.item) if row.item else "", named(row.area) if row.area else "", row.address,
        named(row.holder) if row.holder else "", at(row.held_since), at(row.clock["due_at"]) if row.clock else "",
        at(row.opened_at),
    ]  # fmt: skip
