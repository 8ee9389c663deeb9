"""Sheets (单页表单): a form that is no verb of a case: drawn from declared fields, read alike, written once per key."""

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from jiedao.doors import readers
from jiedao.doors.acts import Act, Field
from jiedao.doors.web import forms, opening
from jiedao.doors.web.who import actor_of
from jiedao.ground.journal import receipts
from jiedao.kit.refusal import Refused
from jiedao.record.models import Case

NO_CASE = cast(Case, SimpleNamespace(number="", routing={}, title="", words="", reported_units=[]))
"""What a field's choices and pickers are told where there is no case."""


def page(
    request: HttpRequest,
    name: str,
    fields: Sequence[Field],
    write: Callable[[dict[str, Any]], str],
    *,
    heading: str,
    back: str,
    template: str = "desk/open.html",
    initial: Mapping[str, Any] | None = None,
    **shown: Any,
) -> HttpResponse:
    """The form, or what came of sending it. `write` takes the values read and gives the address to go on to."""
    act, by, finding = Act(name, write, tuple(fields)), actor_of(request), request.POST.get("find", "")
    asked = forms.Asked(act, NO_CASE, by, None, opening.sought_in(request))
    data = request.POST if request.method == "POST" else None
    form = forms.form_for(asked, None, data, initial={**(initial or {}), **request.GET.dict()})
    refusal = None
    if finding:
        form._errors = {}  # type: ignore[attr-defined]  # sent for a search, not to be judged
    elif data is not None and form.is_valid():
        try:
            given = forms.given(form, act, [])
            key = request.POST.get("key", "")
            return HttpResponseRedirect(
                once(request, name, given, key, lambda: write(values(fields, given, by))), status=303
            )
        except Refused as refused:
            refusal = forms.told(refused)
            forms.mark(form, act, refused)
    status = refusal.status if refusal else 422 if form.is_bound and not finding else 200
    told = {"form": form, "refusal": refusal, "heading": heading, "back": back, "button": heading, **shown}
    return render(request, template, told, status=status)


def values(fields: Sequence[Field], given: Mapping[str, Any], by: Any) -> dict[str, Any]:
    """What was given, in the types a verb takes; fields that were left empty are left out."""
    found: dict[str, Any] = {}
    for field in fields:
        value = readers.read(field.kind, field.name, given, by=by, options=field.options(NO_CASE))
        if value not in (None, "", []):
            found[field.name] = value
    return found


def once(request: HttpRequest, name: str, given: Any, key: str, write: Callable[[], str]) -> str:
    """Writes once per key; the same key again leads where the first one led."""
    by = actor_of(request)
    with receipts.once(by.scope, key, {"sheet": name, "given": given}) as receipt:
        if receipt.known:
            return str((receipt.outcome or {})["href"])
        href = write()
        receipt.came_of(href=href)
        return href


def pressed(request: HttpRequest, name: str, write: Callable[[], Any], back: str) -> HttpResponse:
    """A button that asks nothing more: done once, and back. Refused, the page says so."""

    def wrote() -> str:
        write()
        return back

    return led(request, name, wrote, back)


def led(request: HttpRequest, name: str, write: Callable[[], str], back: str, apart: str = "") -> HttpResponse:
    """The same for what leads on to an address of its own. `apart` tells the buttons of one form apart: each is a write."""
    given = {k: v for k, v in request.POST.items() if k not in ("key", "csrfmiddlewaretoken", "next")}
    key = request.POST.get("key", "")
    try:
        return HttpResponseRedirect(once(request, name, given, key and key + apart, write), status=303)
    except Refused as refused:
        said = forms.told(refused)
        return render(request, "desk/refused.html", {"refusal": said, "back": back}, status=said.status)
