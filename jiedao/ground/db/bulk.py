"""Bulk rows (批量写入): many rows of one model by COPY; for imports and rehearsed copies, never for a single write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
