"""Opening (拟单、拟哨): the forms that begin a two-way order or a whistle; each is one write of the whole."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from jiedao.doors import gate, readers
from jiedao.doors.web import widgets
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor, posts
from jiedao.ground.places.locate import centre
from jiedao.kit.refusal import Refused
from jiedao.record import queries, standing
from jiedao.record.definition import Definition
from jiedao.record.queries import pick
from jiedao.stages import dispatch, intake, triage

MISSING = gettext_lazy("Still missing. Please fill it in.")


class Opening(forms.Form):
    """What every such form asks: the matter, why, the duty item, the place."""

    title = forms.CharField(
        label=gettext_lazy("Matter, in a few words"), max_length=80, error_messages={"required": MISSING}
    )
    words = forms.CharField(
        label=gettext_lazy("What is asked, and why"),
        max_length=5000,
        error_messages={"required": MISSING},
        widget=forms.Textarea(attrs={"rows": 4, "data-jd-draft": "opening-words"}),
    )
    item = forms.Field(label=gettext_lazy("Duty item"), required=False)
    area = forms.Field(label=gettext_lazy("Area"), required=False)
    address = forms.CharField(label=pgettext_lazy("of a place", "Address"), max_length=200, required=False)

    def __init__(self, data: Any = None, *, sought: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        sought = sought or {}
        self.fields["item"].widget = widgets.Picker("item", sought=sought.get("item"))
        self.fields["area"].widget = widgets.Picker("area", proposed=kwargs.pop("areas", []), sought=sought.get("area"))


class TwoWay(Opening):
    """An order of our own: to whom, and by when."""

    lead = forms.Field(label=gettext_lazy("To which unit"), error_messages={"required": MISSING})
    limit = forms.Field(label=gettext_lazy("Time they have"), required=False, widget=widgets.LimitInput())

    def __init__(self, data: Any = None, *, sought: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(data, sought=sought, **kwargs)
        self.fields["item"].required = True
        self.fields["item"].error_messages["required"] = MISSING  # type: ignore[index]
        self.fields["lead"].widget = widgets.Picker("unit", sought=(sought or {}).get("lead"))
        self.order_fields(["lead", "title", "words", "item", "area", "address", "limit"])


class Whistle(Opening):
    """A whistle to be drafted: which of the two kinds."""

    process = forms.ChoiceField(
        label=gettext_lazy("Kind of whistle"), widget=forms.RadioSelect, error_messages={"required": MISSING}
    )

    def __init__(self, data: Any = None, *, kinds: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["process"].choices = kinds  # type: ignore[attr-defined]
        self.fields["words"].label = gettext("What it is about, and why we cannot settle it alone")
        self.order_fields(["process", "title", "words", "item", "area", "address"])


def may_open(by: Actor, code: str, known: list[Definition]) -> bool:
    """Whether a button that begins this process makes sense for the actor."""
    return by.post is not None and any(d.code == code and standing.may_open(d, by) for d in known)


def in_force() -> list[Definition]:
    """The definitions new cases get."""
    return queries.in_force()


def sought_in(request: HttpRequest) -> dict[str, str]:
    """What was typed into pickers' searches, when the form came back for them without scripts."""
    if not request.POST.get("find"):
        return {}
    return {name[2:]: str(value)[:40] for name, value in request.POST.items() if name.startswith("q_")}


def own_areas(by: Actor) -> list[pick.Option]:
    """The areas right below the actor's own, to begin with."""
    return pick.areas_below(by.area_path) if by.area_path else []


def open_case(form: forms.Form, by: Actor, key: str, process: str) -> str:
    """Opens the case, classifies it and, for a two-way order, sends it: all or nothing, once per key. Its number."""
    given = form.cleaned_data
    assert by.post is not None
    body = {"process": process, **{name: str(value) for name, value in given.items()}}
    with gate.watched(by, "dispatch"), receipts.once(by.scope, key, body) as receipt:
        if receipt.known:
            return str((receipt.outcome or {})["number"])
        values = {
            name: readers.read(kind, name, given, by=by, options={})
            for name, kind in (("item", "item"), ("area", "area"), ("lead", "unit"), ("limit", "limit"))
        }
        area = values["area"] or posts.body_of(by.post).area
        told = intake.Told(
            words=given["words"],
            channel="department",
            title=given["title"],
            area=area,
            address=given["address"],
            point=centre(area) if values["area"] and area.kind == "grid" else None,
        )
        case = intake.report(told, by=by, process=process, from_unit=posts.body_of(by.post)).case
        if values["item"]:
            triage.classify(case.id, by=by, item=values["item"])
        if values["lead"]:
            dispatch.dispatch(case.id, by=by, lead=values["lead"], limit=values["limit"] or "")
        receipt.came_of(number=case.number)
        return case.number


def marked(form: forms.Form, refused: Refused) -> None:
    """Puts the refusal beside the field it is about, where it is about one."""
    about = {
        "not_admitted": "lead",
        "negative_list": "lead",
        "reported_party": "lead",
        "unknown_unit": "lead",
        "unknown_item": "item",
        "unknown_area": "area",
        "bad_limit": "limit",
    }.get(refused.rule)
    if about in form.fields:
        form.add_error(about, gettext("See above."))
