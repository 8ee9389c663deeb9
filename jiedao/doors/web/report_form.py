"""The report form (报事表单): photo, place, words, and as little about the person as the matter needs."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from jiedao.doors import acts
from jiedao.doors.fields import MANDATE_WAYS, MANDATES
from jiedao.doors.web.clocks import is_chinese
from jiedao.doors.web.uploads import FilesField
from jiedao.ground.places.models import Area
from jiedao.kit.text import MOST, plain_phone
from jiedao.record import kinds as guessed
from jiedao.record import residents
from jiedao.record.models import Case

MISSING = gettext_lazy("Still missing. Please fill it in.")

PLACELESS = frozenset({Case.Kind.CONSULT, Case.Kind.SUGGESTION})
"""Kinds that may concern no spot at all."""

RING = (
    ("yes", gettext_lazy("Yes, the unit may ring me")),
    ("no", gettext_lazy("No, pass messages on through this page")),
)

KIND_HINTS = {
    "": gettext_lazy("We read your words and sort it."),
    "finding": gettext_lazy("Something broken, dirty or dangerous in public space"),
    "help": gettext_lazy("You need help with a difficulty"),
    "consult": gettext_lazy("You want to know how something is done"),
    "complaint": gettext_lazy("About how you were treated by an office or a company"),
    "denunciation": gettext_lazy("Somebody breaks the law"),
    "suggestion": gettext_lazy("Something could be done better"),
}


STEPS: dict[str, tuple[str, ...]] = {
    "photos": ("photos",),
    "place": ("area", "address", "lon", "lat", "nowhere"),
    "similar": ("same_as",),
    "words": ("words",),
    "contact": ("phone", "name", "on_behalf", "mandate_way", "helper_name"),
    "check": ("kind", "may_ring", "same_as"),
}
"""The questions in their order, one a page for who chose the elder pages, and the fields of each."""


class ReportForm(forms.Form):
    """What a resident tells. Nothing about the person is required, unless somebody else files it for him."""

    use_required_attribute = False  # the summary says everything at once, in the page's language

    photos = FilesField(
        label=gettext_lazy("Photos"),
        help_text=gettext_lazy("Up to 9. Place and time inside a photo are read and then removed from it."),
    )
    lon = forms.FloatField(
        label=gettext_lazy("Longitude"), required=False, min_value=-180, max_value=180,
        error_messages={"invalid": gettext_lazy("This is not a number.")},
    )  # fmt: skip
    lat = forms.FloatField(
        label=gettext_lazy("Latitude"), required=False, min_value=-90, max_value=90,
        error_messages={"invalid": gettext_lazy("This is not a number.")},
    )  # fmt: skip
    area = forms.ChoiceField(
        label=gettext_lazy("Community"), required=False,
        help_text=gettext_lazy("Instead of the map: choose the community it is in."),
        error_messages={"invalid_choice": gettext_lazy("This community is not on the list. Choose one from it.")},
    )  # fmt: skip
    address = forms.CharField(
        label=gettext_lazy("Address or landmark"), required=False, max_length=200,
        help_text=gettext_lazy("As you would tell a neighbour: east gate of the market, behind building 3."),
    )  # fmt: skip
    nowhere = forms.BooleanField(label=gettext_lazy("It is not about a place"), required=False)
    same_as = forms.RegexField(r"^[0-9-]{4,20}$", required=False)
    words = forms.CharField(
        label=gettext_lazy("What happened"), max_length=MOST, widget=forms.Textarea,
        help_text=gettext_lazy("What it is, since when, what you would like. Names and numbers in it are masked."),
        error_messages={"required": MISSING},
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of matter"), required=False, widget=forms.RadioSelect,
        error_messages={"invalid_choice": gettext_lazy("This kind is not on the list. Choose one from it.")},
    )  # fmt: skip
    name = forms.CharField(label=pgettext_lazy("of a person", "Name"), required=False, max_length=60)
    phone = forms.CharField(
        label=gettext_lazy("Phone"), required=False, max_length=40,
        help_text=gettext_lazy("Only to reach you about this. Lists show it as 138****1234."),
    )  # fmt: skip
    on_behalf = forms.ChoiceField(label=gettext_lazy("Who is filling this in?"), required=False)
    mandate_way = forms.ChoiceField(label=gettext_lazy("How did they ask you to?"), required=False)
    helper_name = forms.CharField(label=gettext_lazy("Your own name, as who helps"), required=False, max_length=60)
    may_ring = forms.ChoiceField(
        label=gettext_lazy("May the unit that handles it ring you?"), required=False, choices=RING,
        widget=forms.RadioSelect,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds()
        self.fields["area"].choices = communities()
        self.fields["on_behalf"].choices = [("", gettext("The person concerned")), *_labels(MANDATES)]
        self.fields["mandate_way"].choices = [("", gettext("– please choose –")), *_labels(MANDATE_WAYS)]
        self.fields["words"].widget.attrs |= {"rows": 5, "data-jd-draft": "report"}
        for name, more in {
            "phone": {"inputmode": "tel", "autocomplete": "tel"}, "name": {"autocomplete": "name"},
            "lon": {"step": "any", "class": "short"}, "lat": {"step": "any", "class": "short"},
        }.items():  # fmt: skip
            self.fields[name].widget.attrs |= more

    def clean_phone(self) -> str:
        written: str = self.cleaned_data["phone"].strip()
        if written and not 7 <= len(plain_phone(written)) <= 12:
            raise ValidationError(gettext("This is no phone number. Write it with its area code, or leave it empty."))
        return written

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if (told.get("lon") is None) != (told.get("lat") is None):
            self.add_error("lon", gettext("Longitude and latitude belong together. Write both or neither."))
        placed = told.get("lon") is not None or told.get("area") or told.get("address", "").strip()
        kind = told.get("kind") or guessed.likely(told.get("words", ""))
        if not (placed or told.get("nowhere") or kind in PLACELESS or self.has_error("lon")):
            self.add_error(
                "address", gettext("Where is it? Point at the map, choose a community, or write the address.")
            )
        if told.get("on_behalf"):
            self._mandated(told)
        return told

    def _mandated(self, told: dict[str, Any]) -> None:
        """Who files for somebody else says for whom, who he is, and how he was asked (代办)."""
        for name in ("name", "mandate_way", "helper_name"):
            if not str(told.get(name, "")).strip() and not self.has_error(name):
                self.add_error(name, MISSING)

    def step_of(self, name: str) -> str:
        """The question that a field belongs to."""
        return next((step for step, names in STEPS.items() if name in names), "check")


def _labels(choices: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str]]:
    language = "zh" if is_chinese() else "en"
    return [(code, label[language]) for code, label in choices.items()]


def kinds() -> list[tuple[str, str]]:
    known = [(code, label) for code, label in _labels(acts.KINDS) if code != Case.Kind.FINDING]
    return [
        ("", gettext("I am not sure, please sort it for me")),
        ("finding", gettext("I saw a problem")),
        *known,
    ]


def communities() -> list[Any]:
    """The communities of today, under their sub-districts."""
    groups: list[Any] = [("", gettext("– no community chosen –"))]
    for above, within in residents.communities():
        place = _named(above)
        listed = [(area.code, _named(area)) for area in within]
        groups.append((place, [(above.code, gettext("%(place)s, community unknown") % {"place": place}), *listed]))
    return groups


def _named(area: Area) -> str:
    return area.name if is_chinese() or not area.name_en else area.name_en
