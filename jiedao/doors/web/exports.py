"""My exports (我的导出): lists that were asked for, their files, and for who keeps or audits it the whole ledger."""

import re
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext, gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiedao.doors.fields import asked as field
from jiedao.doors.notify import listeners
from jiedao.doors.web import exporting, forms, sheet, stepup, tabs, take
from jiedao.doors.web.templatetags.jiedao_ui import named
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.terms import competence
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.exports import ledger
from jiedao.lines.exports.models import Export
from jiedao.lines.subjects import desk

STATES = {
    "waiting": gettext_lazy("Waits for a second person"),
    "asked": gettext_lazy("Being made"),
    "ready": gettext_lazy("Ready"),
    "failed": gettext_lazy("Not made"),
    "refused": gettext_lazy("Refused"),
    "gone": gettext_lazy("Ended, the file is deleted"),
}
WHY = {
    "left": gettext_lazy("The post that asked is held by somebody else now."),
    "fault": gettext_lazy("The list could not be read. Ask again; it is in the log."),
    "lost": gettext_lazy("It took too long. Ask again with a narrower filter."),
}
_PASSWORD = re.compile(r"[!-~]{12,64}")
REASON = field(
    "reason", "long", "为什么要未遮盖的名单，用完怎么处理",
    "Why the list is needed in the clear, and what becomes of it", required=True,
)  # fmt: skip


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """What I asked for; what waits for my yes; the ledger."""
    by, number = actor_of(request), tabs.number(request)
    everything = ledger.everything(by, number)
    waits = ledger.waiting(by)
    words = {"mine": gettext("My exports")}
    if competence.may(by, ledger.KEEPERS):
        words["waiting"] = gettext("Waiting for my yes")
    if everything is not None:
        words["ledger"] = gettext("Ledger")
    tab = tabs.chosen(request, words)
    rows = {"mine": ledger.mine, "waiting": lambda _: waits, "ledger": lambda _: everything}[tab](by)
    shown = {
        "views": [(code, word, len(waits) if code == "waiting" else None) for code, word in words.items()],
        "tab": tab, "rows": [_told(row) for row in rows or []], "number": number, "refusal": None,
        "has_next": tab == "ledger" and len(rows or []) == ledger.SHOWN,
        "busy": any(row.state == Export.State.ASKED for row in rows or []),
    }  # fmt: skip
    return render(request, "exports/_list.html" if "HX-Request" in request.headers else "exports/page.html", shown)


def _told(row: Export) -> dict[str, Any]:
    known = take.PURPOSES.get(row.purpose) or (named(found) if (found := desk.purposes().get(row.purpose)) else "")
    return {
        "row": row,
        "state": STATES[row.state],
        "purpose": known or row.purpose,
        "why": WHY.get(row.answer, row.answer),
    }


@require_POST
@staff
def ask(request: HttpRequest) -> HttpResponse:
    """Asks for a long list: a job makes it."""
    told = {name: request.POST.get(name, "") for name in ("title", "path", "query", "form", "purpose")}
    purpose = told["purpose"] if told["purpose"] in take.PURPOSES else "work"

    def write() -> str:
        if told["form"] not in take.FORMS or not exporting.is_list(told["path"]):
            raise Refused("export_not_ours")
        row = ledger.ask(by=actor_of(request), **told | {"purpose": purpose}, lang=_lang())
        return f"{reverse('exports')}#export-{row.id}"

    return sheet.led(request, "export", write, told["path"] if exporting.is_list(told["path"]) else reverse("exports"))


def _lang() -> str:
    return "zh-hans" if (get_language() or "zh").startswith("zh") else "en"


@require_http_methods(["GET", "POST"])
@staff
def clear(request: HttpRequest) -> HttpResponse:
    """Asks for the register in the clear (R5): a purpose, a reason, a second proof; then a second person."""
    by = actor_of(request)
    if not competence.may(by, ledger.ASKERS):
        raise Absent
    if not stepup.is_fresh(request):
        return stepup.asked_again(request, request.get_full_path())
    purposes = {code: {"zh": term.name, "en": term.name_en} for code, term in desk.purposes().items()}
    query = request.POST.get("query", "") if request.method == "POST" else request.GET.urlencode()
    fields = (field("purpose", "choice", "用途", "Purpose", required=True, choices=purposes), REASON)

    def write(told: dict[str, Any]) -> str:
        row = ledger.ask(
            by=by, title=gettext("Cases with their callers, in the clear"), path=reverse("cases"), query=query,
            form="pdf", lang=_lang(), unmasked=True, **told,
        )  # fmt: skip
        listeners.export_asked(ledger.keepers() - {by.person.id if by.person else None}, by.unit_id)
        return f"{reverse('exports')}#export-{row.id}"

    return sheet.page(
        request, "export_clear", fields, write, heading=gettext("Ask for this list in the clear"),
        back=f"{reverse('cases')}?{query}", template="exports/clear.html", query=query,
        most=ledger.rule("unmasked", "rows", 1000), hours=ledger.rule("unmasked", "hours", 24),
    )  # fmt: skip


@require_POST
@staff
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The second person's yes or no, with a second proof of the last quarter of an hour."""
    by, back = actor_of(request), f"{reverse('exports')}?tab=waiting"
    if not competence.may(by, ledger.KEEPERS):
        raise Absent
    if not stepup.is_fresh(request):
        return stepup.asked_again(request, back)
    agreed = request.POST.get("say") == "yes"

    def write() -> None:
        row = ledger.decide(pk, by=by, agreed=agreed, answer=request.POST.get("answer", ""))
        if not agreed:
            listeners.export_told(row.person.id, "export_refused")

    return sheet.pressed(request, f"export-{pk}", write, back)


@require_http_methods(["GET", "POST"])
@staff
def file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The file, each time on the record; one in the clear asks for a second proof and a password of one's own."""
    by = actor_of(request)
    row = ledger.own(pk, by=by)
    if not row.unmasked:
        return _given(*ledger.take(pk, by=by))
    if row.state != Export.State.READY:
        raise Absent
    if not stepup.is_fresh(request):
        return stepup.asked_again(request, request.path)
    if request.method == "GET":
        return render(request, "exports/password.html", {"row": row})
    password = request.POST.get("password", "")
    if not _PASSWORD.fullmatch(password) or password != request.POST.get("again", ""):
        said = forms.told(Refused("export_password"))
        return render(request, "exports/password.html", {"row": row, "refusal": said}, status=said.status)
    row, content = ledger.take(pk, by=by)
    return _given(row, exporting.locked(content, password))


KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def _given(row: Export, content: bytes) -> HttpResponse:
    answer = HttpResponse(content, content_type=KINDS[row.form])
    answer.headers["Content-Disposition"] = f'attachment; filename="{row.name}"'
    return answer
