"""Following (随迁): rows of a redraw ended and begun on its day, and what goes along: posts, units, links, sites."""

from collections.abc import Iterable
from datetime import date

from shapely.geometry import Point

from jiedao.ground.people.models import Link, Post, Unit
from jiedao.ground.places import locate, outlines, plots
from jiedao.ground.places.models import Area, Site
from jiedao.ground.places.plots import Board
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Refused


def end_rows(before: Board, changed: Iterable[str], day: date) -> dict[str, Area]:
    """Ends the rows of these codes on a day. Refuses `changed_later` if one has begun or ends on or after it."""
    rows = Area.objects.select_for_update().filter(pk__in=[before[code].row for code in changed if code in before])
    ended = {}
    for area in rows:
        if area.valid_to is not None or area.valid_from >= day:
            raise Refused("changed_later", grid=area.name, grid_en=area.name_en or area.name, day=day.isoformat())
        area.valid_to = day
        area.save(update_fields=["valid_to"])
        ended[area.code] = area
    return ended


def begin_rows(after: Board, changed: Iterable[str], day: date) -> dict[str, Area]:
    """New rows for these codes from a day on."""
    begun = {}
    parents = {area.code: area for area in Area.objects.on(day).exclude(kind=Area.Kind.GRID)}
    for code in changed:
        if code not in after:
            continue
        plot = after[code]
        if Area.objects.filter(code=code, valid_to=None).exists():
            raise Refused("code_taken", code=code)
        west, south, east, north = plot.shape.bounds if plot.shape is not None else (None,) * 4
        begun[code] = Area(
            id=new_id(), kind=plot.kind, grid_kind=plot.grid_kind, code=code, name=plot.name, name_en=plot.name_en,
            parent=parents[plot.parent], path=plot.path, valid_from=day, came_from=list(plot.came_from),
            shape=plots.geojson(plot.shape) if plot.shape is not None else None,
            west=west, south=south, east=east, north=north,
        )  # fmt: skip
        begun[code].save(force_insert=True)
    return begun


def lead(ended: dict[str, Area], begun: dict[str, Area], after: Board) -> None:
    """Where the code stays, posts, units and links go to the new row; whoever's grid ended waits to be assigned.

    Sight asks the path, which is the same, so nothing changes before the day. Sites go by their point.
    """
    for code, old in ended.items():
        new = begun.get(code)
        if new is not None:
            for model in (Post, Unit, Link):
                model.objects.filter(area=old).update(area=new)
            Site.objects.filter(area=old, lon=None).update(area=new)
    grids = [(area, after[code].shape) for code, area in begun.items() if after[code].shape is not None]
    grids.sort(key=lambda pair: pair[0].grid_kind != Area.GridKind.EXCLUSIVE)
    for site in Site.objects.filter(area__in=list(ended.values())).exclude(lon=None):
        spot = Point(site.lon, site.lat)
        site.area = next((area for area, ground in grids if ground.intersects(spot)), site.area)
        site.save(update_fields=["area"])


def forget() -> None:
    """Everything this process has kept about areas."""
    locate.forget()
    outlines.forget()
    plots.forget()
