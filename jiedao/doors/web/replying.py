"""Replying (答复编辑): what helps while a form of a case is written: templates, the resident's view of it, the draft."""

from datetime import datetime
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from jiedao.doors import acts
from jiedao.doors.web import clocks, forms, telling
from jiedao.doors.web.resident_words import BY_PHASE, DID, STATUS
from jiedao.doors.web.templatetags.jiedao_ui import named, pick
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.districts.calendar import calendar
from jiedao.ground.people import Actor
from jiedao.kit.clock import local, now, today
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Absent, Refused
from jiedao.kit.text import mask_free
from jiedao.lines.replies import drafts, templates
from jiedao.record import orders, residents, sight
from jiedao.record.definition import Definition, Move
from jiedao.record.models import Case, DispatchOrder

READ = frozenset(
    {"reply", "contact", "answer", "reject", "rework", "pause", "defer", "undefer", "terminate", "grant_extension", "close"}
)  # fmt: skip
"""Verbs whose words a resident reads."""

FIELDS_KEPT = 40


def name_of(case: Case, verb: str, order: DispatchOrder | None) -> str:
    """The name of a form's draft."""
    return f"{case.number}:{verb}:{order.id if order else ''}"


def editor(asked: forms.Asked) -> dict[str, Any]:
    """What the composer offers beside its fields."""
    case, verb = asked.case, asked.act.verb
    name = name_of(case, verb, asked.order)
    draft = drafts.kept(asked.by, name)
    return {
        "draft_name": name,
        "draft": draft,
        "preview_href": reverse("preview", args=[case.number, verb]) if verb in READ else "",
        "templates": offered(asked) if verb == "reply" else [],
        "internal": [pick(f.label) for f in asked.act.fields if f.name in INTERNAL] if verb in READ else [],
    }


INTERNAL = ("took_up", "spoke_with", "finished", "limit", "why", "until")
"""Fields of a public act that stay between the units."""


def offered(asked: forms.Asked) -> list[dict[str, Any]]:
    """The templates for the case's item and kind, with what they would fill in."""
    case, facts = asked.case, facts_of(asked)
    found = templates.of(case.item.code if case.item else "", case.kind)
    return [
        {
            "code": one.code,
            "name": one.name if clocks.is_chinese() or not one.name_en else one.name_en,
            "for": "item" if one.item_code else "kind" if one.kind else "",
            "says": templates.filled(one, facts),
        }
        for one in found
    ]


def facts_of(asked: forms.Asked) -> dict[str, str]:
    """What the placeholders of a template stand for on this case."""
    case, order = asked.case, asked.order
    unit = order.unit if order else asked.by.post.unit if asked.by.post else None
    return {
        "number": case.number,
        "title": case.title,
        "item": case.item.name if case.item else "",
        "address": case.address,
        "unit": unit.name if unit else "",
        "today": _day(today()),
        "signed": _at(order.acknowledged_at if order else None),
        "contacted": _at(order.contacted_at if order else None),
        "due": _at(case.due_at),
    }


def _day(day: Any) -> str:
    """A day as a reply says it: it is read later, so never "today"."""
    return f"{day.month}月{day.day}日"


def _at(moment: datetime | None) -> str:
    if moment is None:
        return ""
    at = local(moment)
    return f"{_day(at)} {at:%H:%M}"


def proposed(asked: forms.Asked) -> dict[str, Any]:
    """What a reply opens with: what the record knows of it already. Empty for any other verb."""
    if asked.act.verb != "reply" or asked.order is None:
        return {}
    facts = facts_of(asked)
    return {"took_up": facts["signed"], "spoke_with": facts["contacted"]}


def restored(asked: forms.Asked, form: Form) -> Form:
    """The form with the draft in it, if there is one; what cannot be typed again (files, a point) is not in it."""
    draft = drafts.kept(asked.by, name_of(asked.case, asked.act.verb, asked.order))
    if draft is None:
        return form
    data = QueryDict(mutable=True)
    for name, value in draft.typed.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    for field in asked.act.fields:
        if field.name in form.fields and field.kind not in ("photos", "point", "marks"):
            widget = form.fields[field.name].widget
            form.initial[field.name] = widget.value_from_datadict(data, MultiValueDict(), field.name)
    return form


def with_template(asked: forms.Asked, posted: QueryDict) -> QueryDict:
    """What was typed, with the template chosen without scripts in the fields that were left empty."""
    code = posted.get("template", "") if posted.get("find") == "template" else ""
    found = next((one for one in offered(asked) if one["code"] == code), None) if code else None
    data = posted.copy()
    for name, text in (found["says"] if found else {}).items():
        if not data.get(name):
            data[name] = text
    return data


@require_POST
@staff
def preview(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """What the resident will read, in the resident's words; nothing is written."""
    by = actor_of(request)
    case = sight.case_or_404(by, number)
    if verb not in READ:
        raise Absent
    order = acts.order_of(case, request.POST.get("order", ""), by)
    return render(request, "case/_preview.html", shown(case, verb, order, by, request.POST))


def shown(case: Case, verb: str, order: DispatchOrder | None, by: Actor, typed: Any) -> dict[str, Any]:
    """The line as the resident's page has it, masked as the record masks it, and the word the case will then have."""
    words = {
        name: mask_free(text)
        for name in residents.SHOWN[verb]
        if (text := str(typed.get("right_office" if name == "told" else name, ""))[:5000].strip())
    }
    state = _after(case, verb, order)
    definition = case.process.definition
    said = definition.state(state)
    return {
        "case": case,
        "words": words,
        "unit": by.post.unit if by.post else None,
        "did": DID.get(verb, ""),
        "by_platform": verb == "contact" and case.shielded,
        "outcome": telling.outcome(typed.get("outcome", "")) if typed.get("outcome") in acts.OUTCOMES else "",
        "at": now(),
        "status": STATUS.get(state) or BY_PHASE.get(said.phase, ""),
        "sentence": _sentence(case, definition, state, order),
    }


def _after(case: Case, verb: str, order: DispatchOrder | None) -> str:
    """The state the case will have: its own where another unit has still to answer."""
    move: Move | None = next(iter(case.process.definition.moves_of(verb, case.state)), None)
    step = {"reply": "answered", "contact": "contacted"}.get(verb)
    if verb == "reply" and order is not None:
        led = [m for m in case.process.definition.moves_of(verb, case.state) if m.to and order.role + "_unit" in m.by]
        move = led[-1] if led else move
    if move is None or not move.to or (step and order and not orders.moves_case(case, order, step)):
        return case.state
    return move.to


def _sentence(case: Case, definition: Definition, state: str, order: DispatchOrder | None) -> str:
    """The state's own sentence with its promise; empty where none backs it."""
    said = definition.state(state)
    text = said.resident.get("zh" if clocks.is_chinese() else "en", "")
    until = Limit(said.limit.within).due(now(), calendar()) if said.limit else case.due_at
    if not text or ("{until}" in text and until is None):
        return ""
    unit = order.unit if order else case.holder
    filled = text.replace("{number}", case.number).replace("{unit}", named(unit) if unit else gettext("the unit"))
    return filled.replace("{until}", clocks.moment(until)) if until else filled


@require_POST
@staff
def draft(request: HttpRequest) -> HttpResponse:
    """Keeps what stands in a form: asked every three seconds while somebody types."""
    by, name = actor_of(request), request.POST.get("draft", "")[:120]
    case = sight.case_or_404(by, name.partition(":")[0])
    if not name.startswith(f"{case.number}:"):
        raise Absent
    left_out = {
        "csrfmiddlewaretoken",
        "key",
        "seen",
        "draft",
        "place",
        "order",
        "next",
        "kept",
        "drop",
        "photos",
        "find",
    }
    fields = [field for field in request.POST if field not in left_out and not field.startswith("q_")][:FIELDS_KEPT]
    typed = {
        field: values if len(values := request.POST.getlist(field)) > 1 else values[0] for field in fields
    }  # fmt: skip
    try:
        kept = drafts.save(by, name, typed, request.POST.get("place", ""))
    except Refused as refused:
        return JsonResponse({"said": forms.told(refused).text}, status=422)
    return JsonResponse({"said": gettext("Draft saved %(at)s") % {"at": _minute()} if kept else ""})


def _minute() -> str:
    return f"{local(now()):%H:%M}"


def forget(asked: forms.Asked) -> None:
    """The form was sent: its draft has served."""
    drafts.drop(asked.by, name_of(asked.case, asked.act.verb, asked.order))
