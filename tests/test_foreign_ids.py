"""Foreign ids (他人编号): in every relation of every operation, and fields nobody asked for; all refused, nothing moves (G16).

Operations come from the declared acts and the API's description, addresses from the URL table, so that none is forgotten.
A foreign id is true somewhere: in the neighbour district, on a case out of sight, in somebody else's hand.
"""

import uuid
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

from jiedao.doors.acts import ACTS, Act
from jiedao.ground.districts import district
from jiedao.ground.duties.models import DutyItem
from jiedao.ground.people.models import Account, Person, Post, Tenure, Unit
from jiedao.ground.places.models import Area
from jiedao.record.models import Case
from tests import cast, matrix
from tests.api_calls import Api, token_of
from tests.desks import Colleague
from tests.residents import photo

pytestmark = pytest.mark.usefixtures("in_gulou")

RELATIONS = {"unit": Unit, "units": Unit, "codes": Unit, "item": DutyItem, "area": Area, "post": Post, "person": Person,
             "post_code": Post, "person_code": Person}  # fmt: skip
"""Kinds of field that name a row. `case`, `photos` and `marks` have tests of their own."""
EXTRA = {
    "id": str(uuid.UUID(int=9)),
    "state": "closed",
    "district": "jianghan",
    "is_superuser": True,
    "closed_at": "2026-01-01T00:00:00Z",
}
MOVING = {"django_session", "people_guess", "people_token"}
"""Tables in which a request leaves its mark whoever makes it: who was there, and what he tried."""


PLAIN = {"limit": "3 working_days", "number": 0, "yes_no": True, "yes": True, "moment": "2026-12-01T10:00", "date": "2026-12-01",
         "money": "1.00", "basis": "城市绿化条例 第22条", "codes": ["urban"], "unit": "urban", "units": ["urban"],
         "item": "street-lights", "case": "26-00001", "photos": [], "marks": {}, "point": [118.7, 32.0]}  # fmt: skip


def good(act: Act) -> dict[str, Any]:
    """What the verb requires, in values that can be read."""
    case = Case.objects.select_related("process").first()
    return {
        field.name: next(iter(field.options(case)), "x") if field.kind == "choice" else PLAIN.get(field.kind, "路灯")
        for field in act.fields
        if field.required
    }


def rows() -> dict[str, Any]:
    """Every table of the district and the jobs: how many rows, and a hash over them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p')"
            " AND NOT relispartition AND relname <> 'patrol_position'",  # behind the wall, and by the day
            [connection.schema_name],
        )
        tables = sorted({row[0] for row in cursor.fetchall()} - MOVING)
        parts = [
            f"SELECT '{table}', count(*), md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) FROM \"{table}\" t"
            for table in [*tables, "procrastinate_jobs"]
        ]
        cursor.execute(" UNION ALL ".join(parts))
        return {table: told for table, *told in cursor.fetchall()}


def changed(before: dict[str, Any]) -> list[str]:
    now = rows()
    return [table for table in now if now[table] != before[table]]


def in_jianghan_ids() -> dict[type[models.Model], str]:
    """An id of each kind that is true in the neighbour district."""
    with district("jianghan"):
        return {model: str(model._default_manager.order_by("pk").first().pk) for model in {*RELATIONS.values()}}


def over_there(model: type[models.Model], theirs: dict[type[models.Model], str]) -> list[str]:
    """The neighbour's id, one of nobody, and one of a wrong kind."""
    return [theirs[model], str(uuid.UUID(int=7)), str(Case.objects.first().pk)]


# Operations of the API


def test_a_foreign_id_in_any_relation_of_any_verb_is_refused_and_nothing_moves():
    number, theirs = cast.dispatched("urban").number, in_jianghan_ids()
    api, tried, taken = Api(token_of("dispatcher")), 0, []
    before = rows()
    for verb, act in ACTS.items():
        for field in act.fields:
            for foreign in over_there(RELATIONS[field.kind], theirs) if field.kind in RELATIONS else []:
                many = field.kind in ("units", "codes")
                answer = api.post(f"/cases/{number}/{verb}", good(act) | {field.name: [foreign] if many else foreign})
                tried += 1
                if answer.status not in (404, 409, 422):
                    taken.append((verb, field.name, answer.status, answer.body))

    print(f"reached {tried} foreign ids in relations of {len(ACTS)} verbs")
    assert (taken, changed(before)) == ([], [])


def test_an_order_of_another_case_and_a_file_of_somebody_else_are_not_there():
    mine, other = cast.dispatched("urban"), cast.dispatched("urban", "water")
    strange = [str(other.orders.first().pk), str(uuid.UUID(int=7)), str(mine.pk)]
    urban, dispatcher = Api(token_of("urban")), Api(token_of("dispatcher"))
    upload = dispatcher.upload(photo().getvalue(), "lamp.jpg").body["id"]
    before, taken = rows(), []
    for verb, act in ACTS.items():
        for order in strange if act.on_order else []:
            answer = urban.post(f"/cases/{mine.number}/{verb}", good(act) | {"order": order})
            taken += [(verb, order)] if answer.status not in (404, 409, 422) else []
        if any(field.kind == "photos" for field in act.fields):
            answer = urban.post(f"/cases/{mine.number}/{verb}", good(act) | {"photos": [upload]})
            taken += [(verb, "photos", answer.body)] if answer.status not in (404, 409, 422) else []

    assert (taken, changed(before)) == ([], [])


def test_a_case_out_of_sight_is_in_no_body_no_bulk_and_no_query():
    mine, hidden = cast.dispatched("water"), cast.dispatched("market")
    water, desk = Api(token_of("water")), Colleague("water")
    before = rows()

    assert water.post(f"/cases/{mine.number}/merge", {"into": hidden.number}).status == 404
    for named in ({"number": [hidden.number]}, {"numbers": hidden.number}, {"case": str(hidden.pk)}):
        for verb in ("file", "remind", "note", "supervise"):
            desk.post("/cases/bulk/", {"verb": verb, "text": "x", "reason": "x"} | named)
    assert changed(before) == []
    for query in ({"holder": "market"}, {"area": str(hidden.area_id)}, {"q": hidden.number}, {"process": "event"}):
        assert hidden.number not in str(water.get("/cases", **query).body)


def test_fields_nobody_asked_for_are_refused_by_every_operation():
    number = cast.dispatched("urban").number
    api, before, taken = Api(token_of("dispatcher")), rows(), []
    for verb, act in ACTS.items():
        answer = api.post(f"/cases/{number}/{verb}", good(act) | EXTRA)
        taken += [(verb, answer.body)] if answer.rule != "unknown_field" else []
    for name, value in EXTRA.items():
        for path, body in (("/events", {"words": "路灯不亮"}), ("/positions", {"points": []})):
            taken += [(path, name)] if api.post(path, body | {name: value}).status < 400 else []

    print(f"reached {len(EXTRA)} fields more at each of {len(ACTS) + 2} operations")
    assert (taken, changed(before)) == ([], [])


# Addresses of the pages


def ids_of_others() -> list[str]:
    """A row's id of every table here, and the neighbour's of some."""
    found = list(in_jianghan_ids().values())
    for model in apps.get_models():
        if model.__module__.startswith("jiedao.") and not getattr(model, "row_secured", False):
            row = model._default_manager.order_by("pk").first()
            found += [str(row.pk)] if row is not None and isinstance(row.pk, uuid.UUID) else []
    return found


ADDRESSES = [(route, name) for route, name in matrix.addresses() if "<uuid:" in route]


@pytest.mark.parametrize("each", [pytest.param(30, id="some"), pytest.param(1, id="all", marks=pytest.mark.nightly)])
@pytest.mark.timeout(1200)
def test_no_id_of_somebody_elses_lets_a_stranger_change_anything(each):
    """A department with no other task sends every form of every address with ids of everything there is."""
    cast.closed("market")
    cast.dispatched("market")
    ids, stranger, tried, shown = ids_of_others()[::each], Colleague("water"), 0, []
    before = rows()
    for route, name in ADDRESSES:
        for one in ids:
            answer = stranger.post(matrix.filled(route, "26-99999").replace(str(uuid.UUID(int=7)), one), FORM | EXTRA)
            tried += 1
            shown += [(name, one, answer.status_code)] if answer.status_code in (200, 500) else []

    print(f"reached {tried} foreign ids at {len(ADDRESSES)} addresses")
    assert (changed(before), shown) == ([], [])


FORM = {
    "text": "x",
    "reason": "x",
    "name": "x",
    "on": "2026-12-01",
    "from": "2026-12-01",
    "unit": "water",
    "value": "1",
}


def test_fields_nobody_asked_for_make_nobody_more_than_he_was():
    before = _standing()
    for who in ("water", "dispatcher", "admin"):
        colleague = Colleague(who)
        for path in ("/me/", "/me/settings/", "/accounts/password/change/", "/desk/post/", "/report/", "/cases/save/"):
            colleague.post(path, EXTRA | {"account": "admin", "person": str(uuid.UUID(int=7)), "post": "leaders-1"})

    assert _standing() == before


def _standing() -> list[Any]:
    """Who is what: accounts, and who holds which post."""
    accounts = Account.objects.order_by("pk").values_list("pk", "username", "is_active", "person", "password")
    return [*accounts, *Tenure.objects.order_by("pk").values_list("pk", "post", "person", "valid_to")]
