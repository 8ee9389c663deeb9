"""Replay (重放建表): the tables of a further district are made by the very statements that made the first one's.

Running the migrations costs a new schema ten seconds, nearly all of them Django's, which builds every model anew for
every step; the statements themselves take one. So the first new schema of a process is listened to, and the next ones
get what was heard, in one transaction. Only an empty schema is made so; one that exists runs its migrations.
"""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

Statement = tuple[str, Any, bool]
"""What was executed, its parameters, and whether it ran once for each of them."""

NOT_REPEATED = ("SAVEPOINT", "RELEASE", "ROLLBACK")
_heard: dict[str, list[Statement]] = {}


def make_tables(schema: str, migrate: Callable[[], None]) -> None:
    """Migrates a district's schema, by replay if it is empty and another was made in this process."""
    if not _is_empty(schema):
        migrate()
    elif _heard:
        first, statements = next(iter(_heard.items()))
        _repeat(statements, first, schema)
    else:
        said: list[Statement] = []
        with connection.execute_wrapper(_listener(said)):
            migrate()
        _heard[schema] = said


def _is_empty(schema: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = %s::regnamespace)", [f'"{schema}"']
        )
        return bool(cursor.fetchone()[0])


def _listener(said: list[Statement]) -> Callable[..., Any]:
    def listen(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        done = execute(sql, params, many, context)
        text = sql if isinstance(sql, str) else sql.as_string(context["connection"].connection)
        if not text.lstrip().upper().startswith(NOT_REPEATED):
            said.append((text, params, many))
        return done

    return listen


def _repeat(statements: list[Statement], first: str, schema: str) -> None:
    """The same for this schema; where a statement names the first one, it names this one."""
    before = connection.schema_name
    connection.set_schema(schema)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for text, params, many in statements:
                named = text.replace(first, schema)
                if many:
                    cursor.executemany(named, params)
                else:
                    cursor.execute(named, params)
    finally:
        connection.set_schema(before)
