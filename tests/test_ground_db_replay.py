"""Tables made by replay: the same as by migrations, in every respect that the catalogue knows."""

import os
import subprocess
import sys

import pytest
from django.db import connection

from jiedao.doors import demo
from jiedao.ground.districts.models import District

CATALOGUE = """
SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text, a.attidentity::text,
       coalesce(pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.relnamespace = %(schema)s::regnamespace
UNION ALL SELECT 'relation', relname, relkind::text, relrowsecurity::text, relforcerowsecurity::text,
       coalesce(relacl::text, ''), '' FROM pg_class WHERE relnamespace = %(schema)s::regnamespace
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), condeferrable::text,
       condeferred::text, '' FROM pg_constraint WHERE connamespace = %(schema)s::regnamespace
UNION ALL SELECT 'index', tablename, indexname, indexdef, '', '', '' FROM pg_indexes WHERE schemaname = %(schema)s
UNION ALL SELECT 'function', proname, pg_get_functiondef(oid), coalesce(proacl::text, ''), '', '', ''
       FROM pg_proc WHERE pronamespace = %(schema)s::regnamespace
UNION ALL SELECT 'policy', tablename, policyname, roles::text, cmd, coalesce(qual, ''), coalesce(with_check, '')
       FROM pg_policies WHERE schemaname = %(schema)s
"""


def catalogue(schema: str) -> set[tuple[str, ...]]:
    """Everything the catalogue says of a schema, without its name."""
    with connection.cursor() as cursor:
        cursor.execute(CATALOGUE, {"schema": schema})
        return {tuple(cell.replace(schema, "district") for cell in row) for row in cursor.fetchall()}


def applied(schema: str) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT app, name FROM {schema}.django_migrations ORDER BY id")
        return list(cursor.fetchall())


@pytest.mark.parametrize("label", demo.DISTRICTS[1:])
def test_a_replayed_schema_is_the_migrated_one(db, label):
    schemas = dict(District.objects.values_list("label", "schema_name"))
    first, other = schemas[demo.DISTRICTS[0]], schemas[label]

    assert catalogue(other) ^ catalogue(first) == set()
    assert applied(other) == applied(first)
    assert len(catalogue(first)) > 1_000


FULLY = """
import contextlib, django
django.setup()
from jiedao.ground.db import drawing, schemas
drawing.lean = contextlib.nullcontext
schemas.create_district("990000", "whole")
"""


@pytest.mark.nightly
def test_a_schema_whose_models_were_drawn_alone_is_the_one_drawn_in_full(fresh_database):
    env = os.environ | {"DATABASE_NAME": fresh_database, "JIEDAO_ROLE": "owner"}
    subprocess.run([sys.executable, "-c", FULLY], env=env, check=True)
    first = District.objects.get(label=demo.DISTRICTS[0]).schema_name

    assert catalogue("d990000") ^ catalogue(first) == set()
