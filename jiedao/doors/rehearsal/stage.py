"""The rehearsal's stage (演练台): an agenda, a moved clock, and a log whose hash is the proof of sameness."""

import hashlib
import heapq
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any

from jiedao.ground.districts.calendar import WorkCalendar, calendar
from jiedao.kit import clock
from jiedao.kit.ports import chance
from jiedao.kit.refusal import Refused
from jiedao.record import consequences, tick
from jiedao.record.models import Case

Story = Generator[timedelta, None, None]
"""A story plays verbs and yields how long it waits before the next."""


@dataclass(order=True)
class _Turn:
    at: datetime
    order: int
    story: Any = field(compare=False)


class Stage:
    """Plays stories side by side in the order of their moments. One thread, one clock, one chance."""

    def __init__(
        self, begins: datetime, ends: datetime, *, report: Callable[[int, datetime], None] | None = None
    ) -> None:
        self.now = begins
        self.begins, self.ends = begins, ends
        self.days: WorkCalendar = calendar()
        self.cases = 0
        self.verbs = 0
        self.refused: dict[str, int] = {}
        self._agenda: list[_Turn] = []
        self._order = count()
        self._log = hashlib.sha256()
        self._names: dict[str, str] = {}
        self._report = report

    @property
    def digest(self) -> str:
        """The hash over every line: which case, which verb, when, which state came of it."""
        return self._log.hexdigest()

    def plan(self, at: datetime, story: Story) -> None:
        heapq.heappush(self._agenda, _Turn(at, next(self._order), story))

    def play(self) -> None:
        """Plays until the agenda is empty or the end is reached; what is unfinished then stays open."""
        with consequences.in_place() as drain, clock.moved(lambda: self.now):
            self._drain = drain
            while self._agenda and self._agenda[0].at <= self.ends:
                turn = heapq.heappop(self._agenda)
                self.now = max(self.now, turn.at)
                try:
                    wait = next(turn.story)
                except StopIteration:
                    continue
                self.plan(self.now + max(wait, timedelta(seconds=1)), turn.story)
                if self._report:
                    self._report(self.cases, self.now)
            self.now = self.ends

    def act(self, case: Case | None, verb: Callable[..., Any], *args: Any, **given: Any) -> Any:
        """Plays one verb and what follows from it. A refusal is part of the story: it is logged, None comes back."""
        try:
            result = verb(*args, **given)
        except Refused as refused:
            self.refused[refused.rule] = self.refused.get(refused.rule, 0) + 1
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
