"""Forms of a redraw (网格调整表单): one per change; the map fills them, a keyboard does as well. They hold no rule."""

import re
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext, gettext_lazy

from jiedao.doors.web import grids_words
from jiedao.ground.people import Actor
from jiedao.ground.places import files, redraw
from jiedao.ground.places.models import Redraw
from jiedao.kit.refusal import Refused

MISSING = gettext_lazy("Still missing. Please fill it in.")
LONG = 60_000
_NUMBER = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{1,12})?")


class Points(forms.CharField):
    """Points as lines of `longitude, latitude`; with `pairs`, where from and where to on one line."""

    def __init__(self, *, pairs: bool = False, **kwargs: Any) -> None:
        widget = forms.Textarea(
            attrs={"rows": 4, "spellcheck": "false", "data-jd-points": "pairs" if pairs else "line"}
        )
        super().__init__(max_length=LONG, widget=widget, error_messages={"required": MISSING}, **kwargs)
        self.per_line = 4 if pairs else 2

    def clean(self, value: Any) -> Any:
        made = []
        for line in filter(None, map(str.strip, super().clean(value).splitlines())):
            numbers = [float(number) for number in _NUMBER.findall(line)]
            if len(numbers) != self.per_line:
                raise forms.ValidationError(gettext("This line cannot be read: %(line)s") % {"line": line[:60]})
            made.append(numbers)
        return made


def _line(label: Any, *, required: bool = True, most: int = 80, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, required=required, help_text=hint, error_messages={"required": MISSING}
    )


class Begin(forms.Form):
    """A redraw to be begun, or its name and day to be changed."""

    name = _line(gettext_lazy("What is redrawn, and why"))
    effective_on = forms.DateField(
        label=gettext_lazy("Takes effect on"),
        widget=forms.DateInput(attrs={"type": "date", "class": "short"}, format="%Y-%m-%d"),
        error_messages={"required": MISSING},
    )


class Split(forms.Form):
    """A line across the chosen grid."""

    code = forms.CharField(widget=forms.HiddenInput, max_length=20)
    line = Points(label=gettext_lazy("Line of the cut"), help_text=gettext_lazy("One point a line: longitude, latitude in WGS 84. Begin and end outside the grid."))  # fmt: skip  # noqa: E501
    names = _line(
        gettext_lazy("Names of the new parts"), required=False, hint=gettext_lazy("Parted by commas. The largest part keeps code and name.")  # noqa: E501
    )  # fmt: skip

    def ask(self, pk: UUID, by: Actor) -> None:
        given = self.cleaned_data
        names = [name.strip() for name in re.split("[,，、]", given["names"])] if given["names"] else []
        redraw.split(pk, by=by, code=given["code"], line=given["line"], names=names)


class Merge(forms.Form):
    """Neighbours, and the one of them whose code stays."""

    codes = forms.CharField(label=gettext_lazy("Grids to merge"), max_length=2000, error_messages={"required": MISSING}, help_text=gettext_lazy("Codes, parted by spaces. The first one's code and name stay."))  # fmt: skip  # noqa: E501
    name = _line(gettext_lazy("Another name"), required=False)
    name_en = _line(gettext_lazy("Name in English"), required=False, most=120)

    def ask(self, pk: UUID, by: Actor) -> None:
        given = self.cleaned_data
        codes = [code for code in re.split(r"[\s,，、]+", given["codes"]) if code]
        redraw.merge(pk, by=by, codes=codes, name=given["name"], name_en=given["name_en"])


class Move(forms.Form):
    """Points of the border, from where to where."""

    code = forms.CharField(widget=forms.HiddenInput, max_length=20)
    points = Points(pairs=True, label=gettext_lazy("Points to move"), help_text=gettext_lazy("One point a line: longitude, latitude, then longitude, latitude of where it goes. Neighbours move along."))  # fmt: skip  # noqa: E501

    def ask(self, pk: UUID, by: Actor) -> None:
        pairs = [((a, b), (c, d)) for a, b, c, d in self.cleaned_data["points"]]
        redraw.move(pk, by=by, code=self.cleaned_data["code"], points=pairs)


class Add(forms.Form):
    """A new grid in the community at hand."""

    parent = forms.CharField(widget=forms.HiddenInput, max_length=20)
    grid_kind = forms.ChoiceField(label=gettext_lazy("Sort of grid"), widget=forms.RadioSelect)
    ring = Points(label=gettext_lazy("Corners"), help_text=gettext_lazy("One corner a line: longitude, latitude in WGS 84, once round."))  # fmt: skip  # noqa: E501
    name = _line(gettext_lazy("Name"))
    name_en = _line(gettext_lazy("Name in English"), required=False, most=120)
    code = _line(gettext_lazy("Code"), required=False, most=20, hint=gettext_lazy("Empty: the next free one by the district's rule."))  # fmt: skip  # noqa: E501

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["grid_kind"].choices = list(grids_words.kinds().items())  # type: ignore[attr-defined]

    def ask(self, pk: UUID, by: Actor) -> None:
        given = self.cleaned_data
        ring = given["ring"]
        if len(ring) < 3:
            raise Refused("line_too_short", least=3)
        shape = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        named = {"code": given["code"], "name": given["name"], "name_en": given["name_en"]}
        redraw.add(pk, by=by, parent=given["parent"], grid_kind=given["grid_kind"], shape=shape, named=named)


class End(forms.Form):
    """The chosen grid is to be no more."""

    code = forms.CharField(widget=forms.HiddenInput, max_length=20)

    def ask(self, pk: UUID, by: Actor) -> None:
        redraw.end(pk, by=by, code=self.cleaned_data["code"])


class Rename(forms.Form):
    """Another name or number for the chosen grid."""

    code = forms.CharField(widget=forms.HiddenInput, max_length=20)
    to = _line(gettext_lazy("New code"), required=False, most=20)
    name = _line(gettext_lazy("New name"), required=False)
    name_en = _line(gettext_lazy("New name in English"), required=False, most=120)

    def ask(self, pk: UUID, by: Actor) -> None:
        redraw.rename(pk, by=by, **self.cleaned_data)


class Load(forms.Form):
    """Borders from a file. The system is asked for; a guess would be half a kilometre off."""

    file = forms.FileField(label=gettext_lazy("GeoJSON file"), error_messages={"required": MISSING})
    system = forms.ChoiceField(
        label=gettext_lazy("System of its coordinates"), widget=forms.RadioSelect, error_messages={"required": MISSING}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["system"].choices = grids_words.systems()  # type: ignore[attr-defined]
        self.fields["file"].widget.attrs["accept"] = ".geojson,.json,application/geo+json"

    def ask(self, pk: UUID, by: Actor) -> None:
        sent: UploadedFile = self.cleaned_data["file"]
        if (sent.size or 0) > files.MOST_BYTES:
            raise Refused("file_of_borders_too_large", most=files.MOST_BYTES // 1_000_000)
        row = redraw.found(pk)
        changes = files.changes(redraw.boards(row)[1], sent.read(), self.cleaned_data["system"])
        redraw.load(pk, by=by, changes=changes)


class TakeBack(forms.Form):
    """The last change is taken back."""

    def ask(self, pk: UUID, by: Actor) -> None:
        redraw.take_back(pk, by=by)


class Drop(forms.Form):
    """The draft is given up."""

    def ask(self, pk: UUID, by: Actor) -> None:
        redraw.drop(pk, by=by)


class Reschedule(Begin):
    """Another name or day."""

    def ask(self, pk: UUID, by: Actor) -> None:
        redraw.reschedule(pk, by=by, **self.cleaned_data)


class Publish(forms.Form):
    """It takes effect on its day."""

    def ask(self, pk: UUID, by: Actor) -> None:
        redraw.publish(pk, by=by)


FORMS: dict[str, Any] = {
    "split": Split,
    "merge": Merge,
    "move": Move,
    "add": Add,
    "end": End,
    "rename": Rename,
    "load": Load,
    "take_back": TakeBack,
    "reschedule": Reschedule,
    "drop": Drop,
    "publish": Publish,
}
TOOLS = ("split", "merge", "move", "rename", "add", "end", "load")


def tools(row: Redraw, chosen: str, parent: str, bound: dict[str, forms.Form]) -> dict[str, forms.Form]:
    """The form of every change for the grid chosen; one that came back with errors as it came."""
    at_hand = {"code": chosen, "codes": chosen, "parent": parent, "grid_kind": "integrated", "system": ""}
    begun = {"name": row.name, "effective_on": row.effective_on}
    made = {op: FORMS[op](initial=begun if op == "reschedule" else at_hand, auto_id=f"{op}_%s") for op in FORMS}
    return made | bound
