"""Forms of the lists' desk (清单表单): an item as one row of its table, a proposal, a file to be read in."""

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from jiedao.doors.web import duties_words as words
from jiedao.doors.web.forms import told
from jiedao.doors.web.templatetags.jiedao_ui import named
from jiedao.ground.duties import sheets
from jiedao.ground.duties.models import DutyList
from jiedao.kit.refusal import Refused
from jiedao.lines.lists import keeping

MISSING = gettext_lazy("Still missing. Please fill it in.")
LONG = {"basis": 3, "in_areas": 2, "penalty_basis": 2, "steps": 5, "points": 4, "cautions": 3, "cases": 3, "words": 2,
        "range": 2}  # fmt: skip
HINTS = {
    "basis": gettext_lazy("One a line: 《law》第14条"),
    "penalty_basis": gettext_lazy("One a line: 《law》第14条"),
    "steps": gettext_lazy("One a line"),
    "points": gettext_lazy("One a line"),
    "cautions": gettext_lazy("One a line"),
    "cases": gettext_lazy("One a line"),
    "in_areas": gettext_lazy("One a line: area=lead+helper, in codes"),
    "limit": gettext_lazy("Like 3 working_days or 24 hours"),
    "contact_limit": gettext_lazy("Like 2 hours"),
    "source": gettext_lazy("Where limit and item come from; needed with a limit"),
    "parent": gettext_lazy("The number of the item above, for a sub-item"),
}
ORDER = (
    "code", "name", "name_en", "category", "category_en", "parent", "type", "basis", "lead", "helpers", "in_areas", "limit",
    "contact_limit", "source", "form", "frequency", "giver", "given_on", "contact_post", "penalty_basis", "range", "steps",
    "points", "cautions", "cases", "words", "demo",
)  # fmt: skip


class ItemForm(forms.Form):
    """Every field of an item. It holds no rule: what was typed is read as a row of the table is."""

    def __init__(self, data: Any = None, *, cells: dict[str, str], is_new: bool) -> None:
        super().__init__(data)
        offered = _offered()
        for name in ORDER:
            self.fields[name] = _field(name, cells.get(name, ""), offered)
        if not is_new:
            self.fields["code"].widget.attrs["readonly"] = True

    def given(self) -> dict[str, str]:
        """What was typed, as the cells of one row."""
        cells = {name: str(self.data.get(name, "")).strip() for name in ORDER}
        cells["helpers"] = "；".join(self.data.getlist("helpers"))
        return cells

    def mark(self, refused: Refused) -> None:
        """Puts a refusal beside the field it speaks of; of another it speaks above the form."""
        name = str(refused.facts.get("field", ""))
        missing = refused.rule == "incomplete"
        self.add_error(
            name if name in self.fields else None,
            gettext("Still missing. Please fill it in.") if missing else told(refused).fact,
        )


def _offered() -> dict[str, list[tuple[str, str]]]:
    units = [(unit.code, named(unit)) for unit in keeping.units()]
    own = [(code, str(word)) for code, word in words.RELATIONS.items()]
    posts = [(post.code, f"{named(post.unit)} · {named(post)}") for post in keeping.contacts()]
    return {
        "lead": [("", "–"), *own, *units],
        "helpers": [*own, *units],
        "giver": [("", "–"), *units],
        "contact_post": [("", "–"), *posts],
        "type": [("", "–"), *((code, str(word)) for code, word in words.TYPES.items())],
    }


def _field(name: str, cell: str, offered: dict[str, list[tuple[str, str]]]) -> forms.Field:
    widget: forms.Widget
    initial: Any = cell
    if name == "helpers":
        widget = forms.SelectMultiple(choices=offered[name], attrs={"size": 8})
        initial = [part for part in cell.split("；") if part]
    elif name in offered:
        widget = forms.Select(choices=offered[name])
    elif name in LONG:
        widget = forms.Textarea(attrs={"rows": LONG[name], "maxlength": 5000})
        initial = cell.replace("；", "\n") if name in ("basis", "penalty_basis", "in_areas") else cell
    elif name == "given_on":
        widget = forms.DateInput(attrs={"type": "date", "class": "short"})
    elif name == "demo":
        widget = forms.CheckboxInput(attrs={"value": "yes"})
        initial = bool(cell)
    else:
        widget = forms.TextInput(attrs={"maxlength": 200})
    required = name in sheets.NEEDED
    return forms.Field(label=words.FIELDS[name], help_text=HINTS.get(name, ""), widget=widget, required=required, initial=initial,
                       error_messages={"required": MISSING})  # fmt: skip


class Proposal(forms.Form):
    """A change to begin: of which list, what set it off, why."""

    code = forms.ChoiceField(label=pgettext_lazy("of duties", "List"))
    trigger = forms.ChoiceField(
        label=gettext_lazy("What sets it off"), choices=lambda: list(words.TRIGGERS.items()), widget=forms.Select
    )
    reason = forms.CharField(
        label=gettext_lazy("What is to change, and why"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "data-jd-draft": "list-change"}),
        error_messages={"required": MISSING},
    )
    catalogue = forms.ChoiceField(label=gettext_lazy("List that powers are given from"), required=False)

    def __init__(self, data: Any = None, *, lists: list[DutyList], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["code"].choices = [(one.code, named(one)) for one in lists]  # type: ignore[attr-defined]
        offered = [(one.code, named(one)) for one in keeping.catalogues()]
        if offered:
            self.fields["catalogue"].choices = [("", "–"), *offered]  # type: ignore[attr-defined]
        else:
            del self.fields["catalogue"]


class NewList(forms.Form):
    """A list that does not exist yet."""

    code = forms.CharField(
        label=gettext_lazy("Code, in letters and hyphens"), max_length=40, error_messages={"required": MISSING}
    )
    name = forms.CharField(
        label=pgettext_lazy("of a list", "Name"), max_length=120, error_messages={"required": MISSING}
    )
    name_en = forms.CharField(
        label=pgettext_lazy("of a list", "Name in English"), max_length=160, error_messages={"required": MISSING}
    )
    kind = forms.ChoiceField(label=pgettext_lazy("of a list", "Kind"), choices=lambda: list(words.KINDS.items()))
    level = forms.ChoiceField(
        label=gettext_lazy("Level"), choices=lambda: list(words.LEVELS.items()), initial="subdistrict"
    )


class Bring(forms.Form):
    """A file whose rows take the place of the draft's items."""

    file = forms.FileField(
        label=gettext_lazy("Table, CSV or XLSX"),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
        error_messages={"required": MISSING},
    )
