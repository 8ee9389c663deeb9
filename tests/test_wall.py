"""The database's own wall (数据库防线): what the application's roles cannot do, whatever the code says (G13, A2, A3, A6).

Raw SQL over a connection of its own, as whoever had stolen the password of web or worker would send it. Every
attempt must be refused, and by the rule that is meant: a typing error refuses too, and proves nothing.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.test import override_settings
from psycopg import errors, sql

from jiedao.doors.notify.models import Notice, NoticeRead
from jiedao.ground.db.roles import parameters, shut_database
from jiedao.ground.districts import district
from jiedao.ground.journal import notes
from jiedao.ground.people import Actor, tokens
from jiedao.ground.people.contacts import Caller, clear, open_rows
from jiedao.kit.clock import moved, now
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Refused
from jiedao.record import consequences, seals, tick
from jiedao.record.models import Case, Entry, Event
from jiedao.stages import intake
from tests import cast
from tests.conftest import _other_database

GULOU = "d320106"
MODELS = {model._meta.db_table: model for model in apps.get_models() if model.__module__.startswith("jiedao.")}
FACTS = sorted(table for table, model in MODELS.items() if getattr(model, "append_only", False))
KEPT = {table for table, model in MODELS.items() if getattr(model, "worker_may_delete", False)}

COLUMN = {table: model._meta.concrete_fields[-1].column for table, model in MODELS.items()}

SHUT = [
    *(f"UPDATE {table} SET {COLUMN[table]} = {COLUMN[table]}" for table in FACTS),
    *(f"DELETE FROM {table}" for table in FACTS),
    *(f"TRUNCATE {table} CASCADE" for table in ("record_entry", "record_case", "people_contact", "journal_receipt")),
    "UPDATE record_entry SET facts = '{}' WHERE seq = 1",
    "INSERT INTO record_entry SELECT * FROM record_entry ON CONFLICT (id) DO UPDATE SET verb = 'forged'",
    "MERGE INTO record_rating r USING record_case c ON c.id = r.case_id WHEN MATCHED THEN UPDATE SET solved = true",
    "SELECT * FROM record_entry FOR UPDATE",
    "BEGIN; LOCK TABLE record_entry IN ACCESS EXCLUSIVE MODE",
    "DELETE FROM people_contact",
    "DELETE FROM people_statement",
    "DELETE FROM journal_receipt",
    "UPDATE public.districts_district SET name = 'x'",
    "DELETE FROM public.districts_host",
    "UPDATE public.districts_calendarday SET working = true",
    "DELETE FROM django_migrations",
    "SET ROLE jiedao_owner",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "SET session_replication_role = replica",
    "ALTER TABLE record_entry ADD COLUMN x int",
    "ALTER TABLE record_entry DISABLE TRIGGER ALL",
    "ALTER TABLE people_contact DISABLE ROW LEVEL SECURITY",
    "DROP TABLE record_entry",
    "DROP POLICY opened_rows_are_read ON people_contact",
    "CREATE POLICY mine ON people_contact USING (true)",
    "ALTER TABLE record_case DROP CONSTRAINT a_closed_case_knows_when",
    "DROP INDEX one_open_lead_per_case",
    "CREATE TABLE mine (id int)",
    "CREATE TEMP TABLE mine (id int)",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TRIGGER mine AFTER INSERT ON record_entry EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE EXTENSION vector",
    "CREATE ROLE mine",
    "GRANT jiedao_owner TO jiedao_web",
    "ALTER ROLE jiedao_web SUPERUSER",
    "ALTER SYSTEM SET fsync = off",
    "COPY record_entry TO '/tmp/out'",
    "COPY record_entry FROM PROGRAM 'true'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT setval('case_number_26', 1)",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
    "SELECT rolpassword FROM pg_authid",
    "ALTER DATABASE {database} SET synchronous_commit = off",
    "DROP DATABASE {database}",
]  # fmt: skip
"""What neither role may do. What retention deletes, worker may."""

WORKERS_OWN = {f"DELETE FROM {table}" for table in KEPT}


@pytest.fixture(scope="module")
def database(cluster, template, django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[str]:
    """A case of everything that a constraint speaks of."""
    home = tmp_path_factory.mktemp("seals")
    with (
        _other_database(cluster, template, django_db_blocker) as name,
        district("gulou"),
        override_settings(JIEDAO_HOME=home),
    ):
        shut_database()  # what PUBLIC may do with a database is not copied with it
        cast.closed("urban", "water")
        cast.dispatched("urban", "water", process="call", phone="10000000009")
        with moved(now() + timedelta(days=365)):
            tick.tick()
        paused = cast.dispatched("urban", "water")
        cast.do(paused, "pause", "urban-handler-1", why="weather", reason="暴雨")
        told = intake.Told("热线转来", "hotline", source="12345", source_key="W-1")
        by = cast.seat("centre-hotline_clerk-1")
        intake.report(told, by=by, caller=Caller("张三", "10000000008"), process="call")
        for entry in Entry.objects.all():
            consequences.act(entry.id)
        _journal(paused)
        yield name


def _journal(case: Case) -> None:
    account, seat = tokens.holder("urban", "")
    tokens.make(account, seat, "test", timedelta(days=1))
    by = cast.seat("urban-handler-1")
    NoticeRead.objects.create(notice=Notice.objects.filter(unit__isnull=False).first(), person=by.person, at=now())
    Notice.objects.create(person=by.person, case=case, entry=case.entries.first(), verb="note", at=now())
    notes.look("person:1", "contact", new_id(), purpose="回访")
    cast.do(case, "note", cast.DISPATCHER, text="看过")
    seals.seal()


@pytest.fixture(params=["web", "worker"])
def stranger(database: str, request: pytest.FixtureRequest) -> Iterator[psycopg.Connection]:
    """Somebody who has a role's password and a client of his own."""
    with psycopg.connect(**parameters(request.param), autocommit=True) as raw:
        raw.execute(sql.SQL("SET search_path = {}, public").format(sql.Identifier(GULOU)))
        yield raw


def test_a_stranger_with_a_password_gets_as_far_as_the_cases(stranger):
    """The attempts below are refused for what they are, not because nothing works."""
    assert stranger.execute("SELECT count(*) FROM record_case").fetchone()[0] > 2
    assert stranger.execute("UPDATE record_case SET title = title").rowcount > 2


@pytest.mark.parametrize("statement", SHUT)
def test_the_database_refuses_it_for_want_of_the_right(stranger, statement):
    if stranger.info.user.endswith("worker") and statement in WORKERS_OWN:
        return  # what retention deletes is the worker's to delete

    with pytest.raises(errors.InsufficientPrivilege):
        stranger.execute(statement.replace("{database}", stranger.info.dbname))


def test_a_right_that_one_grants_oneself_is_none(stranger):
    """PostgreSQL only warns here, so the right itself is tried."""
    stranger.execute("GRANT UPDATE ON record_entry TO CURRENT_USER")

    with pytest.raises(errors.InsufficientPrivilege):
        stranger.execute("UPDATE record_entry SET verb = 'forged'")


def test_there_are_more_than_forty(stranger):
    assert len(SHUT) > 40


# What nobody opened


def test_nothing_is_read_of_who_reported_unless_it_was_opened(stranger):
    for table in ("people_contact", "people_statement"):
        assert stranger.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        assert stranger.execute(f"UPDATE {table} SET made_at = now()").rowcount == 0


def test_opening_one_shows_that_one_alone(stranger):
    (pk,) = stranger.execute("SELECT id FROM record_event WHERE source_key = 'W-1'").fetchone()
    with stranger.transaction():
        stranger.execute("SELECT set_config('jiedao.opened', %s, true)", [str(pk)])
        assert stranger.execute("SELECT id FROM people_contact").fetchall() == [(pk,)]

    assert stranger.execute("SELECT count(*) FROM people_contact").fetchone() == (0,)


@pytest.mark.parametrize("given", ["", "*", "%", "00000000-0000-0000-0000-000000000000", "' OR true --", "{}", "NULL"])
def test_no_word_opens_all(stranger, given):
    with stranger.transaction(force_rollback=True):
        stranger.execute("SELECT set_config('jiedao.opened', %s, true)", [given])
        try:
            assert stranger.execute("SELECT count(*) FROM people_contact").fetchone() == (0,)
        except errors.InvalidTextRepresentation:
            return


def test_the_gate_reads_one_caller_and_then_the_next(database):
    with district("gulou"):
        one, other = (_called(name, phone) for name, phone in (("张三", "10012345678"), ("李四", "10087654321")))
        with transaction.atomic():
            assert clear(one.id).phone == "10012345678"
            open_rows([other.id])
            assert clear(other.id).name == "李四"
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM people_contact")
            assert cursor.fetchone() == (0,)


def test_an_event_without_a_caller_has_no_contact(database):
    with district("gulou"), pytest.raises(Refused, match="no_contact"):
        clear(intake.report(intake.Told("路灯不亮", "resident"), by=Actor("resident")).event.id)


def _called(name: str, phone: str) -> Event:
    told = intake.Told(words=f"{name}家楼道灯坏了", channel="resident", kind="help")
    return intake.report(told, by=Actor("resident"), caller=Caller(name, phone), process="call").event


# Invariants named as sentences

DISTRICTS_OWN = [m for m in MODELS.values() if m._meta.app_config.name in settings.TENANT_APPS]
CHECKS = {
    "an_order_ends_once": "UPDATE record_dispatchorder SET returned_at = sent_at, recalled_at = sent_at",
    "an_answer_follows_its_order": "UPDATE record_dispatchorder SET answered_at = sent_at - interval '1 day'",
    "a_closed_case_knows_when": "UPDATE record_case SET closed_at = CASE WHEN closed_at IS NULL THEN opened_at END",
    "no_case_merges_into_itself": "UPDATE record_case SET merged_into_id = id",
    "due_after_it_started": "UPDATE record_deadline SET due_at = started_at - interval '1 hour'",
    "area_ends_after_it_begins": "UPDATE places_area SET valid_to = valid_from - 1",
    "a_named_responsibility_names_its_unit": "UPDATE duties_responsibility SET relation = 'named', unit_id = NULL",
    "a_notice_has_one_addressee": "UPDATE notify_notice SET unit_id = NULL, person_id = NULL",
}
"""One attempt for each; which rows it meets does not matter."""

OTHERWISE_ALIKE = {
    "one_version_in_force_per_process": {"version": "version + 90"},
    "one_version_in_force_per_list": {"version": "version + 90"},
    "one_open_lead_per_case": {"unit_id": "(SELECT id FROM people_unit WHERE code = 'fire')"},
    "one_open_order_per_unit": {"role": "'helper'"},
}
"""What a copy must change so that this rule refuses it and not the one beside it."""


def uniques() -> list[tuple[type[models.Model], str, models.Q, dict[str, str]]]:
    found = []
    for model in DISTRICTS_OWN:
        for rule in model._meta.constraints:
            if isinstance(rule, models.UniqueConstraint):
                found.append((model, rule.name, rule.condition or models.Q(), OTHERWISE_ALIKE.get(rule.name, {})))
        for field in model._meta.concrete_fields:
            if field.unique and not field.primary_key:
                has = models.Q(**{f"{field.name}__isnull": False})
                found.append((model, f"{model._meta.db_table}_{field.column}", has, {}))
    return found


def checks() -> list[str]:
    rules = [rule for model in DISTRICTS_OWN for rule in model._meta.constraints]
    return [rule.name for rule in rules if isinstance(rule, models.CheckConstraint)]


@pytest.mark.parametrize("name", checks())
def test_a_rule_named_as_a_sentence_holds(stranger, name):
    """By an attempt; of a rule that has none here it is only shown that the database enforces it."""
    if name not in CHECKS:
        assert stands(stranger, name)
        return
    with pytest.raises(errors.CheckViolation) as refused:
        stranger.execute(CHECKS[name])

    assert refused.value.diag.constraint_name == name


@pytest.mark.parametrize(("model", "name", "condition", "changes"), uniques(), ids=[row[1] for row in uniques()])
def test_what_there_is_once_cannot_be_there_twice(database, stranger, model, name, condition, changes):
    """A copy of a row, under an id of its own. Where the scene has no such row: that the database enforces it."""
    with district("gulou"):
        row = model.objects.filter(condition).order_by("pk").first()
    if row is None:
        assert stands(stranger, name)
        return
    own: dict[str, Any] = {"id": "gen_random_uuid()"} | changes
    columns = [field.column for field in model._meta.concrete_fields]
    names = ", ".join(f'"{column}"' for column in columns)
    picked = ", ".join(own.get(column, f'"{column}"') for column in columns)

    table = model._meta.db_table
    with pytest.raises(errors.UniqueViolation) as refused:
        stranger.execute(f"INSERT INTO {table} ({names}) SELECT {picked} FROM {table} WHERE id = %s", [row.pk])

    met = refused.value.diag.constraint_name
    assert met.startswith(name) or stands(stranger, name), f"{met} stood before it"


def stands(stranger: psycopg.Connection, name: str) -> bool:
    """Whether the district has such a rule, and it holds for every row."""
    found = stranger.execute(
        "SELECT 1 FROM pg_constraint WHERE conname LIKE %(name)s AND convalidated AND connamespace = %(schema)s::regnamespace"
        " UNION SELECT 1 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE c.relname LIKE %(name)s AND c.relnamespace = %(schema)s::regnamespace AND i.indisunique AND i.indisvalid",
        {"name": f"{name[:40]}%", "schema": GULOU},
    )
    return found.fetchone() is not None
