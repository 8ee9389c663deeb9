"""The leader's board (领导看板): six figures, each the length or share of the very list it opens; three lists; a trend.

Nothing is counted apart from the rows: a figure is computed from the list, in the sight of who asks.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from jiedao.ground.people import Actor
from jiedao.kit.clock import now
from jiedao.lines.scores import rulebook, windows
from jiedao.lines.scores.figures import rounded
from jiedao.lines.scores.rules import Rule
from jiedao.record import sight
from jiedao.record.models import Case, Deadline, DispatchOrder, Rating

NAMES = ("open", "overdue", "whistles", "repeats", "on_time", "satisfaction")
SHARES = ("on_time", "satisfaction")
WHISTLES = ("whistle_progress", "whistle_hard")
WORTH = {"satisfied": Decimal(1), "basically": Decimal("0.9")}


@dataclass(frozen=True)
class Span:
    """A window and the moment it is looked at: its end, or now while it runs."""

    start: datetime
    end: datetime

    @property
    def at(self) -> datetime:
        return min(self.end, now())


@dataclass(frozen=True)
class Told:
    """A figure: how many rows, and for a share what they give. `value` is None where there is nothing to divide."""

    name: str
    rows: int
    value: str | None


def span(rule: Rule, day: date) -> Span:
    return Span(*windows.around(day, rule))


def month_rule() -> Rule:
    """The rule whose window the board's months have: that of the orders' indicators."""
    return rulebook.text_of(rulebook.in_force("case_indicators"))


def listed(name: str, by: Actor, on: Span) -> QuerySet[Case]:
    """The cases a figure counts, in the actor's sight, the most pressing first."""
    seen = sight.visible_to(by).filter(merged_into=None, imported=False)
    # What is open now stands in an index of its own; only what was open at an earlier moment asks when it was closed.
    still = ~Q(phase="closed") if on.end > now() else Q(closed_at=None) | Q(closed_at__gte=on.at)
    running = Q(filed_at__lt=on.at) & still
    if name == "open":
        found = seen.filter(running)
    elif name == "overdue" and on.end > now():
        # While the window runs, the very list of the supervision desk and the figure of the wall.
        found = sight.visible_to(by).filter(due_at__lt=on.at).exclude(phase="closed")
    elif name == "overdue":
        late = Deadline.objects.filter(case=OuterRef("pk"), due_at__lt=on.at).filter(
            Q(stopped_at=None) | Q(stopped_at__gte=on.at)
        )
        found = seen.filter(running).filter(Exists(late))
    elif name == "whistles":
        waiting = DispatchOrder.objects.filter(case=OuterRef("pk"), sent_at__lt=on.at, recalled_at=None).filter(
            Q(arrived_at=None) | Q(arrived_at__gte=on.at), answered_at=None
        )
        found = seen.filter(process__code__in=WHISTLES).filter(Exists(waiting))
    elif name == "repeats":
        found = seen.filter(filed_at__gte=on.start, filed_at__lt=on.at).filter(_again(by, on))
    elif name == "on_time":
        found = seen.filter(closed_at__gte=on.start, closed_at__lt=on.at).annotate(promised=_promise())
        found = found.exclude(promised=None)
    else:
        found = seen.filter(Exists(_called(on)))
    return found.order_by(F("due_at").asc(nulls_last=True), "number")


def _promise() -> Subquery:
    rows = Deadline.objects.filter(case=OuterRef("pk"), stopped_at__isnull=False)
    return Subquery(rows.order_by("-due_at").values("due_at")[:1])


def _called(on: Span) -> QuerySet[Rating]:
    return Rating.objects.filter(case=OuterRef("pk"), by="callback", reached=True, at__gte=on.start, at__lt=on.at)


def _again(by: Actor, on: Span) -> Q:
    """Places with two cases or more about the same item in the window."""
    seen = sight.visible_to(by).filter(filed_at__gte=on.start, filed_at__lt=on.at, merged_into=None, imported=False)
    groups = (
        seen.exclude(area=None)
        .exclude(item=None)
        .values("area", "item__code")
        .annotate(n=Count("id"))
        .filter(n__gte=2)
        .values_list("area", "item__code")[:200]
    )
    wanted = Q(pk=None)
    for area, item in groups:
        wanted |= Q(area=area, item__code=item)
    return wanted


def figure(name: str, by: Actor, on: Span) -> Told:
    """One figure from the list it opens."""
    rows = listed(name, by, on)
    if name == "on_time":
        good, all_ = _summed(
            rows.values("closed_at", "promised"), "count(*) FILTER (WHERE closed_at <= promised), count(*)"
        )[0]
        return _share(name, Decimal(good), all_)
    if name == "satisfaction":
        said = _summed(_said(rows, on), "said, count(*)", "GROUP BY said")
        return _share(
            name, sum((WORTH.get(word, Decimal(0)) * n for word, n in said), Decimal(0)), sum(n for _, n in said)
        )
    count = rows.count()
    return Told(name, count, str(count))


def _summed(rows: QuerySet[Case, dict[str, Any]], told: str, more: str = "") -> list[tuple[Any, ...]]:
    """What the database makes of the rows of a list; thirty thousand of them are not carried here to be counted."""
    inner, values = rows.order_by().query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {told} FROM ({inner}) AS listed {more}", values)
        return cursor.fetchall()


def _said(rows: QuerySet[Case], on: Span) -> QuerySet[Case, dict[str, Any]]:
    """What the caller of each case said last."""
    last = _called(on).order_by("-at", "-id").values("satisfied")[:1]
    return rows.annotate(said=Subquery(last)).values("said")


def _is_large() -> bool:
    """Whether the district has many cases, by what the database last counted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'record_case'::regclass")
        return bool(cursor.fetchone()[0] > LARGE)


def _share(name: str, good: Decimal, all_: int) -> Told:
    if not all_:
        return Told(name, 0, None)
    return Told(name, all_, f"{rounded(Fraction(good) * 100 / all_, 1):f}")


def figures(by: Actor, on: Span) -> dict[str, Told]:
    """All six, as they were at most ten seconds ago; of a window that is over, at most ten minutes ago."""
    seconds = PAST_KEPT if on.end <= now() else KEPT
    return {name: kept((name, by, on), seconds, lambda name=name: figure(name, by, on)) for name in NAMES}  # type: ignore[misc]


KEPT, PAST_KEPT, MOST_KEPT = 10.0, 600.0, 500
"""Seconds for which a dear answer is given again, and how many answers a process keeps."""
DEAR = 0.03
"""Seconds; what is read quicker is read anew each time."""
LARGE = 20_000
"""Cases from which an answer is kept at all; a small district that is slow for a moment is read anew."""
_kept: dict[tuple[Any, ...], tuple[float, Any]] = {}


def kept(asked: tuple[str, Actor, Span], seconds: float, make: Callable[[], Any]) -> Any:
    """What `make` gives, or gave the same reader a moment ago, if that took long: a board is read again all the time."""
    name, by, on = asked
    seat = by.post.id if by.post else None
    key = (connection.settings_dict["NAME"], connection.schema_name, by.scope, seat, name, on)
    began = time.monotonic()
    until, told = _kept.get(key, (0.0, None))
    if began < until:
        return told
    told = make()
    took = time.monotonic() - began
    if took > DEAR and _is_large():
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = (began + took + seconds, told)
    return told


def units(by: Actor, on: Span, most: int = 5) -> list[tuple[str, str, str, int]]:
    """Who has what is overdue: unit, its names, and how many; by code."""
    rows = listed("overdue", by, on).order_by().exclude(holder=None)
    told = rows.values_list("holder__code", "holder__name", "holder__name_en").annotate(n=Count("id", distinct=True))
    return sorted(sorted(told, key=lambda row: (-row[3], row[0]))[:most])


_TREND = """
SELECT date_trunc('month', {0} AT TIME ZONE 'Asia/Shanghai')::date, count(*) FROM record_case
WHERE {0} >= %s AND {0} < %s AND NOT imported AND id IN (SELECT id FROM seen) GROUP BY 1
"""


def trend(by: Actor, rule: Rule, day: date, months: int = 12) -> list[dict[str, Any]]:
    """Filed and closed, month by month, up to the one shown."""
    first = windows.first_day(day, rule)
    days = [first]
    for _ in range(months - 1):
        days.append(windows.before(days[-1], rule))
    days.reverse()
    start, end = windows.around(days[0], rule)[0], windows.around(first, rule)[1]
    inner, values = sight.visible_to(by).values("id").query.sql_with_params()
    found: dict[str, dict[date, int]] = {}
    with connection.cursor() as cursor:
        for name in ("filed_at", "closed_at"):
            cursor.execute(f"WITH seen AS ({inner}) {_TREND.format(name)}", [*values, start, end])
            found[name] = dict(cursor.fetchall())
    return [
        {"month": f"{one:%Y-%m}", "filed": found["filed_at"].get(one, 0), "closed": found["closed_at"].get(one, 0)}
        for one in days
    ]
