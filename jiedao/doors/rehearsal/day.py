"""A day in progress (进行中的一天): the last days of each demo district up to this minute, and the scores behind them."""

from datetime import timedelta

from jiedao.doors.rehearsal import season
from jiedao.doors.rehearsal.play import Played, Report, play
from jiedao.ground.districts import district
from jiedao.ground.districts.models import District
from jiedao.kit.clock import SHANGHAI, now
from jiedao.record.models import Case

DAYS = 5
SEED = 2026
PER_DAY = {"gulou": 45.0, "jianghan": 10.0, "liunan": 8.0, "guangming": 8.0, "neijiang": 8.0}
"""Reports a day. A demo district not named here stays empty until its day is asked for."""

SEASONS = frozenset({"gulou"})
"""Where the weeks before are filled with cases, so that a month of them can be scored."""


def waiting() -> list[str]:
    """The demo districts without a case, the busiest first."""
    there = set(District.objects.filter(demo=True).values_list("label", flat=True))
    return [label for label in PER_DAY if label in there and not _has_cases(label)]


def _has_cases(label: str) -> bool:
    with district(label):
        return Case.objects.exists()


def play_one(label: str, report: Report) -> Played | None:
    """Plays in a demo district up to this minute. None if it has cases already: nobody's day is played over."""
    if _has_cases(label):
        return None
    with district(label):
        ends = now().astimezone(SHANGHAI)
        begins = (ends - timedelta(days=DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
        if label in SEASONS:
            season.keep_numbers(ends)
        return play(begins, ends, seed=SEED, per_day=PER_DAY.get(label, 10.0), with_opening=True, report=report)
