"""Schemas (模式): migrations of public and of every district, run as the owner, with the grants after them."""

from collections.abc import Callable

import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from jiedao.ground.db import drawing, replay
from jiedao.ground.db.grants import grant
from jiedao.ground.db.home import Trouble
from jiedao.ground.db.roles import bootstrap, make_roles, parameters, server
from jiedao.ground.districts import seeding
from jiedao.ground.districts.models import District, Host
from jiedao.kit import vault
from jiedao.kit.clock import today

PUBLIC = "public"
YEARS_BACK = 20  # imported history takes numbers of its own years
YEARS_AHEAD = 2
Report = Callable[[str], None]


def migrate(report: Report = lambda line: None, only: str | None = None) -> None:
    """Bring public and every district up to date; each keeps working if a later one fails."""
    embedded = server()
    if embedded:
        bootstrap(embedded)
    make_roles()
    if only in (None, PUBLIC):
        _one_schema(PUBLIC, report)
        seeding.seed()
    _master_key()
    for place in District.objects.order_by("code"):
        if only in (None, place.schema_name, place.label, place.code):
            _one_schema(place.schema_name, report)


def _master_key() -> None:
    """Made with the first migration. Never anew over data that another key has sealed: that would hide the loss."""
    if vault.key_file().exists():
        return
    with psycopg.connect(**parameters("owner")) as owner:
        for place in District.objects.order_by("code"):
            table = sql.Identifier(place.schema_name, "people_subject")
            there = owner.execute("SELECT to_regclass(%s)", [table.as_string(owner)]).fetchone()
            if there and there[0] and owner.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(table)).fetchone():
                raise Trouble(
                    f"The master key {vault.key_file()} is missing, and {place.name} holds contacts it sealed.\n"
                    f"Put the key back from its backup; without it nobody can read them."
                )
    vault.make_master()


def create_district(code: str, label: str, **facts: object) -> District:
    """A new district: its row, its host, its schema. One that exists is brought up to date."""
    place, _ = District.objects.update_or_create(
        code=code, defaults={"label": label, "schema_name": f"d{code}", "name": label, **facts}
    )
    Host.objects.update_or_create(domain=label, defaults={"tenant": place, "is_primary": True})
    _one_schema(place.schema_name, lambda line: None)
    return place


def pending() -> list[str]:
    """Schemas that lack a migration this version brings; empty when all are up to date."""
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415 -- slow import

    behind = []
    for schema in [PUBLIC, *District.objects.values_list("schema_name", flat=True)]:
        connection.set_schema(schema)
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            behind.append(schema)
    connection.set_schema_to_public()
    return behind


def _one_schema(schema: str, report: Report) -> None:
    report(schema)
    with psycopg.connect(**parameters("owner"), autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
        if schema == PUBLIC:
            _run_migrations(schema)
        else:
            replay.make_tables(schema, lambda: _run_migrations(schema))
            _number_sequences(owner, schema)
    grant(schema)


def _run_migrations(schema: str) -> None:
    with drawing.lean():
        call_command("migrate_schemas", schema_name=schema, verbosity=0, interactive=False)


def _number_sequences(owner: psycopg.Connection, schema: str) -> None:
    """Case numbers come from a sequence per year; web may not make one, so some years lie ready, past ones too."""
    year = today().year
    for number in range(year - YEARS_BACK, year + YEARS_AHEAD + 1):
        name = sql.Identifier(schema, f"case_number_{number % 100:02d}")
        owner.execute(sql.SQL("CREATE SEQUENCE IF NOT EXISTS {}").format(name))
