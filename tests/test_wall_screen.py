"""The wall screen (大屏): paired by a code for some hours, read-only, and nothing of it says who or what somebody said."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from jiedao.kit.clock import moved, now
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.scores import board, windows
from jiedao.lines.wall import pairing
from jiedao.lines.wall.models import Screen
from jiedao.record.queries import Lists
from tests import patrols
from tests.cast import seat
from tests.desks import Colleague, reported, sent

pytestmark = pytest.mark.usefixtures("in_gulou")

OFFICER = "centre-dispatcher-1"
HERE = {"host": "gulou.localhost"}


def paired(hours: int = 4) -> Client:
    _, code = pairing.make("指挥大厅", hours, by=seat(OFFICER))
    display = Client()
    answer = display.post("/wall/", {"code": code}, headers=HERE)
    assert answer.status_code == 303
    return display


def test_a_code_works_once_and_for_ten_minutes():
    _, code = pairing.make("大厅", 4, by=seat(OFFICER))
    pairing.pair(f" {code[:4].lower()} {code[4:]}", address="10.0.0.1")
    with pytest.raises(Refused, match="wrong_wall_code"):
        pairing.pair(code, address="10.0.0.1")

    _, late = pairing.make("大厅", 4, by=seat(OFFICER))
    with moved(now() + timedelta(minutes=11)), pytest.raises(Refused, match="wrong_wall_code"):
        pairing.pair(late, address="10.0.0.2")


@pytest.mark.parametrize("hours", [0, 13, 100])
def test_nobody_pairs_for_more_than_twelve_hours(hours):
    with pytest.raises(Refused, match="too_long_paired"):
        pairing.make("大厅", hours, by=seat(OFFICER))


def test_who_may_not_pair_is_refused_and_leaves_nothing():
    with pytest.raises(Refused, match="not_keeper"):
        pairing.make("大厅", 4, by=seat("urban-handler-1"))
    assert not Screen.objects.exists()


def test_guesses_at_the_code_are_counted():
    for _ in range(20):
        with pytest.raises(Refused, match="wrong_wall_code"):
            pairing.pair("22222222", address="10.9.9.9")
    with pytest.raises(Refused, match="too_many_guesses"):
        pairing.pair("22222222", address="10.9.9.9")


def test_the_display_looks_until_the_hours_are_over_or_somebody_ends_it():
    display = paired(2)
    assert display.get("/wall/data/", headers=HERE).status_code == 200
    with moved(now() + timedelta(hours=2, minutes=1)):
        assert display.get("/wall/data/", headers=HERE).status_code == 401

    pairing.end(Screen.objects.get().id, by=seat(OFFICER))
    assert display.get("/wall/data/", headers=HERE).status_code == 401
    assert "jd-wall-map" not in display.get("/wall/", headers=HERE).content.decode()


def test_another_unit_does_not_end_it():
    screen, _ = pairing.make("大厅", 2, by=seat(OFFICER))
    with pytest.raises(Absent):
        pairing.end(screen.id, by=seat("urban-handler-1"))


@pytest.mark.parametrize("path", ["/wall/data/", "/wall/map/", "/wall/outlines/"])
def test_without_a_pairing_nothing_is_told(path):
    assert Client().get(path, headers=HERE).status_code == 401
    assert Client().get(path, headers=HERE | {"cookie": "wall=" + "x" * 40}).status_code == 401


def test_the_display_opens_no_other_page():
    display = paired()
    for path in ("/desk/", "/cases/", "/map/"):
        assert display.get(path, headers=HERE).status_code == 302


def test_its_numbers_are_those_of_the_supervision_desk():
    sent("drainage")
    told = json.loads(paired().get("/wall/data/", headers=HERE).content)
    lists = Lists(seat(OFFICER))

    assert told["overdue"] == str(lists.supervision("overdue").count())
    assert told["soon"] == str(lists.supervision("soon").count())
    assert told["opened"][-1] == 1
    assert {one["number"] for one in told["moves"]} == {row.number for row in lists.where().page()}


def test_its_overdue_is_that_of_the_leaders_board_at_the_same_minute():
    sent("drainage")
    reported("路灯不亮")
    with moved(now() + timedelta(days=40)):
        told = json.loads(paired().get("/wall/data/", headers=HERE).content)
        rule = board.month_rule()
        on = board.span(rule, windows.at(now(), rule))

        assert told["overdue"] == board.figure("overdue", seat(OFFICER), on).value != "0"


def test_its_traffic_holds_no_person_and_no_word_of_one(in_guangming):
    canaries = ["金丝雀张三", "13812349999", "金丝雀原话", "解放里金丝雀号", "巡-金丝雀"]
    reported("金丝雀原话：楼道堵塞", name=canaries[0], phone=canaries[1])
    case = reported("别的话")
    type(case).objects.filter(pk=case.pk).update(address=canaries[3], title=canaries[2])
    patrols.seen(patrols.running(call_sign=canaries[4]))
    _, code = pairing.make("大厅", 2, by=seat(patrols.CENTRE))
    display, host = Client(), {"host": "guangming.localhost"}
    display.post("/wall/", {"code": code}, headers=host)

    traffic = "".join(
        display.get(path, headers=host).content.decode()
        for path in ("/wall/", "/wall/data/", "/wall/map/", "/wall/outlines/")
    )

    assert case.number in traffic
    assert json.loads(display.get("/wall/data/", headers=host).content)["on_duty"] == 1
    who = seat(patrols.MEMBER).person
    found = [canary for canary in [*canaries, who.name, "金丝雀"] if canary in traffic]
    assert found == []


def test_an_officer_pairs_and_ends_on_a_page():
    by = Colleague("dispatcher")
    page = by.post("/wall/screens/make/", {"name": "大厅", "hours": "12"}).content.decode()
    assert 'id="wall-code"' in page

    screen = Screen.objects.get()
    assert by.post(f"/wall/screens/{screen.id}/end/").status_code == 303
    assert pairing.of(seat(OFFICER)) == []
