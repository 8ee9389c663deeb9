"""Sources of positions (位置来源): what sends points in which system, whose devices, what was not stored and why."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from jiedao.doors.web import forms
from jiedao.doors.web import sources_forms as asked
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.ground.terms import competence
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol import desk, devices, offsets, scope
from jiedao.lines.patrol.models import Device, Source


def _keeper(request: HttpRequest) -> Actor:
    """Whoever keeps rosters or the organisation; for others there is no such page."""
    by = actor_of(request)
    if not competence.may(by, "organisation") and not competence.may(by, scope.KEEP):
        raise Absent
    return by


@require_http_methods(["GET", "POST"])
@staff
def page(request: HttpRequest) -> HttpResponse:
    """Every source with its counters of a week and whether it lies steadily off."""
    by, key, refusal = _keeper(request), "", None
    form = asked.Declare(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            with receipts.once(by.scope, request.POST.get("key", ""), {"source": said}) as receipt:
                if not receipt.known:
                    _, key = devices.declare(said["code"], said["kind"], said["name"], said["name_en"],
                                             system=said["system"], by=by)  # fmt: skip
            form = asked.Declare()
        except Refused as refused:
            refusal = forms.told(refused)
        if not key and refusal is None:
            return HttpResponseRedirect(reverse("sources"), status=303)
    shown = {"rows": desk.sources(), "offsets": offsets.flagged(), "form": form, "key": key, "refusal": refusal}
    return _told(request, "shift/sources.html", shown)


@require_http_methods(["GET", "POST"])
@staff
def source(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One source: its system, its devices; a key shows once, in the answer that makes it."""
    by, key, refusal = _keeper(request), "", None
    found = devices.source_or_absent(pk)
    what = request.POST.get("what", "")
    give = asked.Give(devices.people(by), request.POST if what == "give" else None)
    system = asked.System(request.POST if what == "system" else None, initial={"system": found.system})
    if request.method == "POST" and (what == "revoke" or {"give": give, "system": system}.get(what, give).is_valid()):
        try:
            key = _done(request, by, found, what, give if what == "give" else system)
        except Refused as refused:
            refusal = forms.told(refused)
        if not key and refusal is None:
            return HttpResponseRedirect(reverse("source", args=[pk]), status=303)
        give = give if refusal else asked.Give(devices.people(by))
    shown = {
        "shown": next((row for row in desk.sources() if row.source.id == found.id), None),
        "source": found,
        "offsets": [off for off in offsets.flagged() if off.source.id == found.id],
        "devices": devices.listed(found, by),
        "give": give if found.kind != Source.Kind.PAGE else None,
        "system": system,
        "key": key,
        "refusal": refusal,
    }
    return _told(request, "shift/source.html", shown)


def _done(request: HttpRequest, by: Actor, found: Source, what: str, form: Any) -> str:
    """One act on a source, once per key. The device's key, for this answer alone; it is kept in no receipt."""
    said = {} if what == "revoke" else form.cleaned_data
    body = {"source": str(found.id), "what": what, "device": request.POST.get("device", ""),
            **{name: str(value) for name, value in said.items()}}  # fmt: skip
    key = ""
    with receipts.once(by.scope, request.POST.get("key", ""), body) as receipt:
        if receipt.known:
            return ""
        if what == "give":
            _, key = devices.give(found, said["person"], said["label"], by=by)
        elif what == "system":
            devices.redeclare(found, said["system"], by=by)
        else:
            devices.revoke(_device(found, by, request.POST.get("device", "")), by=by)
    return key


def _device(found: Source, by: Actor, text: str) -> Device:
    row = next((one for one in devices.listed(found, by) if str(one.id) == text), None)
    if row is None:
        raise Absent
    return row


def _told(request: HttpRequest, template: str, shown: dict[str, Any]) -> HttpResponse:
    """The page; one that shows a key is kept by no cache and has fresh keys for its forms."""
    refusal = shown["refusal"]
    answer = render(request, template, shown | {"fresh_keys": bool(shown["key"])},
                    status=refusal.status if refusal else 200)  # fmt: skip
    if shown["key"]:
        answer["Cache-Control"] = "no-store"
    return answer
