"""The season behind (前一季度): cases of the last days copied back week by week, and the scores that came of them.

Cases are copied, for a quarter of verbs would take minutes; periods, marks, objections and decisions are played by the
verbs that everybody uses, under the moved clock.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Max

from jiedao.doors.rehearsal import copies
from jiedao.doors.rehearsal.cast import Cast
from jiedao.doors.rehearsal.matters import Matters
from jiedao.doors.rehearsal.scene import Scene
from jiedao.doors.rehearsal.stage import Stage
from jiedao.doors.rehearsal.stories import appraisals
from jiedao.ground.districts.calendar import calendar
from jiedao.kit.clock import SHANGHAI, local
from jiedao.kit.ports import chance
from jiedao.record.models import Case, DispatchOrder

NUMBERS = 2_000
"""First numbers of the year that are kept for the season; the days after it go on from there."""
WEEK = timedelta(days=7)
SHARE = (0.6, 1.0)
"""Which share of the days' closed cases lies in a week of the season, from to. Local default."""


def begins(ends: datetime) -> date:
    """The first day of the third month before this one."""
    months = local(ends).year * 12 + local(ends).month - 1 - 3
    return date(months // 12, months % 12 + 1, 1)


def keep_numbers(ends: datetime) -> None:
    """Before the days are played: what lies further back shall have the lower numbers."""
    for year in sorted({begins(ends).year, local(ends).year}):
        copies.keep_numbers(year % 100, NUMBERS)


def fill(ends: datetime, *, seed: int) -> int:
    """Copies closed cases into the weeks of the season, once; says how many. None in a week whose holidays lie otherwise."""
    if Case.objects.filter(routing__back=True).exists():
        return 0
    groups = list(_closed())
    days = sorted({local(at).date() for group in groups for _, *span in group for at in span})
    if not days:
        return 0
    weeks = (days[0] - begins(ends)).days // 7
    shifts = [shift for shift in (WEEK * n for n in range(1, weeks + 1)) if _is_alike(days, shift)]
    sets, left = [], NUMBERS
    with chance.seeded(seed):
        for shift in shifts or [WEEK * n for n in range(1, weeks + 1)]:
            share = SHARE[0] + (SHARE[1] - SHARE[0]) * chance.random()
            chosen = [case for group in groups if chance.random() < share for case, *_ in group][:left]
            left -= len(chosen)
            sets.append((shift, chosen))
    return copies.copy_back(sets)


def _closed() -> Iterator[list[tuple[UUID, datetime, datetime]]]:
    """Cases with all that grew from them or were joined to them, where each of these is closed; with first and last moment."""
    rows = Case.objects.filter(imported=False, routing__copy__isnull=True).annotate(last=Max("entries__at"))
    told = {pk: rest for pk, *rest in rows.order_by("opened_at").values_list("id", "opened_at", "last", "phase")}
    grown = dict(DispatchOrder.objects.values_list("id", "case_id"))
    above = {
        pk: {one for one in (parent, merged, grown.get(order)) if one}
        for pk, parent, merged, order in rows.values_list("id", "parent_id", "merged_into_id", "grown_from_id")
    }
    groups: dict[UUID, list[UUID]] = defaultdict(list)
    for pk in told:
        groups[_root(pk, above)].append(pk)
    for members in groups.values():
        if all(told[pk][2] == "closed" for pk in members):
            yield [(pk, told[pk][0], told[pk][1]) for pk in members]


def _root(pk: UUID, above: dict[UUID, set[UUID]]) -> UUID:
    seen = {pk}
    while up := sorted(above.get(pk, set()) - seen):
        pk = up[0]
        seen.add(pk)
    return pk


def _is_alike(days: list[date], shift: timedelta) -> bool:
    """Whether the days so far back were worked, or free, as these: only then do the clocks of a copy hold."""
    known = calendar()
    return all(known.is_working_day(day) == known.is_working_day(day - shift) for day in days)


def play(label: str, ends: datetime, *, seed: int) -> int:
    """Plays the scores of the district one is in, up to this moment; says how many verbs that were."""
    first = datetime(local(ends).year - 1, 12, 1, 9, tzinfo=SHANGHAI)
    with chance.seeded(seed):
        stage = Stage(first, ends)
        appraisals.plan(label, Scene(stage, Cast(), Matters()))
        stage.play()
    return stage.verbs
