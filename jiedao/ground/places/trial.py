"""Trial (试算): what a redraw would do: ground, people and past matters of each grid it touches, before and after."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from jiedao.ground.places import checks, geometry
from jiedao.ground.places.checks import Fault
from jiedao.ground.places.locate import Finder, rank
from jiedao.ground.places.plots import Board, Plot


@dataclass(frozen=True)
class Measure:
    """A grid in figures: its ground, the matters that fell into it, and who holds a post of it."""

    square_metres: float | None
    spots: int
    staff: int

    @property
    def load(self) -> float | None:
        """Matters to one person. None where nobody is."""
        return round(self.spots / self.staff, 1) if self.staff else None


@dataclass(frozen=True)
class Tried:
    """One grid that a redraw touches. `before` is None for a new one, `after` for one that ends."""

    code: str
    plot: Plot
    before: Measure | None
    after: Measure | None

    @property
    def state(self) -> str:
        return "new" if self.before is None else "ended" if self.after is None else "changed"


def touched(before: Board, after: Board) -> list[str]:
    """Codes of the grids that differ, in the order of the tree."""
    codes = [code for code in {**before, **after} if before.get(code) != after.get(code)]
    return sorted(codes, key=lambda code: (after.get(code) or before[code]).path)


def compare(before: Board, after: Board, spots: Sequence[tuple[float, float]], staff: Mapping[str, int]) -> list[Tried]:
    """Each touched grid in figures. People stay with a code; whoever's code ends has to be assigned anew."""
    codes = touched(before, after)
    was, becomes = fallen(before, spots), fallen(after, spots)
    return [
        Tried(
            code,
            after.get(code) or before[code],
            _measure(before[code], was, staff) if code in before else None,
            _measure(after[code], becomes, staff) if code in after else None,
        )
        for code in codes
    ]


def fallen(board: Board, spots: Sequence[tuple[float, float]]) -> Counter[str]:
    """How many points lie in each area of a board, each point in the one area that wins it."""
    drawn = [plot for plot in board.values() if plot.shape is not None]
    finder = Finder([plot.shape for plot in drawn], [rank(plot.kind, plot.grid_kind) for plot in drawn])
    found = finder.many((lon for lon, _ in spots), (lat for _, lat in spots))
    return Counter(drawn[index].code for index in found if index is not None)


def _measure(plot: Plot, spots: Counter[str], staff: Mapping[str, int]) -> Measure:
    ground = geometry.square_metres(plot.shape) if plot.shape is not None else None
    return Measure(ground, spots[plot.code], staff.get(plot.code, 0))


def faults(before: Board, after: Board, staffed: Collection[str] | None = None) -> list[Fault]:
    """Faults of the board after, at what the redraw touches and around it, that were not there before."""
    around = set()
    for code in touched(before, after):
        around |= {plot.parent for plot in (before.get(code), after.get(code)) if plot}
    known = {fault.key for fault in checks.faults(_near(before, around), staffed)}
    return [fault for fault in checks.faults(_near(after, around), staffed) if fault.key not in known]


def _near(board: Board, around: set[str]) -> list[Plot]:
    return [plot for plot in board.values() if plot.code in around or plot.parent in around]
