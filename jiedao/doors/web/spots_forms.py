"""Forms of bad spots and joint patrols (乱点、联合巡查表单). They hold no rule."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext, gettext_lazy

from jiedao.doors.web.shifts_forms import MISSING, Moment
from jiedao.doors.web.templatetags.jiedao_ui import pick
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area, Site
from jiedao.kit.clock import SHANGHAI, local, now, today
from jiedao.lines.patrol import spotting
from jiedao.lines.patrol.models import Round

STOPS = 8
ANSWERS = [("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No")), ("na", gettext_lazy("Does not apply"))]
DEVIATIONS = {
    "missed": gettext_lazy("Not reached"),
    "skipped": gettext_lazy("Skipped for a later stop"),
    "late": gettext_lazy("Late"),
    "out_of_turn": gettext_lazy("Out of turn"),
}


def _day(**kwargs: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date", "class": "short"}, format="%Y-%m-%d")
    return forms.DateField(widget=widget, error_messages={"required": MISSING}, **kwargs)


class Mark(forms.Form):
    """A grid to be marked: why, from when to when."""

    def __init__(self, grids: list[Area], data: Any = None) -> None:
        super().__init__(data)
        known = {area.code: area for area in grids}
        choices = [(area.code, pick({"zh": area.name, "en": area.name_en or area.name})) for area in grids]
        self.fields["area"] = forms.TypedChoiceField(
            label=gettext_lazy("Grid"), choices=choices, coerce=known.get, error_messages={"required": MISSING}
        )
        self.fields["why"] = forms.CharField(
            label=gettext_lazy("Why it is a bad spot"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}),
            error_messages={"required": MISSING},
        )  # fmt: skip
        self.fields["since"] = _day(label=gettext_lazy("First day"), initial=today())
        self.fields["until"] = _day(label=gettext_lazy("Last day"), initial=today() + timedelta(days=30))


class Checklist(forms.Form):
    """The checklist of the spot, one answer to each line."""

    def __init__(self, lines: list[dict[str, str]], data: Any = None) -> None:
        super().__init__(data)
        for line in lines:
            self.fields[line["code"]] = forms.ChoiceField(
                label=pick(line), choices=ANSWERS, widget=forms.RadioSelect, error_messages={"required": MISSING}
            )
        self.fields["note"] = forms.CharField(
            label=gettext_lazy("What was found"), max_length=500, required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
        )  # fmt: skip


def answers_of(row: Round) -> list[tuple[str, Any]]:
    """What a round that has ended answered, line by line."""
    words = dict(ANSWERS)
    return [(pick(line), words.get(row.ticks.get(line["code"], ""), "—")) for line in row.spot.checklist]


def link_of(site: Site) -> str:
    """The address of a camera's stream; nothing but a web address is linked."""
    link = str(site.facts.get("stream", ""))
    return link if urlsplit(link).scheme in ("http", "https") else ""


class Joint(forms.Form):
    """A joint patrol: its name, when, who takes part, the stops in order by the code of their place."""

    def __init__(self, units: list[Unit], data: Any = None) -> None:
        super().__init__(data)
        self.known = {unit.code: unit for unit in units}
        begins = local(now()).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        self.fields["name"] = forms.CharField(
            label=gettext_lazy("Name of the patrol"), max_length=120, error_messages={"required": MISSING}
        )
        self.fields["begins_at"] = Moment(label=gettext_lazy("Begins"), initial=begins)
        self.fields["units"] = forms.MultipleChoiceField(
            label=gettext_lazy("Squads that take part"), required=False, widget=forms.CheckboxSelectMultiple,
            choices=[(unit.code, pick({"zh": unit.name, "en": unit.name_en or unit.name})) for unit in units],
        )  # fmt: skip
        for nth in range(1, STOPS + 1):
            self.fields[f"stop_{nth}"] = forms.CharField(
                label=gettext("Stop {n}: code of the place").format(n=nth), max_length=40, required=nth == 1,
                widget=forms.TextInput(attrs={"list": "known-places", "autocomplete": "off"}),
                error_messages={"required": MISSING},
            )  # fmt: skip
            self.fields[f"due_{nth}"] = forms.TimeField(
                label=gettext("Stop {n}: at").format(n=nth), required=False,
                widget=forms.TimeInput(attrs={"type": "time", "class": "short"}, format="%H:%M"),
            )  # fmt: skip

    def pairs(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"stop_{nth}"], self[f"due_{nth}"]) for nth in range(1, STOPS + 1)]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        said["units"] = [self.known[code] for code in said.get("units", [])]
        codes = {nth: said.get(f"stop_{nth}", "").strip() for nth in range(1, STOPS + 1)}
        places, stops = spotting.sites(filter(None, codes.values())), []
        for nth, code in codes.items():
            if code and code not in places:
                self.add_error(f"stop_{nth}", gettext("No place in use has this code."))
            elif code:
                stops.append((places[code], self._due(said, nth)))
        said["stops"] = stops
        return said

    def _due(self, said: dict[str, Any], nth: int) -> Any:
        """The moment of a stop: of the patrol's day, or of the next where the clock says earlier."""
        at, begins = said.get(f"due_{nth}"), said.get("begins_at")
        if at is None or begins is None:
            return None
        due = local(begins).replace(hour=at.hour, minute=at.minute, second=0, microsecond=0, tzinfo=SHANGHAI)
        return due if due >= begins else due + timedelta(days=1)
