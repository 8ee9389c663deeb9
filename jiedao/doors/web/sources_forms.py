"""Forms of sources of positions (位置来源表单). They hold no rule."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from jiedao.doors.web.shifts_forms import MISSING
from jiedao.ground.people.models import Person
from jiedao.ground.places.coords import SYSTEMS
from jiedao.lines.patrol.models import Source

KINDS = [
    (Source.Kind.OWNTRACKS, gettext_lazy("OwnTracks over HTTP")),
    (Source.Kind.TRACCAR, gettext_lazy("Forwarder (Traccar)")),
    (Source.Kind.CAMERA, gettext_lazy("Body cameras of a GB/T 28181 gateway (their number, no points)")),
    (Source.Kind.GPX, gettext_lazy("Own batches or GPX, for trial")),
]


def _system() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=gettext_lazy("System of coordinates"), choices=[(code, code.upper()) for code in SYSTEMS]
    )


class Declare(forms.Form):
    """A new source: what it is, in which system its points are."""

    code = forms.SlugField(label=pgettext_lazy("source", "Code"), max_length=40, error_messages={"required": MISSING})
    kind = forms.ChoiceField(label=gettext_lazy("Kind of source"), choices=KINDS)
    name = forms.CharField(label=pgettext_lazy("source", "Name"), max_length=80, error_messages={"required": MISSING})
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=120, required=False)
    system = _system()


class System(forms.Form):
    """Another system from now on."""

    system = _system()


class Give(forms.Form):
    """A device for one person."""

    def __init__(self, people: list[Person], data: Any = None) -> None:
        super().__init__(data)
        known = {person.code: person for person in people}
        self.fields["person"] = forms.TypedChoiceField(
            label=gettext_lazy("For whom"), coerce=known.get, error_messages={"required": MISSING},
            choices=[(person.code, f"{person.name} · {person.code}") for person in people],
        )  # fmt: skip
        self.fields["label"] = forms.CharField(
            label=gettext_lazy("Number or name of the device"), max_length=60, error_messages={"required": MISSING}
        )
