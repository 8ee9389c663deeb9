"""Import of staff changes (人员变动导入页): a sheet goes in, a report of every bad row comes back."""

import tempfile
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from jiedao.doors.exchange import staff as importing
from jiedao.doors.web import forms, sheets
from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.terms import competence
from jiedao.kit.refusal import Absent, Refused

MOST_BYTES = 5_000_000


@require_http_methods(["GET", "POST"])
@staff
def page(request: HttpRequest) -> HttpResponse:
    """The form, and after it what came of every row."""
    by = actor_of(request)
    if not competence.may(by, "organisation"):
        raise Absent
    result = refusal = None
    if request.method == "POST":
        try:
            result = _taken(request)
        except Refused as refused:
            refusal = forms.told(refused)
    shown = {
        "result": result,
        "refusal": refusal,
        "most": importing.MOST,
        "columns": [pair[0 if is_chinese() else 1] for pair in importing.COLUMNS.values()],
        "chinese": is_chinese(),
        "fresh_keys": result is not None,
        "back": reverse("organisation_roster"),
    }
    return render(request, "organisation/import.html", shown, status=refusal.status if refusal else 200)


def _taken(request: HttpRequest) -> importing.Result:
    """The rows of the file that was sent; it lies in a folder of its own until they are done."""
    sent, key = request.FILES.get("file"), request.POST.get("key", "")
    if sent is None or not sent.size:
        raise Refused("incomplete", verb="", missing=["file"])
    if not key:
        raise Refused("key_missing")
    if sent.size > MOST_BYTES:
        raise Refused("bad_file", why="too_big", most=MOST_BYTES)
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "sheet"
        with kept.open("wb") as file:
            for chunk in sent.chunks():
                file.write(chunk)
        return importing.take(kept, by=actor_of(request), key=key)


@require_GET
@staff
def template(request: HttpRequest, form: str) -> HttpResponse:
    """The sheet to fill in, with one line for each kind of change."""
    rows = importing.template(is_chinese())
    if form == "xlsx":
        return sheets.workbook("staff-changes.xlsx", gettext("Import a sheet"), rows)
    if form == "csv":
        return sheets.answer("staff-changes.csv", rows)
    raise Absent
