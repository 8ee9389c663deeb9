"""Play (开演): a rehearsal from a seed; what comes of it is the district's, and the digest is the proof of sameness."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from jiedao.doors.rehearsal.cast import Cast
from jiedao.doors.rehearsal.matters import Matters, arrivals
from jiedao.doors.rehearsal.stage import Stage, Story
from jiedao.doors.rehearsal.stories import Plot
from jiedao.ground.districts import current_district
from jiedao.kit.ports import chance
from jiedao.kit.refusal import Refused
from jiedao.record.models import Case

SHARES = (("call", 48), ("residents_event", 20), ("found_in_grid", 26), ("two_way", 4), ("whistle", 2))
"""How reports divide over their roads. Local default."""


@dataclass(frozen=True)
class Played:
    """What a rehearsal did: cases opened, verbs done, refusals by rule, and the digest of its log."""

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
    report: Callable[[int, datetime], None] | None = None,
) -> Played:
    """Plays the days of the district one is in.

    Refuses `demo_only`: a real district is never rehearsed in; and `already_rehearsed`: the same seed would make the
    same ids again.
    """
    if not current_district().demo:
        raise Refused("demo_only", district=current_district().label)
    if Case.objects.filter(opened_at__gte=begins, opened_at__lte=ends, imported=False).exists():
        raise Refused("already_rehearsed", begins=begins.date().isoformat(), ends=ends.date().isoformat())
    with chance.seeded(seed):
        stage = Stage(begins, ends, report=report)
        plot = Plot(stage, Cast(), Matters())
        stage.plan(begins, stage.ticker())
        for at in arrivals(begins, ends, per_day):
            stage.plan(at, _story(plot))
        stage.play()
    return Played(stage.cases, stage.verbs, dict(sorted(stage.refused.items())), stage.digest)


def _story(plot: Plot) -> Story:
    name = chance.choices([n for n, _ in SHARES], [w for _, w in SHARES])[0]
    if name == "whistle":
        return plot.whistle(hard=chance.random() < 0.3)
    found: Story = getattr(plot, name)()
    return found
