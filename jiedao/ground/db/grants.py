"""Grants (授权): privileges and row-level security of one schema, derived from the Django models.

A model may carry `append_only` (facts: web and worker read and insert, nothing else), `worker_may_delete` (retention:
worker deletes, web does not) and `row_secured` (the second wall around P2 and P3; `opened_by` names the column that is
opened, else its id). `functions` are the owner's, which a role may call. Partitions are reached through their table alone.
"""

from collections.abc import Iterator

import psycopg
from django.apps import apps
from django.conf import settings
from django.db import models
from psycopg import sql

from jiedao.ground.db.roles import ROLES, parameters, role_name
from jiedao.ground.db.rows import class_of

FACTS = ("SELECT", "INSERT")
# The live process checks sign-in and sight, and reads nothing else.
LIVE_READS = {
    "sessions.Session",
    "people.Account",
    "people.Post",
    "people.Tenure",
    "people.Unit",
    "places.Area",
}
AUDITED = {"journal", "record.Entry"}
HIDDEN_FROM_REPORTS = {"P2", "P3"}
# Only what the gate opened in this transaction; an unset or empty setting opens nothing.
OPENED = "= ANY (string_to_array(NULLIF(current_setting('jiedao.opened', true), ''), ',')::uuid[])"
NOTIFY_TRIGGER = "procrastinate_jobs_notify_queue_job_inserted_v1"

_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""


def grant(schema: str) -> None:
    """Give every role what it may do in this schema and nothing else; to be run after every migration.

    One transaction: a request meanwhile sees the old grants or the new ones, never none.
    """
    with psycopg.connect(**parameters("owner")) as connection:
        for statement in _clean(schema):
            connection.execute(statement)
        tables = {row[0] for row in connection.execute(_TABLES, [schema])}
        for statement in _privileges(schema, tables):
            connection.execute(statement)
        for model in _models(schema):
            if getattr(model, "row_secured", False) and model._meta.db_table in tables:
                _secure(connection, schema, model)
            if model._meta.db_table in tables:
                _lend(connection, schema, model)
        if "procrastinate_jobs" in tables:
            _quiet(connection)


def _clean(schema: str) -> Iterator[sql.Composed]:
    for role in ROLES[1:]:
        named = {"schema": sql.Identifier(schema), "role": sql.Identifier(role_name(role))}
        yield sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}").format(**named)
        yield sql.SQL("REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {role}").format(**named)
        yield sql.SQL("GRANT USAGE ON SCHEMA {schema} TO {role}").format(**named)


def _privileges(schema: str, tables: set[str]) -> Iterator[sql.Composed]:
    by_table = {model._meta.db_table: model for model in _models(schema)}
    for table in sorted(tables):
        for role in ROLES[1:]:
            if rights := _rights(role, schema, table, by_table.get(table)):
                yield sql.SQL("GRANT {} ON {}.{} TO {}").format(
                    sql.SQL(", ").join(sql.SQL(right) for right in rights),
                    sql.Identifier(schema),
                    sql.Identifier(table),
                    sql.Identifier(role_name(role)),
                )
    for table, model in by_table.items():
        columns = str(getattr(model, "worker_may_clear", "")).split()
        if table in tables and columns:
            yield sql.SQL("GRANT UPDATE ({}) ON {}.{} TO {}").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)),
                sql.Identifier(schema),
                sql.Identifier(table),
                sql.Identifier(role_name("worker")),
            )
    for role in ("web", "worker"):
        yield sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {} TO {}").format(
            sql.Identifier(schema), sql.Identifier(role_name(role))
        )


def _rights(role: str, schema: str, table: str, model: type[models.Model] | None) -> tuple[str, ...]:
    """What a role may do with a table; one without a model is the business of web and worker alone."""
    if role in {"web", "worker"}:
        return _serving(role, schema, table, model)
    if model is None:
        return ()
    label, app = model._meta.label, model._meta.app_label
    allowed = {
        "live": label in LIVE_READS or app == "districts",
        "audit_reader": label in AUDITED or app in AUDITED or app == "districts",
        "report": not _hidden(model),
    }
    return ("SELECT",) if allowed[role] else ()


def _serving(role: str, schema: str, table: str, model: type[models.Model] | None) -> tuple[str, ...]:
    if table == "django_migrations" or (model and model._meta.app_label == "districts"):
        return ("SELECT",)  # districts, hosts and the calendar change by command, as owner
    kept_by_rule = getattr(model, "worker_may_delete", False)
    rights = FACTS if getattr(model, "append_only", False) else (*FACTS, "UPDATE")
    # What has a retention rule is deleted by its job alone; other running state by whoever serves.
    may_delete = role == "worker" if kept_by_rule else rights != FACTS
    return (*rights, "DELETE") if may_delete else rights


def _hidden(model: type[models.Model]) -> bool:
    """Whether a table holds anything of P2 or P3; sessions and second factors are kept from reports as well."""
    if getattr(model, "row_secured", False) or model._meta.app_label in {"sessions", "mfa", "account"}:
        return True
    return any(class_of(model, field.name) in HIDDEN_FROM_REPORTS for field in model._meta.concrete_fields)


def _models(schema: str) -> list[type[models.Model]]:
    """The models whose tables live in this schema, many-to-many tables included."""
    names = settings.SHARED_APPS if schema == "public" else settings.TENANT_APPS
    found = [model for model in apps.get_models(include_auto_created=True) if _app(model) in names]
    return [model for model in found if model._meta.managed or _app(model) == "procrastinate.contrib.django"]


def _app(model: type[models.Model]) -> str:
    return model._meta.app_config.name


def _secure(connection: psycopg.Connection, schema: str, model: type[models.Model]) -> None:
    """Row-level security, its policies made once: dropping and making them anew would lock out every reader."""
    table = sql.SQL("{}.{}").format(sql.Identifier(schema), sql.Identifier(model._meta.db_table))
    asked = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = %s::regclass"
    on = connection.execute(asked, [table.as_string(connection)]).fetchone()
    if not (on and on[0]):
        connection.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(table))
        connection.execute(sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(table))
    named = "SELECT policyname FROM pg_policies WHERE schemaname = %s AND tablename = %s"
    existing = {row[0] for row in connection.execute(named, [schema, model._meta.db_table])}
    opened = sql.SQL("{} " + OPENED).format(sql.Identifier(getattr(model, "opened_by", "") or model._meta.pk.column))
    policies = {
        "opened_rows_are_read": sql.SQL("FOR SELECT USING ({})").format(opened),
        "opened_rows_are_changed": sql.SQL("FOR UPDATE USING ({}) WITH CHECK (true)").format(opened),
        "opened_rows_are_deleted": sql.SQL("FOR DELETE USING ({})").format(opened),
        "any_row_may_be_added": sql.SQL("FOR INSERT WITH CHECK (true)"),
    }
    for name, rule in policies.items():
        if name not in existing:
            connection.execute(sql.SQL("CREATE POLICY {} ON {} {}").format(sql.Identifier(name), table, rule))


def _lend(connection: psycopg.Connection, schema: str, model: type[models.Model]) -> None:
    """Lets roles call the owner's functions that the model names."""
    for function, roles in getattr(model, "functions", {}).items():
        name, _, rest = function.partition("(")
        for role in roles:
            connection.execute(
                sql.SQL("GRANT EXECUTE ON FUNCTION {}.{}({}) TO {}").format(
                    sql.Identifier(schema),
                    sql.Identifier(name),
                    sql.SQL(rest.rstrip(")")),
                    sql.Identifier(role_name(role)),
                )
            )


def _quiet(connection: psycopg.Connection) -> None:
    """Switch off procrastinate's NOTIFY inside the transaction: it makes all writers of the database queue."""
    asked = "SELECT tgenabled FROM pg_trigger WHERE tgname = %s"
    enabled = connection.execute(asked, [NOTIFY_TRIGGER]).fetchone()
    if enabled and enabled[0] != "D":
        connection.execute(
            sql.SQL("ALTER TABLE public.procrastinate_jobs DISABLE TRIGGER {}").format(sql.Identifier(NOTIFY_TRIGGER))
        )
