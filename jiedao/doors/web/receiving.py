"""Receiving (回执与地点): the receipt with number and code, and what the report form asks about a place."""

import base64
from typing import Any

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET

from jiedao.doors import readers
from jiedao.doors.web import following
from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.reporting import ANYBODY, similar_to
from jiedao.ground.places.locate import locate
from jiedao.ground.places.models import Area
from jiedao.kit import vault
from jiedao.kit.clock import today
from jiedao.kit.refusal import Refused
from jiedao.record import residents

FEW = 5
"""Public counts below this read as fewer than it (R17)."""


@require_GET
def done(request: HttpRequest) -> HttpResponse:
    """Number and code, on the screen of who reported and nowhere else; prints as a receipt."""
    opened = following.current(request)
    kept = request.session.get("taken", {}).get(str(opened.at)) if opened else None
    if not kept or opened is None or str(opened.by.event_id) != kept["event"]:
        return HttpResponseRedirect(reverse("follow"))
    following.choose(request, opened.at)
    story = residents.story(opened.by)
    code = vault.unwrap(base64.b64decode(kept["code"]), f"code {kept['key']}").decode()
    context = {
        "story": story,
        "code": f"{code[:4]}-{code[4:]}",
        "until": story.until if story.case.phase != "closed" else None,
        "paper": "80" if request.GET.get("paper") == "80" else "a5",
        "at": opened.at,
        "centre": residents.centre(),
        "qr": _qr(request.build_absolute_uri(reverse("follow"))),
        "photos": sum(len(line.photos) for line in story.lines),
    }
    return render(request, "resident/done.html", context)


def _qr(address: str) -> str:
    """A code that opens the page to follow; it holds neither number nor code."""
    return str(segno.make(address, error="m").svg_data_uri(border=2, scale=4))


def _asked(request: HttpRequest) -> dict[str, Any]:
    return {name: request.GET.get(name, "") for name in ("lon", "lat", "area")}


@require_GET
def place(request: HttpRequest) -> HttpResponse:
    """What the form asks after a pick: the place by name, and how many like it are open there. Never whose."""
    told = _asked(request)
    try:
        point = readers.read("point", "point", told, by=ANYBODY, options={})
        area = locate(*point, today()) if point else readers.read("area", "area", told, by=ANYBODY, options={})
    except Refused:
        area = None
    if area is None:
        said = gettext("This place is outside the district. Point inside its outline, or write the address.")
    else:
        said = f"{_named(area)} · {_nearby(area)}"
    return render(request, "resident/_place.html", {"said": said})


@require_GET
def similar(request: HttpRequest) -> HttpResponse:
    """Open findings near the place, to say 「我也遇到」 to: what, since when, who has it; nothing of who told it."""
    return render(request, "resident/_similar.html", {"similar": similar_to(_asked(request)), "same_as": ""})


def _nearby(area: Area) -> str:
    count = residents.open_nearby(area)
    if count < FEW:
        return gettext("fewer than 5 reports are open here")
    return ngettext("%(count)d report is open here", "%(count)d reports are open here", count) % {"count": count}


def _named(area: Area) -> str:
    return area.name if is_chinese() or not area.name_en else area.name_en


@require_GET
def outlines(request: HttpRequest) -> HttpResponse:
    """The ground of the resident's map as GeoJSON."""
    features = [
        {"type": "Feature", "geometry": area.shape, "properties": {"name": _named(area), "level": area.kind}}
        for area in residents.outlines()
    ]
    ground = {"type": "FeatureCollection", "features": features}
    return JsonResponse(ground, headers={"Cache-Control": "public, max-age=3600"})
