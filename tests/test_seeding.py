"""Holidays and make-up days (节假日、调休): what is seeded, and what a hand entry means to a second run."""

from datetime import date

import psycopg

from jiedao.ground.db.roles import parameters
from jiedao.ground.districts import seeding
from jiedao.ground.districts.calendar import calendar
from jiedao.ground.districts.models import CalendarDay


def test_a_holiday_and_its_make_up_day_are_known(in_gulou):
    days = calendar(in_gulou)

    assert not days.is_working_day(date(2026, 10, 1))  # a Thursday
    assert days.is_working_day(date(2026, 10, 10))  # a Saturday
    assert days.is_working_day(date(2026, 11, 23))


def test_every_row_says_where_it_comes_from(db):
    day = CalendarDay.objects.get(on=date(2026, 10, 10))

    assert day.working
    assert day.name == "国庆节调休上班"
    assert day.source.startswith("国务院办公厅关于2026年部分节假日安排的通知; chinese-calendar ")


def test_every_announced_year_has_rows(db):
    years = {day.year for day in CalendarDay.objects.values_list("on", flat=True)}

    assert set(seeding.years_known()) <= years


def test_a_second_run_adds_nothing(db):
    assert seeding.seed() == 0


def test_a_wrong_row_of_ours_is_mended_and_one_of_somebody_else_stays(fresh_database, run_jiedao):
    with psycopg.connect(**parameters("owner")) as owner:
        owner.execute("UPDATE districts_calendarday SET working = true WHERE \"on\" IN ('2026-10-01', '2026-10-02')")
        owner.execute("UPDATE districts_calendarday SET source = '区政府通知' WHERE \"on\" = '2026-10-02'")

    done = run_jiedao("migrate", "--only", "public", jiedao_role="owner")

    assert done.returncode == 0, done.stderr
    assert not CalendarDay.objects.get(on=date(2026, 10, 1)).working
    assert CalendarDay.objects.get(on=date(2026, 10, 2)).working
