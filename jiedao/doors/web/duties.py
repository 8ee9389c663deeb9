"""Duty lists for everybody (清单公开): read, searched, compared and taken away without signing in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from jiedao.doors.notify import listeners
from jiedao.doors.web import duties_words as words
from jiedao.doors.web import forms, sheets
from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.templatetags.jiedao_ui import limit_label, named, pick
from jiedao.doors.web.who import actor_of, enter, staff
from jiedao.ground.duties import compare, shelf, written
from jiedao.ground.duties import sheets as tables
from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.duties.shelf import Wanted
from jiedao.ground.journal import receipts
from jiedao.ground.terms import competence
from jiedao.ground.terms.models import terms
from jiedao.kit.refusal import Refused
from jiedao.lines.lists import questions

View = Callable[..., HttpResponse]

MOST_SHOWN = 1000
"""Lines of one list on one page; beyond them the search serves better (A10)."""


def everybody(view: View) -> View:
    """A page without sign-in; who is signed in stays so, with his post in the bar."""

    @wraps(view)
    def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        sent_away = enter(request) if request.user.is_authenticated else None
        return sent_away or view(request, *args, **kwargs)

    return entered


def is_staff(request: HttpRequest) -> bool:
    return getattr(request, "actor", None) is not None


@require_GET
@everybody
def index(request: HttpRequest) -> HttpResponse:
    """The lists of the district, each with its kind, level, number of items and the day it came into force."""
    shown = [{"list": one, "kind": words.KINDS[one.kind], "level": words.LEVELS[one.level]} for one in shelf.lists()]
    return render(
        request, "duties/index.html", {"rows": shown, "functions": functions(), "may_keep": may_keep(request)}
    )


def functions() -> list[dict[str, Any]]:
    """What sub-districts are there for (街道职能), where the district says so in its own words."""
    return [
        {"term": term, "text": pick(term.facts) if "zh" in term.facts else ""} for term in terms("function").values()
    ]


def may_keep(request: HttpRequest) -> bool:
    return is_staff(request) and competence.may(actor_of(request), "lists")


@require_GET
@everybody
def page(request: HttpRequest, code: str) -> HttpResponse:
    """One list, whole: by category, searched by words, number or department."""
    version = shelf.version(code, request.GET.get("version", ""))
    wanted = _wanted(request)
    read = shelf.reading(version, wanted)
    shown = {
        "list": version,
        "kind": words.KINDS[version.kind],
        "level": words.LEVELS[version.level],
        "versions": shelf.versions(code),
        "wanted": wanted,
        "read": read,
        "chapters": rows(version, read),
        "types": [(type_, words.TYPES[type_], many) for type_, many in read.types],
        "has_given": any(item.giver for chapter in read.chapters for item in chapter.items),
        "query": f"?version={version.version}",
        "more": sum(len(chapter.items) for chapter in read.chapters) > MOST_SHOWN,
    }
    return render(request, "duties/list.html", shown)


def _wanted(request: HttpRequest) -> Wanted:
    type_ = request.GET.get("type", "")
    return Wanted(
        words=request.GET.get("q", "").strip()[:60],
        category=request.GET.get("category", "")[:60],
        type=type_ if type_ in words.TYPES else "",
    )


def rows(of: DutyList, read: shelf.Reading, most: int = MOST_SHOWN) -> list[dict[str, Any]]:
    """The chapters of a reading, each with its lines, made here once: a template would ask for every word anew."""
    limits: dict[str, str] = {}
    base, left, chapters = reverse("duties_list", args=[of.code]), most, []
    for chapter in read.chapters:
        if left <= 0:
            break
        lines = [row(item, base, f"?version={of.version}", limits) for item in chapter.items[:left]]
        chapters.append({"name": {"name": chapter.name, "name_en": chapter.name_en}, "rows": lines})
        left -= len(lines)
    return chapters


def row(item: DutyItem, base: str, query: str = "", limits: dict[str, str] | None = None) -> dict[str, Any]:
    """An item as a line of a list, in words."""
    limits = {} if limits is None else limits
    who = words.who(item.said)  # type: ignore[attr-defined]
    if item.limit not in limits:
        limits[item.limit] = limit_label(item.limit)
    return {
        "item": item,
        "href": f"{base}{item.code}/{query}",
        "name": named(item),
        "type": words.TYPES.get(item.type, ""),
        "lead": who["lead"],
        "helpers": who["helpers"],
        "limit": limits[item.limit],
        "is_part": item.parent_id is not None,  # type: ignore[attr-defined]
    }


@require_http_methods(["GET", "POST"])
@everybody
def item(request: HttpRequest, code: str, item_code: str) -> HttpResponse:
    """One item with its handbook (手册), made for a phone in the street. A question to its contact is sent from here."""
    found = shelf.item(code, item_code, request.GET.get("version", ""))
    refusal, typed = None, ""
    if request.method == "POST":
        sent = _ask(request, found)
        if isinstance(sent, HttpResponse):
            return sent
        refusal, typed = forms.told(sent), request.POST.get("text", "")
    shown = {
        "item": found,
        "list": found.list,
        "kind": words.KINDS[found.list.kind],
        "type": words.TYPES.get(found.type, ""),
        "who": words.who(found.said or _above(found)),  # type: ignore[attr-defined]
        "book": _book(found.handbook),
        "parts": shelf.parts(found),
        "versions": shelf.stands_in(code, item_code),
        "questions": questions.about(found) if is_staff(request) else [],
        "is_staff": is_staff(request),
        "refusal": refusal,
        "typed": typed,
    }
    return render(request, "duties/item.html", shown, status=refusal.status if refusal else 200)


def _above(found: DutyItem) -> Any:
    """Who answers for the item above: a sub-item that names nobody follows it."""
    if found.parent is None:
        return []
    return shelf.item_of(found.list, found.parent.code).said  # type: ignore[attr-defined]


def _book(handbook: dict[str, Any]) -> list[dict[str, Any]]:
    """The chapters of a handbook that somebody has written, in the order of the work."""
    parts = []
    for name in written.HANDBOOK:
        told = handbook.get(name)
        if told:
            lines = words.laws(told).split("；") if name == "penalty_basis" else told
            parts.append(
                {"name": name, "word": words.FIELDS[name], "lines": lines if isinstance(lines, list) else [lines]}
            )
    return parts


def _ask(request: HttpRequest, found: DutyItem) -> HttpResponse | Refused:
    if not is_staff(request):
        return Refused("not_yours", verb="ask", roles=[])
    by, text = actor_of(request), request.POST.get("text", "")
    try:
        body = {"ask": found.code, "list": found.list.code, "text": text}
        with receipts.once(by.scope, request.POST.get("key", ""), body) as receipt:
            if not receipt.known:
                question = questions.ask(found, by=by, text=text)
                listeners.question_asked(question)
                receipt.came_of(question=str(question.id))
    except Refused as refused:
        return refused
    return HttpResponseRedirect(f"{reverse('duties_item', args=[found.list.code, found.code])}#questions", status=303)


@require_http_methods(["GET", "POST"])
@staff
def inquiries(request: HttpRequest) -> HttpResponse:
    """Questions that wait for me as the named contact, each with its answer form."""
    by, refusal, refused_id = actor_of(request), None, ""
    if request.method == "POST":
        refused_id, text = request.POST.get("question", ""), request.POST.get("text", "")
        try:
            pk = _uuid(refused_id)
            with receipts.once(by.scope, request.POST.get("key", ""), {"answer": refused_id, "text": text}) as receipt:
                if not receipt.known:
                    listeners.question_answered(questions.answer(pk, by=by, text=text))
                    receipt.came_of(question=refused_id)
            return HttpResponseRedirect(reverse("duties_inquiries"), status=303)
        except Refused as refused:
            refusal = forms.told(refused)
    shown = {"rows": questions.waiting(by), "refusal": refusal, "refused_id": refused_id}
    return render(request, "duties/inquiries.html", shown, status=refusal.status if refusal else 200)


def _uuid(text: str) -> Any:
    from uuid import UUID  # noqa: PLC0415 -- slow import

    try:
        return UUID(text)
    except ValueError:
        raise Refused("unreadable", field="question", wants="uuid") from None


@require_GET
@everybody
def search(request: HttpRequest) -> HttpResponse:
    """One search over every list in force."""
    sought = request.GET.get("q", "").strip()[:60]
    found, more = shelf.search(sought) if sought else ([], False)
    shown = [{**row(one, reverse("duties_list", args=[one.list.code])), "list": one.list} for one in found]
    return render(request, "duties/search.html", {"sought": sought, "rows": shown, "more": more})


@require_GET
@everybody
def differences(request: HttpRequest, code: str) -> HttpResponse:
    """Two published versions side by side; without a choice the one in force and the one before it."""
    versions = shelf.versions(code)
    after = shelf.version(code, request.GET.get("after", ""))
    earlier = [one for one in versions if one.version < after.version]
    number = request.GET.get("before", "")
    before = shelf.version(code, number) if number else (earlier[0] if earlier else None)
    shown = {"list": after, "before": before, "after": after, "versions": versions, **compared(before, after)}
    return render(request, "duties/compare.html", shown)


def compared(before: DutyList | None, after: DutyList) -> dict[str, Any]:
    """A comparison as a page shows it."""
    found = compare.versions(before, after)
    names = written.known(side for one in found.changed for side in (one.before, one.after)).units
    changed = [
        {
            "item": one.after,
            "fields": [
                {"word": words.FIELDS[name], "was": words.value(name, was, names), "now": words.value(name, is_, names)}
                for name, (was, is_) in one.fields.items()
            ],
        }
        for one in found.changed
    ]
    return {"added": found.added, "removed": found.removed, "changed": changed, "elements_only": found.is_elements_only}


@require_GET
@everybody
def handed(request: HttpRequest, code: str) -> HttpResponse:
    """How delegated powers came and went: given, adjusted, taken back, each with its date and department (D6)."""
    version = shelf.version(code)
    steps = [{"step": step, "word": words.STEPS[step.step]} for step in compare.handed(code)]
    return render(request, "duties/handed.html", {"list": version, "steps": steps})


@require_GET
@everybody
def export(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """A version as a table, CSV or XLSX, in the form in which it can be read in again."""
    version = shelf.version(code, request.GET.get("version", ""))
    return table(version, kind)


def table(version: DutyList, kind: str) -> HttpResponse:
    """The items of a version as a file."""
    cells = tables.rows(written.of(version).values())
    name = f"{version.code}-v{version.version}.{kind}"
    return (
        sheets.workbook(name, version.name if is_chinese() else version.name_en, cells)
        if kind == "xlsx"
        else sheets.answer(name, cells)
    )
