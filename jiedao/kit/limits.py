"""Limits (时限): a length in its own unit, and the moment it ends by the calendar it is given.

No unit is the rule: the law counts working days here, calendar days there, hours day and night elsewhere.
Inside, a moment is a whole number of microseconds on the clock people read in China; outside it is UTC.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

from jiedao.kit.clock import SHANGHAI
from jiedao.kit.refusal import Refused

Pause = tuple[datetime, datetime]
_Span = tuple[int, int]


class Calendar(Protocol):
    """What a limit asks of a calendar (日历)."""

    @property
    def office_hours(self) -> tuple[tuple[time, time], ...]:
        """When the office is open on a working day, by the clock in China; midnight as an end means 24:00."""

    def is_working_day(self, day: date) -> bool:
        """Make-up working days are, holidays are not."""


_DAY = 86_400_000_000
_LENGTHS = {"minutes": 60_000_000, "hours": 3_600_000_000, "working_hours": 3_600_000_000}
_MOST = {"minutes": 525_600, "hours": 87_600, "working_hours": 20_000, "working_days": 2_500, "calendar_days": 3_660}
_TEXT = re.compile(r"([1-9][0-9]{0,5}) (minute|hour|working_hour|working_day|calendar_day)s?", re.ASCII)
_WORDS = {
    "minutes": ("{} 分钟", "{} minute{}"),
    "hours": ("{} 小时（昼夜连续）", "{} hour{}, day and night"),
    "working_hours": ("{} 个工作小时", "{} working hour{}"),
    "working_days": ("{} 个工作日", "{} working day{}"),
    "calendar_days": ("{} 个自然日", "{} calendar day{}"),
}
# A calendar without working days would be searched for ever.
_FARTHEST = 4_000
_SOON = Fraction(3, 4)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 -- on the clock of China, which has no zone here
_FIRST_DAY = _EPOCH.toordinal()
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, init=False)
class Limit:
    """A limit as data writes it: `Limit("4 working_hours")`; `str()` gives the same words back."""

    amount: int
    unit: str

    def __init__(self, text: str) -> None:
        parts = _TEXT.fullmatch(text) if isinstance(text, str) else None
        if parts is None or int(parts[1]) > _MOST[parts[2] + "s"]:
            raise Refused("bad_limit", text=str(text)[:80])
        object.__setattr__(self, "amount", int(parts[1]))
        object.__setattr__(self, "unit", parts[2] + "s")

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"

    def label(self, language: str) -> str:
        chinese, english = _WORDS[self.unit]
        if language.startswith("zh"):
            return chinese.format(self.amount)
        return english.format(self.amount, "" if self.amount == 1 else "s")

    @property
    def span(self) -> timedelta | None:
        """How long it is by the clock. None where the calendar decides."""
        if self.unit in {"minutes", "hours"}:
            return timedelta(microseconds=self.amount * _LENGTHS[self.unit])
        return None

    def due(self, start: datetime, calendar: Calendar, pauses: Iterable[Pause] = ()) -> datetime:
        """When it ends. A pause that still runs has no end to give: close it first, or show no due time."""
        return self._reached(self.amount, start, calendar, pauses)

    def soon_at(self, start: datetime, calendar: Calendar, pauses: Iterable[Pause] = ()) -> datetime:
        """When its last quarter begins (即将到期)."""
        return self._reached(self.amount * _SOON, start, calendar, pauses)

    def elapsed(self, start: datetime, end: datetime, calendar: Calendar, pauses: Iterable[Pause] = ()) -> float:
        """How much of the unit ran between the two; from the due time on, this is 'late by'.

        Exactly the amount at `due`. Zero if the end is not after the start. Of a day that is under way,
        the share of its hours.
        """
        first, last, stopped = _count(start), _count(end), _merged(pauses)
        if last <= first:
            return 0.0
        if self.unit in _LENGTHS:
            running = self._running(first, last, calendar, stopped)
            ran = sum(min(b, last) - a for a, b in running if a < last)
            return ran / _LENGTHS[self.unit]
        passed = Fraction(0)
        for day in self._days(first, last, calendar, stopped):
            spans = self._hours_of(day, calendar, stopped)
            passed += Fraction(sum(min(b, last) - a for a, b in spans if a < last), sum(b - a for a, b in spans))
        return float(passed)

    def share(self, start: datetime, at: datetime, calendar: Calendar, pauses: Iterable[Pause] = ()) -> float:
        """How much of it is used up: 0 at the start, 1 when due, more when late."""
        return self.elapsed(start, at, calendar, pauses) / self.amount

    def _reached(
        self, amount: int | Fraction, start: datetime, calendar: Calendar, pauses: Iterable[Pause]
    ) -> datetime:
        first, stopped = _count(start), _merged(pauses)
        if self.unit in _LENGTHS:
            length = math.ceil(amount * _LENGTHS[self.unit])
            return _used_up(length, self._running(first, None, calendar, stopped))
        left = amount
        for day in self._days(first, None, calendar, stopped):
            if left <= 1:
                spans = self._hours_of(day, calendar, stopped)
                return _used_up(math.ceil(left * sum(b - a for a, b in spans)), iter(spans))
            left -= 1
        raise Refused("no_working_time", limit=str(self))

    def _running(self, first: int, last: int | None, calendar: Calendar, stopped: Sequence[_Span]) -> Iterator[_Span]:
        """The stretches in which the clock runs, up to `last`."""
        if self.unit != "working_hours":
            end = first + _FARTHEST * _DAY + sum(b - a for a, b in stopped) if last is None else last
            yield from _without([(first, end)], stopped)
            return
        hours = _hours(calendar.office_hours)
        for day in _from(first, last, stopped):
            if calendar.is_working_day(date.fromordinal(day + _FIRST_DAY)):
                midnight = day * _DAY
                spans = [(max(midnight + a, first), midnight + b) for a, b in hours if midnight + b > first]
                yield from _without(spans, stopped) if stopped else spans

    def _days(self, first: int, last: int | None, calendar: Calendar, stopped: Sequence[_Span]) -> Iterator[int]:
        """The days that count, from 1970. The day of the start never does.

        A day counts if the clock runs in its last moment: one pause from Monday noon to Tuesday noon
        costs one day, not two.
        """
        by_office = self.unit == "working_days"
        closing = _hours(calendar.office_hours)[-1][1] if by_office else _DAY
        for day in _from(first + _DAY, last, stopped):
            if by_office and not calendar.is_working_day(date.fromordinal(day + _FIRST_DAY)):
                continue
            close = day * _DAY + closing
            if not any(a < close <= b for a, b in stopped):
                yield day

    def _hours_of(self, day: int, calendar: Calendar, stopped: Sequence[_Span]) -> list[_Span]:
        hours = _hours(calendar.office_hours) if self.unit == "working_days" else ((0, _DAY),)
        return list(_without([(day * _DAY + a, day * _DAY + b) for a, b in hours], stopped))


def _count(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise Refused("naive_time", time=moment.isoformat())
    return (moment.astimezone(SHANGHAI).replace(tzinfo=None) - _EPOCH) // _TICK


def _moment(count: int) -> datetime:
    return (_EPOCH + timedelta(microseconds=count)).replace(tzinfo=SHANGHAI).astimezone(UTC)


def _merged(pauses: Iterable[Pause]) -> list[_Span]:
    """The pauses as counts, in order and without overlap."""
    merged: list[_Span] = []
    for begin, end in sorted((_count(a), _count(b)) for a, b in pauses):
        if end < begin:
            raise Refused("bad_pause", start=_moment(begin).isoformat(), end=_moment(end).isoformat())
        if end == begin:
            continue
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def _without(spans: Iterable[_Span], stopped: Sequence[_Span]) -> Iterator[_Span]:
    for begin, end in spans:
        for a, b in stopped:
            if b <= begin or a >= end:
                continue
            if a > begin:
                yield begin, a
            begin = b
        if begin < end:
            yield begin, end


def _from(first: int, last: int | None, stopped: Sequence[_Span]) -> Iterator[int]:
    """The days from that of `first`, counted from 1970, as far as it makes sense to look."""
    day = first // _DAY
    if last is not None:
        return iter(range(day, last // _DAY + 1))
    held = sum(b - a for a, b in stopped) // _DAY
    return iter(range(day, day + _FARTHEST + held))


def _used_up(length: int, running: Iterator[_Span]) -> datetime:
    for begin, end in running:
        if length <= end - begin:
            return _moment(begin + length)
        length -= end - begin
    raise Refused("no_working_time")


@lru_cache(maxsize=64)
def _hours(written: tuple[tuple[time, time], ...]) -> tuple[_Span, ...]:
    """Office hours as counts from midnight. They must follow one another, or time would count twice."""
    hours = tuple((_of_day(begin), _of_day(end) or _DAY) for begin, end in written)
    edges = [edge for span in hours for edge in span]
    if not edges or any(a >= b for a, b in pairwise(edges)):
        raise Refused("bad_office_hours", hours=[f"{a:%H:%M}-{b:%H:%M}" for a, b in written])
    return hours


def _of_day(at: time) -> int:
    return (at.hour * 3600 + at.minute * 60 + at.second) * 1_000_000 + at.microsecond
