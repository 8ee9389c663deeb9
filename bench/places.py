"""Places (网格定位): points to grids singly and in bulk, and the checks of borders, on a district drawn for it."""

from dataclasses import asdict, dataclass
from random import Random
from time import perf_counter

from shapely import Polygon, box

from jiedao.ground.places import checks, files
from jiedao.ground.places.locate import Finder, rank
from jiedao.ground.places.plots import Board, Plot

WEST, SOUTH, STEP = 118.70, 32.00, 0.0021
"""Degrees of a grid of some two hundred metres."""


@dataclass(frozen=True)
class Figures:
    """What was measured; `ratio` is how many points bulk finds while one is found alone."""

    grids: int
    points: int
    single_microseconds: float
    bulk_per_second: int
    ratio: float
    checks_milliseconds: float
    file_milliseconds: float


def run(*, quick: bool = False) -> Figures:
    """Draws a district and measures."""
    across, count = (6, 2_000) if quick else (41, 500_000)
    board, chance = town(across), Random(7)
    width = across * STEP
    spots = [(WEST + chance.random() * width, SOUTH + chance.random() * width) for _ in range(count)]
    drawn = list(board.values())
    finder = Finder([plot.shape for plot in drawn], [rank(plot.kind, plot.grid_kind) for plot in drawn])
    finder.many(*zip(*spots[:1000], strict=True))
    alone = spots[: min(count, 50_000)]
    single = _seconds(lambda: [finder.one(*spot) for spot in alone]) / len(alone)
    bulk = _seconds(lambda: finder.many(*zip(*spots, strict=True))) / count
    return Figures(
        grids=sum(plot.kind == "grid" for plot in drawn),
        points=count,
        single_microseconds=round(single * 1e6, 1),
        bulk_per_second=round(1 / bulk),
        ratio=round(single / bulk, 1),
        checks_milliseconds=round(_seconds(lambda: checks.faults(drawn)) * 1000),
        file_milliseconds=round(_seconds(lambda: files.collection(drawn)) * 1000),
    )


def _seconds(work) -> float:  # type: ignore[no-untyped-def]
    start = perf_counter()
    work()
    return perf_counter() - start


def town(across: int) -> Board:
    """So many grids each way, their corners pushed about, so that no border follows a degree."""
    chance = Random(11)
    shift = [
        [(chance.uniform(-0.3, 0.3) * STEP, chance.uniform(-0.3, 0.3) * STEP) for _ in range(across + 1)]
        for _ in range(across + 1)
    ]

    def corner(column: int, row: int) -> tuple[float, float]:
        edge = column in (0, across) or row in (0, across)
        east, north = (0.0, 0.0) if edge else shift[row][column]
        return WEST + column * STEP + east, SOUTH + row * STEP + north

    whole = box(WEST, SOUTH, WEST + across * STEP, SOUTH + across * STEP)
    board: Board = {"d": Plot("d", "区", "", "district", "", "", "d", whole)}
    for row in range(across):
        for column in range(across):
            code = f"g{row:03}{column:03}"
            ring = [corner(column + x, row + y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
            board[code] = Plot(code, code, "", "grid", "integrated", "d", f"d/{code}", Polygon(ring))
    return board


def told(found: Figures) -> str:
    """The figures, one a line."""
    return "\n".join(f"{name.replace('_', ' '):22} {value:>12,}" for name, value in asdict(found).items())
