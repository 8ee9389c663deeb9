"""The road (主路性能): intake, a reply, the work list and the import, against PostgreSQL itself in the same run.

Machines differ and other programs share the cores, so no figure stands alone: each round measures pgbench right
before and right after ours, a ratio is taken of the two, and the median of the rounds is the result.
"""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench import load, log, requests, table
from bench.material import MARK
from bench.pg import CLIENTS, Bench
from bench.place import DISTRICT, WORKERS, Place

Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much is measured. The goals hold for `FULL`; `QUICK` only shows that everything runs."""

    rehearsed_days: int
    per_day: int
    cases: int
    seconds: int
    rounds: int
    imported: int
    profiled: int


FULL = Size(rehearsed_days=10, per_day=50, cases=200_000, seconds=6, rounds=3, imported=100_000, profiled=300)
QUICK = Size(rehearsed_days=2, per_day=12, cases=4_000, seconds=1, rounds=1, imported=2_000, profiled=10)


IMPORTED = ("record_case", "record_event", "record_dispatchorder", "record_deadline", "record_entry")
"""Tables an import fills; COPY of the same rows is the measure of it."""
IMPORT_GOAL = 0.1


@dataclass
class Line:
    """One thing measured: ours and pgbench's rate in each round, the waits, and the goals with whether they hold."""

    name: str
    what: str
    goal: float | None = None
    goal_p95: float | None = None
    ours: list[float] = field(default_factory=list)
    pgbench: list[float] = field(default_factory=list)
    p50: float = 0.0
    p95: float = 0.0
    statuses: dict[str, int] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        return statistics.median(a / b for a, b in zip(self.ours, self.pgbench, strict=True)) if self.pgbench else 0.0

    @property
    def below(self) -> list[str]:
        """The goals it misses, in words. Empty if it has none or all hold."""
        found = []
        if self.goal and self.ratio < self.goal:
            found.append(f"{self.name}: ratio {self.ratio:.3f}, the goal is {self.goal:.2f}")
        if self.goal_p95 and self.p95 >= self.goal_p95:
            found.append(f"{self.name}: p95 {self.p95:.1f} ms, the goal is under {self.goal_p95:.0f} ms")
        return found


@dataclass
class Report:
    """Everything a run found."""

    machine: dict[str, Any]
    size: dict[str, Any]
    lines: list[Line] = field(default_factory=list)
    queries: dict[str, Any] = field(default_factory=dict)
    imported: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        told = asdict(self)
        for given, line in zip(told["lines"], self.lines, strict=True):
            given |= {"ratio": round(line.ratio, 4), "below": line.below}
        return told


def run(size: Size, place: Place, say: Say) -> Report:
    """Prepares the place, measures everything, and profiles what is below its goal."""
    load_before = round(os.getloadavg()[0], 2)
    cases = prepare(place, size, say)
    material = place.told("bench.material", 50_000, role="owner")
    report = Report(_machine(place, load_before), asdict(size) | {"cases": cases})
    road = _Road(place, size, material, say)
    say("serving")
    place.serve()
    report.queries = road.query_counts()
    report.lines = [
        road.lists(report.queries.pop("queries")),
        *road.writes(
            Line("intake", "POST /api/v1/events: sign-in, receipt, case, event, entry, limits, job, hint", goal=0.25),
            Line("intake, named", "the same with the caller's name and number, sealed under a key of their own"),
            Line("reply", "POST /api/v1/cases/…/reply by each unit's own token", goal=0.12),
        ),
    ]
    report.imported = road.imported()
    for line, kind in zip(report.lines, ("list", "intake", "named", "reply"), strict=True):
        say(f"profiling {line.name}")
        line.profile = road.profiled(kind)
    return report


def prepare(place: Place, size: Size, say: Say) -> int:
    """A demo district, rehearsed by the real verbs, then copied; vacuumed, so that no round pays for the load.

    The answer is how many cases there are.
    """
    place.start()
    ready = place.home / "bench-ready.json"
    there = int(json.loads(ready.read_text())["cases"]) if ready.exists() else 0
    if there >= size.cases:
        return there
    if not there:
        say("loading the demo districts")
        place.jiedao("demo")
        say(f"rehearsing {size.rehearsed_days} days")
        days = ("--days", size.rehearsed_days, "--per-day", size.per_day)
        place.jiedao("rehearse", "--district", DISTRICT, *days, "--json")
    say(f"copying to {size.cases:,} cases")
    copied = json.loads(place.jiedao("copies", "--district", DISTRICT, "--to", size.cases, "--json", role="owner"))
    say("vacuum and analyze")
    Bench(place.program, place.database, place.home).settle()
    ready.write_text(json.dumps(copied))
    return int(copied["cases"])


def _machine(place: Place, load_before: float) -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "postgresql": Bench(place.program, place.database, place.home).version(),
        "flush_ms": _flush(place.home),
        "load_before": load_before,
        "connections": CLIENTS,
        "workers": WORKERS,
    }


def _flush(folder: Path) -> float:
    """Milliseconds that one flush of a page to this disk takes."""
    path, spent = folder / "flush", []
    with path.open("wb") as file:
        for _ in range(50):
            file.write(os.urandom(8192))
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            spent.append(1000 * (time.perf_counter() - began))
    path.unlink()
    return round(statistics.median(spent), 2)


class _Road:
    """The measurements over one prepared place."""

    def __init__(self, place: Place, size: Size, material: dict[str, Any], say: Say) -> None:
        self.place, self.size, self.say = place, size, say
        self._each = 2 * size.profiled + 30
        if len(material["replies"]) < 4 * self._each:
            raise RuntimeError(f"Only {len(material['replies'])} orders wait for a reply; measure in a new place.")
        # Orders kept for the profile: by then the rounds may have answered all others.
        self._kept = [material["replies"].pop() for _ in range(2 * self._each)]
        self.material = material
        self.bench = Bench(place.program, place.database, place.home, material["schema"])

    def query_counts(self) -> dict[str, Any]:
        """Statements of a work list at 1, 10 and 50 rows, which must be the same number; and its own query."""
        self.say("counting queries")
        heard, rows = self._heard("list", 1)
        counts = {asked: len(said) for asked, said in heard.items()}
        assert len(set(counts.values())) == 1, f"queries grow with the rows: {counts}"
        queries = [said for said in heard["50"] if "record_case c" in said]
        assert len(queries) == 3, f"the count, which cases, and their rows: {queries}"
        return {"statements": counts, "rows": rows, "queries": queries}

    def _heard(self, kind: str, times: int) -> tuple[dict[str, list[str]], dict[str, int]]:
        """The statements between the marks of `inside`, by what was asked for."""
        with log.listening(self.bench.server, self.place.embedded.log) as said:
            rows: dict[str, int] = self._inside("marked", kind, times)
        found = {}
        for asked in rows:
            begin, end = (said.index(f"SELECT '{MARK} {asked} {mark}'") for mark in ("begins", "ends"))
            found[asked] = [statement for statement in said[begin + 1 : end] if statement]
        return found, rows

    def lists(self, queries: list[str]) -> Line:
        """The work list against its own bare queries: the count, which cases, and their rows."""
        line = Line(
            "work list", "GET /api/v1/cases: 50 rows, two filters, exact count up to 1,000", goal=0.15, goal_p95=30
        )
        self._rounds([line], "".join(f"{query};\n" for query in queries), lambda _, seed: requests.lists(self.material))
        # Sixteen programs asking without a pause only measure the queue; a desk asks now and then.
        self.say("work list: waits of one program at a time")
        alone = self._load(requests.lists(self.material), clients=1)
        line.p50, line.p95 = alone.wait(0.5), alone.wait(0.95)
        return line

    def writes(self, *lines: Line) -> list[Line]:
        """The writes against the two-row transaction."""
        given: dict[str, Callable[[int], Iterator[bytes]]] = {
            "intake": lambda seed: requests.reports(self.material, named=False, seed=seed),
            "intake, named": lambda seed: requests.reports(self.material, named=True, seed=seed),
            "reply": lambda seed: requests.replies(self.material, seed=seed),
        }
        script = self.bench.two_rows()
        self._rounds(list(lines), script, lambda line, seed: given[line.name](seed))
        return list(lines)

    def _rounds(self, lines: list[Line], script: str, given: Callable[[Line, int], Iterator[bytes]]) -> None:
        for line in lines:
            self._load(given(line, 999), clients=CLIENTS)  # what the processes keep is there from now on
        for turn in range(self.size.rounds):
            before = self._pgbench(script)
            for line in lines:
                self.say(f"{line.name}: round {turn + 1} of {self.size.rounds}")
                found = self._load(given(line, 1000 * turn + len(line.name)), clients=CLIENTS)
                after = self._pgbench(script)
                line.ours.append(found.rate)
                line.pgbench.append((before + after) / 2)
                line.p50, line.p95 = found.wait(0.5), found.wait(0.95)
                for status, count in found.statuses.items():
                    line.statuses[status] = line.statuses.get(status, 0) + count
                before = after

    def _pgbench(self, script: str) -> float:
        return self.bench.rate(script, self.size.seconds)

    def _load(self, given: Iterator[bytes], *, clients: int) -> load.Measured:
        found = load.run(self.place.port, given, clients=clients, seconds=self.size.seconds)
        bad = found.statuses.total() - found.good
        if bad > 0.01 * found.statuses.total():
            raise RuntimeError(f"{bad} of {found.statuses.total()} requests were refused: {found.refusals[0]!r}")
        return found

    def imported(self) -> dict[str, Any]:
        """A table of appeals read in by the command a user would type: rows a second, and the memory it took at most."""
        self.say(f"importing {self.size.imported:,} rows")
        path, mapping, spoiled = table.write(self.place.home, self.size.imported)
        report = self.place.home / "bad-rows.csv"
        words = ["import", "appeals", path, "--district", DISTRICT, "--mapping", mapping, "--report", report, "--json"]
        counts, peak = self.place.watched(*words)
        counts.pop("report")
        assert counts["bad"] == spoiled.total(), f"{counts['bad']} bad rows were found, {spoiled.total()} were made"
        copied = self.bench.copied(IMPORTED)
        return counts | {
            "rows_per_second": round(counts["read"] / counts["seconds"]),
            "copy_seconds": round(copied, 2),
            "ratio": round(copied / counts["seconds"], 3),
            "goal": IMPORT_GOAL,
            "peak_mb": round(peak / 2**20),
            "bad_kinds": len(spoiled),
        }

    def profiled(self, kind: str) -> dict[str, Any]:
        """Processor time, whose it is, and how many statements."""
        found = self._inside("cost", kind, self.size.profiled)
        heard, _ = self._heard(kind, 5)
        return found | {"statements": max(len(said) for said in heard.values()) / 5}

    def _inside(self, what: str, kind: str, times: int) -> dict[str, Any]:
        orders = [self._kept.pop() for _ in range(self._each)] if kind == "reply" else []
        given = json.dumps(self.material | {"replies": orders})
        found: dict[str, Any] = self.place.told("bench.inside", what, kind, times, given=given)
        return found
