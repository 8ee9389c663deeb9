"""The database as the application sees it (数据库): roles, rights, rows, and whose tables a query finds."""

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from jiedao.doors import demo
from jiedao.ground.db.grants import NOTIFY_TRIGGER, grant
from jiedao.ground.db.roles import TIMEOUTS, parameters
from jiedao.ground.districts import district
from jiedao.ground.districts.models import District
from jiedao.ground.journal.models import Seal
from jiedao.ground.people.models import Contact, Subject
from jiedao.ground.places.models import Area
from jiedao.kit.ids import new_id

FACT = "UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"


def ask(question: str, *values: object) -> object:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchone()[0]


def models_with(mark: str) -> list[str]:
    return sorted(m._meta.db_table for m in apps.get_models() if getattr(m, mark, False))


def test_five_districts_are_there(db):
    assert sorted(District.objects.values_list("label", flat=True)) == sorted(demo.DISTRICTS)


def test_tests_connect_as_the_web_role(db):
    assert ask("SELECT current_user") == "jiedao_web"


# Whose tables


def test_outside_a_district_there_are_no_tables_to_read(db):
    with pytest.raises(DatabaseError, match="does not exist"):
        Area.objects.count()


def test_a_query_after_a_rollback_stays_in_the_district_one_is_in(fresh_database):
    """PostgreSQL takes a SET back with the transaction that made it."""
    with district("gulou"):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            assert ask("SELECT current_schema()") == "d320106"
            raise ZeroDivisionError
        assert ask("SELECT current_schema()") == "d320106"


def test_a_rollback_in_one_district_does_not_lead_into_the_one_before(fresh_database):
    with district("jianghan"):
        assert ask("SELECT current_schema()") == "d420103"

        with district("gulou"), pytest.raises(ZeroDivisionError), transaction.atomic():
            assert ask("SELECT current_schema()") == "d320106"
            raise ZeroDivisionError
        assert ask("SELECT current_schema()") == "d420103"


def test_a_savepoint_rolled_back_keeps_the_district(db):
    with transaction.atomic(), district("gulou"):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            assert ask("SELECT current_schema()") == "d320106"
            raise ZeroDivisionError
        assert ask("SELECT current_schema()") == "d320106"


def test_a_failed_statement_keeps_the_district(fresh_database):
    with district("gulou"):
        with pytest.raises(DatabaseError), transaction.atomic():
            ask("SELECT 1 / 0")
        assert ask("SELECT current_schema()") == "d320106"


# What each role may do


@pytest.mark.parametrize("role", ["web", "worker"])
@pytest.mark.parametrize("statement", FACT)
def test_nobody_who_serves_changes_a_fact(fresh_database, role, statement):
    facts = models_with("append_only")
    allowed = models_with("worker_may_delete") if role == "worker" and statement.startswith("DELETE") else []
    columns = {m._meta.db_table: m._meta.concrete_fields[-1].column for m in apps.get_models()}

    assert facts
    for table in facts:
        if table not in allowed:
            with psycopg.connect(**parameters(role)) as strange, pytest.raises(psycopg.errors.InsufficientPrivilege):
                strange.execute(statement.format(table=f"d320106.{table}", column=columns[table]))


def test_what_retention_deletes_is_deleted_by_worker_and_not_by_web(fresh_database):
    kept = models_with("worker_may_delete")

    assert kept
    for table in kept:
        with psycopg.connect(**parameters("worker")) as worker:
            worker.execute(f"DELETE FROM d320106.{table}")
        with psycopg.connect(**parameters("web")) as web, pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute(f"DELETE FROM d320106.{table}")


@pytest.mark.parametrize("role", ["web", "live", "worker", "report", "audit_reader"])
def test_no_role_that_serves_or_reads_makes_tables(fresh_database, role):
    for schema in ("public", "d320106"):
        with psycopg.connect(**parameters(role)) as strange, pytest.raises(psycopg.Error) as refused:
            strange.execute(f"CREATE TABLE {schema}.own (id int)")
        assert refused.type in (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)


@pytest.mark.parametrize(
    "table", ["people_contact", "people_statement", "people_person", "people_account", "mfa_authenticator"]
)
def test_reports_do_not_reach_personal_data(fresh_database, table):
    with psycopg.connect(**parameters("report")) as report, pytest.raises(psycopg.errors.InsufficientPrivilege):
        report.execute(f"SELECT * FROM d320106.{table}")


def test_reports_read_cases_and_change_nothing(fresh_database):
    with psycopg.connect(**parameters("report")) as report:
        assert report.execute("SELECT count(*) FROM d320106.places_area").fetchone() is not None
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            report.execute("CREATE TEMP TABLE x (id int)")


def test_live_reads_sign_ins_and_no_case(fresh_database):
    with psycopg.connect(**parameters("live")) as live:
        live.execute("SELECT * FROM d320106.django_session")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            live.execute("SELECT * FROM d320106.record_case")


def test_the_audit_reader_reads_the_journal_and_entries(fresh_database):
    with psycopg.connect(**parameters("audit_reader")) as auditor:
        auditor.execute("SELECT * FROM d320106.journal_look")
        auditor.execute("SELECT * FROM d320106.record_entry")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            auditor.execute("SELECT * FROM d320106.record_case")


@pytest.mark.parametrize("role", ["web", "live", "worker", "report", "audit_reader"])
def test_each_role_has_its_timeouts(fresh_database, role):
    with psycopg.connect(**parameters(role)) as connected:
        shown = {name: connected.execute(f"SHOW {name}").fetchone() for name in TIMEOUTS[role]}

    assert shown == {name: (value,) for name, value in TIMEOUTS[role].items()}


def test_granting_again_changes_nothing(fresh_database):
    rights = "SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants ORDER BY 1, 2, 3"
    with psycopg.connect(**parameters("owner")) as owner:
        before = owner.execute(rights).fetchall()

    grant("d320106")

    with psycopg.connect(**parameters("owner")) as owner:
        assert owner.execute(rights).fetchall() == before


# The second wall


@pytest.fixture
def contact(in_gulou) -> Contact:
    subject = Subject.objects.create(made_at=timezone.now())
    return Contact.objects.create(subject=subject, sealed=b"words", made_at=timezone.now())


def test_a_contact_nobody_opened_is_not_there(contact):
    assert Contact.objects.count() == 0


def test_a_contact_the_gate_opened_is_read(contact):
    ask("SELECT set_config('jiedao.opened', %s, true)", str(contact.id))

    assert [found.id for found in Contact.objects.all()] == [contact.id]


def test_opening_one_contact_opens_no_other(contact):
    ask("SELECT set_config('jiedao.opened', %s, true)", str(new_id()))

    assert Contact.objects.count() == 0


def test_a_contact_nobody_opened_is_not_changed(contact):
    assert Contact.objects.filter(id=contact.id).update(may_ring=False) == 0


def test_opening_ends_with_its_transaction(fresh_database):
    with district("gulou"):
        subject = Subject.objects.create(made_at=timezone.now())
        made = Contact.objects.create(subject=subject, sealed=b"words", made_at=timezone.now())
        with transaction.atomic():
            ask("SELECT set_config('jiedao.opened', %s, true)", str(made.id))
            assert Contact.objects.count() == 1
        assert Contact.objects.count() == 0


def test_the_wall_stands_before_the_owner_too(fresh_database):
    forced = "SELECT relname FROM pg_class WHERE relforcerowsecurity AND relnamespace = 'd320106'::regnamespace"
    with psycopg.connect(**parameters("owner")) as owner:
        assert sorted(row[0] for row in owner.execute(forced)) == models_with("row_secured")


# The queue and the numbers


def test_the_queue_does_not_notify_inside_a_transaction(db):
    assert ask("SELECT tgenabled FROM pg_trigger WHERE tgname = %s", NOTIFY_TRIGGER) == "D"


def test_a_job_deferred_in_a_district_rolls_back_with_it(fresh_database):
    from procrastinate.contrib.django import app

    with district("gulou"):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            app.configure_task("jiedao.follow", allow_unknown=True).defer(schema="d320106", entry="none")
            raise ZeroDivisionError
        assert ask("SELECT count(*) FROM procrastinate_jobs") == 0


def test_case_numbers_of_the_next_year_are_ready(in_gulou):
    year = (timezone.now().year + 1) % 100

    assert ask(f"SELECT nextval('case_number_{year:02d}')") == 1


def test_a_fact_can_be_added(in_gulou):
    Seal.objects.create(seq=1, at=timezone.now(), heads={}, root=b"r", prev=b"", hash=b"h", signature=b"s")

    assert Seal.objects.count() == 1
