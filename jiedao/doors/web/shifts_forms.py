"""Forms of duty (勤务表单): a turn, a task order, a spot check, a note. They hold no rule."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from jiedao.doors.web.templatetags.jiedao_ui import pick
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import SHANGHAI, local, now
from jiedao.lines.patrol import desk
from jiedao.lines.patrol.models import Roster, Shift

MISSING = gettext_lazy("Still missing. Please fill it in.")


class Moment(forms.DateTimeField):
    """A time as people in China read the wall."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local", "class": "short"}, format="%Y-%m-%dT%H:%M")
        formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        super().__init__(widget=widget, input_formats=formats, error_messages={"required": MISSING}, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return local(value).strftime("%Y-%m-%dT%H:%M") if isinstance(value, datetime) else value

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        return None if found is None else found.replace(tzinfo=SHANGHAI)


class UnitChoice(forms.TypedChoiceField):
    """One of these units, by code."""

    def __init__(self, units: list[Unit], **kwargs: Any) -> None:
        known = {unit.code: unit for unit in units}
        choices = [(unit.code, pick({"zh": unit.name, "en": unit.name_en or unit.name})) for unit in units]
        super().__init__(choices=choices, coerce=known.get, error_messages={"required": MISSING}, **kwargs)


class Plan(forms.Form):
    """A squad's next turn, with everybody of it or with nobody yet."""

    def __init__(self, units: list[Unit], data: Any = None) -> None:
        super().__init__(data)
        begins = local(now()).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        self.fields["squad"] = UnitChoice(units, label=gettext_lazy("Squad"))
        self.fields["begins_at"] = Moment(label=gettext_lazy("Begins"), initial=begins)
        self.fields["ends_at"] = Moment(label=gettext_lazy("Ends"), initial=begins + timedelta(hours=8))
        self.fields["everybody"] = forms.BooleanField(
            label=gettext_lazy("Put everybody of the squad on it"), required=False, initial=True
        )


class Task(forms.Form):
    """One task order: what, where in words, when; for the squad or one of it."""

    def __init__(self, turn: Roster, crew: list[Shift], data: Any = None) -> None:
        super().__init__(data)
        self.fields["text"] = forms.CharField(
            label=gettext_lazy("What is to be done"), max_length=500, error_messages={"required": MISSING}
        )
        self.fields["place"] = forms.CharField(label=gettext_lazy("Where"), max_length=200, required=False)
        self.fields["at"] = Moment(label=gettext_lazy("When"), required=False)
        self.fields["number"] = forms.CharField(label=gettext_lazy("Case number"), max_length=20, required=False)
        self.fields["shift"] = forms.ChoiceField(
            label=gettext_lazy("For whom"), required=False,
            choices=[("", gettext_lazy("The whole squad")), *((str(one.id), one.call_sign) for one in crew)],
        )  # fmt: skip


class Check(forms.Form):
    """A spot check on the road: of a squad, never of a person."""

    def __init__(self, units: list[Unit], data: Any = None) -> None:
        super().__init__(data)
        self.fields["squad"] = UnitChoice(units, label=gettext_lazy("Squad"))
        self.fields["place"] = forms.CharField(
            label=gettext_lazy("Where you looked"), max_length=200, error_messages={"required": MISSING}
        )
        self.fields["met"] = forms.TypedChoiceField(
            label=gettext_lazy("Was the squad met on the road"), widget=forms.RadioSelect, coerce=lambda v: v == "yes",
            choices=[("yes", gettext_lazy("Met")), ("no", gettext_lazy("Not met"))],
            error_messages={"required": MISSING},
        )  # fmt: skip
        self.fields["note"] = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)


class Note(forms.Form):
    """A note on attendance or discipline, signed by writing it."""

    def __init__(self, crew: list[Shift], data: Any = None) -> None:
        super().__init__(data)
        self.fields["person"] = forms.ChoiceField(
            label=gettext_lazy("On whom"), choices=[(str(one.person.id), one.person.name) for one in crew],
            error_messages={"required": MISSING},
        )  # fmt: skip
        self.fields["kind"] = forms.ChoiceField(
            label=gettext_lazy("Of what"), choices=[(code, pick(label)) for code, label in desk.note_kinds()],
            error_messages={"required": MISSING},
        )  # fmt: skip
        self.fields["text"] = forms.CharField(
            label=gettext_lazy("What happened"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
            error_messages={"required": MISSING},
        )  # fmt: skip
