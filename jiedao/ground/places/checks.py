"""Checks (边界检查): what is wrong with the areas of a district or a part of it: borders that do not fit, grids nobody serves."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from shapely.geometry.base import BaseGeometry

from jiedao.ground.places import geometry, plots
from jiedao.ground.places.plots import Plot

STOPS = ("broken", "overlap", "outside")
"""Faults with which nothing is published: a case could fall into two areas, or into none of its own."""

KINDS = (*STOPS, "gap", "sliver", "undrawn", "unstaffed")

MOST = 500
"""Faults told of one sort; a file drawn in another system has thousands."""


@dataclass(frozen=True)
class Fault:
    """One fault: of which sort, at which areas, how much ground, and where on the map."""

    kind: str
    codes: tuple[str, ...]
    square_metres: float = 0.0
    shape: BaseGeometry | None = None
    why: str = ""

    @property
    def stops(self) -> bool:
        return self.kind in STOPS

    @property
    def key(self) -> tuple[str, tuple[str, ...], int]:
        """The same for the same fault before and after a redraw."""
        return self.kind, self.codes, round(self.square_metres)


def faults(areas: Iterable[Plot], staffed: Collection[str] | None = None, within: str = "") -> list[Fault]:
    """All faults, the worst first. `staffed`: grids with somebody in a post; None does not ask. `within`: a path."""
    wanted = [plot for plot in areas if not within or f"{plot.path}/".startswith(f"{within}/")]
    drawn = {plot.code: plot.shape for plot in wanted if plot.shape is not None}
    unsound = {code: why for code, shape in drawn.items() if (why := geometry.broken(shape))}
    found = [Fault("broken", (code,), shape=drawn[code], why=why) for code, why in unsound.items()]
    sound = {plot.code: plot for plot in wanted if plot.code in drawn and plot.code not in unsound}
    found += _overlaps(sound)
    found += _against_parents(sound)
    for code, plot in sound.items():
        for piece in geometry.slivers(plot.shape):
            found.append(Fault("sliver", (code,), geometry.square_metres(piece), piece))
    for plot in plots.grids(wanted):
        if plot.shape is None:
            found.append(Fault("undrawn", (plot.code,)))
        if staffed is not None and plot.code not in staffed:
            found.append(Fault("unstaffed", (plot.code,), shape=plot.shape))
    return sorted(_few(found), key=lambda fault: KINDS.index(fault.kind))


def _overlaps(sound: dict[str, Plot]) -> Iterator[Fault]:
    """Exclusive grids lie inside integrated ones on purpose; neither may lie on one of its own sort."""
    families: dict[tuple[str, bool], dict[str, BaseGeometry]] = defaultdict(dict)
    for code, plot in sound.items():
        families[plot.family()][code] = plot.shape
    for family in families.values():
        for one, other, shared in geometry.overlaps(family):
            yield Fault("overlap", (one, other), geometry.square_metres(shared), shared)


def _against_parents(sound: dict[str, Plot]) -> Iterator[Fault]:
    """What lies outside the area around it, and what of an area none of its parts covers, piece by piece."""
    parts: dict[str, list[BaseGeometry]] = defaultdict(list)
    for code, plot in sound.items():
        around = sound.get(plot.parent)
        if around is None:
            continue
        outside = geometry.beyond(plot.shape, around.shape)
        if geometry.square_metres(outside) > geometry.SLACK:
            yield Fault("outside", (code,), geometry.square_metres(outside), outside)
        if not plot.is_exclusive:
            parts[plot.parent].append(plot.shape)
    for parent, shapes in parts.items():
        for piece in geometry.polygons(geometry.uncovered(sound[parent].shape, shapes)):
            if geometry.square_metres(piece) > geometry.SLACK:
                yield Fault("gap", (parent,), geometry.square_metres(piece), piece)


def _few(found: Iterable[Fault]) -> list[Fault]:
    kept: dict[str, list[Fault]] = defaultdict(list)
    for fault in found:
        if len(kept[fault.kind]) < MOST:
            kept[fault.kind].append(fault)
    return [fault for kind in kept.values() for fault in kind]


_kept: dict[tuple[str, date], tuple[str, list[Fault]]] = {}


def of_district(schema: str, day: date, staffed: Collection[str] | None = None, within: str = "") -> list[Fault]:
    """The faults of a day's areas. Those of shapes are found once and kept until an area changes."""
    now, board = plots.stamp(), plots.board(day)
    held = _kept.get((schema, day))
    if held is None or held[0] != now:
        if len(_kept) > 8:
            _kept.clear()
        held = _kept[(schema, day)] = (now, faults(board.values()))
    below = [fault for fault in held[1] if _is_within(board, fault, within)]
    if staffed is None:
        return below
    empty = [plot for plot in plots.grids(board.values()) if plot.code not in staffed]
    nobody = [Fault("unstaffed", (plot.code,), shape=plot.shape) for plot in empty]
    return below + [fault for fault in nobody if _is_within(board, fault, within)][:MOST]


def _is_within(board: plots.Board, fault: Fault, within: str) -> bool:
    return not within or any(f"{board[code].path}/".startswith(f"{within}/") for code in fault.codes)
