"""Command (指挥): positions taken per second beside a bare COPY, and the nearest ten of three thousand. `jiedao bench command`.

Two programs send, each for its own half of the people, in batches of a hundred, through the very function that the doors
call: shift, pause, clock, world and system asked of every point, the latest place kept, one transaction a batch. The bare
COPY writes the same rows, in batches and transactions of the same size, into a table without partitions, row security or
a second table. The snapshot of the map belongs here too, once its page names its query.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from statistics import median

from bench.place import Place
from jiedao.ground.db.home import CHECKOUT

BATCH, PROGRAMS = 100, 2


@dataclass(frozen=True)
class Figures:
    """What was measured. `ratio`: points taken over points copied; `load` the load average before."""

    points_per_second: int
    copied_per_second: int
    ratio: float
    stored: int
    nearest_microseconds: float
    candidates_milliseconds: float
    load: float

    @property
    def holds(self) -> bool:
        """The goals: 50,000 points a second; nearest ten of 3,000 within a millisecond."""
        return self.points_per_second >= 50_000 and self.nearest_microseconds < 1000


def run(place: Place, *, quick: bool = False) -> Figures:
    """Measures in a data folder of its own: rounds of ours and of COPY by turns, the median of each."""
    seconds, rounds = (1, 1) if quick else (5, 3)
    place.start()
    place.jiedao("demo")
    place.told("bench.command_inside", "prepare", role="web")
    load = os.getloadavg()[0]
    ours, theirs, stored = [], [], 0
    for turn in range(rounds):
        took = _together(place, "take", seconds, turn)
        ours.append(sum(one["rate"] for one in took))
        stored += sum(one["points"] for one in took)
        theirs.append(sum(one["rate"] for one in _together(place, "copy", seconds, turn)))
    near = place.told("bench.command_inside", "nearest", role="web")
    return Figures(
        points_per_second=round(median(ours)),
        copied_per_second=round(median(theirs)),
        ratio=round(median(ours) / median(theirs), 3),
        stored=stored,
        nearest_microseconds=near["nearest_microseconds"],
        candidates_milliseconds=near["candidates_milliseconds"],
        load=round(load, 1),
    )


def _together(place: Place, what: str, seconds: int, turn: int) -> list[dict[str, float]]:
    """The same in both programs at once."""
    role = "web" if what == "take" else "owner"
    words = [[what, str(seconds), str(n), str(turn)] for n in range(PROGRAMS)]
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.command_inside", *each],
            env=place.env | {"JIEDAO_ROLE": role}, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True,
        )
        for each in words
    ]  # fmt: skip
    said = [child.communicate()[0] for child in children]
    if any(child.returncode for child in children):
        raise RuntimeError(f"{what} ended with a fault")
    return [json.loads(one) for one in said]


def told(found: Figures) -> str:
    """The figures as a person reads them."""
    lines = [f"{name.replace('_', ' ')}: {value:,}" for name, value in asdict(found).items()]
    return "\n".join([*lines, "every goal holds" if found.holds else "a goal is missed"])
