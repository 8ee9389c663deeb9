"""Cuts (划分): one change of borders, as a function from a board to the board after it. Nothing is read or written.

`OPS` has one function per operation of `Redraw.changes`. Each refuses by name what cannot be done; whether the result
fits together is asked by `checks`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shapely import union_all
from shapely.errors import GEOSException
from shapely.geometry import LineString, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import split as cut_by

from jiedao.ground.places import geometry
from jiedao.ground.places.borders import shifted
from jiedao.ground.places.models import Area
from jiedao.ground.places.plots import Board, Plot, tidy
from jiedao.kit.refusal import Refused

CRACK = 2e-6
"""Degrees, two tenths of a metre: neighbours so near are one piece of ground when they are merged."""

Change = dict[str, Any]


def applied(board: Board, changes: list[Change]) -> Board:
    """The board after all changes, in their order. A refusal carries `step`, the number of the change it speaks of."""
    after = dict(board)
    for step, change in enumerate(changes, 1):
        try:
            after = OPS[change["op"]](after, change)
        except Refused as refused:
            refused.facts.setdefault("step", step)
            raise
        except (GEOSException, ValueError) as broken:
            raise Refused("shape_broken", area="", why=str(broken)[:120], step=step) from None
    return after


def split(board: Board, change: Change) -> Board:
    """A grid cut by a line: the largest piece is first in `into`, then the others from west to east."""
    plot = drawn(board, change["code"])
    pieces = cut(plot.shape, LineString(change["line"]))
    into = change["into"]
    if len(pieces) != len(into):
        raise Refused("pieces_differ", grid=plot.name, grid_en=plot.name_en, pieces=len(pieces), named=len(into))
    after = _without(board, plot.code)
    for piece, named in zip(pieces, into, strict=True):
        after = _with(after, _made(plot, named, piece, board, [plot]))
    return after


def cut(ground: BaseGeometry, line: LineString) -> list[BaseGeometry]:
    """The pieces of a shape left and right of a line, the largest first. Refuses a line that does not cross it."""
    whole = geometry.polygons(ground)
    pieces: list[BaseGeometry] = []
    untouched: list[BaseGeometry] = []
    for part in whole:
        found = geometry.polygons(cut_by(part, line))
        (pieces if len(found) > 1 else untouched).extend(found)
    if not pieces:
        raise Refused("line_does_not_cut")
    first = max(pieces, key=lambda piece: (piece.area, piece.bounds))
    others = sorted((piece for piece in pieces if piece is not first), key=lambda piece: piece.bounds)
    return [tidy(union_all([first, *untouched]) if untouched else first), *map(tidy, others)]


def merge(board: Board, change: Change) -> Board:
    """Neighbours made one. The new grid has the code and name the change says, often those of one of them."""
    merged = [drawn(board, code) for code in dict.fromkeys(change["codes"])]
    if len(merged) < 2:
        raise Refused("merge_needs_two")
    if len({plot.family() for plot in merged}) > 1:
        raise Refused("not_one_family")
    whole = joined([plot.shape for plot in merged])
    after = dict(board)
    for plot in merged:
        after = _without(after, plot.code)
    return _with(after, _made(merged[0], change, tidy(whole), board, merged))


def joined(shapes: list[BaseGeometry]) -> BaseGeometry:
    """Shapes as one. Refuses `not_adjacent` if they share no border; a corner is none."""
    most = sum(len(geometry.polygons(each)) for each in shapes) - len(shapes) + 1
    whole = union_all(shapes)
    if len(geometry.polygons(whole)) > most:
        # Borders drawn apart by a hand's breadth leave a crack: it is closed, and the edge outside stays.
        closed = whole.buffer(CRACK, join_style="mitre").buffer(-CRACK, join_style="mitre")
        whole = union_all([whole, closed])
    if len(geometry.polygons(whole)) > most:
        raise Refused("not_adjacent")
    return whole


def move(board: Board, change: Change) -> Board:
    """Points of a border moved: in every grid of the sort that has the border there, so that neighbours stay neighbours."""
    plot = drawn(board, change["code"])
    after = dict(board)
    for there, to in change["points"]:
        found = 0
        for other in list(after.values()):
            if other.kind != Area.Kind.GRID or other.is_exclusive != plot.is_exclusive or other.shape is None:
                continue
            bent = shifted(other.shape, tuple(there), tuple(to))
            if bent is not None:
                found += 1
                after[other.code] = replace(other, shape=_sound(tidy(bent), other), row=None, came_from=_from([other]))
        if not found:
            raise Refused("border_not_here", lon=there[0], lat=there[1])
    return after


def reshape(board: Board, change: Change) -> Board:
    """Borders as a file has them."""
    after = dict(board)
    for code, told in change["shapes"].items():
        plot = grid(after, code)
        bent = _sound(tidy(shape(told)), plot)
        after[code] = replace(plot, shape=bent, row=None, came_from=_from([plot]))
    return after


def add(board: Board, change: Change) -> Board:
    """A new grid, where there was none."""
    parent = board.get(change["parent"])
    if parent is None or parent.kind == Area.Kind.GRID:
        raise Refused("unknown_area", given=change["parent"])
    blank = Plot("", "", "", Area.Kind.GRID, change["grid_kind"], parent.code, "")
    return _with(board, _made(blank, change, tidy(shape(change["shape"])), board, []))


def end(board: Board, change: Change) -> Board:
    """A grid that is no more; its ground is its neighbours' or nobody's."""
    return _without(board, grid(board, change["code"]).code)


def rename(board: Board, change: Change) -> Board:
    """Another name or another code for the same ground."""
    plot = grid(board, change["code"])
    named = {"code": change["to"], "name": change["name"], "name_en": change["name_en"]}
    return _with(_without(board, plot.code), _made(plot, named, plot.shape, board, [plot]))


OPS: dict[str, Callable[[Board, Change], Board]] = {
    "split": split,
    "merge": merge,
    "move": move,
    "reshape": reshape,
    "add": add,
    "end": end,
    "rename": rename,
}


def grid(board: Board, code: str) -> Plot:
    """A grid of the board. Refuses `unknown_grid`."""
    plot = board.get(code)
    if plot is None or plot.kind != Area.Kind.GRID:
        raise Refused("unknown_grid", given=str(code)[:40])
    return plot


def drawn(board: Board, code: str) -> Plot:
    """The same, with a border. Refuses `grid_undrawn`."""
    plot = grid(board, code)
    if plot.shape is None:
        raise Refused("grid_undrawn", grid=plot.name, grid_en=plot.name_en)
    return plot


def _made(like: Plot, named: Change, ground: BaseGeometry | None, board: Board, origin: list[Plot]) -> Plot:
    path = f"{board[like.parent].path}/{named['code']}"
    name, english = named["name"] or like.name, named.get("name_en") or ""
    made = replace(like, code=named["code"], name=name, name_en=english, path=path, row=None, came_from=_from(origin))
    return replace(made, shape=_sound(ground, made) if ground is not None else None)


def _from(origin: list[Plot]) -> tuple[Any, ...]:
    """The rows in force today that the ground comes from, through however many changes."""
    rows = [row for plot in origin for row in ((plot.row,) if plot.row else plot.came_from)]
    return tuple(dict.fromkeys(rows))


def _sound(ground: BaseGeometry, plot: Plot) -> BaseGeometry:
    if why := geometry.broken(ground):
        raise Refused("shape_broken", area=plot.code, why=why)
    if ground.geom_type not in ("Polygon", "MultiPolygon"):
        raise Refused("shape_broken", area=plot.code, why=ground.geom_type)
    return ground


def _with(board: Board, plot: Plot) -> Board:
    if plot.code in board:
        raise Refused("code_taken", code=plot.code)
    return {**board, plot.code: plot}


def _without(board: Board, code: str) -> Board:
    return {other: plot for other, plot in board.items() if other != code}
