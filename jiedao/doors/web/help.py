"""Help (帮助): the manual by role, open to everybody, and the tours to be seen again."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET

from jiedao.doors.web import manual, tours
from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.frame import PUBLIC, STAFF
from jiedao.doors.web.who import enter
from jiedao.kit.refusal import Absent


def _language() -> str:
    return "zh" if is_chinese() else "en"


def _enter(request: HttpRequest) -> str:
    """The page for the post of who has signed in; the residents' for everybody else."""
    if not request.user.is_authenticated or enter(request) is not None:
        return "resident"
    kinds = getattr(request, "post_kinds", set())
    return next((manual.FOR_KINDS[kind] for kind in kinds if kind in manual.FOR_KINDS), "start")


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The pages of the manual, one's own first, and the tours."""
    own = _enter(request)
    pages = manual.pages(_language())
    shown = {
        "own": next((page for page in pages if page.role == own), None),
        "pages": [page for page in pages if page.role != own],
        "tours": _tours() if request.user.is_authenticated else [],
    }
    return render(request, "help/index.html", shown)


def _tours() -> list[dict[str, object]]:
    """The desks with a tour that can be opened by themselves."""
    words = {desk.url_name: desk.word for desk in (*STAFF, *PUBLIC)}
    found = []
    for name in tours.tours():
        if name in words:
            try:
                found.append({"word": words[name], "href": f"{reverse(name)}?tour=1"})
            except NoReverseMatch:
                continue
    return found


@require_GET
def page(request: HttpRequest, role: str) -> HttpResponse:
    """One page of the manual."""
    _enter(request)
    found = manual.page(role, _language())
    if found is None:
        raise Absent
    return render(request, "help/page.html", {"page": found, "pages": manual.pages(_language())})


@require_GET
def image(request: HttpRequest, name: str) -> HttpResponseBase:
    """A picture of the manual: no data of anybody, so a browser may keep it."""
    found = manual.picture(name)
    if found is None:
        raise Absent
    answer = FileResponse(found.open("rb"), content_type="image/webp")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer
