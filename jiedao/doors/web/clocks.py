"""Clock faces and times (时钟): how a deadline and a moment are written for people."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils.translation import get_language, gettext, pgettext

from jiedao.kit import clock

FACES = ("running", "soon", "overdue", "paused", "stopped")
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def is_chinese() -> bool:
    """Which of the two languages the page is in."""
    return (get_language() or "zh-hans").startswith("zh")


@dataclass(frozen=True)
class Face:
    """One clock as it reads at a moment: its face, what is left, and the moment it runs to."""

    name: str
    left: str
    due: datetime | None
    soon_from: datetime | None
    until: str
    note: str = ""

    @property
    def ticks(self) -> bool:
        return self.name in ("running", "soon", "overdue") and self.due is not None


def face_of(deadline: Any, now: datetime | None = None) -> Face | None:
    """The face of a deadline-like object; None when there is nothing to run (no limit)."""
    due = first(deadline, "due", "due_at")
    if deadline is None or due is None:
        return None
    now = now or clock.now()
    soon_from = first(deadline, "soon_from", "soon_at") or _last_quarter(deadline, due)
    stopped = first(deadline, "stopped_at")
    paused = first(deadline, "paused_since")
    if stopped:
        return Face("stopped", _kept(stopped, due), due, soon_from, moment(stopped, now))
    if paused:
        since = gettext("paused since %(moment)s") % {"moment": moment(paused, now)}
        return Face("paused", since, due, soon_from, "", str(first(deadline, "reason") or ""))
    if now >= due:
        late = gettext("%(span)s overdue") % {"span": span(now - due)}
        return Face("overdue", late, due, soon_from, moment(due, now))
    left = gettext("%(span)s left") % {"span": span(due - now)}
    name = "soon" if soon_from and now >= soon_from else "running"
    return Face(name, left, due, soon_from, moment(due, now))


def first(thing: Any, *names: str) -> Any:
    """The first of these that an object or a dict has. None if it has none."""
    for name in names:
        value = thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)
        if value is not None and value != "":
            return value
    return None


def _last_quarter(deadline: Any, due: datetime) -> datetime | None:
    start = first(deadline, "started_at", "start")
    return due - (due - start) / 4 if isinstance(start, datetime) else None


def _kept(stopped: datetime, due: datetime) -> str:
    if stopped <= due:
        return gettext("on time")
    return gettext("%(span)s late") % {"span": span(stopped - due)}


def span(length: timedelta) -> str:
    """Days and hours, or hours and minutes: two units at most, rounded down to the minute."""
    minutes = max(int(length.total_seconds() // 60), 0)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    units = ("天", "时", "分") if is_chinese() else ("d", "h", "min")
    parts: tuple[tuple[int, str], ...]
    if days:
        parts = ((days, units[0]), (hours, units[1]))
    elif hours:
        parts = ((hours, units[1]), (rest, units[2]))
    else:
        parts = ((rest, units[2]),)
    told = [f"{count} {unit}" for count, unit in parts if count or len(parts) == 1]
    return " ".join(told)


def moment(at: datetime | date | None, now: datetime | None = None) -> str:
    """A time as people write it: today 16:30, 3 Jun 16:30; with the year only when it is another one."""
    if at is None:
        return ""
    if not isinstance(at, datetime):
        return day(at, now)
    local = clock.local(at if at.tzinfo else at.replace(tzinfo=UTC))
    return f"{_near_day(local.date(), clock.local(now or clock.now()).date())} {local:%H:%M}"


def day(on: date | None, now: datetime | None = None) -> str:
    """A date without a near word: 6月3日, 3 Jun."""
    if on is None:
        return ""
    if isinstance(on, datetime):
        on = clock.local(on).date()
    return _date(on, clock.local(now or clock.now()).date())


def _near_day(on: date, today: date) -> str:
    near = {
        0: pgettext("before a time", "today"),
        1: pgettext("before a time", "tomorrow"),
        -1: pgettext("before a time", "yesterday"),
    }
    return near.get((on - today).days) or _date(on, today)


def _date(on: date, today: date) -> str:
    same = on.year == today.year
    if is_chinese():
        return f"{on.month}月{on.day}日" if same else f"{on.year}年{on.month}月{on.day}日"
    told = f"{on.day} {MONTHS[on.month - 1]}"
    return told if same else f"{told} {on.year}"
