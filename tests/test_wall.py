"""The database's own wall (数据库防线): what the application's role cannot do, whatever the code says (G13, A2, A6)."""

import pytest
from django.db import DatabaseError, connection, transaction

from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import Caller, clear, open_rows
from jiedao.kit.refusal import Refused
from jiedao.record.models import Event
from jiedao.stages import intake
from tests import cast

pytestmark = pytest.mark.usefixtures("in_gulou")

FACTS = (
    "record_entry",
    "record_words",
    "record_event",
    "record_check",
    "record_rating",
    "record_ring",
    "record_effect",
    "record_attachment",
    "journal_change",
    "journal_look",
    "journal_seal",
)

ATTEMPTS = [
    *(f"UPDATE {table} SET id = id" for table in FACTS),
    *(f"DELETE FROM {table}" for table in FACTS),
    *(f"TRUNCATE {table} CASCADE" for table in ("record_entry", "record_case", "people_contact", "journal_receipt")),
    "DELETE FROM people_contact",
    "DELETE FROM people_statement",
    "DELETE FROM journal_receipt",
    "UPDATE public.districts_district SET name = 'x'",
    "DELETE FROM public.districts_host",
    "UPDATE public.districts_calendarday SET working = true",
    "SET ROLE jiedao_owner",
    "RESET SESSION AUTHORIZATION; SET SESSION AUTHORIZATION postgres",
    "ALTER TABLE record_entry ADD COLUMN x int",
    "ALTER TABLE people_contact DISABLE ROW LEVEL SECURITY",
    "DROP TABLE record_entry",
    "DROP POLICY IF EXISTS opened ON people_contact; ALTER TABLE people_contact NO FORCE ROW LEVEL SECURITY",
    "CREATE TABLE mine (id int)",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE ROLE mine",
    "COPY record_entry TO '/tmp/out'",
    "SELECT pg_read_file('/etc/passwd')",
    "ALTER SYSTEM SET fsync = off",
]


@pytest.mark.parametrize("statement", ATTEMPTS)
def test_web_is_refused_by_the_database(statement):
    cast.dispatched("lighting")

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


BROKEN = {
    "an order that ends twice": (
        "UPDATE record_dispatchorder SET returned_at = sent_at, recalled_at = sent_at",
        "an_order_ends_once",
    ),
    "an answer before its order": (
        "UPDATE record_dispatchorder SET answered_at = sent_at - interval '1 day'",
        "an_answer_follows_its_order",
    ),
    "a closed case that knows no hour": ("UPDATE record_case SET phase = 'closed'", "a_closed_case_knows_when"),
    "an open case that was closed": ("UPDATE record_case SET closed_at = opened_at", "a_closed_case_knows_when"),
    "a case merged into itself": ("UPDATE record_case SET merged_into_id = id", "no_case_merges_into_itself"),
    "a limit due before it started": (
        "UPDATE record_deadline SET due_at = started_at - interval '1 hour'",
        "due_after_it_started",
    ),
    "two leads": ("UPDATE record_dispatchorder SET role = 'lead'", "one_open_lead_per_case"),
    "one line twice": ("", "one_entry_per_step"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_constraint_named_as_a_sentence_holds(what):
    statement, name = BROKEN[what]
    cast.dispatched("lighting", "water")

    with pytest.raises(DatabaseError, match=name), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement or _same_line_again())
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _same_line_again() -> str:
    """An INSERT of an existing line under a new id, whatever the order of the columns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema()"
            " AND table_name = 'record_entry' AND column_name <> 'id'"
        )
        names = ", ".join(f'"{row[0]}"' for row in cursor.fetchall())
    return f"INSERT INTO record_entry (id, {names}) SELECT gen_random_uuid(), {names} FROM record_entry LIMIT 1"


def reported(name: str, phone: str) -> Event:
    told = intake.Told(words="楼道灯坏了", channel="resident", kind="help")
    return intake.report(told, by=Actor("resident"), caller=Caller(name, phone), process="call").event


def contacts() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM people_contact")
        return cursor.fetchone()[0]


def test_nothing_is_read_of_who_reported_unless_it_was_opened():
    reported("张三", "10012345678")

    with transaction.atomic():
        open_rows([])
        assert contacts() == 0


def test_opening_one_shows_that_one_alone():
    one, other = reported("张三", "10012345678"), reported("李四", "10087654321")

    with transaction.atomic():
        assert clear(one.id).phone == "10012345678"
        assert contacts() == 1
        open_rows([other.id])
        assert contacts() == 1
        assert clear(other.id).name == "李四"


def test_an_event_without_a_caller_has_no_contact():
    event = intake.report(intake.Told(words="路灯不亮", channel="resident"), by=Actor("resident")).event

    with pytest.raises(Refused) as refusal:
        clear(event.id)

    assert refusal.value.rule == "no_contact"
