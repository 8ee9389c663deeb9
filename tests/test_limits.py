"""Limits (时限): due times by hand over holidays and make-up days, and what must hold for any start and pauses."""

import timeit
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiedao.kit.clock import SHANGHAI
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused

OFFICE_HOURS = ((time(9), time(12)), (time(14), time(17, 30)))


class China:
    """The official calendar of 2024, read once: holidays and make-up working days."""

    office_hours = OFFICE_HOURS

    def __init__(self) -> None:
        first = date(2023, 1, 1).toordinal()
        days = [date.fromordinal(first + count) for count in range(3 * 365)]
        self._working = {day: chinese_calendar.is_workday(day) for day in days}

    def is_working_day(self, day: date) -> bool:
        return self._working.get(day, day.weekday() < 5)


CHINA = China()
EVERY_LIMIT = [
    "4 working_hours",
    "40 working_hours",
    "1 working_days",
    "5 working_days",
    "3 calendar_days",
    "2 hours",
    "45 minutes",
]


def at(text: str) -> datetime:
    """A time as people in China write it: '2024-02-09 16:00'."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def due(limit: str, start: str, *pauses: tuple[str, str]) -> str:
    found = Limit(limit).due(at(start), CHINA, [(at(a), at(b)) for a, b in pauses])
    return f"{found.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("limit", "start", "expected"),
    [
        # Spring Festival 2024: off from Saturday the 10th to Saturday the 17th, Sundays the 4th and 18th are worked.
        ("3 working_days", "2024-02-08 10:00", "2024-02-19 17:30"),
        ("4 working_hours", "2024-02-09 16:00", "2024-02-18 11:30"),
        ("1 working_days", "2024-02-03 11:00", "2024-02-04 17:30"),
        ("7 calendar_days", "2024-02-09 16:00", "2024-02-17 00:00"),
        ("2 hours", "2024-02-09 23:30", "2024-02-10 01:30"),
        # National Day 2024: off from 1 to 7 October, Sunday 29 September and Saturday 12 October are worked.
        ("5 working_days", "2024-09-28 20:00", "2024-10-10 17:30"),
        ("1 working_days", "2024-10-11 09:00", "2024-10-12 17:30"),
        ("2 working_hours", "2024-09-30 17:00", "2024-10-08 10:30"),
        ("8 working_hours", "2024-10-11 14:00", "2024-10-12 15:30"),
    ],
)
def test_holidays_and_make_up_days_are_counted_as_the_state_council_says(limit, start, expected):
    assert due(limit, start) == expected


@pytest.mark.parametrize(
    ("limit", "start", "expected"),
    [
        ("2 working_hours", "2024-05-15 23:00", "2024-05-16 11:00"),  # at night: from the next opening
        ("2 working_hours", "2024-05-16 03:00", "2024-05-16 11:00"),
        ("2 working_hours", "2024-05-16 11:30", "2024-05-16 15:30"),  # over lunch
        ("2 working_hours", "2024-05-16 12:30", "2024-05-16 16:00"),  # in lunch
        ("3 working_hours", "2024-05-16 09:00", "2024-05-16 12:00"),  # at the very closing, not at the next opening
        ("4 working_hours", "2024-05-18 10:00", "2024-05-20 15:00"),  # on a Saturday
        ("1 working_days", "2024-05-18 10:00", "2024-05-20 17:30"),
        ("1 working_days", "2024-05-16 00:00", "2024-05-17 17:30"),  # the day of the start never counts
        ("1 calendar_days", "2024-05-16 00:00", "2024-05-18 00:00"),
        ("90 minutes", "2024-05-18 23:00", "2024-05-19 00:30"),
    ],
)
def test_a_start_outside_office_hours_waits_for_the_opening_where_the_unit_says_so(limit, start, expected):
    assert due(limit, start) == expected


@pytest.mark.parametrize(
    ("limit", "start", "pause", "expected"),
    [
        ("4 working_hours", "2024-05-13 10:00", ("2024-05-13 11:00", "2024-05-13 15:00"), "2024-05-14 09:30"),
        ("2 hours", "2024-05-13 10:00", ("2024-05-13 11:00", "2024-05-13 15:00"), "2024-05-13 16:00"),
        ("2 hours", "2024-05-13 10:00", ("2024-05-13 12:00", "2024-05-13 15:00"), "2024-05-13 12:00"),
        # Noon to noon costs the one day at whose close the clock stood still.
        ("2 working_days", "2024-05-13 10:00", ("2024-05-14 12:00", "2024-05-15 12:00"), "2024-05-16 17:30"),
        ("2 working_days", "2024-05-13 10:00", ("2024-05-14 17:30", "2024-05-15 12:00"), "2024-05-15 17:30"),
        ("2 working_days", "2024-05-13 10:00", ("2024-05-14 09:00", "2024-05-14 16:00"), "2024-05-15 17:30"),
        ("2 calendar_days", "2024-05-13 10:00", ("2024-05-14 12:00", "2024-05-15 12:00"), "2024-05-17 00:00"),
    ],
)
def test_a_pause_moves_the_due_time_by_what_it_covers(limit, start, pause, expected):
    assert due(limit, start, pause) == expected


def test_time_late_is_counted_in_the_limit_s_own_unit():
    hours, days = Limit("4 working_hours"), Limit("2 working_days")

    late_hours = hours.elapsed(at("2024-05-17 17:00"), at("2024-05-20 10:30"), CHINA)
    late_days = days.elapsed(at("2024-05-17 17:30"), at("2024-05-21 17:30"), CHINA)

    assert late_hours == 2.0
    assert late_days == 2.0


def test_a_day_under_way_counts_by_the_share_of_its_office_hours():
    day = Limit("1 working_days")

    assert day.share(at("2024-05-16 10:00"), at("2024-05-17 08:00"), CHINA) == 0.0
    assert day.share(at("2024-05-16 10:00"), at("2024-05-17 14:15"), CHINA) == pytest.approx(0.5)
    assert day.share(at("2024-05-16 10:00"), at("2024-05-17 17:30"), CHINA) == 1.0


def test_the_last_quarter_begins_where_three_quarters_are_used():
    assert Limit("4 working_hours").soon_at(at("2024-05-16 10:00"), CHINA) == at("2024-05-16 15:00")
    assert Limit("2 hours").soon_at(at("2024-05-18 10:00"), CHINA) == at("2024-05-18 11:30")
    assert Limit("4 working_days").soon_at(at("2024-05-13 10:00"), CHINA) == at("2024-05-16 17:30")
    assert Limit("1 calendar_days").soon_at(at("2024-05-13 10:00"), CHINA) == at("2024-05-14 18:00")


@pytest.mark.parametrize("text", EVERY_LIMIT)
def test_a_limit_reads_back_as_it_was_written(text):
    assert str(Limit(text)) == text
    assert Limit(str(Limit(text))) == Limit(text)


def test_one_of_a_unit_may_be_written_in_the_singular():
    assert Limit("1 working_day") == Limit("1 working_days")


def test_a_limit_is_told_in_both_languages():
    assert Limit("4 working_hours").label("zh") == "4 个工作小时"
    assert Limit("1 working_days").label("en") == "1 working day"
    assert Limit("2 hours").label("zh-hans") == "2 小时（昼夜连续）"


def test_only_limits_by_the_clock_have_a_length_of_their_own():
    assert Limit("45 minutes").span == timedelta(minutes=45)
    assert Limit("1 calendar_days").span is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4",
        "0 hours",
        "-1 hours",
        "4  hours",
        "4 days",
        "4 hours ",
        "04 hours",
        "1.5 hours",
        "四 hours",
        "999999 hours",
        "4 HOURS",
        4,
        None,
    ],
)
def test_what_is_not_a_limit_is_refused(text):
    with pytest.raises(Refused) as refused:
        Limit(text)

    assert refused.value.rule == "bad_limit"
    assert refused.value.facts == {"text": str(text)}


@pytest.mark.parametrize("limit", EVERY_LIMIT)
def test_a_time_without_its_zone_is_refused(limit):
    with pytest.raises(Refused, match="naive_time"):
        Limit(limit).due(datetime(2024, 5, 16, 10), CHINA)


def test_a_pause_that_ends_before_it_begins_is_refused():
    with pytest.raises(Refused, match="bad_pause"):
        due("2 hours", "2024-05-13 10:00", ("2024-05-13 12:00", "2024-05-13 11:00"))


@dataclass
class Odd:
    office_hours: tuple = OFFICE_HOURS
    works: bool = True

    def is_working_day(self, day: date) -> bool:
        return self.works


@pytest.mark.parametrize("limit", ["1 working_hours", "1 working_days"])
def test_a_calendar_without_working_days_is_refused_instead_of_searched_for_ever(limit):
    with pytest.raises(Refused, match="no_working_time"):
        Limit(limit).due(at("2024-05-13 10:00"), Odd(works=False))


@pytest.mark.parametrize("hours", [(), ((time(9), time(9)),), ((time(9), time(14)), (time(12), time(17)))])
def test_office_hours_that_overlap_or_are_empty_are_refused(hours):
    with pytest.raises(Refused, match="bad_office_hours"):
        Limit("1 working_hours").due(at("2024-05-13 10:00"), Odd(office_hours=hours))


def test_office_hours_may_run_to_midnight():
    round_the_clock = Odd(office_hours=((time(0), time(0)),))

    assert Limit("30 working_hours").due(at("2024-05-13 10:00"), round_the_clock) == at("2024-05-14 16:00")


MOMENTS = st.datetimes(datetime(2023, 12, 20), datetime(2024, 11, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
LIMITS = st.sampled_from(EVERY_LIMIT).map(Limit)
PAUSES = st.lists(
    st.tuples(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=12))).map(
        lambda drawn: (drawn[0], drawn[0] + drawn[1])
    ),
    max_size=5,
)


@settings(max_examples=200, deadline=None)
@given(LIMITS, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=9)), PAUSES)
def test_a_later_start_is_never_due_earlier(limit, start, later, pauses):
    assert limit.due(start, CHINA, pauses) <= limit.due(start + later, CHINA, pauses)


@settings(max_examples=200, deadline=None)
@given(LIMITS, MOMENTS, PAUSES, PAUSES)
def test_more_pauses_never_make_it_due_earlier(limit, start, pauses, more):
    assert limit.due(start, CHINA, pauses) <= limit.due(start, CHINA, pauses + more)


@settings(max_examples=200, deadline=None)
@given(LIMITS, MOMENTS, PAUSES)
def test_nothing_falls_due_inside_a_pause_or_before_its_start(limit, start, pauses):
    found = limit.due(start, CHINA, pauses)

    assert found > start
    assert not any(begin < found < end for begin, end in pauses)


@settings(max_examples=200, deadline=None)
@given(LIMITS, MOMENTS, PAUSES, MOMENTS)
def test_a_pause_of_no_length_changes_nothing(limit, start, pauses, instant):
    assert limit.due(start, CHINA, [*pauses, (instant, instant)]) == limit.due(start, CHINA, pauses)


@settings(max_examples=200, deadline=None)
@given(LIMITS, MOMENTS, PAUSES, st.randoms(use_true_random=False))
def test_computing_again_from_the_rows_in_any_order_gives_the_same(limit, start, pauses, order):
    shuffled = [*pauses, *pauses]
    order.shuffle(shuffled)

    again = Limit(str(limit)).due(start.astimezone(SHANGHAI), CHINA, shuffled)

    assert again == limit.due(start, CHINA, pauses)


@settings(max_examples=200, deadline=None)
@given(LIMITS, MOMENTS, PAUSES)
def test_exactly_the_limit_has_elapsed_when_it_is_due(limit, start, pauses):
    assert limit.elapsed(start, limit.due(start, CHINA, pauses), CHINA, pauses) == limit.amount


@settings(max_examples=200, deadline=None)
@given(LIMITS, MOMENTS, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=9)), PAUSES)
def test_what_has_elapsed_never_shrinks_and_is_never_negative(limit, start, end, later, pauses):
    so_far = limit.elapsed(start, end, CHINA, pauses)

    assert 0 <= so_far <= limit.elapsed(start, end + later, CHINA, pauses)


@settings(max_examples=200, deadline=None)
@given(LIMITS, MOMENTS, PAUSES)
def test_the_last_quarter_begins_before_the_end(limit, start, pauses):
    soon = limit.soon_at(start, CHINA, pauses)

    assert start < soon <= limit.due(start, CHINA, pauses)
    assert limit.share(start, soon, CHINA, pauses) == pytest.approx(0.75)


def test_fifteen_working_days_cost_next_to_nothing():
    limit, start = Limit("15 working_days"), at("2024-09-20 10:00")

    best = min(timeit.repeat(lambda: limit.due(start, CHINA), number=200, repeat=5)) / 200

    assert best < 0.000_25  # about 0.000_02 on a laptop; the bound leaves room for a busy machine
