"""Asking fast (预备语句): statements of hot paths, prepared once per connection; text in, text out.

The ORM builds, binds and plans every statement anew and adapts every value, which costs several times the work itself.
A prepared plan follows the search path, so one text serves every district. Placeholders are PostgreSQL's own, `$1`.
Whoever asks turns the answer into numbers and ids.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.pq import ExecStatus, TransactionStatus

Answer = list[tuple[str | None, ...]]


def ask(sql: str, values: Sequence[Any] = ()) -> Answer:
    """The rows of a statement, in the district and transaction one is in. Empty for one that gives none."""
    db = connections[DEFAULT_DB_ALIAS]
    if db.connection is None or not db.search_path_set_schemas:
        db.cursor().close()  # Django's own: opens the connection and enters the district's schema
    db.validate_no_broken_transaction()
    with db.wrap_database_errors:
        return _rows(_execute(db.connection, sql, [told(value) for value in values]))


def _execute(connection: psycopg.Connection, sql: str, values: list[bytes | None]) -> Any:
    """Through libpq itself: psycopg's cursors cost four times as much for a short statement."""
    server = connection.pgconn
    if not connection.autocommit and server.transaction_status == TransactionStatus.IDLE:
        _checked(server.exec_(b"BEGIN"))
    names: dict[str, bytes] = connection.__dict__.setdefault("_jiedao_prepared", {})
    name = names.get(sql)
    if name is None:
        name = b"jiedao_%d" % len(names)
        _checked(server.prepare(name, sql.encode()))
        names[sql] = name
    return _checked(server.exec_prepared(name, values))


def _checked(result: Any) -> Any:
    if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        raise psycopg.errors.error_from_result(result)
    return result


def _rows(result: Any) -> Answer:
    columns = range(result.nfields)
    return [tuple(_text(result.get_value(row, column)) for column in columns) for row in range(result.ntuples)]


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def told(value: Any) -> bytes | None:
    """A value in PostgreSQL's own text, which the server reads by the type of the column."""
    tell = _TOLD.get(type(value))
    return tell(value) if tell else _string(str(value))


def _string(value: str) -> bytes:
    if "\0" in value:
        raise psycopg.DataError("text holds NUL")
    return value.encode()


_TOLD: dict[type, Callable[[Any], bytes | None]] = {
    type(None): lambda value: None,
    str: _string,
    UUID: lambda value: value.hex.encode(),
    datetime: lambda value: value.isoformat().encode(),
    date: lambda value: value.isoformat().encode(),
    bool: lambda value: b"t" if value else b"f",
    int: lambda value: b"%d" % value,
    float: lambda value: repr(value).encode(),
    bytes: lambda value: b"\\x" + value.hex().encode(),
    dict: msgspec.json.encode,
    list: lambda value: ("{" + ",".join(str(one) for one in value) + "}").encode(),
}
"""Lists are of ids or numbers: no element needs quoting. A list that goes into JSON is told as text by who writes it."""
