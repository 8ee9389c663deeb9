"""Checks before a start (启动检查): the seven of G04, without which nothing serves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg

from jiedao.ground.db.home import Trouble
from jiedao.ground.db.roles import parameters, role_name, server


@dataclass(frozen=True)
class Finding:
    """What one check found; `mend` says what to do when it is not well. `well` is None for a warning."""

    name: str
    well: bool | None
    said: str
    mend: str = ""


RELOAD = "then reload the server: SELECT pg_reload_conf();"
DURABLE = ("on", "remote_apply", "remote_write", "local")
CONNECTION = "The server runs and lets this role in: `jiedao db start`, `jiedao migrate`, or look at DATABASE_URL."

_OWNS = """
SELECT pg_has_role(current_user, datdba, 'MEMBER')
    OR EXISTS (SELECT FROM pg_class WHERE relowner = current_user::regrole AND relkind IN ('r', 'p'))
FROM pg_database WHERE datname = current_database()
"""
_SUPER = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"


def seven(role: str) -> list[Finding]:
    """The seven settings of G04, read as the role that will serve and not through Django, which sets some itself."""
    with psycopg.connect(**parameters(role), connect_timeout=5) as connection:
        return list(_seven(connection))


def of(connection: psycopg.Connection) -> list[Finding]:
    """The same of a connection that is there, for who has not got its roles yet."""
    return list(_seven(connection))


def _seven(connection: psycopg.Connection) -> Iterator[Finding]:
    def ask(question: str) -> object:
        row = connection.execute(question).fetchone()  # type: ignore[call-overload]
        return row[0] if row else None

    for name in ("fsync", "full_page_writes"):
        value = ask(f"SHOW {name}")
        yield Finding(name, value == "on", f"{value}", f"ALTER SYSTEM SET {name} = on; {RELOAD}")
    value = ask("SHOW synchronous_commit")
    mend = f"ALTER SYSTEM SET synchronous_commit = on; {RELOAD} Look at ALTER ROLE and ALTER DATABASE settings too."
    yield Finding("synchronous_commit", value in DURABLE, f"{value}", mend)
    value = ask("SHOW data_checksums")
    mend = "Stop the server, run `pg_checksums --enable --pgdata=DATA`, start it again."
    yield Finding("data_checksums", value == "on", f"{value}", mend)
    value = ask("SHOW timezone")
    mend = f"ALTER SYSTEM SET timezone = 'UTC'; {RELOAD} Look at ALTER ROLE settings and PGTZ too."
    yield Finding("timezone", value in ("UTC", "Etc/UTC"), f"{value}", mend)
    name = connection.info.user
    mend = "Connect as web, live or worker: unset JIEDAO_ROLE and DATABASE_ROLE_URL, or let them name such a role."
    owns = bool(ask(_OWNS))
    yield Finding("not_owner", not owns, f"{name} {'owns' if owns else 'does not own'} the tables", mend)
    above = bool(ask(_SUPER))
    said = f"{name} is {'' if above else 'no '}superuser and {'passes' if above else 'does not pass'} row security"
    yield Finding("not_superuser", not above, said, f"ALTER ROLE {name} NOSUPERUSER NOBYPASSRLS;")


def refuse_unless_safe(role: str) -> None:
    """Stops a start on a database that could lose or show what it must not (G04)."""
    try:
        found = seven(role)
    except psycopg.OperationalError as error:
        raise Trouble(f"The database cannot be reached as {role_name(role)}: {error}\n{CONNECTION}") from error
    bad = [finding for finding in found if not finding.well]
    if bad:
        lines = "\n".join(f"  {finding.name}: {finding.said}. {finding.mend}" for finding in bad)
        raise Trouble(f"This database is not safe to serve from ({len(bad)} of 7 checks failed):\n{lines}")


def attempt(name: str, check: Callable[[], Finding], mend: str = CONNECTION) -> Finding:
    """One check; that it cannot be made is a finding as well."""
    try:
        return check()
    except (psycopg.Error, OSError, Trouble) as error:
        return Finding(name, False, " ".join(str(error).split())[:300], mend)


def running() -> Finding:
    """Whether there is a server at all."""
    embedded = server()
    if embedded is None:
        return Finding("server", True, "a server of yours (DATABASE_URL)")
    status = embedded.status()
    said = f"embedded PostgreSQL {status.version}, process {status.pid}" if status.running else "does not run"
    return Finding("server", status.running, said, "jiedao db start (or ./run)")
