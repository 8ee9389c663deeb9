"""Sending several to several (优化派人): the pairs with the shortest ways in all, as a proposal that a person confirms."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Exists, OuterRef
from scipy.optimize import linear_sum_assignment

from jiedao.ground.people import Actor
from jiedao.kit.refusal import Refused
from jiedao.lines.patrol import queries, scope
from jiedao.lines.patrol.queries import Candidate, OnDuty
from jiedao.record import sight
from jiedao.record.models import Assignment, Case, DispatchOrder, ProcessVersion

MOST_CASES = 30
FAR = 1e9
"""Stands for a pair that may not be."""


LOOKED_AT = 120


def waiting(by: Actor) -> list[Case]:
    """Cases with a place that wait for a person: ready to be sent, or sent to a squad that has asked nobody.

    The most severe first, then the longest waiting.
    """
    squads = scope.squads(by)
    if not squads:
        return []
    open_ = DispatchOrder.objects.open().filter(case=OuterRef("pk"))
    asked = Assignment.objects.filter(
        order__case=OuterRef("pk"), order__answered_at=None, order__returned_at=None, order__recalled_at=None,
        done_at=None, dropped_at=None,
    )  # fmt: skip
    theirs = DispatchOrder.objects.open().filter(unit_id__in=squads).values("case")
    placed = sight.visible_to(by).filter(closed_at=None, lon__isnull=False).exclude(Exists(asked))
    placed = (
        placed.select_related("process", "item__list", "area").defer("area__shape").order_by("-severity", "opened_at")
    )
    sent = list(placed.filter(pk__in=theirs)[:MOST_CASES])
    ready = placed.filter(state__in=_dispatching()).exclude(Exists(open_))[:LOOKED_AT]
    can = [row for row in ready if row.process.definition.moves_of("dispatch", row.state)]
    return sorted([*sent, *can], key=lambda row: (-row.severity, row.opened_at))[:MOST_CASES]


def _dispatching() -> set[str]:
    """States in which some procedure in force sends: of all open cases few stand in one."""
    running = ProcessVersion.objects.filter(retired_at=None)
    return {
        state for one in running for move in one.definition.moves if move.verb == "dispatch" for state in move.states
    }


@dataclass(frozen=True)
class Pair:
    """One case and who would go."""

    case: Case
    who: Candidate


@dataclass(frozen=True)
class Proposal:
    """Who would go where. `metres` in all; `greedy` what one gets by sending the nearest free one, case after case."""

    pairs: list[Pair]
    left: list[Case]
    metres: int
    greedy: int

    @property
    def gain(self) -> int:
        """Metres saved against the nearest-first way."""
        return self.greedy - self.metres


def propose(cases: Sequence[Case], by: Actor, people: list[OnDuty] | None = None) -> Proposal:
    """The best pairs of open cases and people who may go. Nothing is sent: a person confirms each with `sending.send`."""
    if not 0 < len(cases) <= MOST_CASES:
        raise Refused("incomplete", verb="assign", missing=["case"])
    people = queries.on_duty(by) if people is None else people
    if not any(one.state == "free" for one in people):
        return Proposal([], list(cases), 0, 0)
    crew = queries.crew(by, people)
    offers = [
        {c.who.shift_id: c for c in queries.candidates(case, by, 40, crew).offered if not c.who.is_busy}
        for case in cases
    ]
    people = sorted({pk for offered in offers for pk in offered}, key=str)
    ways = np.array([[_metres(offered.get(pk)) for pk in people] for offered in offers], float).reshape(
        len(cases), len(people)
    )
    best = pairs_of(ways)
    found = [Pair(cases[row], offers[row][people[column]]) for row, column in best]
    sent = {row for row, _ in best}
    return Proposal(
        found,
        [case for n, case in enumerate(cases) if n not in sent],
        round(sum(ways[row][column] for row, column in best)),
        round(greedy(ways, [row for row, _ in best])),
    )


def _metres(found: Candidate | None) -> float:
    return FAR if found is None or found.metres is None else float(found.metres)


def pairs_of(ways: "np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> list[tuple[int, int]]:
    """The pairs with the least sum: as many as may be, and none that may not."""
    if not ways.size:
        return []
    rows, columns = linear_sum_assignment(ways)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if ways[r][c] < FAR]


def greedy(ways: "np.ndarray[tuple[int, int], np.dtype[np.float64]]", rows: Sequence[int]) -> float:
    """What the same cases cost in their order, each taking the nearest who is left."""
    taken: set[int] = set()
    total = 0.0
    for row in rows:
        free = [(float(way), column) for column, way in enumerate(ways[row]) if column not in taken and way < FAR]
        if free:
            way, column = min(free)
            taken.add(column)
            total += way
    return total
