"""Published and ranked scores (公开与排序): only where a district says so, units alone, small cells closed, by code else."""

from contextlib import contextmanager
from datetime import timedelta

import pytest

from jiedao.doors.web.middleware import hosts
from jiedao.kit.clock import moved
from jiedao.lines.scores import desk, periods, rulebook, rules
from tests.callbacks import called_back
from tests.desks import Colleague
from tests.residents import Resident, acting
from tests.test_scores_periods import after, up

pytestmark = pytest.mark.usefixtures("in_gulou")


@pytest.fixture
def switched(in_gulou, monkeypatch):
    """Sets a switch of the district, for pages and verbs."""

    def switch(**given: bool) -> None:
        for place in (in_gulou, hosts.find("gulou.localhost")):
            monkeypatch.setattr(place, "switches", {**place.switches, **given})

    return switch


@contextmanager
def final(many: int = 5, few: int = 2):
    """A month of so many answered orders of one department and so few of another, frozen, and the days after it."""
    for n in range(many):
        called_back("urban", solved=n > 0)
    for _ in range(few):
        called_back("water")
    period = up()
    with moved(period.objections_until + timedelta(minutes=1)):
        periods.freeze(period, by=acting("supervisor"))
        yield period


def cells(page: str, code: str) -> str:
    return page.split(f'id="row-{code}"')[1].split("</tr>")[0]


def test_what_is_final_stands_open_and_a_small_cell_does_not(switched):
    switched(publishes_scores=True)
    with final():
        page = Resident().get("/public/scores/").text

    assert "80.00 %" in cells(page, "urban")
    assert "少于 5" in cells(page, "water") and "%" not in cells(page, "water")
    assert 'id="row-fire"' not in page  # nothing of it was counted


def test_what_is_not_final_is_not_told(switched):
    switched(publishes_scores=True)
    called_back()
    with after(up()):
        assert 'id="row-urban"' not in Resident().get("/public/scores/").text


def test_a_district_that_does_not_publish_has_no_such_page(switched):
    switched(publishes_scores=False)
    with final(many=1, few=0):
        assert Resident().get("/public/scores/").status_code == 404


def test_units_stand_by_code_until_the_district_switches_their_order_on(switched):
    called_back("urban", solved=False)
    called_back("water")
    period = up()
    base = f"/scores/{period.code}/{period.name}/"
    with after(period):
        boss = Colleague("dispatcher")
        off = boss.get(f"{base}?order=score").content.decode()
        switched(ranks_units=True)
        on = boss.get(f"{base}?order=score").content.decode()

    assert off.index('row-urban"') < off.index('row-water"')
    assert on.index('row-water"') < on.index('row-urban"')


def test_people_are_never_listed_by_score(in_guangming):
    in_guangming.switches = {**in_guangming.switches, "ranks_units": True}
    rule = rules.read(rulebook.in_force("mobile_staff").document)

    assert rule.about_persons and not desk.may_rank(rule)
