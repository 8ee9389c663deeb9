"""The rehearsal's stage (演练台): an agenda, a moved clock, and a log whose hash is the proof of sameness."""

import gc
import hashlib
import heapq
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any

from django.db import connection

from jiedao.ground.districts.calendar import WorkCalendar, calendar
from jiedao.kit import clock
from jiedao.kit.ports import chance
from jiedao.kit.refusal import Refused
from jiedao.record import consequences, hints, tick
from jiedao.record.models import Case, DispatchOrder


@dataclass
class Together:
    """Stories played side by side; who yields this goes on when the last of them has ended."""

    stories: list["Story"]


Story = Generator[timedelta | Together, None, None]
"""A story plays verbs and yields how long it waits before the next, or other stories it waits for."""


@dataclass(order=True)
class _Turn:
    at: datetime
    order: int
    story: Any = field(compare=False)


class Stage:
    """Plays stories side by side in the order of their moments. One thread, one clock, one chance."""

    def __init__(
        self, begins: datetime, ends: datetime, *, report: Callable[[int, datetime], object] | None = None
    ) -> None:
        self.now = begins
        self.begins, self.ends = begins, ends
        self.days: WorkCalendar = calendar()
        self.cases = 0
        self.verbs = 0
        self.refused: Counter[str] = Counter()
        self._agenda: list[_Turn] = []
        self._order = count()
        self._log = hashlib.sha256()
        self._names: dict[str, str] = {}
        self._report = report
        self._drain: Callable[[], int] = lambda: 0

    @property
    def digest(self) -> str:
        """The hash over every line: which case, which verb, when, which state came of it."""
        return self._log.hexdigest()

    def plan(self, at: datetime, story: Story) -> None:
        heapq.heappush(self._agenda, _Turn(at, next(self._order), story))

    def aside(self, story: Story) -> None:
        """A story that begins now and that nobody waits for."""
        self.plan(self.now, story)

    def play(self) -> None:
        """Plays until the agenda is empty or the end is reached; what is unfinished then stays open."""
        with consequences.in_place() as self._drain, clock.moved(lambda: self.now), hints.silent(), _unhurried():
            while self._agenda and self._agenda[0].at <= self.ends:
                turn = heapq.heappop(self._agenda)
                self.now = max(self.now, turn.at)
                self._go_on(turn.story)
                if self._report:
                    self._report(self.cases, self.now)
            self.now = max(self.now, self.ends)

    def _go_on(self, story: Story) -> None:
        try:
            wait = next(story)
        except StopIteration:
            return
        if isinstance(wait, Together):
            self._begin(wait.stories, story)
        else:
            self.plan(self.now + max(wait, timedelta(seconds=1)), story)

    def _begin(self, stories: Iterable[Story], waiting: Story) -> None:
        left = list(stories)

        def counted(story: Story) -> Story:
            yield from story
            left.remove(story)
            if not left:
                self.plan(self.now, waiting)

        for story in list(left):
            self.plan(self.now, counted(story))

    def act(self, on: Case | DispatchOrder | None, verb: Callable[..., Any], /, *first: Any, **given: Any) -> Any:
        """Plays one verb on a case or an order, and what follows from it.

        A refusal is part of the story: it is logged, and None comes back.
        """
        case = on.case if isinstance(on, DispatchOrder) else on
        target = () if on is None else (on.id,) if isinstance(on, Case) else (on,)
        try:
            result = verb(*target, *first, **given)
        except Refused as refused:
            self.refused[f"{verb.__name__.strip('_')}: {refused.rule}"] += 1
            self._write(case, verb.__name__, f"refused {refused.rule}")
            return None
        self.verbs += 1
        self._drain()
        self._write(case, verb.__name__, getattr(result, "now", "") or "done")
        # A verb takes a moment: two of one instant would carry one time.
        self.now += timedelta(milliseconds=chance.randint(200, 900))
        return result

    def opened(self, case: Case) -> Case:
        """Counts a case and gives it the name the log knows it by: numbers depend on what the district had before."""
        self.cases += 1
        self._names[case.number] = f"case {self.cases}"
        return case

    def _write(self, case: Case | None, verb: str, came: str) -> None:
        name = self._names.get(case.number, "new") if case else "new"
        self._log.update(f"{self.now.isoformat()} {name} {verb} {came}\n".encode())

    def ticker(self, every: timedelta = timedelta(minutes=30)) -> Story:
        """The clockwork that rings what is due, as the ticker process does."""
        while True:
            self._log.update(f"{self.now.isoformat()} tick {tick.tick()}\n".encode())
            self._drain()
            yield every

    def office(self, hours: float) -> timedelta:
        """How long to wait for so many office hours; a few minutes of chance in it, as with people."""
        left = timedelta(hours=max(hours, 0.02) * (0.75 + chance.random() / 2))
        at = self.now
        while True:
            for opens, closes in self._hours(at):
                if closes <= at:
                    continue
                at = max(at, opens)
                if at + left <= closes:
                    return at + left - self.now
                left -= closes - at
                at = closes
            at = self._midnight(at) + timedelta(days=1)

    def _hours(self, at: datetime) -> list[tuple[datetime, datetime]]:
        day = clock.local(at).date()
        if not self.days.is_working_day(day):
            return []
        return [
            (datetime.combine(day, a, clock.SHANGHAI), datetime.combine(day, b, clock.SHANGHAI))
            for a, b in self.days.office_hours
        ]

    @staticmethod
    def _midnight(at: datetime) -> datetime:
        return datetime.combine(clock.local(at).date(), time(0), clock.SHANGHAI)


def wait(minutes: float) -> timedelta:
    """Minutes by the wall clock, with some chance in them: what runs day and night."""
    return timedelta(minutes=minutes * (0.6 + 0.8 * chance.random()))


@contextmanager
def _unhurried() -> Iterator[None]:
    """Commits do not wait for the disk: a rehearsal that a power cut shortens is played again, not mourned.

    Nor is memory searched for cycles after every few hundred objects: a verb leaves none.
    """
    before = gc.get_threshold()
    gc.set_threshold(50_000)
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        gc.set_threshold(*before)
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("RESET synchronous_commit")
