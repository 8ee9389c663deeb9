"""Offline (离线): the service worker of the report pages and the one page it keeps, which holds nobody's data."""

import hashlib
from pathlib import Path

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from jiedao.doors.web.report_form import ReportForm

FOLDER = Path(__file__).parent / "static"
STYLES = ("tokens", "base", "frame", "components", "words", "forms", "lists", "case", "resident")
SCRIPTS = (
    "main", "clock", "drafts", "keys", "live", "map", "photos", "requests", "retry", "page", "symbols", "resident",
    "report", "outbox",
)  # fmt: skip


def files() -> list[str]:
    """What the kept page needs of ours."""
    return [*(f"css/{name}.css" for name in STYLES), *(f"js/{name}.js" for name in SCRIPTS), "img/icons.svg"]


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The script, under the only path it may rule. Its version is that of the files it keeps."""
    told, preferences = hashlib.sha256(), getattr(request, "preferences", {})
    for name in files():
        told.update((FOLDER / name).read_bytes())
    context = {
        "shell": reverse("report_offline"),
        "report": reverse("report"),
        "files": [static(name) for name in files()],
        # Another language or size is another page to keep.
        "version": "-".join([told.hexdigest()[:12], get_language() or "", preferences.get("size", "")]),
    }
    answer = render(request, "resident/sw.js", context, content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@require_GET
def shell(request: HttpRequest) -> HttpResponse:
    """An empty form that a browser may keep: no token, no session, nothing of anybody."""
    request.user = AnonymousUser()
    form = ReportForm()
    return render(request, "resident/offline.html", {"form": form})
