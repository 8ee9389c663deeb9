"""Holidays and make-up working days (节假日、调休), seeded from `chinese_calendar`, which copies the notices.

The State Council announces a year in the November before it. A year the installed package does not know has no rows:
it follows weekdays, and `doctor` says so.
"""

from datetime import date
from importlib.metadata import version

import chinese_calendar
from chinese_calendar.constants import Holiday

from jiedao.ground.districts import calendar
from jiedao.ground.districts.models import CalendarDay

ORIGIN = "chinese-calendar"


def years_known() -> range:
    """The years the installed package has notices of."""
    known = chinese_calendar.holidays
    return range(min(known).year, max(known).year + 1)


def source(year: int) -> str:
    """What a row says about where it comes from."""
    return f"国务院办公厅关于{year}年部分节假日安排的通知; {ORIGIN} {version(ORIGIN)}"


def seed() -> int:
    """Writes the days that are missing or differ, and returns how many. A day somebody entered by hand stays."""
    there = {day.on: day for day in CalendarDay.objects.all()}
    fresh, changed = [], []
    for on, (working, name) in _announced().items():
        day = there.get(on)
        if day is None:
            fresh.append(CalendarDay(on=on, working=working, name=name, source=source(on.year)))
        elif ORIGIN in day.source and (day.working, day.name) != (working, name):
            day.working, day.name, day.source = working, name, source(on.year)
            changed.append(day)
    CalendarDay.objects.bulk_create(fresh)
    CalendarDay.objects.bulk_update(changed, ["working", "name", "source"])
    if fresh or changed:
        calendar.forget()
    return len(fresh) + len(changed)


def _announced() -> dict[date, tuple[bool, str]]:
    """Every day of the notices: whether one works, and the holiday it belongs to."""
    names = {holiday.value: holiday.chinese for holiday in Holiday}
    days = {on: (False, names[name]) for on, name in chinese_calendar.holidays.items()}
    return days | {on: (True, f"{names[name]}调休上班") for on, name in chinese_calendar.workdays.items()}
