"""Whole writes (整体写入): whichever statement of a write fails, nothing of the write is left (G03).

The n-th statement that reaches the server is replaced by one that it refuses, n = 1, 2, … until the write needs no
more; then it must be done. Statements go two ways (Django's cursor and `asking`); both are counted as one row.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection

from jiedao.ground.db import asking
from jiedao.ground.districts import district
from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import Caller
from jiedao.record.models import Case
from jiedao.stages import intake
from tests import cast
from tests.sound import COUNTED, unsound

BROKEN = "SELECT 1 / (SELECT 0)"
HINT = "pg_notify"  # goes after the commit; that it fails loses nothing


class Saboteur:
    """Counts the statements of a write and spoils one of them."""

    def __init__(self, nth: int) -> None:
        self.nth, self.count = nth, 0

    def spoils(self, sql: str) -> bool:
        if HINT in sql or not sql.strip():
            return False
        self.count += 1
        return self.count == self.nth

    def django(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if self.spoils(str(sql)):
            return execute(BROKEN, None, False, context)
        return execute(sql, params, many, context)

    def asked(self, told: Callable[[Any], list[asking.Statement]]) -> Callable[[Any], list[asking.Statement]]:
        def texts(statements: Any) -> list[asking.Statement]:
            return [(BROKEN, []) if self.spoils(sql) else (sql, values) for sql, values in told(statements)]

        return texts


@contextmanager
def spoiled(monkeypatch: pytest.MonkeyPatch, nth: int) -> Iterator[Saboteur]:
    saboteur = Saboteur(nth)
    with monkeypatch.context() as patch, connection.execute_wrapper(saboteur.django):
        patch.setattr(asking, "_texts", saboteur.asked(asking._texts))
        yield saboteur


@pytest.fixture
def gulou(fresh_database: str) -> Iterator[None]:
    with district("gulou"):
        yield


def everything() -> list[tuple[Any, ...]]:
    """Every row that a write of a case may make or change, as text."""
    tables = [model._meta.db_table for model in COUNTED] + ["people_contact", "people_subject"]
    tables += ["public.procrastinate_jobs", "record_dispatchorder", "record_deadline", "record_case", "journal_receipt"]
    found = []
    with connection.cursor() as cursor:
        for table in dict.fromkeys(tables):
            cursor.execute(f"SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t")
            found.append((table, *cursor.fetchone()))
    return found


def fails_whole(monkeypatch: pytest.MonkeyPatch, write: Callable[[], Any], look: Callable[[], Any] = everything) -> int:
    """Spoils each statement of the write in turn; says how many there were."""
    before = look()
    for nth in range(1, 400):
        with spoiled(monkeypatch, nth) as saboteur:
            try:
                write()
            except DatabaseError:
                pass
            else:
                assert saboteur.count < nth, "a statement failed and the write called itself done"
                return saboteur.count
        assert look() == before, f"statement {nth} failed and left something"
    raise AssertionError("a write of 400 statements")


HANDLER = "urban-handler-1"
ROAD: list[tuple[str, str, dict[str, Any]]] = [
    ("classify", cast.DISPATCHER, {"item": "street-lights"}),
    ("file", cast.DISPATCHER, {}),
    ("dispatch", cast.DISPATCHER, {"lead": "urban", "helpers": ["water"]}),
    ("acknowledge", HANDLER, {}),
    ("contact", HANDLER, cast.CONTACT),
    ("assign", HANDLER, {"post": "urban-handler-2"}),
    ("note", HANDLER, {"text": "已到现场"}),
    ("pause", HANDLER, {"why": "weather", "reason": "暴雨"}),
    ("resume", HANDLER, {"reason": "雨停"}),
    ("ask_extension", HANDLER, {"limit": "9 working_days", "reason": "等配件"}),
    ("grant_extension", cast.DISPATCHER, {"reason": "同意"}),
    ("remind", cast.DISPATCHER, {"text": "请尽快"}),
    ("supervise", "centre-supervisor-1", {"reason": "多次反映"}),
    ("reply", HANDLER, cast.DONE),
]
"""A case from the desk to the answer, with what happens on the way."""


def test_of_a_write_whose_nth_statement_fails_nothing_is_left(gulou, monkeypatch):
    case = cast.reported(process="event", phone="10000000009")
    statements = {}
    for verb, by, given in ROAD:
        if verb == "reply":
            cast.do(case, "acknowledge", "water-handler-1")
            cast.do(case, "reply", "water-handler-1", **cast.DONE)
        order = str(case.orders.get(unit__code="urban").id) if verb == "grant_extension" else ""
        statements[verb] = fails_whole(monkeypatch, lambda v=verb, b=by, o=order, g=given: cast.do(case, v, b, o, **g))

    print(f"reached {sum(statements.values())} statements of {len(statements)} verbs, each failed once")
    assert min(statements.values()) > 5
    assert unsound(Case.objects.get(pk=case.pk)) == []


def test_of_a_report_whose_nth_statement_fails_nothing_is_left(gulou, monkeypatch):
    told = intake.Told(words="三号楼前路灯不亮", channel="resident")

    statements = fails_whole(
        monkeypatch, lambda: intake.report(told, by=Actor("resident"), caller=Caller("张三", "10000000009"))
    )

    assert statements > 5
