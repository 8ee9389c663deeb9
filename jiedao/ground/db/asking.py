"""Asking fast (预备语句): statements of hot paths, prepared once per connection and bound by the server.

The ORM binds in the client and plans every time. A plan follows the search path, so one text serves every district.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection

Params = Sequence[Any] | Mapping[str, Any]


def ask(sql: str, params: Params = ()) -> list[tuple[Any, ...]]:
    """The rows of a statement, in the district and transaction one is in. Empty for one that gives none."""
    # Django's own cursor first: it opens the connection and enters the district's schema if need be.
    with connection.cursor():
        pass
    with connection.wrap_database_errors:
        with psycopg.Cursor(connection.connection) as cursor:
            cursor.execute(sql, params, prepare=True)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []
