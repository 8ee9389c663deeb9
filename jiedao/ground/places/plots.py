"""Plots (地块): areas with their shapes at hand, as they are on a day or as they would be after a redraw."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from jiedao.ground.places.models import Area

DIGITS = 7
"""Decimals of a degree that are kept: a centimetre, so that neighbours who share a drawn border still share it."""


@dataclass(frozen=True)
class Plot:
    """One area. `row` is the row in force it still is; None for what a redraw has changed or made."""

    code: str
    name: str
    name_en: str
    kind: str
    grid_kind: str
    parent: str
    path: str
    shape: BaseGeometry | None = None
    row: UUID | None = None
    came_from: tuple[UUID, ...] = field(default=())

    @property
    def is_exclusive(self) -> bool:
        return self.grid_kind == Area.GridKind.EXCLUSIVE

    def family(self) -> tuple[str, bool]:
        """Whose ground it may not share: that of its siblings of the same sort."""
        return self.parent, self.is_exclusive


Board = dict[str, Plot]
"""Plots by code."""

_FIELDS = ("id", "code", "name", "name_en", "kind", "grid_kind", "parent__code", "path", "shape")

_kept: dict[tuple[str, date, str], Board] = {}


def board(day: date) -> Board:
    """All areas of a day by code, in the order of the tree. Kept while no row of an area changes; do not alter it."""
    key = (connection.schema_name, day, stamp())
    if key not in _kept:
        if len(_kept) > 8:
            _kept.clear()
        rows = Area.objects.on(day).order_by("path").values_list(*_FIELDS)
        _kept[key] = {row[1]: _plot(row) for row in rows}
    return _kept[key]


def _plot(row: Sequence[Any]) -> Plot:
    pk, code, name, name_en, kind, grid_kind, parent, path, drawn = row
    return Plot(code, name, name_en, kind, grid_kind, parent or "", path, shape(drawn) if drawn else None, pk)


def stamp() -> str:
    """Changes with every write to an area, by whichever process: what is kept about areas is kept under it.

    PostgreSQL gives every version of a row a place of its own and the number of the transaction that wrote it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(hashtext(xmin::text || ctid::text)) FROM places_area")
        return "-".join(str(value) for value in cursor.fetchone())


def grids(plots: Iterable[Plot]) -> list[Plot]:
    """The grids among them."""
    return [plot for plot in plots if plot.kind == Area.Kind.GRID]


def geojson(geometry: BaseGeometry) -> dict[str, Any]:
    """A geometry as it is stored: plain lists, seven decimals."""
    told = mapping(geometry)
    return {"type": told["type"], "coordinates": _rounded(told["coordinates"])}


def tidy(geometry: BaseGeometry) -> BaseGeometry:
    """The same geometry at the decimals that are stored, so that what is checked is what is kept."""
    return shape(geojson(geometry))


def _rounded(value: Any) -> Any:
    if isinstance(value, int | float):
        return round(float(value), DIGITS)
    return [_rounded(part) for part in value]


def forget() -> None:
    """Read the areas again at the next question: between tests."""
    _kept.clear()
