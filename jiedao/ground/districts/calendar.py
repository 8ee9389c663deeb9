"""Working time (工作日历): holidays, make-up days and office hours of the district one is in."""

from datetime import date, time

from jiedao.ground.districts import current_district
from jiedao.ground.districts.models import CalendarDay, District

OFFICE_HOURS = (("09:00", "12:00"), ("13:30", "17:30"))
"""Where a district says nothing. Local default."""

_days: dict[date, bool] | None = None
_calendars: dict[tuple[str, str], "WorkCalendar"] = {}


class WorkCalendar:
    """The calendar that limits count over. `office_hours` are local times, in order."""

    def __init__(self, days: dict[date, bool], office_hours: tuple[tuple[time, time], ...]) -> None:
        self._days = days
        self.office_hours = office_hours

    def is_working_day(self, day: date) -> bool:
        known = self._days.get(day)
        return day.weekday() < 5 if known is None else known


def calendar(place: District | None = None) -> WorkCalendar:
    """The calendar of a district, by default the one we are in. Read once per process: a year is published once."""
    global _days
    place = place or current_district()
    if _days is None:
        _days = dict(CalendarDay.objects.values_list("on", "working"))
    hours = place.office_hours or OFFICE_HOURS
    key = (place.code, str(hours))
    if key not in _calendars:
        spans = tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in hours)
        _calendars[key] = WorkCalendar(_days, spans)
    return _calendars[key]


def forget() -> None:
    """Read the table again at the next question: after a new year was seeded, and between tests."""
    global _days
    _days = None
    _calendars.clear()
