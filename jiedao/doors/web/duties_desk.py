"""The lists' desk (清单管理台): drafts written, read in, tried on last month's cases; conflicts, gaps and rounds (S17)."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiedao.doors.exchange import tables
from jiedao.doors.web import duties_words as words
from jiedao.doors.web import forms
from jiedao.doors.web.duties import compared, rows, table
from jiedao.doors.web.duties_forms import Bring, ItemForm, NewList, Proposal
from jiedao.doors.web.templatetags.jiedao_ui import named
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.duties import compare, shelf, written
from jiedao.ground.duties import sheets as cells
from jiedao.ground.duties.models import DutyList
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.ground.terms import competence
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.lists import actions, gaps, keeping, questions, trial
from jiedao.record.models import Case

BAD_SHOWN = 200


@require_http_methods(["GET", "POST"])
@staff
def desk(request: HttpRequest) -> HttpResponse:
    """The lists, their drafts and running changes; who keeps them proposes a change here."""
    by = actor_of(request)
    kept = keeping.desk(by)
    mine = [one.version for one in kept if one.mine and one.case is None]
    form, refusal = Proposal(request.POST or None, lists=mine), None
    if request.method == "POST" and form.is_valid():
        try:
            _propose(request, by, form.cleaned_data)
            return HttpResponseRedirect(reverse("duties_draft", args=[form.cleaned_data["code"]]), status=303)
        except Refused as refused:
            refusal = forms.told(refused)
    shown = {
        "rows": kept,
        "form": form if mine else None,
        "refusal": refusal,
        "questions": len(questions.waiting(by)),
        "may_keep": competence.may(by, "lists"),
    }
    status = refusal.status if refusal else 422 if form.is_bound else 200
    return render(request, "duties/desk.html", shown, status=status)


def _propose(request: HttpRequest, by: Actor, given: dict[str, Any]) -> None:
    with receipts.once(by.scope, request.POST.get("key", ""), {"propose": given}) as receipt:
        if receipt.known:
            return
        case = actions.propose(
            given["code"], by=by, trigger=given["trigger"], reason=given["reason"], catalogue=given.get("catalogue", "")
        )
        receipt.came_of(number=case.number)


@require_http_methods(["GET", "POST"])
@staff
def begin(request: HttpRequest) -> HttpResponse:
    """Begins a new list as an empty draft; a change is proposed for it like for any other."""
    by = actor_of(request)
    if not competence.may(by, "lists"):
        raise Absent
    form, refusal = NewList(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            with receipts.once(by.scope, request.POST.get("key", ""), {"new_list": given}) as receipt:
                if not receipt.known:
                    actions.begin_list(**given, by=by)
            return HttpResponseRedirect(reverse("duties_desk"), status=303)
        except Refused as refused:
            refusal = forms.told(refused)
            form.add_error("code", refusal.fact)
    shown = {"form": form, "refusal": refusal, "heading": gettext("Begin a new list"), "back": reverse("duties_desk")}
    return render(request, "desk/open.html", shown, status=refusal.status if refusal else 422 if form.is_bound else 200)


@require_GET
@staff
def draft(request: HttpRequest, code: str) -> HttpResponse:
    """A draft as it is: what it changes, and its items, each open to be changed while nobody examines it."""
    by = actor_of(request)
    found, case = keeping.draft(by, code)
    if request.GET.get("as") in ("csv", "xlsx"):
        return table(found, request.GET["as"])
    read = shelf.reading(found)
    before = compare.base(found)
    shown = {
        "list": found,
        "case": case,
        "kind": words.KINDS[found.kind],
        "before": before,
        "may_edit": _may_edit(by, found, case),
        "read": read,
        "types": read.types,
        "chapters": rows(found, read, written.MOST_ITEMS),
        **compared(before, found),
    }
    return render(request, "duties/draft.html", shown)


def _may_edit(by: Actor, found: DutyList, case: Case | None) -> bool:
    return competence.may(by, "lists", found.owner) and actions.is_open_to_edits(found, case)


@require_http_methods(["GET", "POST"])
@staff
def edit(request: HttpRequest, code: str, item_code: str = "") -> HttpResponse:
    """One item of a draft, new or changed. Refused, it comes back with everything that was typed."""
    by = actor_of(request)
    found, case = keeping.draft(by, code)
    there = written.of(found)
    item = there.get(item_code)
    if item_code and item is None:
        raise Absent
    form = ItemForm(request.POST or None, cells=cells.cells(item), is_new=item is None)
    refusal, status = None, 200
    if request.method == "POST":
        try:
            if _put(request, by, found, form, set(there)):
                return HttpResponseRedirect(f"{reverse('duties_draft', args=[code])}#items", status=303)
            status = 422
        except Refused as refused:
            form.mark(refused)
            refusal, status = forms.told(refused), forms.told(refused).status
    shown = {"list": found, "item": item, "form": form, "refusal": refusal, "seen": written.mark(item),
             "may_edit": _may_edit(by, found, case), "item_code": item_code}  # fmt: skip
    return render(request, "duties/edit.html", shown, status=status)


def _put(request: HttpRequest, by: Actor, found: DutyList, form: ItemForm, codes: set[str]) -> bool:
    """Writes what was typed. False where cells cannot stand, with the fault beside each."""
    given = form.given()
    item, bad = cells.parsed(given, codes | {given["code"]})
    if not form.is_valid() or bad:
        for cell in bad:
            if cell.refused.rule != "incomplete":
                form.mark(cell.refused)
        return False
    seen = request.POST.get("mark", "")
    body = {"put": given, "list": str(found.id)}
    with receipts.once(by.scope, request.POST.get("key", ""), body) as receipt:
        if not receipt.known:
            actions.edit(found, "put", item, by=by, seen=seen)
            receipt.came_of(item=item["code"])
    return True


@require_POST
@staff
def remove(request: HttpRequest, code: str) -> HttpResponse:
    """Takes an item off the draft, or gives the whole draft up (`what=draft`)."""
    by = actor_of(request)
    found, _ = keeping.draft(by, code)
    item, whole = request.POST.get("item", ""), request.POST.get("what") == "draft"
    try:
        body = {"remove": item, "whole": whole, "list": str(found.id)}
        with receipts.once(by.scope, request.POST.get("key", ""), body) as receipt:
            if not receipt.known:
                if whole:
                    actions.drop(found, by=by)
                else:
                    actions.edit(found, "end", item, by=by)
    except Refused as refused:
        said = forms.told(refused)
        return render(request, "duties/refused.html", {"refusal": said, "list": found}, status=said.status)
    return HttpResponseRedirect(
        reverse("duties_desk") if whole else f"{reverse('duties_draft', args=[code])}#items", status=303
    )


@require_http_methods(["GET", "POST"])
@staff
def bring(request: HttpRequest, code: str) -> HttpResponse:
    """A table read in: every bad row is named and nothing is taken, or all of it takes the place of the draft's items."""
    by = actor_of(request)
    found, case = keeping.draft(by, code)
    form, refusal, bad = Bring(request.POST or None, request.FILES or None), None, []
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                with tables.kept(form.cleaned_data["file"]) as path:
                    items, bad = tables.items_of(path)
                if not bad:
                    _fill(request, by, found, items)
                    return HttpResponseRedirect(reverse("duties_draft", args=[code]), status=303)
            except Refused as refused:
                refusal = forms.told(refused)
                status = refusal.status
    shown = {
        "list": found,
        "form": form,
        "refusal": refusal,
        "bad": [
            {"cell": one, "word": words.FIELDS.get(one.field, one.field), "said": forms.told(one.refused)}
            for one in bad[:BAD_SHOWN]
        ],
        "more": max(0, len(bad) - BAD_SHOWN),
        "may_edit": _may_edit(by, found, case),
    }
    return render(request, "duties/bring.html", shown, status=status)


def _fill(request: HttpRequest, by: Actor, found: DutyList, items: list[written.Written]) -> None:
    body = {"fill": [written.mark(item) for item in items], "list": str(found.id)}
    with receipts.once(by.scope, request.POST.get("key", ""), body) as receipt:
        if not receipt.known:
            actions.edit(found, "fill", items, by=by)
            receipt.came_of(items=len(items))


@require_GET
@staff
def tried(request: HttpRequest, code: str) -> HttpResponse:
    """The draft on last month's cases. It changes nothing."""
    by = actor_of(request)
    found, case = keeping.draft(by, code)
    return render(request, "duties/trial.html", {"list": found, "case": case, "trial": trial.trial(found, by=by)})


@require_GET
@staff
def mend(request: HttpRequest) -> HttpResponse:
    """Conflicts and gaps of the lists in force, for who keeps any of them."""
    by = actor_of(request)
    if not competence.may(by, "lists"):
        raise Absent
    found = gaps.gaps(by=by)
    heaps = {
        "leads": (found.leads, gettext("Two leads, or nobody")),
        "unadmitted": (found.unadmitted, gettext("Named below the district, but not admitted there")),
        "unused": (found.unused, gettext("Never used in a year")),
        "baseless": (found.baseless, gettext("No legal basis")),
    }
    shown = {
        "gaps": found,
        "heaps": [
            (mark, word, [{"gap": one, "said": _collides(one)} for one in heap]) for mark, (heap, word) in heaps.items()
        ],
    }
    return render(request, "duties/gaps.html", shown)


def _collides(gap: gaps.Gap) -> str:
    """What of a gap stands in the last column: the leads that collide, the levels that lack it."""
    if gap.kind == "nobody":
        return gettext("Nobody leads")
    if gap.kind == "not_admitted":
        return words.join(words.LEVELS[level] for level in gap.said)
    return " / ".join(str(words.RELATIONS.get(one, "")) if isinstance(one, str) else named(one) for one in gap.said)
