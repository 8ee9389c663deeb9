"""Rights of subjects (个人信息权利): find by number, then copy, correct, delete or refuse, each within its limit (R19)."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiedao.doors.fields import asked
from jiedao.doors.web import sheet, stepup, tabs
from jiedao.doors.web.templatetags.jiedao_ui import named
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.terms import competence
from jiedao.kit.refusal import Absent
from jiedao.lines.subjects import desk, watching
from jiedao.record.queries.scope import Count

PAGE = 50
PHONE = asked("phone", "line", "来电号码", "Number they called from", required=True)
BASIS = asked("basis", "line", "如何核实本人身份", "How we know it is them", required=True)
CORRECTED = (
    asked("name", "line", "姓名", "Name"),
    asked("phone", "line", "电话", "Phone"),
    asked("may_ring", "yes_no", "是否同意承办单位来电", "May the unit ring", required=True),
)
REASON = asked("reason", "line", "不予办理的理由", "Why not", required=True)


def _choices(table: str) -> Any:
    def options(_: Any = None) -> dict[str, dict[str, str]]:
        found = desk.kinds() if table == desk.TABLE else desk.purposes()
        return {code: {"zh": term.name, "en": term.name_en} for code, term in found.items()}

    return options


FIND = (
    PHONE,
    asked("kind", "choice", "请求事项", "What they ask for", required=True, choices=_choices(desk.TABLE)),
    asked("purpose", "choice", "查询目的", "What the look is for", required=True, choices=_choices(desk.PURPOSES)),
    BASIS,
)


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """Open and answered requests, the nearest limit first. No name and no number stands here."""
    by, number = actor_of(request), tabs.number(request)
    if not competence.may(by, desk.KEEPER):
        raise Absent
    words = {"open": gettext("Open"), "answered": gettext("Answered")}
    rows = {name: watching.requests(name == "answered") for name in words}
    counts = {name: Count(found.count()) for name, found in rows.items()}
    tab = tabs.chosen(request, words)
    found = list(rows[tab][(number - 1) * PAGE : number * PAGE])
    kinds = desk.kinds()
    shown = {
        "tabs": tabs.tabs(words, counts, tab, reverse("people_rights")),
        "rows": [{"row": row, "kind": named(kinds[row.kind]) if row.kind in kinds else row.kind} for row in found],
        "pages": tabs.Pages(number, counts[tab], len(found), PAGE),
    }
    return render(request, "privacy/subjects.html", shown)


@require_http_methods(["GET", "POST"])
@staff
def ask(request: HttpRequest) -> HttpResponse:
    """Finds the subject of a number, with a purpose and a fresh second proof, and opens the request."""
    by = actor_of(request)
    if not competence.may(by, desk.KEEPER):
        raise Absent
    if not stepup.is_fresh(request):
        return stepup.asked_again(request, request.path)

    def write(told: dict[str, Any]) -> str:
        row = desk.ask(told["phone"], told["kind"], by=by, purpose=told["purpose"], basis=told["basis"])
        return reverse("people_rights_one", args=[row.id])

    return sheet.page(request, "subject-ask", FIND, write, heading=gettext("Take down a request"),
                      back=reverse("people_rights"))  # fmt: skip


@require_GET
@staff
def one(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """One request: where something of the subject stands, masked, and what can be done."""
    row = desk.request_or_404(request_id, by=actor_of(request))
    kind = desk.kinds().get(row.kind)
    shown = {"row": row, "kind": named(kind) if kind else row.kind, "places": desk.places(row.subject)}
    return render(request, "privacy/subject.html", shown)


@require_http_methods(["GET", "POST"])
@staff
def act(request: HttpRequest, request_id: UUID, verb: str) -> HttpResponse:
    """Corrects or refuses by a form; a fresh second proof for what opens or changes identity."""
    by = actor_of(request)
    row = desk.request_or_404(request_id, by=by)
    back = reverse("people_rights_one", args=[row.id])
    if verb not in ("correct", "refuse") or (verb == "correct" and row.kind != verb):
        raise Absent
    if verb == "correct" and not stepup.is_fresh(request):
        return stepup.asked_again(request, request.path)
    fields = CORRECTED if verb == "correct" else (REASON,)
    heading = gettext("Correct name and number") if verb == "correct" else gettext("Refuse the request")

    def write(told: dict[str, Any]) -> str:
        if verb == "refuse":
            desk.refuse(row, by=by, reason=told["reason"])
        else:
            desk.correct(row, by=by, name=told.get("name", ""), phone=told.get("phone", ""),
                         may_ring=bool(told.get("may_ring")))  # fmt: skip
        return back

    return sheet.page(request, f"subject-{verb}-{row.id}", fields, write, heading=heading, back=back)


@require_POST
@staff
def delete(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Deletes the key and the masks. It cannot be undone."""
    by = actor_of(request)
    row = desk.request_or_404(request_id, by=by)
    back = reverse("people_rights_one", args=[row.id])
    if row.kind != "delete":
        raise Absent
    if not stepup.is_fresh(request):
        return stepup.asked_again(request, back)
    return sheet.pressed(request, f"subject-delete-{row.id}", lambda: desk.delete(row, by=by), back)


@require_POST
@staff
def copy(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """The copy as a file, once; each opening is on the record before it is in the file."""
    by = actor_of(request)
    row = desk.request_or_404(request_id, by=by)
    if row.kind != "copy":
        raise Absent
    if not stepup.is_fresh(request):
        return stepup.asked_again(request, reverse("people_rights_one", args=[row.id]))
    told = json.dumps(desk.copy(row, by=by), ensure_ascii=False, indent=1, default=str)
    headers = {"Content-Disposition": f'attachment; filename="copy-{str(row.id)[:8]}.json"'}
    return HttpResponse(told, content_type="application/json; charset=utf-8", headers=headers)
