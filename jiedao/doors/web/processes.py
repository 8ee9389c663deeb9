"""Process designer (流程设计): see a process, change a draft line by line, try it on last month, publish with a second person."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jiedao.doors.web import diagram, forms, process_table
from jiedao.doors.web.process_form import LineForm
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.journal import receipts
from jiedao.ground.terms import competence
from jiedao.kit.clock import now, today
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.processes import drafts, edits, reading
from jiedao.lines.processes.models import ProcessDraft
from jiedao.lines.processes.trial import MOST, trial
from jiedao.record import definition

PARTS = ("frame", "states", "moves", "steps", "roles", "reasons")
MONTH = timedelta(days=30)
MOST_BYTES = 400_000


@require_GET
@staff
def page(request: HttpRequest) -> HttpResponse:
    """Every process of the district: its version, since when, its open cases, its draft."""
    open_cases, waiting = reading.open_cases(), reading.waiting()
    rows = [
        {
            "version": one,
            "label": one.definition.label,
            "open": open_cases.get(one.code, 0),
            "draft": waiting.get(one.code),
        }
        for one in reading.in_force()
    ]
    return render(request, "processes/list.html", {"rows": rows, "keeps": _keeps(request)})


@require_GET
@staff
def version(request: HttpRequest, code: str) -> HttpResponse:
    """One version, by default the one in force: diagram and tables; with `?as=yaml` as a file."""
    rows = reading.versions(code)
    wanted = request.GET.get("version", "")
    shown = next((row for row in rows if str(row.version) == wanted), None) or next(
        (row for row in rows if row.retired_at is None), None
    )
    if shown is None:
        raise Absent
    if request.GET.get("as") == "yaml":
        return _file(f"{code}-v{shown.version}.yaml", drafts.exported(f"v{shown.version}", shown.document))
    data = edits.load(shown.document)
    return render(
        request,
        "processes/version.html",
        {
            "version": shown,
            "versions": rows,
            "label": shown.definition.label,
            "drawing": diagram.drawing(data),
            "tables": process_table.tables(data),
            "draft": drafts.open_draft(code),
            "keeps": _keeps(request),
        },
    )


@require_POST
@staff
def begin(request: HttpRequest, code: str) -> HttpResponse:
    """Begins a draft, or leads to the one that there is."""
    by = actor_of(request)
    return _begun(request, {"begin": code}, lambda: drafts.open_draft(code) or drafts.begin(code, by=by))


@require_POST
@staff
def bring(request: HttpRequest) -> HttpResponse:
    """A draft from an exported file."""
    written = _written(request)
    return _begun(request, {"bring": written}, lambda: drafts.bring(written, by=actor_of(request)))


def _begun(request: HttpRequest, body: dict[str, Any], act: Any) -> HttpResponse:
    """To the draft; a refusal is shown on a page of its own with the way back."""
    try:
        return _to(_once(request, body, act))
    except Refused as refused:
        told = forms.told(refused)
        return render(request, "processes/refused.html", {"refusal": told}, status=told.status)


def _written(request: HttpRequest) -> str:
    """What an exported file says; what is no text or far too long reads as nothing, which is no definition."""
    file = request.FILES.get("file")
    if file is None or (file.size or 0) > MOST_BYTES:
        return ""
    try:
        return str(file.read().decode("utf-8"))
    except UnicodeDecodeError:
        return ""


@require_http_methods(["GET", "POST"])
@staff
def draft(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """The editor: problems and differences above, the diagram, the tables; with `?edit=part:key` one line as a form."""
    found = reading.draft(draft_id)
    part, _, key = request.GET.get("edit", "").partition(":")
    form, refusal = None, None
    if part in PARTS and not found.outcome:
        form = LineForm(edits.load(found.document), part, key, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                return _to(_save(request, found, form))
            except Refused as refused:
                refusal = forms.told(refused)
    status = refusal.status if refusal else 422 if form is not None and form.is_bound else 200
    return render(request, "processes/draft.html", _shown(request, found, form, refusal), status=status)


def _save(request: HttpRequest, found: ProcessDraft, form: LineForm) -> ProcessDraft:
    key = form.key or form.cleaned_data.get("code", "") if form.part != "moves" else form.key
    values, seen = form.values(), _number(request, "seen")
    body = {"draft": str(found.id), "part": form.part, "key": key, "values": values, "seen": seen}
    if form.is_new and form.part not in ("moves", "frame") and key in edits.load(found.document).get(form.part, {}):
        raise Refused("line_exists", code=key)
    return _once(
        request, body, lambda: drafts.change(found.id, form.part, key, values, by=actor_of(request), seen=seen)
    )


@require_POST
@staff
def act(request: HttpRequest, draft_id: UUID, verb: str) -> HttpResponse:
    """Leave a line out, ask, give back, publish, drop: one verb each. A refusal is shown above the draft."""
    found, by, given = reading.draft(draft_id), actor_of(request), request.POST
    verbs = {
        "leave-out": lambda: drafts.leave_out(
            draft_id, given.get("part", ""), given.get("line", ""), by=by, seen=_number(request, "seen")
        ),
        "ask": lambda: drafts.ask(
            draft_id, by=by, effective_on=_day(request), reason=given.get("reason", ""), seen=_number(request, "seen")
        ),
        "give-back": lambda: drafts.give_back(draft_id, by=by, reason=given.get("reason", "")),
        "publish": lambda: drafts.publish(draft_id, by=by, seen=_number(request, "seen")),
        "drop": lambda: drafts.drop(draft_id, by=by),
    }
    if verb not in verbs:
        raise Absent
    body = {
        "draft": str(draft_id),
        "verb": verb,
        **{name: given[name] for name in given if name != "csrfmiddlewaretoken"},
    }
    try:
        done = _once(request, body, verbs[verb])
    except Refused as refused:
        refusal = forms.told(refused)
        return render(request, "processes/draft.html", _shown(request, found, None, refusal), status=refusal.status)
    if verb == "publish" and done.outcome == ProcessDraft.Outcome.PUBLISHED:
        messages.success(
            request, gettext("Version {n} is in force. Cases under way keep theirs.").format(n=done.version)
        )
        return HttpResponseRedirect(reverse("process", args=[done.code]), status=303)
    if verb == "drop":
        return HttpResponseRedirect(reverse("processes"), status=303)
    return _to(done)


@require_GET
@staff
def tried(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """What the draft would have done with the cases of the last thirty days. Changes nothing."""
    found = reading.draft(draft_id)
    problems = drafts.problems(found)
    result = None
    if not problems:
        result = trial(found.code, definition.read(found.document), now() - MONTH)
    by_role = []
    if result:
        roles = edits.load(found.document)["roles"]
        by_role = [(process_table.labelled(roles[role]["label"]), n) for role, n in result.work.most_common()]
    shown = {
        "draft": found,
        "label": reading.label(found),
        "result": result,
        "work": by_role,
        "problems": problems,
        "most": MOST,
    }
    return render(request, "processes/trial.html", shown | {"kinds": _kinds(result) if result else []})


@require_GET
@staff
def written(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """The draft as a file."""
    found = reading.draft(draft_id)
    return _file(f"{found.code}-draft.yaml", drafts.exported(f"draft of v{found.based_on}", found.document))


def _kinds(result: Any) -> list[dict[str, Any]]:
    words = {
        "refused": gettext("Would have been refused"),
        "waits": gettext("Would have waited for a signature"),
        "elsewhere": gettext("Would have gone elsewhere"),
        "late": gettext("Would have been late"),
        "in_time": gettext("Would no longer have been late"),
    }
    return [
        {"word": word, "rows": result.of(code)[:100], "count": len(result.of(code))} for code, word in words.items()
    ]


def _shown(request: HttpRequest, found: ProcessDraft, form: LineForm | None, refusal: Any) -> dict[str, Any]:
    data = edits.load(found.document)
    people = reading.names(found.changed_by, found.asked_by)
    sound = not definition.misshapen(data)
    tables = process_table.tables(data) if sound or form else []
    own = actor_of(request).person
    return {
        "draft": found,
        "label": reading.label(found),
        "problems": drafts.problems(found),
        "changes": drafts.changes(found) if sound else [],
        "drawing": diagram.drawing(data) if sound else None,
        "tables": tables if sound else [],
        "form": form,
        "form_table": next((one for one in tables if form and one.part == form.part), None),
        "refusal": refusal,
        "keeps": _keeps(request),
        "may_publish": own is not None and own.pk not in (found.changed_by, found.asked_by),
        "changed_by": people.get(found.changed_by, ""),
        "asked_by": people.get(found.asked_by, "") if found.asked_by else "",
        "today": today().isoformat(),
    }


def _once(request: HttpRequest, body: dict[str, Any], act: Any) -> ProcessDraft:
    """One write under its key; sent twice it is done once and leads to the same draft."""
    with receipts.once(actor_of(request).scope, request.POST.get("key", ""), body) as receipt:
        if receipt.known:
            return reading.draft(UUID(str((receipt.outcome or {})["draft"])))
        done: ProcessDraft = act()
        receipt.came_of(draft=str(done.id))
        return done


def _keeps(request: HttpRequest) -> bool:
    return competence.may(actor_of(request), drafts.WHAT)


def _to(found: ProcessDraft) -> HttpResponse:
    return HttpResponseRedirect(reverse("process_draft", args=[found.id]), status=303)


def _file(name: str, text: str) -> HttpResponse:
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _day(request: HttpRequest) -> date:
    text = request.POST.get("effective_on", "")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("unreadable", field="effective_on", wants="date") from None
