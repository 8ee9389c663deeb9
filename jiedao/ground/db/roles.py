"""Database roles (数据库角色): who may do what in the database, derived from the models.

owner changes schemas, by command only; web, live and worker serve; report and audit_reader read. A model says
`append_only`, `worker_may_delete`, `row_secured`; grants and row-level security follow from that.
"""

import os
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from jiedao.ground.db import patience
from jiedao.ground.db.embedded import Embedded
from jiedao.ground.db.home import Trouble, home, secret

ROLES = ("owner", "web", "live", "worker", "report", "audit_reader")
PREFIX = "jiedao"

# A4: a request that waits longer than this is better refused.
TIMEOUTS: dict[str, dict[str, str]] = {
    "owner": {},
    "web": {
        "lock_timeout": "2s",
        "statement_timeout": "15s",
        "idle_in_transaction_session_timeout": "30s",
    },
    "live": {
        "lock_timeout": "2s",
        "statement_timeout": "15s",
        "idle_in_transaction_session_timeout": "30s",
        "default_transaction_read_only": "on",
    },
    "worker": {
        "lock_timeout": "10s",
        "statement_timeout": "10min",
        "idle_in_transaction_session_timeout": "1min",
    },
    "report": {"statement_timeout": "10min", "default_transaction_read_only": "on"},
    "audit_reader": {"statement_timeout": "10min", "default_transaction_read_only": "on"},
}


def server() -> Embedded | None:
    """The embedded server of this data folder. None when DATABASE_URL names another."""
    return None if os.environ.get("DATABASE_URL") else Embedded(home())


def prefix() -> str:
    """What the roles of this installation begin with; one server may hold several installations."""
    given = os.environ.get("DATABASE_URL")
    if not given:
        return PREFIX
    owner = str(conninfo_to_dict(given).get("user") or "")
    return owner.removesuffix("_owner") or PREFIX


def role_name(role: str) -> str:
    """The role's name on the server; with DATABASE_URL, the owner is the user it names."""
    given = os.environ.get("DATABASE_URL")
    if given and role == "owner":
        return str(conninfo_to_dict(given).get("user") or f"{PREFIX}_owner")
    return f"{prefix()}_{role}"


def parameters(role: str = "web") -> dict[str, Any]:
    """Connection parameters of a role."""
    if role not in ROLES:
        raise Trouble(f"JIEDAO_ROLE is {role!r}; it is one of {', '.join(ROLES)}.")
    own = os.environ.get("DATABASE_ROLE_URL")
    if own and role != "owner":
        return dict(conninfo_to_dict(own))
    given = os.environ.get("DATABASE_URL")
    if given:
        base = dict(conninfo_to_dict(given))
        if role == "owner":
            return base
    else:
        base = {"host": str(Embedded(home()).sockets), "dbname": database_name()}
    return base | {"user": role_name(role), "password": secret(f"database_{role}")}


def database_name() -> str:
    """The database on the embedded server; tests give every process a copy of its own."""
    return os.environ.get("DATABASE_NAME") or "jiedao"


def dsn(role: str = "web") -> str:
    """The same as one line, for programs that want it so."""
    return psycopg.conninfo.make_conninfo(**parameters(role))


def django_database(role: str, pool: int = 0, within: float = patience.USUAL) -> dict[str, Any]:
    """The entry of Django's DATABASES for a process of this role; a request of it waits `within` seconds at most."""
    given = parameters(role)
    options = {name: value for name, value in given.items() if name not in _DJANGO_NAMES}
    if pool:
        options["pool"] = {"min_size": min(2, pool), "max_size": pool, "timeout": 5}
    if pool and role in ("web", "live"):
        # Its attempts to connect lie ever further apart, up to minutes after a long outage: it gives up and begins anew.
        options["pool"] |= {
            "connection_class": patience.Connection,
            "reconnect_timeout": 6,
            "timeout": min(5, within / 2),
        }
        options["connect_timeout"] = 3
    named = {django: given.get(libpq, "") for libpq, django in _DJANGO_NAMES.items()}
    return {"ENGINE": "jiedao.ground.db.engine", "OPTIONS": options, **named}


_DJANGO_NAMES = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}


def bootstrap(embedded: Embedded) -> None:
    """On our own server: the owner and its database. On a server of yours both exist already."""
    with psycopg.connect(**embedded.admin(), autocommit=True) as connection:
        _make_role(connection, "owner", "CREATEDB CREATEROLE")
        name = database_name()
        if not _one(connection, "SELECT 1 FROM pg_database WHERE datname = %s", name):
            owner = sql.Identifier(role_name("owner"))
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), owner))


def make_roles() -> None:
    """The other five, made by the owner, each with its timeouts. May run again at any time."""
    with psycopg.connect(**parameters("owner"), autocommit=True) as connection:
        for role in ROLES[1:]:
            _make_role(connection, role)
    shut_database()


def shut_database() -> None:
    """Nobody but the six roles gets into this database, and they may make nothing in it."""
    with psycopg.connect(**parameters("owner"), autocommit=True) as connection:
        database = sql.Identifier(connection.info.dbname)
        everyone = sql.SQL(", ").join(sql.Identifier(role_name(role)) for role in ROLES[1:])
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, everyone))
        connection.execute(sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))


def _make_role(connection: psycopg.Connection, role: str, powers: str = "") -> None:
    name, password = role_name(role), secret(f"database_{role}")
    if not _one(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", name):
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
    # Every time: the secrets folder may be newer than the server (a restored copy, say).
    said = sql.SQL("ALTER ROLE {} LOGIN " + powers + " PASSWORD {}")  # type: ignore[arg-type]
    connection.execute(said.format(sql.Identifier(name), sql.Literal(password)))
    for option, value in TIMEOUTS[role].items():
        said = sql.SQL("ALTER ROLE {} SET {} = {}")
        connection.execute(said.format(sql.Identifier(name), sql.Identifier(option), sql.Literal(value)))


def _one(connection: psycopg.Connection, question: str, *values: object) -> object:
    row = connection.execute(question, values).fetchone()  # type: ignore[call-overload]
    return row[0] if row else None
