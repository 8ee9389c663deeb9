"""A day of duty in the demo (演示勤务): six squads, 494 people, a part of them walking their grids (C1, C2, C3)."""

from datetime import timedelta

from jiedao.doors.rehearsal import duty
from jiedao.ground.people.contacts import open_rows
from jiedao.kit.clock import moved, now
from jiedao.lines.patrol import queries
from jiedao.lines.patrol.models import LastPosition, Roster, Shift
from tests.cast import seat
from tests.patrols import CENTRE, HEAD


def test_six_squads_of_494_go_on_duty_and_walk_their_grids(in_guangming):
    at = now()
    with moved(at):
        duty.move()
    with moved(at + timedelta(seconds=30)):
        people = queries.on_duty(seat(CENTRE))
        before = {one.shift_id: (one.lon, one.lat) for one in people}
        duty.move()
        after = {one.shift_id: (one.lon, one.lat) for one in queries.on_duty(seat(CENTRE))}

    assert Roster.objects.count() == 6
    assert Shift.objects.count() >= 494
    figures = queries.figures(people)
    assert figures["on_duty"] >= 100
    assert figures["free"] > 60 and figures["paused"] > 0
    moving = [pk for pk in before if before[pk][0] is not None]
    assert sum(before[pk] != after[pk] for pk in moving) > 0.9 * len(moving)


def test_a_second_beat_plans_nothing_anew_and_a_new_day_does(in_guangming):
    at = now()
    with moved(at):
        duty.move()
        duty.move()
        assert Roster.objects.count() == 6
    with moved(at + timedelta(hours=9)):
        duty.move()
        assert Roster.objects.count() == 12
        assert not Shift.objects.filter(roster__ends_at__lt=now(), started_at__isnull=False, ended_at=None).exists()


def test_the_same_moment_gives_the_same_place(in_guangming):
    at = now()
    with moved(at):
        duty.move()
        squads = {seat(HEAD).post.unit_id}
        open_rows(squads)
        first = list(LastPosition.objects.filter(squad_id__in=squads).order_by("id").values_list("lon", "lat"))
        duty.move()
        open_rows(squads)

        assert list(LastPosition.objects.filter(squad_id__in=squads).order_by("id").values_list("lon", "lat")) == first
