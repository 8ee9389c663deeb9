"""The clock (时钟): the only source of the present; a rehearsal moves it, SQL's now() decides nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def _system() -> datetime:
    return datetime.now(UTC)


_read: Callable[[], datetime] = _system


def now() -> datetime:
    """The present in UTC, with its zone."""
    return _read()


def today() -> date:
    """The date people in China read on the wall."""
    return local(now()).date()


def local(moment: datetime) -> datetime:
    """The same moment as people in China write it."""
    return moment.astimezone(SHANGHAI)


@contextmanager
def moved(read: Callable[[], datetime] | datetime) -> Iterator[None]:
    """Inside, the clock reads as told: a fixed moment, or a function that gives one.

    One thread only: rehearsals and tests.
    """
    global _read
    before = _read
    if isinstance(read, datetime):
        fixed = read
        _read = lambda: fixed  # noqa: E731
    else:
        _read = read
    try:
        yield
    finally:
        _read = before


def months_ago(count: int) -> datetime:
    """The same day so many months before; the 28th at the latest, so that no month lacks it."""
    at = now()
    years, month = divmod(at.year * 12 + at.month - 1 - count, 12)
    return at.replace(year=years, month=month + 1, day=min(at.day, 28))
