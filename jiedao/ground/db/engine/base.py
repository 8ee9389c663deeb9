"""The database engine (数据库引擎): django-tenants' own, without the two trips to the server that began every request.

A pooled connection was tried by an empty statement, and told its district anew, each time it was lent out; together
they cost as much as the sign-in. Here an idle connection is looked at without asking it, and remembers its district.
"""

import select
from time import monotonic
from typing import Any

import psycopg
from django_tenants.postgresql_backend import base
from psycopg.pq import TransactionStatus

from jiedao.ground.db import patience

_PATH = "_jiedao_path"


class DatabaseWrapper(base.DatabaseWrapper):
    """The connection of one thread, lent by the pool of the process."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection that lives. Those the server has ended meanwhile are given back for the pool to replace."""
        connection = self._lent(conn_params)
        while self.pool and _has_ended(connection):
            connection.close()
            self.pool.putconn(connection)
            connection = self._lent(conn_params)
        return connection

    def _lent(self, conn_params: dict[str, Any]) -> Any:
        """The next of the pool. Waiting for it is waiting for the database."""
        if patience.left() == 0:
            raise psycopg.OperationalError(patience.SILENT)
        began = monotonic()
        try:
            return super().get_new_connection(conn_params)
        finally:
            patience.spend(monotonic() - began)

    def _handle_search_path(self, cursor: Any = None) -> None:
        """Enters the schema, unless this connection is in it already.

        Only what was set outside a transaction is remembered: PostgreSQL takes a SET back with the transaction it
        stood in, and the next request would read another district's tables.
        """
        if self._setting_search_path or self.search_path_set_schemas:
            return
        wanted = self._get_cursor_search_paths()
        if self.connection.__dict__.get(_PATH) == wanted:
            self.search_path_set_schemas = wanted
            return
        self.connection.__dict__[_PATH] = None
        super()._handle_search_path(cursor)
        if self.search_path_set_schemas and self.connection.pgconn.transaction_status == TransactionStatus.IDLE:
            self.connection.__dict__[_PATH] = wanted


def _has_ended(connection: Any) -> bool:
    """Whether anything came from the server while nothing was asked: it is its word that the session is over."""
    if connection.closed:
        return True
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(waiting.poll(0))
