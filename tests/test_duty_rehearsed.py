"""A day of duty in the demo (演示勤务): six squads, 494 people, a part of them walking their grids (C1, C2, C3)."""

from datetime import timedelta

import pytest

from jiedao.doors.rehearsal import duty
from jiedao.kit.clock import moved, now
from jiedao.lines.patrol import queries
from jiedao.lines.patrol.models import Roster, Shift
from tests.cast import seat
from tests.patrols import CENTRE


def places() -> dict:
    return {one.shift_id: (one.lon, one.lat) for one in queries.on_duty(seat(CENTRE)) if one.lon is not None}


@pytest.mark.nightly
def test_six_squads_of_494_go_on_duty_walk_their_grids_and_are_relieved(in_guangming):
    at = now()
    with moved(at):
        duty.move()
        figures, first = queries.figures(queries.on_duty(seat(CENTRE))), places()
        duty.move()
        assert places() == first  # the same moment, the same place
    with moved(at + timedelta(seconds=30)):
        duty.move()
        later = places()

    assert (Roster.objects.count(), Shift.objects.count() >= 494) == (6, True)
    assert figures["on_duty"] >= 60 and figures["free"] + figures["busy"] > 50 and figures["paused"] > 0
    assert sum(first[pk] != later[pk] for pk in first) > 0.9 * len(first)
    with moved(at + timedelta(hours=9)):
        assert duty.begin() >= 60
        assert Roster.objects.count() == 12
        assert not Shift.objects.filter(roster__ends_at__lt=now(), started_at__isnull=False, ended_at=None).exists()
