"""A city (一座城市): sixteen districts on one server, asked as often as the arithmetic of docs/scale.md says, and more.

Requests are sent at their times whether or not the earlier ones are answered, as people do; a wait counts from the
moment a request was due. What is found is the share of the machine a city takes, and the waits while it does.
"""

import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench import load, requests
from bench.pg import Bench
from bench.place import DISTRICT, Place

Say = Callable[[str], None]
CODE = "320106"
"""Of the package that is copied; every code of an area begins with it."""
WORKERS_OF_A_CITY = 24_000
"""4.5 million grid workers in 3,000 districts, sixteen of them."""
READS_A_DAY, HOURS, PEAK = 60, 8, 3
APPEALS_A_YEAR, WORKING_DAYS, PEAK_SHARE, MOVES = 533_000, 250, 0.15, 10
SHARES = {"list": 0.6, "number": 0.1, "case": 0.3}
"""What is read: work lists, a list by a number, a case with its timeline."""


@dataclass(frozen=True)
class Size:
    """How large the city is, and for how long it is asked at each multiple of its own rate."""

    districts: int
    cases_each: int
    seconds: int
    times: tuple[int, ...]


FULL = Size(16, 33_000, 30, (1, 2, 4))
QUICK = Size(2, 100, 3, (1,))


@dataclass(frozen=True)
class Round:
    """One multiple of the city's own rate: what was asked and answered a second, the waits, the processor taken."""

    times: int
    asked: float
    answered: float
    refused: int
    p50: float
    p95: float
    busy: float


@dataclass
class Report:
    """What a city asks for in its busiest hour, and how the server stood it."""

    districts: int
    cases: int
    bytes: int
    reads: float
    writes: float
    rounds: list[Round] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """At its own rate: everything answered, and 95 of 100 within a third of a second."""
        own = self.rounds[0]
        return not own.refused and own.p95 < 333

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"holds": self.holds}


def rates() -> tuple[float, float]:
    """Reads and writes a second in the busiest hour of a city."""
    reads = WORKERS_OF_A_CITY * READS_A_DAY / (HOURS * 3600) * PEAK
    writes = APPEALS_A_YEAR / WORKING_DAYS * PEAK_SHARE / 3600 * (1 + MOVES)
    return reads, writes


def run(quick: bool, place: Place, say: Say) -> Report:
    """Makes the districts, fills them, serves and asks."""
    size = QUICK if quick else FULL
    place.start()
    labels = place.told("bench.city", size.districts, role="owner")
    for label in labels:
        say(f"{label}: {size.cases_each:,} cases")
        place.jiedao("rehearse", "--district", label, "--days", 1, "--per-day", 30, "--json")
        place.jiedao("copies", "--district", label, "--to", size.cases_each, "--json", role="owner")
    server = Bench(place.program, place.database, place.home)
    server.settle()
    materials = [place.told("bench.city", "material", label, role="owner") for label in labels]
    reads, writes = rates()
    report = Report(size.districts, size.districts * size.cases_each, server.whole(), reads, writes)
    say("serving")
    place.serve()
    load.paced(place.port, _mixed(materials, reads, writes, 0), rate=reads, clients=32, seconds=min(5, size.seconds))
    for times in size.times:
        say(f"{times} × a city: {times * reads:.0f} reads and {times * writes:.1f} writes a second")
        report.rounds.append(_round(place.port, materials, times, size.seconds))
    return report


def _round(port: int, materials: list[dict[str, Any]], times: int, seconds: int) -> Round:
    reads, writes = rates()
    rate = times * (reads + writes)
    psutil.cpu_percent()
    found = load.paced(port, _mixed(materials, reads, writes, times), rate=rate, clients=64, seconds=seconds)
    busy = psutil.cpu_percent()
    refused = found.statuses.total() - found.good
    return Round(times, round(rate, 1), round(found.rate, 1), refused, found.wait(0.5), found.wait(0.95), busy)


def _mixed(materials: list[dict[str, Any]], reads: float, writes: float, seed: int) -> Iterator[bytes]:
    """Reads and writes of all districts in their proportion."""
    chance = random.Random(f"city {seed}")
    kinds = {kind: reads * share for kind, share in SHARES.items()} | {"intake": writes / (1 + MOVES)}
    kinds["reply"] = writes - kinds["intake"]
    each = {kind: [requests.of(kind, material, seed) for material in materials] for kind in kinds}
    names, weights = list(kinds), list(kinds.values())
    while True:
        (kind,) = chance.choices(names, weights)
        request = next(chance.choice(each[kind]), None)
        if request is not None:  # a district whose orders are all answered
            yield request


def told(report: Report) -> str:
    """The report in words."""
    lines = [
        f"{report.districts} districts, {report.cases:,} cases, {report.bytes / 1e9:.1f} GB; in its busiest hour a city"
        f" of that size asks for {report.reads:.0f} reads and {report.writes:.2f} writes a second",
        "  times    asked/s  answered/s  refused   p50 ms   p95 ms  processor",
    ]
    lines += [
        f"  {one.times:5} {one.asked:10.1f} {one.answered:11.1f} {one.refused:8} {one.p50:8.1f} {one.p95:8.1f}"
        f" {one.busy:8.0f} %"
        for one in report.rounds
    ]
    return "\n".join(lines)


def make(count: int) -> list[str]:
    """So many districts, each the package of Gulou under another code and host name; the answer is their labels."""
    import django  # noqa: PLC0415 -- slow import

    django.setup()
    from jiedao.doors import demo, package  # noqa: PLC0415 -- after setup
    from jiedao.doors.package.load import folder_of, read_checked  # noqa: PLC0415 -- after setup
    from jiedao.ground.db.schemas import migrate  # noqa: PLC0415 -- after setup
    from jiedao.ground.districts import district  # noqa: PLC0415 -- after setup

    migrate()
    labels = [f"city{number:02d}" for number in range(count)]
    for number, label in enumerate(labels):
        with tempfile.TemporaryDirectory() as folder:
            copied = _renamed(folder_of(DISTRICT), Path(folder) / label, f"9900{number:02d}")
            content = read_checked(copied)
            place = demo.create(content.value("package"))
            package.load(copied, place, lambda line: None, content)
        with district(place):
            demo.open_accounts()
    return labels


def _renamed(source: Path, target: Path, code: str) -> Path:
    """A copy of the package under another code, its label that of the folder."""
    shutil.copytree(source, target)
    for part in (file for file in target.rglob("*") if file.is_file()):
        text = part.read_text(encoding="utf-8").replace(CODE, code)
        if part.name == "package.yaml":
            text = text.replace(f"label: {DISTRICT}", f"label: {target.name}")
        part.write_text(text, encoding="utf-8")
    return target


def _material(label: str) -> dict[str, Any]:
    import django  # noqa: PLC0415 -- slow import

    django.setup()
    from bench import material  # noqa: PLC0415 -- after setup

    return material.prepare(2_000, label)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
    what = sys.argv[1]
    print(json.dumps(_material(sys.argv[2]) if what == "material" else make(int(what))))
