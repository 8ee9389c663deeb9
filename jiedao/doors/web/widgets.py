"""Widgets (控件): what a field of an act looks like; each works before scripts load."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy

from jiedao.record.queries import pick

LIMIT_UNITS = (
    ("working_hours", gettext_lazy("working hours")),
    ("working_days", gettext_lazy("working days")),
    ("calendar_days", gettext_lazy("calendar days")),
    ("hours", gettext_lazy("hours, day and night")),
    ("minutes", gettext_lazy("minutes")),
)


class Files(forms.FileInput):
    """Several files under one name."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name) if hasattr(files, "getlist") else files.get(name)


class _Drawn(forms.Widget):
    """A widget with a template of ours."""

    drawn = ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        return render_to_string(
            self.drawn, {"name": name, "id": (attrs or {}).get("id", name), **self.shown(name, value)}
        )

    def shown(self, name: str, value: Any) -> dict[str, Any]:
        return {}


class LimitInput(_Drawn):
    """A number and its unit; gives the words `Limit` reads, so that a wrong one is refused in one place."""

    drawn = "part/_limit.html"
    use_fieldset = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        amount = (data.get(f"{name}_amount") or "").strip()
        return f"{amount} {data.get(f'{name}_unit') or 'working_days'}" if amount else data.get(name, "")

    def shown(self, name: str, value: Any) -> dict[str, Any]:
        amount, _, unit = str(value or "").partition(" ")
        return {"amount": amount, "unit": unit or "working_days", "units": LIMIT_UNITS}


class PointInput(_Drawn):
    """Longitude and latitude, by hand or by the map."""

    drawn = "part/_point.html"
    use_fieldset = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str] | None:
        point = [data.get("lon", ""), data.get("lat", "")]
        return point if any(point) else None

    def shown(self, name: str, value: Any) -> dict[str, Any]:
        lon, lat = value or ("", "")
        return {"lon": lon, "lat": lat, "outlines_url": reverse("outlines"), "locate_url": reverse("locate")}


class Marks(_Drawn):
    """Arrival, handling and satisfaction for each department called."""

    drawn = "part/_marks.html"
    use_fieldset = True

    def __init__(self, units: list[Any], satisfied: Mapping[str, Any]) -> None:
        super().__init__()
        self.units, self.satisfied = units, satisfied

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, dict[str, str]]:
        given = {
            str(unit.id): {
                part: data.get(f"{name}-{unit.id}-{part}", "") for part in ("arrival", "handling", "satisfied")
            }
            for unit in self.units
        }
        return {unit: mark for unit, mark in given.items() if any(mark.values())}

    def shown(self, name: str, value: Any) -> dict[str, Any]:
        marks = value or {}
        rows = [{"unit": unit, "mark": marks.get(str(unit.id), {})} for unit in self.units]
        return {"rows": rows, "satisfied": self.satisfied, "scale": ("1", "2", "3", "4", "5")}


class Picker(_Drawn):
    """One or several units, items or areas: what is chosen or proposed, and a search for others.

    With scripts the search swaps the options; without, its button sends the form back for them (`find`).
    """

    drawn = "part/_picker.html"
    use_fieldset = True
    found_by = {  # noqa: RUF012 -- a table, never changed
        "unit": (pick.units, pick.units_by),
        "item": (pick.items, pick.items_by),
        "area": (pick.areas, pick.areas_by),
        "post": (pick.posts, pick.posts_by),
        "person": (pick.persons, pick.persons_by),
    }

    def __init__(
        self, what: str, *, several: bool = False, proposed: list[pick.Option] | None = None, sought: str | None = None
    ) -> None:
        super().__init__()
        self.what, self.several, self.proposed, self.sought = what, several, proposed or [], sought

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        if self.several:
            return data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        return data.get(name, "")

    def shown(self, name: str, value: Any) -> dict[str, Any]:
        chosen = [str(v) for v in (value if isinstance(value, (list, tuple)) else [value]) if v]
        return {
            "what": self.what,
            "several": self.several,
            "sought": self.sought or "",
            "search_url": reverse("pick", args=[self.what]),
            **options(self.what, chosen, self.proposed, self.sought),
        }


def options(what: str, chosen: list[str], proposed: list[pick.Option], sought: str | None) -> dict[str, Any]:
    """Chosen first, then proposed, then found; nothing twice. `none_found` says that a search came back empty."""
    search, named = Picker.found_by[what]
    known = {o.value: o for o in named(chosen)} if chosen else {}
    rows = [{"option": option, "checked": True} for option in known.values()]
    shown = set(known) | set(chosen)
    for option in proposed:
        if option.value in known or option.value in shown:
            continue
        rows.append({"option": option, "checked": False})
        shown.add(option.value)
    found = search(sought) if sought else []
    for option in found:
        if option.value not in shown:
            rows.append({"option": option, "checked": False})
    return {"options": rows, "none_found": bool(sought) and not found}
