"""Acts of the organisation (组织办理页): one form per verb, its refusal beside what was typed, its receipt behind it."""

from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from jiedao.doors import organising
from jiedao.doors.fields import Field
from jiedao.doors.organising import ACTS, Act
from jiedao.doors.web import forms as shared
from jiedao.doors.web import opening, widgets
from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.organisation import page_of
from jiedao.doors.web.organisation_words import natures
from jiedao.doors.web.templatetags.jiedao_ui import named
from jiedao.doors.web.who import actor_of, staff
from jiedao.ground.people import stationing
from jiedao.ground.terms import competence
from jiedao.kit.clock import today
from jiedao.kit.refusal import Absent, Refused

SEVERAL = frozenset({"units"})
PICKED = frozenset({"unit", "units", "area", "post", "person"})
ABOUT = {
    "unknown_unit": "unit", "unknown_post": "post", "unknown_person": "person", "unknown_area": "area",
    "seat_taken": "post", "seat_not_in_force": "post", "already_holds": "person", "person_left": "person",
    "consent_needed": "consent", "consent_denied": "consent", "no_such_consent": "consent",
    "consent_of_another": "consent", "backwards": "on",
    "number_taken": "code", "bad_number": "code", "name_taken": "account", "stationed_already": "person",
    "too_many_moved": "moved", "not_the_holder": "instead_of",
}  # fmt: skip
"""Beside which field a refusal is shown, where it speaks of one."""


@require_http_methods(["GET", "POST"])
@staff
def do(request: HttpRequest, name: str) -> HttpResponse:
    """The form of one verb, and its doing. Only who keeps the organisation finds it (A5)."""
    by, act = actor_of(request), ACTS.get(name)
    if act is None or not competence.may(by, "organisation"):
        raise Absent
    subject = organising.row_of(act, request.GET.get("row", ""))
    form, refusal = _form(act, request), None
    if request.POST.get("find"):
        form._errors = {}  # type: ignore[attr-defined]  # sent for a search, not to be judged
    elif request.method == "POST" and form.is_valid():
        try:
            key, row = request.POST.get("key", ""), request.GET.get("row", "")
            done = organising.perform(act, by=by, given=_given(form, act), key=key, row=row)
            return HttpResponseRedirect(_back(request) or page_of(done.unit), status=303)
        except Refused as refused:
            refusal = shared.told(refused)
            _mark(form, refused)
    status = refusal.status if refusal else 422 if form.errors else 200
    shown = {
        "act": act,
        "heading": _label(act),
        "subject": _told(subject),
        "form": form,
        "refusal": refusal,
        "back": _back(request) or reverse("organisation"),
    }
    return render(request, "organisation/act.html", shown, status=status)


def _form(act: Act, request: HttpRequest) -> forms.Form:
    """One field per thing the verb asks for; what the address names is filled in."""
    sought = opening.sought_in(request)
    right = stationing.consent_right()
    made = {f.name: _field(f, sought.get(f.name)) for f in act.fields if f.kind != "consent" or right is not None}
    kind = type("OrganisationForm", (forms.Form,), made)
    if request.method == "POST":
        return cast(forms.Form, kind(request.POST))
    begin = {name: request.GET[name] for name in made if request.GET.get(name)}
    return cast(forms.Form, kind(initial={"on": today().isoformat(), **begin}))


def _field(asked: Field, sought: str | None) -> forms.Field:
    made = forms.Field(
        label=_label(asked),
        help_text=_in(asked.hint),
        widget=_widget(asked, sought),
        required=asked.required,
        error_messages={"required": gettext("Still missing. Please fill it in.")},
    )
    if asked.kind in ("word", "number", "day", "consent"):
        made.widget.attrs["class"] = "short"
    return made


def _widget(asked: Field, sought: str | None) -> forms.Widget:
    if asked.kind in PICKED:
        what = "unit" if asked.kind == "units" else asked.kind
        return widgets.Picker(what, several=asked.kind in SEVERAL, sought=sought)
    if asked.kind == "choice":
        options: Any = asked.choices() if callable(asked.choices) else asked.choices  # type: ignore[call-arg]
        return forms.Select(choices=[("", shared.NONE), *((code, _in(label)) for code, label in options.items())])
    drawn: dict[str, forms.Widget] = {
        "day": forms.DateInput(attrs={"type": "date"}),
        "number": forms.NumberInput(attrs={"min": 0, "max": 100_000}),
        "yes": forms.CheckboxInput(),
        "yes_no": forms.RadioSelect(choices=shared.YES_NO),
        "gear": forms.Textarea(attrs={"rows": 3, "maxlength": 2000}),
    }
    return drawn.get(asked.kind) or forms.TextInput(attrs={"maxlength": 40 if asked.kind == "word" else 200})


def _given(form: forms.Form, act: Act) -> dict[str, Any]:
    given = {name: form.cleaned_data.get(name) for name in form.fields}
    for field in act.fields:
        if field.kind == "yes" and field.name in given:
            given[field.name] = "yes" if given[field.name] else ""
    return given


def _mark(form: forms.Form, refused: Refused) -> None:
    """Puts the refusal beside the fields it is about."""
    names = [n for n in refused.facts.get("missing", []) if n in form.fields]
    names += [n for n in (refused.facts.get("field"), ABOUT.get(refused.rule)) if n in form.fields]
    for name in dict.fromkeys(names):
        form.add_error(name, shared.told(refused).what)


def _told(subject: Any) -> list[tuple[str, str]]:
    """What the verb is done to, in a few lines."""
    if subject is None:
        return []
    lines = [
        (gettext("Person"), named(getattr(subject, "person", None))),
        (gettext("Account"), getattr(subject, "username", "")),
        (gettext("Seat"), _seat(getattr(subject, "post", None))),
        (gettext("How"), natures().get(getattr(subject, "nature", ""), "")),
        (gettext("Sent by"), named(getattr(subject, "home", None))),
        (gettext("Commanded by"), named(getattr(subject, "command", None))),
        (gettext("Area"), named(getattr(subject, "area", None))),
        (gettext("Plan"), getattr(subject, "name", "") if hasattr(subject, "changes") else ""),
    ]
    return [(word, value) for word, value in lines if value]


def _seat(post: Any) -> str:
    return f"{named(post.unit)} · {named(post)}" if post is not None else ""


def _label(thing: Any) -> str:
    if isinstance(thing, Act):
        return thing.zh if is_chinese() else thing.en
    return _in(thing.label)


def _in(label: Any) -> str:
    return label.get("zh" if is_chinese() else "en", "") if label else ""


def _back(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""
