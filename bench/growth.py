"""Growth (增长): the same requests at ten thousand, a hundred thousand and a million cases, in one place that grows.

One thread, one request after another: processor time and waits of a request's own, without a queue. Nothing may cost
more than the logarithm of the cases allows, but what must read all rows.
"""

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from bench import road
from bench.pg import Bench
from bench.place import Place

SIZES, SIZES_QUICK = (10_000, 100_000, 1_000_000), (1_000, 4_000)
TIMES, TIMES_QUICK = 200, 10
NOISE = 1.25
"""How much more than the logarithm a figure may read before it counts as growing: two runs of one request differ so much."""
KINDS = {
    "list": "work list: 50 rows, two filters, exact count to 1,000",
    "search": "work list by two words",
    "number": "work list by a number",
    "case": "a case with its timeline",
    "intake": "a report",
    "reply": "a reply",
}

Say = Callable[[str], None]


@dataclass
class Step:
    """One size: what each kind of request costs there, and the bytes of a case with all its rows and indexes."""

    cases: int
    bytes_per_case: int
    costs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def spent(self, kind: str) -> float:
        """Milliseconds of processor, ours and the server's."""
        return float(self.costs[kind]["ours_ms"] + self.costs[kind]["server_ms"])


@dataclass
class Report:
    """Every size, the smallest first."""

    steps: list[Step] = field(default_factory=list)

    def factor(self, kind: str) -> float:
        """How much dearer the largest size is than the smallest."""
        return self.steps[-1].spent(kind) / self.steps[0].spent(kind)

    @property
    def allowed(self) -> float:
        """What log n allows, and the noise."""
        return NOISE * math.log(self.steps[-1].cases) / math.log(self.steps[0].cases)

    @property
    def grows(self) -> list[str]:
        return [kind for kind in KINDS if self.factor(kind) > self.allowed]

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {
            "factors": {kind: round(self.factor(kind), 2) for kind in KINDS},
            "allowed": round(self.allowed, 2),
            "grows": self.grows,
        }


def run(quick: bool, place: Place, say: Say) -> Report:
    """Fills the place to each size in turn and measures there."""
    report = Report()
    for cases in SIZES_QUICK if quick else SIZES:
        size = replace(road.QUICK if quick else road.FULL, cases=cases)
        there = road.prepare(place, size, say)
        report.steps.append(_step(place, there, TIMES_QUICK if quick else TIMES, say))
    return report


def _step(place: Place, cases: int, times: int, say: Say) -> Step:
    material = place.told("bench.material", 20 * times + 400, role="owner")
    server = Bench(place.program, place.database, place.home, material["schema"])
    step = Step(cases, round(server.size() / cases))
    for kind in KINDS:
        say(f"{cases:,} cases: {KINDS[kind]}")
        given = json.dumps(material | {"replies": material["replies"] if kind == "reply" else []})
        step.costs[kind] = place.told("bench.inside", "cost", kind, times, given=given)
    return step


def told(report: Report) -> str:
    """The report in words: a line for each kind of request, a column for each size."""
    sizes = [f"{step.cases:,}" for step in report.steps]
    lines = [f"{'milliseconds: processor, median, p95':52}" + "".join(f"{size:>24}" for size in sizes) + "  factor"]
    for kind, what in KINDS.items():
        cells = (
            f"{step.spent(kind):8.2f} {step.costs[kind]['median_ms']:7.1f} {step.costs[kind]['p95_ms']:7.1f}"
            for step in report.steps
        )
        lines.append(f"  {what:50}" + "".join(cells) + f"{report.factor(kind):8.2f}")
    lines.append("  bytes a case" + " " * 38 + "".join(f"{step.bytes_per_case:24,}" for step in report.steps))
    grows = ", ".join(KINDS[kind] for kind in report.grows) or "nothing"
    return "\n".join([*lines, f"grows faster than log n (factor above {report.allowed:.2f}): {grows}"])
