"""Forms (表单): made from `acts.ACTS`, one field per thing an act asks for; they hold no rule of their own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import get_language, gettext, gettext_lazy

from jiedao.doors import words
from jiedao.doors.acts import ACTS, Act, Field
from jiedao.doors.web import widgets
from jiedao.doors.web.clocks import is_chinese
from jiedao.ground import store
from jiedao.ground.people import Actor
from jiedao.kit.refusal import Refused
from jiedao.record import queries
from jiedao.record.definition import Move
from jiedao.record.models import Case, DispatchOrder
from jiedao.record.queries import pick

NEEDED_AS = {"told": "right_office", "units": "lead"}
"""What a definition calls a need, and the field that answers it, where the two differ."""

NONE = gettext_lazy("– please choose –")
YES_NO = (("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No")))


@dataclass(frozen=True)
class Asked:
    """For what a form is made: the act on this case, perhaps on one order, by this actor."""

    act: Act
    case: Case
    by: Actor
    order: DispatchOrder | None = None
    sought: Mapping[str, str] | None = None

    def search(self, name: str) -> str | None:
        return (self.sought or {}).get(name)


def form_for(
    asked: Asked, move: Move | None, data: Any = None, files: Any = None, *, initial: Any = None, kept: bool = False
) -> forms.Form:
    """The form of an act. Given data it is bound and keeps everything that was typed; `kept` files count as given."""
    needed = {NEEDED_AS.get(name, name) for name in (move.needs if move else ())} - ({"photos"} if kept else set())
    made = {
        field.name: _field(field, asked, field.required or field.name in needed, (initial or {}).get(field.name))
        for field in asked.act.fields
        if not (field.kind == "choice" and callable(field.choices) and not field.options(asked.case))
    }
    kind = type("ActForm", (forms.Form,), made)
    form: forms.Form = kind(data, files) if data is not None else kind(initial=initial)
    return form


def _field(asked_for: Field, asked: Asked, required: bool, initial: Any) -> forms.Field:
    widget, more = _KINDS[asked_for.kind](asked_for, asked)
    made = forms.Field(
        label=_told(asked_for.label),
        help_text=_told(asked_for.hint),
        widget=widget,
        required=required,
        initial=initial,
        error_messages={"required": gettext("Still missing. Please fill it in.")},
    )
    made.widget.attrs.update(more)
    return made


def _told(label: Mapping[str, str]) -> str:
    return label.get("zh" if is_chinese() else "en", "") if label else ""


Drawn = tuple[forms.Widget, dict[str, Any]]


def _choices(field: Field, asked: Asked) -> list[tuple[str, str]]:
    return [(code, _told(label)) for code, label in field.options(asked.case).items()]


def _choice(field: Field, asked: Asked) -> Drawn:
    choices = _choices(field, asked)
    if 1 < len(choices) <= 4:
        return forms.RadioSelect(choices=choices), {}
    return forms.Select(choices=[("", NONE), *choices]), {}


def _number(field: Field, asked: Asked) -> Drawn:
    choices = _choices(field, asked)
    return (forms.RadioSelect(choices=choices), {}) if choices else (forms.NumberInput(), {"class": "short"})


def _long(field: Field, asked: Asked) -> Drawn:
    draft = f"{asked.case.number}-{asked.act.verb}-{field.name}"
    return forms.Textarea(), {"rows": 4, "maxlength": 5000, "data-jd-draft": draft}


def _unit(field: Field, asked: Asked) -> Drawn:
    several = field.kind == "units"
    proposed = _proposed(asked, field.name)
    return widgets.Picker("unit", several=several, proposed=proposed, sought=asked.search(field.name)), {}


def _codes(field: Field, asked: Asked) -> Drawn:
    return widgets.Picker("unit", several=True, sought=asked.search(field.name)), {}


def _proposed(asked: Asked, name: str) -> list[pick.Option]:
    """Units the duty list names for the case's item and place."""
    routing = asked.case.routing
    ids = [routing.get("proposed_lead", ""), *routing.get("proposed_helpers", [])]
    if name == "reported_units":
        ids = [str(unit) for unit in asked.case.reported_units]
    return pick.units_by([i for i in ids if i])


def _item(field: Field, asked: Asked) -> Drawn:
    proposed = pick.items("", asked.case)
    return widgets.Picker("item", proposed=proposed, sought=asked.search(field.name)), {}


def _area(field: Field, asked: Asked) -> Drawn:
    return widgets.Picker("area", sought=asked.search(field.name)), {}


def _post(field: Field, asked: Asked) -> Drawn:
    found = pick.seats(asked.order)[0] if asked.order else []
    return forms.Select(choices=[("", NONE), *((str(p.id), f"{p.unit.name} · {p.name}") for p in found)]), {}


def _person(field: Field, asked: Asked) -> Drawn:
    found = pick.seats(asked.order)[1] if asked.order else []
    return forms.Select(choices=[("", NONE), *((str(p.id), p.name) for p in found)]), {}


def _marks(field: Field, asked: Asked) -> Drawn:
    called = {o.unit_id: o.unit for o in queries.prefetched_orders(asked.case) if o.recalled_at is None}
    satisfied = next(f for f in ACTS["rate"].fields if f.name == "satisfied").options(asked.case)
    return widgets.Marks(list(called.values()), satisfied), {}


_KINDS: dict[str, Callable[[Field, Asked], Drawn]] = {
    "line": lambda field, asked: (forms.TextInput(), {"maxlength": 200}),
    "word": lambda field, asked: (forms.TextInput(), {"maxlength": 40, "class": "short"}),
    "long": _long,
    "choice": _choice,
    "number": _number,
    "yes_no": lambda field, asked: (forms.RadioSelect(choices=YES_NO), {}),
    "yes": lambda field, asked: (forms.CheckboxInput(), {}),
    "limit": lambda field, asked: (widgets.LimitInput(), {}),
    "moment": lambda field, asked: (forms.DateTimeInput(attrs={"type": "datetime-local"}), {"class": "short"}),
    "date": lambda field, asked: (forms.DateInput(attrs={"type": "date"}), {"class": "short"}),
    "money": lambda field, asked: (forms.TextInput(), {"maxlength": 20, "inputmode": "decimal", "class": "short"}),
    "unit": _unit,
    "units": _unit,
    "codes": _codes,
    "basis": lambda field, asked: (forms.Textarea(), {"rows": 3, "maxlength": 3000}),
    "item": _item,
    "area": _area,
    "post_code": lambda field, asked: (forms.TextInput(), {"maxlength": 40, "class": "short"}),
    "person_code": lambda field, asked: (forms.TextInput(), {"maxlength": 40, "class": "short"}),
    "post": _post,
    "person": _person,
    "case": lambda field, asked: (forms.TextInput(), {"maxlength": 20, "class": "short"}),
    "photos": lambda field, asked: (widgets.Files(), {"accept": "image/*,application/pdf,.xlsx,.docx,.csv"}),
    "marks": _marks,
    "point": lambda field, asked: (widgets.PointInput(), {}),
}


def given(form: forms.Form, act: Act, photos: list[store.Stored]) -> dict[str, Any]:
    """What was typed, as `acts.perform` takes it. Empty fields are left out there."""
    typed = {
        field.name: form.fields[field.name].widget.value_from_datadict(
            form.data, form.files, form.add_prefix(field.name)
        )
        for field in act.fields
        if field.kind != "photos" and field.name in form.fields
    }
    for field in act.fields:
        if field.kind == "photos" and photos:
            typed[field.name] = photos
        if field.kind == "yes" and field.name in typed:
            typed[field.name] = "yes" if typed[field.name] else ""
    return typed


Told = words.Sentence
"""A refusal as pages say it."""


def told(refused: Refused) -> words.Sentence:
    """The sentence of a refusal in the page's language."""
    return words.say(refused, get_language() or "zh")


BEFORE = {
    "has_item": "classify",
    "has_place": "classify",
    "complaint_names_unit": "classify",
    "acknowledged_first": "acknowledge",
    "contacted_first": "contact",
    "check_agrees": "check",
    "called_back": "callback",
    "by_whistle_plan": "review",
    "was_answered": "dispatch",
    "nobody_answered": "dispatch",
}
"""What has to be done before, by the rule that says so: its sentence leads there."""


def led(said: words.Sentence, case: Case) -> words.Sentence:
    """A refusal whose next step is a link, where that step is a verb of the same case."""
    verb = BEFORE.get(said.rule)
    return said if said.next_href or not verb else replace(said, next_href=reverse("do", args=[case.number, verb]))


def mark(form: forms.Form, act: Act, refused: Refused) -> bool:
    """Puts a refusal beside the fields it speaks of. False if it speaks of none."""
    names = [NEEDED_AS.get(n, n) for n in refused.facts.get("missing", []) if isinstance(n, str)]
    if refused.rule == "bad_limit":
        names += [field.name for field in act.fields if field.kind == "limit"]
    names += [name for name in [refused.facts.get("field")] if name]
    missing = refused.rule == "incomplete"
    found = [name for name in names if name in form.fields]
    for name in found:
        if missing and name in form.errors:
            continue  # its own line says so already
        form.add_error(name, gettext("Still missing. Please fill it in.") if missing else told(refused).what)
    return bool(found)
