"""Asking fast (预备语句): what waits is sent in order, is gone with its transaction, and answers are one's own."""

from uuid import uuid4

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from jiedao.ground.db import asking
from jiedao.ground.districts import district
from jiedao.ground.journal.models import Receipt
from jiedao.kit.clock import now
from jiedao.kit.ids import new_id

_INSERT = "INSERT INTO journal_receipt (id, scope, key, fingerprint, at) VALUES ($1, $2, $3, $4, $5)"


@pytest.fixture
def gulou(fresh_database):
    with district("gulou"):
        yield


def receipt(key: str) -> tuple[str, list[object]]:
    return _INSERT, [new_id(), "test", key, b"\x00\xff", now()]


def kept() -> list[str]:
    return sorted(Receipt.objects.filter(scope="test").values_list("key", flat=True))


def test_what_waits_goes_out_with_the_commit(gulou):
    with transaction.atomic(), asking.whole():
        asking.tell(*receipt("a"))
        asking.tell(*receipt("b"))

    assert kept() == ["a", "b"]
    assert not connection.in_atomic_block


def test_what_waits_is_sent_before_djangos_own_statements(gulou):
    with transaction.atomic(), asking.whole():
        asking.tell(*receipt("a"))
        assert kept() == ["a"]


def test_a_write_that_is_refused_leaves_nothing_of_what_waited(gulou):
    with pytest.raises(ZeroDivisionError), transaction.atomic(), asking.whole():
        asking.tell(*receipt("a"))
        asking.settle()
        asking.tell(*receipt("b"))
        raise ZeroDivisionError

    assert kept() == []
    assert not asking.is_open()


def test_one_fault_among_what_waits_undoes_all_of_it(gulou):
    with pytest.raises(IntegrityError), transaction.atomic(), asking.whole():
        asking.tell(*receipt("a"))
        asking.tell(*receipt("a"))

    assert kept() == []
    assert asking.ask("SELECT 1") == [("1",)]


def test_a_statement_first_prepared_in_a_trip_that_failed_can_be_asked_again(gulou):
    number = f"SELECT $1::int + {uuid4().int % 1000}"
    with pytest.raises(DataError), transaction.atomic(), asking.whole():
        asking.tell("SELECT $1::int", ["no number"])
        asking.ask(number, [1])

    assert len(asking.ask(number, [1])) == 1
    assert len(asking.ask(number, [2])) == 1


def test_a_statement_prepared_on_the_way_shifts_no_answers(gulou):
    fresh = [(f"SELECT $1::text || '{uuid4()}'", [str(n)]) for n in range(3)]

    for _ in range(2):
        assert [rows[0][0][0] for rows in asking.ask_all(*fresh)] == ["0", "1", "2"]


def test_within_another_transaction_the_commit_is_not_ours(gulou):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        with transaction.atomic(), asking.whole():
            asking.tell(*receipt("a"))
        raise ZeroDivisionError

    assert kept() == []


def test_text_that_holds_nul_is_refused_not_cut(gulou):
    with pytest.raises(DataError):
        asking.ask("SELECT $1::text", ["a\0b"])


def test_a_fault_after_the_commit_does_not_undo_it(gulou):
    with transaction.atomic(), asking.whole():
        asking.tell(*receipt("a"))
        assert asking.afterwards(lambda: ("SELECT no_such_function($1)", ["x"]))

    assert kept() == ["a"]


def test_what_is_asked_ahead_travels_with_the_next_question_and_is_answered_once(gulou, monkeypatch):
    later = ("SELECT $1::int + 1", ["1"])
    trips, send = [], asking._send
    monkeypatch.setattr(asking, "_send", lambda *given, **more: trips.append(given) or send(*given, **more))

    with asking.ahead(later):
        first = asking.ask("SELECT 7")
        assert (first, asking.ask(*later), len(trips)) == ([("7",)], [("2",)], 1)
        assert (asking.ask(*later), len(trips)) == ([("2",)], 2)


def test_what_was_asked_ahead_and_never_wanted_is_forgotten(gulou):
    later = ("SELECT count(*) FROM journal_receipt WHERE scope = $1", ["test"])
    with asking.ahead(later):
        asking.ask("SELECT 7")
    asking.ask(*receipt("a"))

    assert asking.ask(*later) == [("1",)]


def test_questions_asked_ahead_answer_only_all_together(gulou):
    one, other = ("SELECT $1::int", ["1"]), ("SELECT $1::int", ["2"])
    with asking.ahead(one):
        asking.ask("SELECT 7")

        assert asking.ask_all(one, other) == [[("1",)], [("2",)]]


def test_typed_answers_have_the_types_of_their_columns(gulou):
    ident, at = new_id(), now()

    [[row]] = asking.typed(
        (
            "SELECT $1::uuid, $2::timestamptz, $3::bytea, $4::jsonb, ARRAY[$1::uuid], NULL",
            [ident, at, b"\x00", {"a": 1}],
        )
    )

    assert row == (ident, at, b"\x00", {"a": 1}, [ident], None)
