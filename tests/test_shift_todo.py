"""To do in the field (今日事项): cases, orders, patrols and bad spots in one list by the clock, and nobody else's."""

import re
from datetime import timedelta

import pytest

from jiedao.ground.places.models import Site
from jiedao.ground.terms.models import Term
from jiedao.kit.clock import now
from jiedao.lines.patrol.actions import spots
from jiedao.lines.patrol.models import HotSpot, Shift, TaskOrder
from jiedao.record.models import Case, DispatchOrder
from tests.cast import seat
from tests.patrols import CENTRE, HEAD, MEMBER, OTHER_HEAD, PEER, at_desk, running
from tests.test_people_certificates import stalls
from tests.test_spots import EVERY, marked

pytestmark = pytest.mark.usefixtures("in_guangming")


def listed(post: str) -> list[tuple[str, str, bool]]:
    """Kind, title, and whether it is done, line by line as the page of the shift says it."""
    page = at_desk(post).get("/shift/").content.decode()
    lines = re.findall(r'(?s)<li( data-done)?><span class="num">.*?class="tag">(.*?)</span> <a [^>]*>(.*?)</a>', page)
    return [(kind, title, bool(done)) for done, kind, title in lines]


def sent(shift: Shift, hours: float) -> Case:
    """A case that somebody was sent to, its order due in some hours."""
    case = stalls()
    assert at_desk(CENTRE).post("/map/send/", {"case": case.number, "shift": str(shift.id)}).status_code == 303
    DispatchOrder.objects.filter(case=case).update(due_at=now() + timedelta(hours=hours))
    return case


def ordered(on: Shift, text: str, hours: float | None, **more: object) -> TaskOrder:
    at = None if hours is None else now() + timedelta(hours=hours)
    return TaskOrder.objects.create(roster=on.roster, text=text, at=at, made_at=now(), **more)


def a_day(shift: Shift) -> HotSpot:
    """One of each kind, and an order that is done already."""
    sent(shift, 3)
    ordered(shift, "疏导早高峰占道", 1)
    ordered(shift, "查看排水口", 0.5, told="六处都通", told_at=now())
    stops = [(Site.objects.on().get(code=f"park-00{nth}"), None) for nth in (1, 2)]
    spots.plan("园区联合巡查", now() + timedelta(hours=2), stops, by=seat(HEAD))
    return marked()


def test_all_lines_stand_in_one_list_by_the_clock_and_what_is_done_is_last():
    spot = a_day(running())

    assert listed(MEMBER) == [
        ("岗前任务", "疏导早高峰占道", False),
        ("联合巡查", "园区联合巡查", False),
        ("被派案件", "路口占道经营", False),
        ("乱点巡查", spot.area.name, False),
        ("岗前任务", "查看排水口", True),
    ]


def test_each_line_leads_to_what_it_is_done_on():
    shift = running()
    case, task, spot = sent(shift, 1), ordered(shift, "疏导早高峰占道", 2), marked()
    page = at_desk(MEMBER).get("/shift/").content.decode()

    [errand] = re.findall(r'href="#(errand-[^"]+)"', page)
    for anchor in (errand, f"task-{task.id}"):
        assert f'id="{anchor}"' in page
    assert f'href="/shifts/spots/{spot.id}/"' in page
    assert case.number in page


def test_a_round_of_today_is_a_bad_spot_done_whoever_of_the_unit_went():
    spot = marked()
    running()
    row = spots.begin(spot, "foot", by=seat(PEER))
    spots.finish(row, EVERY, by=seat(PEER))

    assert listed(MEMBER) == [("乱点巡查", spot.area.name, True)]


def test_a_kind_that_the_district_leaves_out_is_not_listed():
    a_day(running())
    Term.objects.filter(table="task_kind").exclude(code="order").delete()

    assert {kind for kind, _, _ in listed(MEMBER)} == {"岗前任务"}


def test_what_another_was_sent_to_or_another_squad_keeps_is_not_mine():
    shift = running()
    a_day(shift)
    ordered(shift, "只给巡-07", 1, shift=shift)
    running(PEER, "巡-03")
    running(OTHER_HEAD, "巡-21")

    peer = {title for _, title, _ in listed(PEER)}
    assert "路口占道经营" not in peer and "只给巡-07" not in peer and "疏导早高峰占道" in peer
    assert listed(OTHER_HEAD) == []
