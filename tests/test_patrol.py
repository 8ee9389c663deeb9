"""Shifts (勤务): the roster of a squad, briefing, start, pause, end; who is on duty and who sees whom (R10, R11, R14)."""

from datetime import timedelta

import pytest

from jiedao.kit.clock import now
from jiedao.lines.patrol import queries
from jiedao.lines.patrol.models import Roster, Shift
from tests.cast import seat

SQUAD = "440311001901-squad"
HEAD, MEMBER, PEER = f"{SQUAD}-squad_head", f"{SQUAD}-enforce-res-1", f"{SQUAD}-enforce-res-2"
CENTRE = "centre-dispatcher-1"


def running(post: str, call_sign: str = "巡-07") -> Shift:
    """Somebody of the squad on shift, begun an hour ago."""
    who, at = seat(post), now()
    roster, _ = Roster.objects.get_or_create(
        squad=seat(HEAD).post.unit, begins_at=at.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1),
        defaults={"ends_at": at + timedelta(hours=6), "made_at": at, "published_at": at},
    )  # fmt: skip
    return Shift.objects.create(
        roster=roster, person=who.person, post=who.post, call_sign=call_sign, briefed_at=at, started_at=at
    )


@pytest.mark.parametrize("post", [CENTRE, HEAD, "440311001-info-subdistrict_clerk-1"])
def test_who_commands_sees_who_is_on_duty(in_guangming, post):
    shift = running(MEMBER)

    assert [one.shift_id for one in queries.on_duty(seat(post))] == [shift.id]


@pytest.mark.parametrize("post", [MEMBER, PEER, "urban-handler-1", "440311001902-squad-squad_head"])
def test_peers_and_other_squads_see_nobody(in_guangming, post):
    running(MEMBER)

    assert queries.on_duty(seat(post)) == []
