"""Bulk rows (批量写入): many rows of one model by COPY; for imports and rehearsed copies, never for a single write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from psycopg import sql
from psycopg.types.json import Jsonb


def copy(model: type[models.Model], rows: Iterable[models.Model]) -> int:
    """Writes the rows with COPY in the present transaction; says how many. Not for row-secured tables."""
    fields = model._meta.concrete_fields
    columns = sql.SQL(", ").join(sql.Identifier(field.column) for field in fields)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(model._meta.db_table), columns)
    written = 0
    with connection.cursor() as cursor, cursor.copy(statement) as stream:
        for row in rows:
            stream.write_row([_plain(field, getattr(row, field.attname)) for field in fields])
            written += 1
    return written


def _plain(field: models.Field[Any, Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(field, models.JSONField):
        return Jsonb(value)
    if isinstance(field, models.BinaryField):
        return bytes(value)
    if isinstance(field, ArrayField):
        return list(value)
    return value


def analyze(tables: Sequence[str]) -> None:
    """Tells the planner what came: after a bulk load the same list ran 20 times slower without it.

    The application's roles may not ANALYZE a table of the owner's; PostgreSQL then warns and goes on, and autovacuum
    does it within a minute.
    """
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))


@contextmanager
def bare(tables: Sequence[str]) -> Iterator[None]:
    """Inside, the tables have neither foreign keys nor indexes that no constraint needs; on leaving they are made anew.

    Rows by the million take a fifth of the time, and every reference is still checked, by one join each at the end.
    For the owner, in a transaction: a fault leaves everything as it was, and nobody else uses the tables meanwhile.
    For any other role they stay as they are.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PUT_AWAY, {"tables": list(tables)})
        away = cursor.fetchall()
        for drop, _ in away:
            cursor.execute(drop)
        yield
        for _, make in reversed(away):
            cursor.execute(make)


_PUT_AWAY = """
WITH ours AS (
  SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%(tables)s)
  AND pg_has_role(relowner, 'USAGE')
)
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
  format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE contype = 'f' AND conrelid IN (SELECT oid FROM ours)
UNION ALL
SELECT format('DROP INDEX %%s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
FROM pg_index i WHERE i.indrelid IN (SELECT oid FROM ours) AND NOT i.indisunique
  AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)
"""
