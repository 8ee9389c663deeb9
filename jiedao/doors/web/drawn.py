"""Drawn lists (图上列表): a list of cases as list, map or both: one address, one query, and what its map asks for."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, pgettext

from jiedao.doors.web import tabs
from jiedao.record.queries import Lists, snapshot
from jiedao.record.queries.scope import Count
from jiedao.record.queries.snapshot import Box
from jiedao.record.queries.worklists import Listing

VIEWS = ("list", "both", "map")
"""In the order in which the key `.` goes through them."""
PARTS = ("map", "moved", "words")
FRAME = ("view", "box", "at")
"""What an address says about the map; a saved view keeps it."""


@dataclass(frozen=True)
class Drawn:
    """What a page needs to show its list drawn."""

    view: str
    views: list[dict[str, Any]]
    box: Box | None
    at: str
    here: str
    unplaced: Count | None
    free_href: str
    outlines_url: str

    @property
    def box_text(self) -> str:
        return ",".join(f"{one:.5f}" for one in self.box) if self.box else ""

    @property
    def lists(self) -> bool:
        return self.view != "map"

    @property
    def maps(self) -> bool:
        return self.view != "list"


def drawn(request: HttpRequest, listing: Listing, default: str = "list") -> Drawn:
    """The view asked for and its addresses. What has no place is only counted where a map is shown."""
    shown = view(request, default)
    return Drawn(
        shown,
        _views(request, shown),
        box(request),
        at(request),
        tabs.here(request, "page", "case", "do", "into"),
        snapshot.unplaced(listing) if shown != "list" else None,
        tabs.here(request, "box", "page")[:-1],
        reverse("outlines"),
    )


def view(request: HttpRequest, default: str = "list") -> str:
    wanted = request.GET.get("view", "")
    return wanted if wanted in VIEWS else default


def box(request: HttpRequest) -> Box | None:
    """The frame that narrows the list: west, south, east, north. None for anything else."""
    found = _numbers(request.GET.get("box", ""), 4)
    if found is None or not (-180 <= found[0] < found[2] <= 180 and -90 <= found[1] < found[3] <= 90):
        return None
    return found[0], found[1], found[2], found[3]


def at(request: HttpRequest) -> str:
    """Where the map was left: middle and zoom, as the address had them. Empty for anything else."""
    found = _numbers(request.GET.get("at", ""), 3)
    fits = found and abs(found[0]) <= 180 and abs(found[1]) <= 90 and 0 <= found[2] <= 24
    return request.GET["at"] if fits else ""


def is_asked(request: HttpRequest) -> bool:
    """Whether a map asks for its symbols, not a browser for the page."""
    return request.GET.get("part", "") in PARTS


def answer(request: HttpRequest, listing: Listing, sight: Lists, moment: datetime | None = None) -> HttpResponse:
    """What a map asks: all symbols, those that a hint named, or the words of those within a box."""
    part = request.GET["part"]
    if part == "moved":
        return said(snapshot.moved(listing, sight.where(), _ids(request)))
    if part == "words":
        found = _numbers(request.GET.get("within", ""), 4)
        return said(snapshot.words(listing, (found[0], found[1], found[2], found[3])) if found else b"{}")
    etag = f'"{snapshot.stamp(listing)}"'
    if request.headers.get("If-None-Match") == etag:
        return kept(HttpResponse(status=304), etag)
    made = snapshot.snapshot(listing, moment)
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    found_all = HttpResponse(made.packed if packed else made.plain, content_type="application/json")
    if packed:
        found_all.headers["Content-Encoding"] = "gzip"
    return kept(found_all, etag)


def said(body: bytes) -> HttpResponse:
    return HttpResponse(body, content_type="application/json")


def told(given: Any) -> HttpResponse:
    """Anything of ours as JSON."""
    return said(msgspec.json.encode(given))


def kept(found: HttpResponse, etag: str) -> HttpResponse:
    """With its name. The page keeps it while it is open; nothing of it stays in the browser after that."""
    found.headers["ETag"] = etag
    found.headers["Vary"] = "Accept-Encoding, Cookie"
    return found


def _numbers(text: str, count: int) -> list[float] | None:
    parts = text[:120].split(",")
    try:
        found = [float(part) for part in parts]
    except ValueError:
        return None
    return found if len(found) == count and all(math.isfinite(one) for one in found) else None


def _ids(request: HttpRequest) -> list[UUID]:
    found = []
    for text in request.GET.getlist("id")[: snapshot.MOST_MOVED]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _views(request: HttpRequest, present: str) -> list[dict[str, Any]]:
    words = {"list": gettext("List"), "both": gettext("List and map"), "map": pgettext("drawn", "Map")}
    following = VIEWS[(VIEWS.index(present) + 1) % len(VIEWS)]
    return [
        {
            "word": words[code],
            "href": f"{tabs.here(request, 'view', 'page')}view={code}",
            "present": code == present,
            "next": code == following,
        }
        for code in VIEWS
    ]
