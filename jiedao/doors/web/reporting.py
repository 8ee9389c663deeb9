"""Reporting (报事): a resident tells what happened; the number and, once, its code come back."""

import base64
from typing import Any
from uuid import UUID

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from jiedao.doors import readers
from jiedao.doors.web import following, forms, uploads
from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.report_form import KIND_HINTS, ReportForm
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import Caller
from jiedao.ground.places.locate import locate
from jiedao.ground.places.models import Area
from jiedao.kit import vault
from jiedao.kit.clock import today
from jiedao.kit.refusal import Refused
from jiedao.record import kinds, residents
from jiedao.record.models import Case
from jiedao.stages import intake

FEW = 5
"""Public counts below this read as fewer than it (R17)."""

RUNG = frozenset({Case.Kind.HELP, Case.Kind.CONSULT})
"""Kinds that are asked whether the unit may ring. A complaint's caller is never rung by it (R7)."""


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """The form. A refusal keeps everything that was typed and every photo that was taken."""
    if request.method != "POST":
        return _page(request, ReportForm(), uploads.Uploads())
    files = uploads.taken(request)
    form = ReportForm(request.POST)
    refused = None
    if form.is_valid() and not files.refused:
        try:
            outcome = send(form.cleaned_data, files, request.POST.get("key", ""))
        except Refused as no:
            refused = no
        else:
            following.remember(request, Actor.resident(UUID(outcome["event"]), UUID(outcome["case"])))
            request.session["taken"] = outcome
            return HttpResponseRedirect(reverse("report_done"))
    for line in files.errors:
        form.add_error("photos", line)
    return _page(request, form, files, refused)


def _page(
    request: HttpRequest, form: ReportForm, files: uploads.Uploads, refused: Refused | None = None
) -> HttpResponse:
    told = forms.told(refused) if refused else None
    status = told.status if told else 422 if form.is_bound else 200
    context = {"form": form, "files": files, "told": told, "kind_hints": KIND_HINTS}
    return render(request, "resident/report.html", context, status=status)


def send(told: dict[str, Any], files: uploads.Uploads, key: str) -> dict[str, Any]:
    """One report under the form's key: number, event and sealed code. The same key and words give the same again."""
    try:
        key = str(UUID(key))
    except ValueError:
        raise Refused("key_missing") from None
    kind = told["kind"] or kinds.likely(told["words"])
    said = {name: value for name, value in told.items() if name != "photos" and value not in (None, "")}
    with receipts.once(key, key, said | {"photos": [file.sha256.hex() for file in files.files]}) as receipt:
        if receipt.known:
            return receipt.outcome or {}
        taken = intake.report(
            intake.Told(
                words=told["words"], channel="resident", kind=kind, point=_point(told), area=_area(told),
                address=told["address"], photos=files.files,
            ),
            by=Actor("resident"), caller=_caller(told, kind), process=_process(kind),
        )  # fmt: skip
        # Sealed: whoever reads the table must not be able to open the resident's page.
        code = base64.b64encode(vault.wrap(taken.code.encode(), f"code {key}")).decode()
        receipt.came_of(
            number=taken.case.number, event=str(taken.event.id), case=str(taken.case.id), code=code, key=key
        )
        return receipt.outcome or {}


def _process(kind: str) -> str:
    """What is seen runs as an event; what somebody asks of us, as a call that ends with his answer."""
    return "event" if kind == Case.Kind.FINDING else "call"


def _caller(told: dict[str, Any], kind: str) -> Caller:
    may_ring = kind in RUNG and told["may_ring"] == "yes"
    return Caller(name=told["name"].strip(), phone=told["phone"], may_ring=may_ring)


def _point(told: dict[str, Any]) -> tuple[float, float] | None:
    return (told["lon"], told["lat"]) if told["lon"] is not None and told["lat"] is not None else None


def _area(told: dict[str, Any]) -> Area | None:
    """The community chosen; a point on the map says it more exactly."""
    if not told["area"] or _point(told):
        return None
    area: Area = readers.read("area", "area", told, by=Actor("resident"), options={})
    return area


@require_GET
def done(request: HttpRequest) -> HttpResponse:
    """Number and code, on the screen of who reported and nowhere else; prints as a receipt."""
    kept, by = request.session.get("taken"), following.follower_of(request)
    if not kept or by is None or str(by.event_id) != kept["event"]:
        return HttpResponseRedirect(reverse("follow"))
    story = residents.story(by)
    code = vault.unwrap(base64.b64decode(kept["code"]), f"code {kept['key']}").decode()
    paper = "80" if request.GET.get("paper") == "80" else "a5"
    context = {
        "story": story,
        "code": f"{code[:4]}-{code[4:]}",
        "until": story.until if story.case.phase != "closed" else None,
        "paper": paper,
        "centre": residents.centre(),
        "qr": _qr(request.build_absolute_uri(reverse("follow"))),
        "photos": sum(len(line.photos) for line in story.lines),
    }
    return render(request, "resident/done.html", context)


def _qr(address: str) -> str:
    """A code that opens the page to follow; it holds neither number nor code."""
    return str(segno.make(address, error="m").svg_data_uri(border=2, scale=4))


@require_GET
def place(request: HttpRequest) -> HttpResponse:
    """What the map asks after a pick: the place by name, and how many like it are open there. Never whose."""
    told = {name: request.GET.get(name, "") for name in ("lon", "lat", "area")}
    try:
        point = readers.read("point", "point", told, by=Actor("resident"), options={})
        area = (
            locate(*point, today()) if point else readers.read("area", "area", told, by=Actor("resident"), options={})
        )
    except Refused:
        area = None
    if area is None:
        said = gettext("This place is outside the district. Point inside its outline, or write the address.")
    else:
        said = f"{_named(area)} · {_nearby(area)}"
    return render(request, "resident/_place.html", {"said": said})


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
