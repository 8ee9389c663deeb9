"""Play (开演): a rehearsal from a seed; what comes of it is the district's, and the digest is the proof of sameness."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from jiedao.doors.rehearsal import opening
from jiedao.doors.rehearsal.cast import Cast
from jiedao.doors.rehearsal.matters import Matters, arrivals
from jiedao.doors.rehearsal.scene import Scene, often
from jiedao.doors.rehearsal.stage import Stage, Story
from jiedao.doors.rehearsal.stories import oversight, reports, two_way, whistles
from jiedao.ground.districts import current_district
from jiedao.kit.ports import chance
from jiedao.kit.refusal import Refused
from jiedao.record.models import Case

Report = Callable[[int, datetime], object]

ROADS: tuple[tuple[Callable[[Scene], Story], int], ...] = (
    (reports.call, 48),
    (reports.seen_by_resident, 20),
    (reports.found_in_grid, 26),
    (two_way.two_way, 4),
    (lambda scene: whistles.whistle(scene, hard=often(0.45)), 3),
)
"""How reports divide over their roads. Local default."""


@dataclass(frozen=True)
class Played:
    """What a rehearsal did: cases opened, verbs done, refusals by verb and rule, and the digest of its log."""

    cases: int
    verbs: int
    refused: dict[str, int]
    digest: str


def play(
    begins: datetime,
    ends: datetime,
    *,
    seed: int,
    per_day: float,
    report: Report | None = None,
    with_opening: bool = False,
) -> Played:
    """Plays the days of the district one is in; `with_opening` leaves something to do on every demo desk.

    Refuses `demo_only`: a real district is never rehearsed in; and `already_rehearsed`: the same seed would make the
    same ids again.
    """
    if not current_district().demo:
        raise Refused("demo_only", district=current_district().label)
    if Case.objects.filter(opened_at__gte=begins, opened_at__lte=ends, imported=False).exists():
        raise Refused("already_rehearsed", begins=begins.date().isoformat(), ends=ends.date().isoformat())
    with chance.seeded(seed):
        stage = Stage(begins, ends, report=report)
        scene = Scene(stage, Cast(), Matters())
        stage.plan(begins, stage.ticker())
        stage.plan(begins, oversight.rounds(scene))
        roads, weights = [road for road, _ in ROADS], [weight for _, weight in ROADS]
        for at in arrivals(begins, ends, per_day):
            stage.plan(at, chance.choices(roads, weights)[0](scene))
        if with_opening:
            opening.plan(scene)
        stage.play()
    return Played(stage.cases, stage.verbs, dict(sorted(stage.refused.items())), stage.digest)
