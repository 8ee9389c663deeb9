"""Hostile requests (异常请求): Schemathesis makes valid and broken ones of the API's own description (G23).

No answer is a 5xx, none has a status the description does not name, none lets somebody in without a token. The sizes are
those of a commit and of a night; a fault prints the request that Schemathesis has cut down to the least.
"""

import json
from typing import Any

import pytest
import requests
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from jiedao.doors.api import schema
from tests import cast
from tests.api_calls import token_of

pytestmark = pytest.mark.usefixtures("in_gulou")
BASE = "http://gulou.localhost"
PLAIN = ("content-type", "content-length", "authorization", "host")
SIZES = [
    pytest.param(1, id="commit"),
    pytest.param(140, id="nightly", marks=[pytest.mark.nightly, pytest.mark.timeout(3000)]),
]


def operations() -> list[Any]:
    """Every operation of the description."""
    described = schemathesis.openapi.from_dict(json.loads(json.dumps(schema.document())))
    return [found.ok() for found in described.get_all_operations()]


OPERATIONS = operations()


def through_client(case: Any, headers: dict[str, str]) -> Any:
    """The request as Schemathesis would send it, through Django's own client and the connection of this test."""
    known = ("method", "url", "params", "headers", "cookies", "data", "json", "files")
    told = {name: value for name, value in case.as_transport_kwargs(base_url=BASE).items() if name in known}
    made = requests.Request(**told).prepare()
    said = {f"HTTP_{n.upper().replace('-', '_')}": v for n, v in made.headers.items() if n.lower() not in PLAIN}
    said = {name: value if isinstance(value, str) else value.decode("latin-1") for name, value in said.items()}
    said |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    content = made.body.encode() if isinstance(made.body, str) else made.body or b""
    kind = made.headers.get("Content-Type", "application/json")
    return Client(raise_request_exception=False).generic(made.method, made.path_url, content, str(kind), **said)


def tried(
    operation: Any, mode: GenerationMode, size: int, headers: dict[str, str], number: str
) -> list[tuple[int, str]]:
    """Sends generated requests; the statuses that no line of the description names, and every 5xx."""
    wrong: list[tuple[int, str]] = []
    known = {str(status) for status in operation.definition.raw["responses"]}

    @settings(max_examples=size, deadline=None, database=None, phases=[Phase.generate], derandomize=size == 1,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        if case.path_parameters and "number" in case.path_parameters:
            case.path_parameters["number"] = number
        answer = through_client(case, headers)
        if answer.status_code >= 500 or str(answer.status_code) not in known:
            wrong.append((answer.status_code, case.as_curl_command()[:600]))

    send()
    return wrong


def can(operation: Any, mode: GenerationMode) -> bool:
    """A read without parameters cannot be sent wrongly."""
    given_by = operation.path_parameters or operation.query or operation.body
    return mode == GenerationMode.POSITIVE or bool(given_by)


@pytest.mark.parametrize("size", SIZES)
def test_no_generated_request_breaks_an_operation_or_gets_a_status_nobody_described(size):
    headers = {"Authorization": f"Bearer {token_of('dispatcher')}", "Host": "gulou.localhost"}
    number, sent, wrong = cast.dispatched("urban").number, 0, {}
    for operation in OPERATIONS:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if can(operation, mode):
                if found := tried(operation, mode, size, headers, number):
                    wrong[operation.label, mode.value] = found[0]
                sent += size

    print(f"reached {sent} requests over {len(OPERATIONS)} operations")
    assert wrong == {}


@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer jd_nobody", "Basic dXJiYW46eA=="])
def test_no_operation_lets_somebody_in_without_a_token(token):
    client, let_in = Client(raise_request_exception=False), []
    for operation in OPERATIONS:
        path = operation.path.replace("{number}", "26-00001")
        path = path.replace("{order}", "x") if "{" in path else path
        headers = {"host": "gulou.localhost", "idempotency-key": "0190a0f0-0000-7000-8000-000000000000"}
        headers |= {"authorization": token} if token else {}
        answer = getattr(client, operation.method)(path, headers=headers)
        if answer.status_code != 401 and operation.definition.raw.get("security", [1]) != []:
            let_in.append((operation.label, answer.status_code))

    assert let_in == []
