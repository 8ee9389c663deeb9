"""Reporting (报事): a resident tells what happened, reads it once more, and gets a number and, once, its code.

One form by itself, or one question a page for who chose the elder pages. What was told so far travels in the page:
nothing of it is kept before it is sent.
"""

import base64
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from jiedao.doors import readers
from jiedao.doors.web import following, forms, uploads
from jiedao.doors.web.report_form import KIND_HINTS, STEPS, ReportForm
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import Caller
from jiedao.ground.places.locate import locate
from jiedao.ground.places.models import Area
from jiedao.kit import vault
from jiedao.kit.clock import today
from jiedao.kit.refusal import Refused
from jiedao.record import kinds, nearby
from jiedao.record.models import Case
from jiedao.stages import intake

RUNG = frozenset({Case.Kind.HELP, Case.Kind.CONSULT})
"""Kinds that are asked whether the unit may ring. A complaint's caller is never rung by it (R7)."""

ANYBODY = Actor("resident")


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """The form, its check, its sending. A refusal keeps everything that was typed and every photo that was taken."""
    if request.method != "POST":
        return _asked(request, ReportForm(), uploads.Uploads())
    files = uploads.taken(request)
    go = request.POST.get("go", "send")
    if go == "next":
        return _next(request, files)
    if go not in ("send", "check"):
        return _asked(request, ReportForm(initial=_typed(request)), files, go)
    form = ReportForm(request.POST)
    refused = None
    if form.is_valid() and not files.refused:
        if go == "check":
            return _check(request, form, files)
        try:
            outcome = send(form.cleaned_data, files, request.POST.get("key", ""))
        except Refused as no:
            refused = no
        else:
            return _sent(request, outcome)
    return _again(request, form, files, refused)


def _typed(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "") for name in ReportForm.base_fields if name != "photos"}


def _is_stepwise(request: HttpRequest) -> bool:
    return bool(getattr(request, "preferences", {}).get("size"))


def _asked(request: HttpRequest, form: ReportForm, files: uploads.Uploads, go: str = "", **more: Any) -> HttpResponse:
    """The form as a whole, or the question that was asked for."""
    status = 422 if form.is_bound else 200
    shown: dict[str, Any] = {"form": form, "files": files, "told": None} | more
    if not _is_stepwise(request):
        shown["hidden"] = [(name, form.initial[name]) for name in ("kind", "may_ring") if form.initial.get(name)]
        return render(request, "resident/report.html", shown, status=more.pop("status", status))
    step = go if go in STEPS and go != "check" else "photos"
    asked = list(STEPS)
    shown |= {"step": step, "number": asked.index(step) + 1, "of": len(asked), "hidden": _hidden(form, STEPS[step])}
    shown["before"] = asked[asked.index(step) - 1] if step != "photos" else ""
    if step == "similar":
        shown["similar"] = similar_to(_typed(request))
    return render(request, "resident/step.html", shown, status=more.pop("status", status))


def _hidden(form: ReportForm, shown: tuple[str, ...]) -> list[tuple[str, str]]:
    """What was told on other pages, carried along."""
    names = [name for name in form.fields if name not in shown and name != "photos"]
    return [(name, str(form[name].value() or "")) for name in names if form[name].value()]


def _next(request: HttpRequest, files: uploads.Uploads) -> HttpResponse:
    """From one question to the next, once this one is answered."""
    step = request.POST.get("step", "")
    form = ReportForm(request.POST)
    form.is_valid()
    faulty = [name for name in form.errors if name in STEPS.get(step, ()) and step != "similar"]
    if faulty or (step == "photos" and files.refused):
        for name in [name for name in form.errors if name not in faulty]:
            del form.errors[name]
        for line in files.errors:
            form.add_error("photos", line)
        return _asked(request, form, files, step)
    asked = list(STEPS)
    following_one = asked[min(asked.index(step) + 1, len(asked) - 1)] if step in STEPS else "photos"
    if following_one == "similar" and not similar_to(_typed(request)):
        following_one = "words"
    if following_one == "check":
        return _check(request, form, files) if form.is_valid() else _again(request, form, files)
    return _asked(request, ReportForm(initial=_typed(request)), files, following_one)


def _check(request: HttpRequest, form: ReportForm, files: uploads.Uploads) -> HttpResponse:
    """Everything that is about to be sent, with the kind that its words speak of."""
    told = form.cleaned_data
    area = place_of(told)
    if _point(told) and area is None:
        form.add_error(
            "address", gettext("This place is outside the district. Point inside its outline, or write the address.")
        )
        return _again(request, form, files)
    kind, cue = kinds.told_by(told["words"])
    chosen = told["kind"] or kind
    form = ReportForm(initial=_typed(request) | {"kind": chosen})
    context = {
        "form": form, "files": files, "kind": chosen, "cue": "" if told["kind"] else cue, "kind_hints": KIND_HINTS,
        "area": area, "similar": similar_to(told) if chosen == Case.Kind.FINDING else [], "same_as": told["same_as"],
        "hidden": _hidden(form, STEPS["check"]), "back": "photos" if _is_stepwise(request) else "edit",
        "rows": STEPS if _is_stepwise(request) else {},
    }  # fmt: skip
    return render(request, "resident/check.html", context)


def similar_to(told: dict[str, Any]) -> list[nearby.Similar]:
    """Open findings at the place told that might be the same. Empty where the place cannot be read."""
    try:
        point = readers.read("point", "point", told, by=ANYBODY, options={})
        area = None if point else _area(told)
    except Refused:
        return []
    return nearby.similar(point, area, told.get("words", ""))


def _again(
    request: HttpRequest, form: ReportForm, files: uploads.Uploads, refused: Refused | None = None
) -> HttpResponse:
    """What was not sent, with the reason, at the question it belongs to."""
    for line in files.errors:
        form.add_error("photos", line)
    told = forms.told(refused) if refused else None
    status = told.status if told else 422
    if _wants_json(request):
        said = [told.what, told.fact] if told else [str(line) for lines in form.errors.values() for line in lines]
        return JsonResponse({"said": " ".join(said)}, status=status)
    step = form.step_of(next(iter(form.errors))) if form.errors else "photos"
    return _asked(request, form, files, step, told=told, status=status)


def _sent(request: HttpRequest, outcome: dict[str, Any]) -> HttpResponse:
    """To the receipt. The outbox of a phone hears the number and where its code stands."""
    at = following.remember(request, Actor.resident(UUID(outcome["event"]), UUID(outcome["case"])))
    request.session["taken"] = {**request.session.get("taken", {}), str(at): outcome}
    href = f"{reverse('report_done')}?at={at}"
    if _wants_json(request):
        return JsonResponse({"number": outcome["number"], "href": href})
    return HttpResponseRedirect(href)


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def send(
    told: dict[str, Any], files: uploads.Uploads, key: str, by: Actor = ANYBODY, channel: str = "resident"
) -> dict[str, Any]:
    """One report under the form's key: number, event and sealed code. The same key and words give the same again."""
    try:
        key = str(UUID(key))
    except ValueError:
        raise Refused("key_missing") from None
    kind = told["kind"] or kinds.likely(told["words"])
    said = {name: value for name, value in told.items() if name != "photos" and value not in (None, "", False)}
    # A stranger has no scope but his key; a colleague's is his own.
    scope = key if by is ANYBODY else by.scope
    with receipts.once(scope, key, said | {"photos": [file.sha256.hex() for file in files.files]}) as receipt:
        if receipt.known:
            return receipt.outcome or {}
        taken = intake.report(
            intake.Told(
                words=told["words"], channel=channel, kind=kind, point=_point(told), area=_area(told),
                address=told["address"], photos=files.files, same_as=told["same_as"], mandate=_mandate(told),
            ),
            by=by, caller=_caller(told, kind), process=_process(kind),
        )  # fmt: skip
        # Sealed: whoever reads the table must not be able to open the resident's page.
        code = base64.b64encode(vault.wrap(taken.code.encode(), f"code {key}")).decode()
        receipt.came_of(
            number=taken.case.number, event=str(taken.event.id), case=str(taken.case.id), code=code, key=key
        )
        return receipt.outcome or {}


def _process(kind: str) -> str:
    """What is seen runs as an event; what somebody asks of us, as a call that ends with his answer."""
    return "event" if kind == Case.Kind.FINDING else "call"


def _mandate(told: dict[str, Any]) -> dict[str, str]:
    return {"by": told["on_behalf"], "way": told["mandate_way"]} if told["on_behalf"] else {}


def _caller(told: dict[str, Any], kind: str) -> Caller:
    may_ring = kind in RUNG and told["may_ring"] == "yes"
    helper = told["helper_name"].strip() if told["on_behalf"] else ""
    return Caller(name=told["name"].strip(), phone=told["phone"], may_ring=may_ring, helper=helper)


def _point(told: dict[str, Any]) -> tuple[float, float] | None:
    return (told["lon"], told["lat"]) if told["lon"] is not None and told["lat"] is not None else None


def _area(told: dict[str, Any]) -> Area | None:
    """The community chosen; a point on the map says it more exactly."""
    if not told.get("area") or told.get("lon") not in (None, ""):
        return None
    area: Area = readers.read("area", "area", told, by=ANYBODY, options={})
    return area


def place_of(told: dict[str, Any]) -> Area | None:
    """Where a report lies, as its check says it. None outside the district, or without point and community."""
    point = _point(told)
    return locate(*point, today()) if point else _area(told)
