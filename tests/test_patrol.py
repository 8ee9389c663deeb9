"""Shifts (勤务): the roster of a squad, briefing, start, pause, end; who is on duty and who sees whom (R10, R11, R14)."""

import pytest

from jiedao.lines.patrol import queries
from tests.cast import seat
from tests.patrols import CENTRE, HEAD, MEMBER, OTHER_HEAD, PEER, STREET, running


@pytest.mark.parametrize("post", [CENTRE, HEAD, STREET])
def test_who_commands_sees_who_is_on_duty(in_guangming, post):
    shift = running(MEMBER)

    assert [one.shift_id for one in queries.on_duty(seat(post))] == [shift.id]


@pytest.mark.parametrize("post", [MEMBER, PEER, "urban-handler-1", OTHER_HEAD])
def test_peers_and_other_squads_see_nobody(in_guangming, post):
    running(MEMBER)

    assert queries.on_duty(seat(post)) == []
