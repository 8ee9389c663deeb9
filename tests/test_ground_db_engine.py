"""The database engine (数据库引擎): connections the server ended are replaced, and none wakes in another district."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connections, transaction

from jiedao.ground.db.engine.base import DatabaseWrapper
from jiedao.ground.districts.models import District


@pytest.fixture
def pooled(fresh_database: str) -> Iterator[DatabaseWrapper]:
    """Our engine with a pool of one connection, as a thread of the server has it."""
    given: dict[str, Any] = dict(connections["default"].settings_dict)
    given["OPTIONS"] = given["OPTIONS"] | {"pool": {"min_size": 1, "max_size": 1, "timeout": 10}}
    made = DatabaseWrapper(given, alias="pooled")
    yield made
    made.close()
    made.close_pool()


@pytest.fixture
def places(fresh_database: str) -> dict[str, District]:
    return {place.label: place for place in District.objects.all()}


def test_a_connection_that_the_server_ended_is_replaced(cluster, pooled, places):
    pooled.set_tenant(places["gulou"])
    first = _asked(pooled, "SELECT pg_backend_pid()")
    pooled.close()
    with psycopg.connect(**cluster.embedded.admin(), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [first])

    assert _asked(pooled, "SELECT pg_backend_pid()") != first


def test_the_next_request_in_the_same_district_does_not_tell_it_again(pooled, places):
    pooled.set_tenant(places["gulou"])
    _asked(pooled, "SELECT 1")
    pooled.close()

    with _told(pooled) as said:
        _asked(pooled, "SELECT 2")

    assert said == ["SELECT 2"]


def test_the_next_request_in_another_district_is_in_that_one(pooled, places):
    pooled.set_tenant(places["gulou"])
    _asked(pooled, "SELECT 1")
    pooled.close()
    pooled.set_tenant(places["jianghan"])

    assert _asked(pooled, "SELECT current_schema()") == places["jianghan"].schema_name


def test_a_district_entered_inside_a_transaction_that_fails_is_not_remembered(pooled, places):
    pooled.set_tenant(places["gulou"])
    _asked(pooled, "SELECT 1")
    connections["pooled"] = pooled
    try:
        with pytest.raises(ZeroDivisionError), transaction.atomic(using="pooled"):
            pooled.set_tenant(places["jianghan"])
            _asked(pooled, "SELECT 1")
            raise ZeroDivisionError
    finally:
        del connections["pooled"]
    pooled.close()

    assert _asked(pooled, "SELECT current_schema()") == places["jianghan"].schema_name
    pooled.set_tenant(places["gulou"])
    assert _asked(pooled, "SELECT current_schema()") == places["gulou"].schema_name


def _asked(database: DatabaseWrapper, question: str) -> Any:
    with database.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


class _told:
    """The statements sent inside."""

    def __init__(self, database: DatabaseWrapper) -> None:
        self.said: list[str] = []
        self.wrapper = database.execute_wrapper(self._hear)

    def _hear(self, run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.said.append(sql)
        return run(sql, params, many, context)

    def __enter__(self) -> list[str]:
        self.wrapper.__enter__()
        return self.said

    def __exit__(self, *fault: Any) -> None:
        self.wrapper.__exit__(*fault)
