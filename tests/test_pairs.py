"""Pairs (优化派人): free people and waiting cases, the shortest ways in all; each sent for itself, reported row by row."""

import re

from jiedao.lines.patrol import matching
from jiedao.record.models import Assignment
from tests import patrols
from tests.browser.test_command_browser import filed
from tests.cast import seat
from tests.desks import words
from tests.patrols import CENTRE, MEMBER, PARK, PEER, at_desk, running, seen


def two_and_two():
    """The first case is near both, the second only near the first person: nearest-first goes a long way."""
    first, second = filed(), filed(east=0.004)
    one, other = running(MEMBER, "巡-07"), running(PEER, "巡-03")
    seen(one, PARK[0] + 0.001)
    seen(other, PARK[0] - 0.002)
    return first, second, one, other


def pair(case, shift) -> str:
    return f"{case.number}:{shift.id}"


def test_the_proposal_is_shorter_than_nearest_first_and_says_why(in_guangming):
    first, second, one, other = two_and_two()

    found = matching.propose(matching.waiting(seat(CENTRE)), seat(CENTRE))
    told = words(at_desk(CENTRE).get("/map/pairs/"))

    assert {(p.case.number, p.who.who.shift_id) for p in found.pairs} == {
        (first.number, other.id), (second.number, one.id)
    }  # fmt: skip
    assert found.gain > 0
    assert f"少走 {found.gain} 米" in told
    assert "空闲" in told


def test_chosen_pairs_are_sent_each_for_itself_and_sending_again_changes_nothing(in_guangming):
    first, second, one, other = two_and_two()
    centre = at_desk(CENTRE)
    key = re.search(r'name="key" value="([^"]+)"', centre.get("/map/pairs/").content.decode())[1]
    told = {"key": key, "pair": [pair(first, other), pair(second, one), "26-99999:x"]}

    answers = [words(centre.post("/map/pairs/", told)) for _ in range(2)]

    sent = set(Assignment.objects.values_list("order__case__number", "person_id"))
    assert sent == {(first.number, other.person_id), (second.number, one.person_id)}
    assert Assignment.objects.count() == 2
    assert [text.count("已派，等答复。") for text in answers] == [2, 2]
    assert all("案件或人员已不在" in text for text in answers)
    assert matching.waiting(seat(CENTRE)) == []


def test_who_ended_the_shift_is_refused_and_the_other_pair_still_goes(in_guangming):
    first, second, one, other = two_and_two()
    type(other).objects.filter(pk=other.id).update(ended_at=other.started_at)

    told = words(at_desk(CENTRE).post("/map/pairs/", {"pair": [pair(first, other), pair(second, one)]}))

    assert told.count("已派，等答复。") == 1
    assert list(Assignment.objects.values_list("person_id", flat=True)) == [one.person_id]


def test_busy_people_are_not_proposed_and_peers_see_no_page(in_guangming):
    first, _, one, other = two_and_two()
    at_desk(CENTRE).post("/map/pairs/", {"pair": [pair(first, other)]})

    found = matching.propose(matching.waiting(seat(CENTRE)), seat(CENTRE))

    assert [p.who.who.shift_id for p in found.pairs] == [one.id]
    assert at_desk(patrols.PEER).get("/map/pairs/").status_code == 404
