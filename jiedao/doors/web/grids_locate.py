"""From points to grids (按坐标查网格): one by hand, or a table of them, which comes back with the grid of every row."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods

from jiedao.doors.exchange.sheets import Row, Sheet, Torn, sheets
from jiedao.doors.web import forms as words
from jiedao.doors.web import grids_words
from jiedao.doors.web.sheets import MOST, answer
from jiedao.doors.web.who import staff
from jiedao.ground.places import outlines
from jiedao.ground.places.coords import as_wgs84
from jiedao.ground.places.locate import locate, locate_many
from jiedao.ground.places.models import Area
from jiedao.kit.clock import today
from jiedao.kit.refusal import Refused

MOST_BYTES = 10_000_000
LON = ("lon", "lng", "long", "longitude", "x", "经度")
LAT = ("lat", "latitude", "y", "纬度")
MISSING = gettext_lazy("Still missing. Please fill it in.")


class Asked(forms.Form):
    """What both ways of asking share: the system of the coordinates, and the day."""

    system = forms.ChoiceField(
        label=gettext_lazy("System of the coordinates"), widget=forms.RadioSelect, error_messages={"required": MISSING}
    )
    day = forms.DateField(
        label=gettext_lazy("Grids as of"), required=False, widget=forms.DateInput(attrs={"type": "date", "class": "short"})
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["system"].choices = grids_words.systems()  # type: ignore[attr-defined]


class Point(Asked):
    """One point."""

    lon = forms.FloatField(label=gettext_lazy("Longitude"), min_value=-180, max_value=180, widget=forms.NumberInput(attrs={"step": "any"}))  # fmt: skip  # noqa: E501
    lat = forms.FloatField(label=gettext_lazy("Latitude"), min_value=-90, max_value=90, widget=forms.NumberInput(attrs={"step": "any"}))  # fmt: skip  # noqa: E501
    field_order = ("lon", "lat", "system", "day")


class Table(Asked):
    """A table of points."""

    file = forms.FileField(label=gettext_lazy("Table"), error_messages={"required": MISSING}, help_text=gettext_lazy("CSV or XLSX with a column of longitudes (lon, 经度) and one of latitudes (lat, 纬度). It is not kept."))  # fmt: skip  # noqa: E501
    field_order = ("file", "system", "day")


@require_http_methods(["GET", "POST"])
@staff
def page(request: HttpRequest) -> HttpResponse:
    """The grid of one point; a table is answered by a table. Points go by POST: they may be somebody's home."""
    sent, refusal, found = request.POST, None, None
    table = Table(sent, request.FILES, auto_id="table_%s") if "table" in sent else Table(auto_id="table_%s")
    point = Point(sent) if sent and "table" not in sent else Point()
    try:
        if table.is_bound and table.is_valid():
            return _table(table.cleaned_data)
        if point.is_bound and point.is_valid():
            found = _one(**point.cleaned_data)
    except Refused as refused:
        refusal = words.told(refused)
    broken = (table.is_bound and table.errors) or (point.is_bound and point.errors)
    shown = {"point": point, "table": table, "found": found, "refusal": refusal, "most": MOST}
    return render(request, "grids/locate.html", shown, status=refusal.status if refusal else 422 if broken else 200)


def _one(lon: float, lat: float, system: str, day: Any) -> dict[str, Any]:
    turned = as_wgs84(lon, lat, system)
    area = locate(*turned, day or today())
    return {"area": area, "lon": turned[0], "lat": turned[1], "above": outlines.upwards(area) if area else []}


def _table(given: dict[str, Any]) -> HttpResponse:
    sent: UploadedFile = given["file"]
    if (sent.size or 0) > MOST_BYTES:
        raise Refused("table_too_large", most=MOST_BYTES // 1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("points.xlsx" if (sent.name or "").lower().endswith("xlsx") else "points.csv")
        with path.open("wb") as file:
            for chunk in sent.chunks():
                file.write(chunk)
        rows = [row for sheet in sheets(path) for row in _rows(sheet, given)]
    return answer("grids.csv", rows)


def _rows(sheet: Sheet, given: dict[str, Any]) -> Iterator[list[object]]:
    """The table as it came, each row with grid, community, sub-district behind it, or why there is none."""
    lon, lat = _column(sheet, LON), _column(sheet, LAT)
    kept = [row for _, row in zip(range(MOST), sheet.rows, strict=False)]
    spots = [_spot(row, lon, lat, given["system"]) for row in kept]
    found = locate_many([spot for spot in spots if isinstance(spot, tuple)], given["day"] or today())
    names, ahead = _names(found), iter(found)
    yield [*sheet.columns, *_heads()]
    for row, spot in zip(kept, spots, strict=True):
        cells = [row.cells.get(name, "") for name in sheet.columns] if isinstance(row, Row) else [row.given]
        cells += [""] * (len(sheet.columns) - len(cells))
        if isinstance(spot, str):
            yield [*cells, "", "", "", "", spot]
            continue
        area = next(ahead)
        yield [*cells, *(_told(area, names) if area else ["", "", "", "", gettext("outside the district")])]


def _heads() -> list[str]:
    return [gettext("grid code"), gettext("grid"), gettext("community"), gettext("sub-district"), gettext("remark")]


def _column(sheet: Sheet, names: tuple[str, ...]) -> str:
    found = next((column for column in sheet.columns if column.strip().lower() in names), None)
    if found is None:
        raise Refused("column_missing", names=list(names), columns=sheet.columns[:12])
    return found


def _spot(row: Row | Torn, lon: str, lat: str, system: str) -> tuple[float, float] | str:
    if isinstance(row, Torn):
        return gettext("line cannot be read")
    try:
        x, y = float(row.cells[lon]), float(row.cells[lat])
    except ValueError:
        return gettext("no coordinates")
    if not (-180 <= x <= 180 and -90 <= y <= 90):
        return gettext("no degrees")
    return as_wgs84(x, y, system)


def _names(found: list[Area | None]) -> dict[str, str]:
    return outlines.names({code for area in found if area for code in area.path.split("/")})


def _told(area: Area, names: dict[str, str]) -> list[str]:
    codes = area.path.split("/")[1:]
    is_grid = area.kind == Area.Kind.GRID
    community = next((names[c] for c in codes[1:2] if c in names), "")
    street = next((names[c] for c in codes[:1] if c in names), "")
    remark = "" if is_grid else gettext("in no grid")
    return [area.code if is_grid else "", area.name if is_grid else "", community, street, remark]
