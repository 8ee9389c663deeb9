"""Find an office (找单位): street, community and points near by, with whom to ring; for anybody."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jiedao.doors.web import tabs
from jiedao.ground.people import offices
from jiedao.record import residents


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """All streets; with `?in=` one of them, with `?q=` what the words find."""
    words, code = tabs.words(request.GET.get("q", ""), 40), tabs.words(request.GET.get("in", ""), 20)
    shown: dict[str, Any] = {"sought": words, "centre": residents.centre(), "kinds": offices.point_kinds()}
    if words:
        shown["found"], shown["points"] = offices.found(words)
    elif code and (office := offices.inside(code)) is not None:
        shown["office"] = office
    else:
        shown |= {"streets": offices.streets(), "departments": offices.departments()}
    return render(request, "resident/offices.html", shown)
