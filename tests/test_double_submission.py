"""Sending twice (重复提交): a write under one key happens once, however often it is sent (A1, G02)."""

import json
import random
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from jiedao.ground.districts import district
from jiedao.ground.journal.models import Receipt
from jiedao.record import ledger
from jiedao.record.models import Case, DispatchOrder, Entry, Event
from tests.api_calls import Api, token_in, token_of


def rows() -> tuple[int, ...]:
    """How much there is of everything a write makes."""
    with district("gulou"):
        return tuple(model.objects.count() for model in (Case, Entry, Event, DispatchOrder, Receipt))


def send(port: int, token: str, path: str, body: dict, key: str) -> tuple[int, bytes]:
    """One request by a thread of its own, to the real server."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1{path}", json.dumps(body).encode(), method="POST",
        headers={"Host": "gulou.localhost", "Authorization": f"Bearer {token}", "Idempotency-Key": key,
                 "Content-Type": "application/json"},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def at_once(requests: list[tuple], port: int) -> list[tuple[int, bytes]]:
    with ThreadPoolExecutor(len(requests)) as many:
        return list(many.map(lambda request: send(port, *request), requests))


@pytest.mark.django_db
def test_replays_of_any_write_answer_the_same_and_add_nothing():
    chance = random.Random(7)
    hotline, dispatcher, urban = (Api(token_of(who)) for who in ("hotline", "dispatcher", "urban"))
    number = hotline.report("三号楼路灯不亮", process="call", caller={"name": "张三", "phone": "10000000001"})
    sent = []
    for api, path, body in (
        (hotline, "/events", {"words": "井盖缺失", "caller": {"phone": "10000000002"}}),
        (dispatcher, f"/cases/{number}/classify", {"item": "street-lights"}),
        (dispatcher, f"/cases/{number}/dispatch", {"lead": "urban"}),
        (urban, f"/cases/{number}/acknowledge", {}),
        (urban, f"/cases/{number}/contact", {"way": "phone", "reached": True, "text": "已联系"}),
        (urban, f"/cases/{number}/start", {}),
        (urban, f"/cases/{number}/reply", {"outcome": "done", "text": "已修好"}),
        (dispatcher, f"/cases/{number}/note", {"text": "看过"}),
    ):
        key = str(uuid4())
        first = api.post(path, body, key)
        assert first.status in (200, 201), first.body
        sent.append((api, path, body, key, first))
    before = rows()

    for api, path, body, key, first in chance.choices(sent, k=60):
        again = api.post(path, body, key)
        assert (again.status, again.content) == (first.status, first.content)
        assert again.headers["Idempotent-Replayed"] == "true"
        altered = api.post(path, {**body, "text" if "/cases" in path else "words": "另一份"}, key)
        assert altered.status in (400, 409)
    assert rows() == before


@pytest.mark.django_db
def test_a_second_device_finds_the_first_ones_receipt():
    key, body = str(uuid4()), {"words": "路灯不亮"}
    first = Api(token_of("grid")).post("/events", body, key)

    second = Api(token_of("grid")).post("/events", body, key)

    assert second.content == first.content


@pytest.mark.django_db
def test_the_same_key_of_somebody_else_is_another_write():
    key, body = str(uuid4()), {"words": "路灯不亮"}

    first, other = (Api(token_of(who)).post("/events", body, key) for who in ("grid", "hotline"))

    assert first.body["number"] != other.body["number"]


@pytest.mark.django_db
def test_a_refused_write_leaves_no_receipt_and_may_be_corrected_under_its_key():
    dispatcher, key = Api(token_of("dispatcher")), str(uuid4())
    before = rows()

    assert dispatcher.post("/events", {"words": " "}, key).status == 422
    assert rows() == before
    assert dispatcher.post("/events", {"words": "路灯不亮"}, key).status == 201


def test_twenty_identical_requests_at_once_make_one_case(site):
    with_token = token_of("grid")
    for turn in range(8):
        before = rows()
        key, body = str(uuid4()), {"words": f"同时上报 {turn}"}

        answers = at_once([(with_token, "/events", body, key)] * 20, site.port)

        assert {status for status, _ in answers} == {201}
        assert len({content for _, content in answers}) == 1
        assert tuple(after - was for after, was in zip(rows(), before, strict=True)) == (1, 1, 1, 0, 1)


def test_of_two_foreign_numbers_at_once_one_is_taken(site):
    token = token_of("hotline")
    for turn in range(5):
        body = {"words": "热线转来", "source": "12345", "source_key": f"HX-{turn}"}

        answers = at_once([(token, "/events", body, str(uuid4())) for _ in range(6)], site.port)

        assert sorted(status for status, _ in answers) == [201] + [409] * 5
        assert {json.loads(content)["rule"] for status, content in answers if status == 409} == {"known_number"}


def dispatched(*units: str) -> str:
    """A case with open, acknowledged orders."""
    dispatcher = Api(token_of("dispatcher"))
    number = dispatcher.report("路面塌陷积水", process="call")
    dispatcher.do(number, "dispatch", lead=units[0], helpers=list(units[1:]))
    for unit in units:
        Api(token_in(f"{unit}-handler-1")).do(number, "acknowledge")
    return number


def test_of_rival_replies_to_one_order_one_wins(site):
    tokens = [token_in("urban-handler-1"), token_in("urban-handler-2")]
    for _ in range(4):
        number = dispatched("urban")
        Api(tokens[0]).do(number, "start")
        requests = [
            (tokens[n % 2], f"/cases/{number}/reply", {"outcome": "done", "text": f"第 {n} 份"}, str(uuid4()))
            for n in range(6)
        ]

        answers = at_once(requests, site.port)

        statuses = sorted(status for status, _ in answers)
        assert statuses == [200] + [409] * 5
        assert replies_of(number) == 1


def test_last_replies_of_several_units_at_once_move_the_case_on(site):
    """Each alone would wait for the others; the lock lets the last one see that it is the last."""
    units = ("urban", "water", "drainage")
    tokens = [token_in(f"{unit}-handler-1") for unit in units]
    for _ in range(4):
        number = dispatched(*units)
        Api(tokens[0]).do(number, "start")
        requests = [
            (token, f"/cases/{number}/reply", {"outcome": "done", "text": "办好了"}, str(uuid4())) for token in tokens
        ]

        assert {status for status, _ in at_once(requests, site.port)} == {200}
        with district("gulou"):
            case = Case.objects.get(number=number)
            assert (case.state, ledger.verify(case)) == ("replied", [])


def test_of_rival_dispatchers_one_sends(site):
    tokens = [token_in(f"centre-dispatcher-{n}") for n in (1, 2, 3)]
    for _ in range(4):
        number = Api(tokens[0]).report("树倒了", process="call")
        requests = [
            (token, f"/cases/{number}/dispatch", {"lead": lead, "seen": 1}, str(uuid4()))
            for token, lead in zip(tokens * 2, ["urban", "water", "housing"] * 2, strict=True)
        ]

        answers = at_once(requests, site.port)

        assert sorted(status for status, _ in answers) == [200] + [409] * 5
        with district("gulou"):
            case = Case.objects.get(number=number)
            assert (case.orders.open().count(), ledger.verify(case)) == (1, [])


def replies_of(number: str) -> int:
    with district("gulou"):
        return Entry.objects.filter(case__number=number, verb="reply").count()
