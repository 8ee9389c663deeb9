"""Every address × role × method (G14): tried cell by cell against the table; a new address without a line fails.

The address table is the program's own, so no page is forgotten. The cases of others look like none at all.
"""

import os
from typing import Any

import pytest
from django.urls import resolve

from jiedao.ground.people.models import Account
from jiedao.kit.clock import today
from tests import cast, matrix
from tests.desks import Colleague
from tests.matrix import addresses, answer, asking, filled
from tests.residents import Resident

pytestmark = pytest.mark.usefixtures("in_gulou")
METHODS = ("get", "post")
NIGHTLY = pytest.mark.nightly
WHO = [pytest.param(role, ("get",), id=f"{role}-reads") for role in matrix.FEW]
WHO += [pytest.param(role, METHODS, id=role, marks=NIGHTLY) for role in ("anonymous", *matrix.ROLES)]


@pytest.fixture
def number() -> str:
    """A case on which the urban bureau has an order; water has none, the auditor sees no cases."""
    return cast.dispatched("urban").number


def column(role: str, number: str, methods: tuple[str, ...], table: matrix.Table) -> dict[tuple[str, str], str]:
    """What one role gets of every address, asked by both methods. Signing out comes last.

    By reading alone, only what must stay shut and what has no line: whole pages are dear, and others' tests open them.
    """
    ask, found = asking(role), {}
    for route, name in sorted(addresses(), key=lambda pair: pair[1] == "account_logout"):
        for method in methods:
            if methods == METHODS or table.get((name, method), {}).get(role) != "in":
                found[name, method] = answer(ask(method, filled(route, number)))
    return found


@pytest.mark.parametrize(("role", "methods"), WHO)
@pytest.mark.timeout(600)
def test_a_role_gets_of_every_address_what_the_table_says(role, methods, number):
    table = matrix.read()
    found = column(role, number, methods, table)
    if os.environ.get("JIEDAO_MATRIX") == "write":
        matrix.write({cell: {**table.get(cell, {}), role: what} for cell, what in found.items()})
        return

    if not any(role in cells for cells in table.values()):
        pytest.skip(f"{matrix.TABLE.name} has no column of {role} yet: JIEDAO_MATRIX=write")
    missing = sorted({name for name, method in found if (name, method) not in table})
    assert missing == [], (
        f"no line in {matrix.TABLE.name} for {missing}: look at them, then JIEDAO_MATRIX=write (tests/matrix.py)"
    )
    different = {cell: (what, table[cell].get(role)) for cell, what in found.items() if table[cell].get(role) != what}
    assert different == {}, "address: (found, the table says)"
    print(f"reached {len(found)} cells as {role}")


def test_no_line_of_the_table_is_of_an_address_that_is_gone():
    assert {name for name, _ in matrix.read()} - {name for _, name in addresses()} == set()


@pytest.mark.parametrize("role", ["water", "auditor", "grid-of-elsewhere"])
def test_a_case_of_others_looks_like_one_that_is_not_there(role, number):
    who = Colleague("water" if role == "grid-of-elsewhere" else role)
    if role == "grid-of-elsewhere":
        who.client.force_login(_elsewhere())
    different = []
    for route, name in addresses():
        if "<str:number>" in route:
            theirs, none = who.get(filled(route, number)), who.get(filled(route, "26-99999"))
            if (theirs.status_code, matrix.plain(theirs)) != (none.status_code, matrix.plain(none)):
                different.append((name, theirs.status_code, none.status_code))

    assert different == []


def _elsewhere() -> Account:
    """A grid worker of another sub-district."""
    person = cast.seat("320106002-command-subdistrict_clerk-1").person
    return Account.objects.get_or_create(username="elsewhere", defaults={"person": person})[0]


@pytest.mark.nightly
def test_who_has_left_gets_nothing_at_the_next_click(number):
    who = Colleague("urban")
    person = Account.objects.get(username="urban").person
    person.tenures.update(valid_to=today())
    person.left_on = today()
    person.save(update_fields=["left_on"])

    wrong = [
        (name, found)
        for route, name in addresses()
        if not route.startswith("accounts/")
        and (found := answer(who.get(filled(route, number)))) == "in"
        and answer(Resident().get(filled(route, number))) != "in"
    ]

    assert wrong == []


@pytest.mark.parametrize("each", [pytest.param(9, id="some"), pytest.param(1, id="all", marks=NIGHTLY)])
def test_no_unsafe_request_without_a_token_is_taken(number, each):
    """G21: of every address that takes a POST; the API answers by its own key and takes no cookie.

    The frame asks for the token before any page of ours, so no page may be excused from it; a few are tried each time.
    """
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(Account.objects.get(username="dispatcher"))
    assert [name for route, name in addresses() if getattr(_page(filled(route, number)), "csrf_exempt", False)] == []
    taken = []
    for route, name in addresses()[::each]:
        response = client.post(filled(route, number), {"text": "x"}, headers={"host": "gulou.localhost"})
        if response.status_code not in (403, 404, 405):
            taken.append((name, response.status_code))

    assert taken == []


def _page(path: str) -> Any:
    return resolve(path).func
