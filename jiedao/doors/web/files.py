"""Files (附件下载): what hangs on an entry, for who may see its case; never run, never guessed at (A15)."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from jiedao.doors.web import following, who
from jiedao.doors.web.middleware import unavailable
from jiedao.ground import store
from jiedao.ground.journal import notes
from jiedao.ground.people import Actor
from jiedao.kit.refusal import Absent, Refused
from jiedao.record import sight
from jiedao.record.models import Attachment
from jiedao.record.queries.scope import rows

SHUT = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""Opened by itself a file may load nothing, run nothing and be framed by nobody."""


@require_safe
def file(request: HttpRequest, attachment_id: UUID) -> HttpResponse:
    """The whole file. A complaint's is logged for the complainant before it is sent (R6)."""
    found, by = _found(request, attachment_id)
    if by.kind == "person" and by.person and found.case.shielded:
        notes.look(
            by.scope, "file", found.case_id, purpose="case", person_id=by.person.id,
            post_id=by.post.id if by.post else None, unit_id=by.unit_id,
        )  # fmt: skip
    return _answer(request, found.path, found)


@require_safe
def thumb(request: HttpRequest, attachment_id: UUID) -> HttpResponse:
    """The small form of a picture or of a PDF's first page. Absent for what has none."""
    found, _ = _found(request, attachment_id)
    if not found.thumb:
        raise Absent
    return _answer(request, found.thumb, found)


@require_safe
def view(request: HttpRequest, attachment_id: UUID) -> HttpResponse:
    """A file among those of its case: shown large, played or offered, with when, who and its hash."""
    found, by = _found(request, attachment_id)
    all_ = sight.attachments(by, found)
    here = next((n for n, one in enumerate(all_) if one.id == found.id), 0)
    file = all_[here] if all_ else found
    shown = {
        "file": file,
        "hash": bytes(file.sha256).hex(),
        "place": here + 1,
        "many": len(all_),
        "before": all_[here - 1] if here else None,
        "after": all_[here + 1] if here + 1 < len(all_) else None,
        "unit": _unit(file.entry.unit_id),
        "by_resident": file.entry.actor == "resident",
        "back": reverse("case", args=[file.case.number]) if by.kind == "person" else reverse("follow"),
        "line": f"#entry-{file.entry.seq}" if by.kind == "person" else "",
    }
    return render(request, "files/view.html", shown)


def _unit(unit_id: UUID | None) -> dict[str, str] | None:
    found = rows("SELECT name, name_en FROM people_unit WHERE id = %s", [unit_id]) if unit_id else []
    return {"name": found[0][0], "name_en": found[0][1]} if found else None


def _found(request: HttpRequest, attachment_id: UUID) -> tuple[Attachment, Actor]:
    """The attachment in the sight of who asks: staff first, else the resident whose page is open. `Absent` else."""
    for by in _askers(request):
        found = sight.attachment(by, attachment_id)
        if found is not None:
            return found, by
    raise Absent


def _askers(request: HttpRequest) -> list[Actor]:
    askers = []
    if request.user.is_authenticated and getattr(request.user, "person", None) and who.enter(request) is None:
        askers.append(who.actor_of(request))
    return [*askers, *(row.by for row in following.opened(request))]


def _answer(request: HttpRequest, path: str, found: Attachment) -> HttpResponse:
    try:
        content = store.read(path, bytes(found.sha256) if path == found.path else None)
    except FileNotFoundError:
        raise Absent from None
    except Refused:
        return unavailable(request)
    # Only pictures are ours through and through; whatever else came in is handed over, not shown.
    is_ours = found.kind == "picture" or path == found.thumb
    way = "inline" if is_ours else "attachment"
    suffix = path.rsplit(".", 1)[-1]
    headers: dict[str, Any] = {
        "Content-Disposition": f"{way}; filename=\"file.{suffix}\"; filename*=UTF-8''{quote(found.name)}",
        "Content-Security-Policy": SHUT,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(content, content_type="image/jpeg" if is_ours else found.mime, headers=headers)
