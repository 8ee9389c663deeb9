"""Parts (页面部件): what pickers and maps ask for while a form is open: units, items, areas, outlines, the area of a point."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from jiedao.doors.web import widgets
from jiedao.doors.web.templatetags.jiedao_ui import named
from jiedao.doors.web.who import staff
from jiedao.ground.places import outlines as shapes
from jiedao.ground.places.locate import locate as area_of
from jiedao.kit.clock import today


@require_GET
@staff
def pick(request: HttpRequest, what: str) -> HttpResponse:
    """Options of a picker for the words typed; what is chosen already stays."""
    if what not in widgets.Picker.found_by:
        raise Http404
    name = request.GET.get("name", "")[:40]
    sought = request.GET.get(f"q_{name}", "").strip()[:40]
    chosen = [value[:60] for value in request.GET.getlist(name) if value][:30]
    shown: dict[str, Any] = widgets.options(what, chosen, [], sought)
    return render(request, "part/_options.html", {**shown, "name": name, "several": request.GET.get("several")})


@require_GET
def locate(request: HttpRequest) -> HttpResponse:
    """The area of a point in words, for the line beside a map."""
    try:
        lon, lat = float(request.GET.get("lon", "")), float(request.GET.get("lat", ""))
    except ValueError:
        return HttpResponse(gettext("Point at the map, or write the place."))
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return HttpResponse(gettext("Point at the map, or write the place."))
    area = area_of(lon, lat, today())
    if area is None:
        return HttpResponse(gettext("Outside this district. Choose a point inside, or write the place in words."))
    names = [named(one) for one in shapes.upwards(area)]
    return HttpResponse(format_html("{}", " · ".join(names)))


@require_GET
def outlines(request: HttpRequest) -> HttpResponse:
    """The areas of the district as GeoJSON; public lines, so a browser may keep them for a while."""
    english = (request.LANGUAGE_CODE or "").startswith("en")  # type: ignore[attr-defined]
    return sent(request, shapes.lines(english=english), "private, max-age=600")


def sent(request: HttpRequest, lines: shapes.Lines, kept: str = "private, no-cache") -> HttpResponse:
    """Lines of areas, packed where the browser unpacks; one that has them already is only told so."""
    if request.headers.get("If-None-Match") == lines.etag:
        answer = HttpResponse(status=304)
    else:
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        answer = HttpResponse(lines.packed if packed else lines.plain, content_type="application/geo+json")
        if packed:
            answer.headers["Content-Encoding"] = "gzip"
    answer.headers["ETag"], answer.headers["Cache-Control"] = lines.etag, kept
    answer.headers["Vary"] = "Accept-Encoding, Cookie"
    return answer


@require_GET
@staff
def places(request: HttpRequest) -> HttpResponse:
    """Areas by part of a name, for an address search."""
    sought = request.GET.get("q", "").strip()[:40]
    return render(request, "part/_places.html", {"areas": shapes.search(sought) if sought else [], "sought": sought})
