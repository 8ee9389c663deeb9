"""Acts of the dispatch map (指挥动作): send people, put them into a group, talk to it, call it, end it, look at a track."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from jiedao.doors import gate
from jiedao.doors.notify import listeners
from jiedao.doors.web import command_map, forms
from jiedao.doors.web.who import actor_of, is_part, staff
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol.actions import groups, sending
from jiedao.record import sight

MOST = 40


@require_POST
@staff
def send(request: HttpRequest) -> HttpResponse:
    """Sends those chosen, or everybody of a group. With a part asked for, the pane comes back as it is then."""
    by = actor_of(request)
    case = sight.case_or_404(by, request.POST.get("case", ""))
    whole = request.POST.get("group", "") if "by_group" in request.POST else ""
    chosen, given = _shifts(request), request.POST.get("seen", "")
    seen = int(given) if given.isdigit() else None
    crew = groups.group_or_absent(_id(whole), by) if whole else None

    def sent() -> None:
        with gate.watched(by, "dispatch"):
            if crew is not None:
                sending.send_group(case, crew, by=by, seen=seen)
            else:
                sending.send(case, chosen, by=by, seen=seen)

    body = {"case": case.number, "shifts": [whole] if whole else sorted(map(str, chosen))}
    refusal = _once(request, by, body, sent)
    return _pane(request, case.number, refusal, gettext("Sent. Their answer appears here."))


@require_POST
@staff
def group(request: HttpRequest) -> HttpResponse:
    """Makes a group of those chosen, or of everybody on duty for an area: of a case where one is open, else of shifts."""
    by, number = actor_of(request), request.POST.get("case", "")
    case = sight.case_or_404(by, number) if number else None
    name, area = request.POST.get("name", "").strip()[:80], request.POST.get("area", "")
    by_area = "by_area" in request.POST
    chosen = groups.of_area(area, by) if by_area else _shifts(request)

    def made() -> None:
        groups.make(name or (case.title[:40] if case else ""), chosen, by=by, case=case)

    # Who stands for an area changes by the minute: the same form sent twice is the same group.
    body = {"group": name, "case": number, "shifts": [area] if by_area else sorted(map(str, chosen))}
    refusal = _once(request, by, body, made)
    return _pane(request, number, refusal, gettext("The group is made."))


@require_POST
@staff
def say(request: HttpRequest) -> HttpResponse:
    """Says something to a group."""
    by, text = actor_of(request), request.POST.get("text", "")[:300]
    found = groups.group_or_absent(_id(request.POST.get("group", "")), by)

    def said() -> None:
        listeners.group_told(groups.say(found, text, by=by))

    refusal = _once(request, by, {"say": str(found.id), "text": text}, said)
    return _pane(request, "", refusal, gettext("Said to the group."))


@require_POST
@staff
def call(request: HttpRequest) -> HttpResponse:
    """Opens the room of a group; its address stands in the pane then."""
    by = actor_of(request)
    found = groups.group_or_absent(_id(request.POST.get("group", "")), by)

    def called() -> None:
        is_open = bool(found.room)
        groups.call(found, by=by)
        if not is_open:
            listeners.group_called(found, by.person.id if by.person else None)

    refusal = _once(request, by, {"call": str(found.id)}, called)
    return _pane(request, "", refusal, gettext("The call is open."))


@require_POST
@staff
def end(request: HttpRequest) -> HttpResponse:
    """Ends a group."""
    by = actor_of(request)
    found = groups.group_or_absent(_id(request.POST.get("group", "")), by)
    refusal = _once(request, by, {"end": str(found.id)}, lambda: groups.end(found, by=by))
    return _pane(request, "", refusal, gettext("The group has ended."))


def _once(request: HttpRequest, by: Actor, body: dict[str, Any], act: Callable[[], object]) -> Refused | None:
    """Does it once per key. The refusal if there was one."""
    try:
        with receipts.once(by.scope, request.POST.get("key", ""), body) as receipt:
            if not receipt.known:
                act()
                receipt.came_of(done=True)
    except Refused as refused:
        return refused
    return None


def _pane(request: HttpRequest, number: str, refusal: Refused | None, said: str) -> HttpResponse:
    """Back to the page, or the pane of the case anew."""
    told = forms.told(refusal) if refusal else None
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, None) or not back.startswith(reverse("command_map")):
        back = reverse("command_map")
    if not is_part(request) and told is None:
        joint = "&" if "?" in back else "?"
        return HttpResponseRedirect(
            f"{back}{joint}case={number}" if number and "case=" not in back else back, status=303
        )
    if not number:
        return render(request, "map/refused.html", {"refusal": told, "back": back}, status=told.status if told else 200)
    query = request.GET.copy()
    query["case"] = number
    request.GET = query  # type: ignore[assignment]
    shown = command_map.detail(request, actor_of(request)) | {"refusal": told, "fresh_keys": told is None, "back": back}
    if told is not None:
        shown["kept"] = set(_shifts(request))
    template = "map/_detail.html" if is_part(request) else "map/refused.html"
    answer = render(request, template, shown, status=told.status if told else 200)
    if told is None:
        answer.headers["HX-Trigger"] = json.dumps({"jd:said": said})
    return answer


def _shifts(request: HttpRequest) -> list[UUID]:
    return [_id(text) for text in request.POST.getlist("shift")[:MOST]]


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Absent from None
