"""Restoring (恢复): everything, one district, or our own server at a moment. What stood before is kept beside it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg import sql

from jiedao.doors.keep import base, drill, dumps, erasures, files, making, places
from jiedao.ground.db.embedded import Embedded
from jiedao.ground.db.home import Trouble
from jiedao.ground.db.roles import ROLES, bootstrap, make_roles, parameters, role_name, server

Say = Callable[[str], None]


def everything(manifest: places.Manifest, say: Say) -> str:
    """The database as it was, under the real one's name; the files that are missing. Says what was put aside."""
    if manifest.district:
        raise Trouble(f"{manifest.name} holds {manifest.district} alone: add --district {manifest.district}.")
    _ready()
    refuse_while_served()
    dumps.check_parts(manifest)
    stamp = places.fresh_name().lower()
    fresh, aside, real = f"jiedao_new_{stamp}", f"jiedao_before_{stamp}", str(parameters("owner")["dbname"])
    dumps.make(fresh)
    try:
        dumps.restore(manifest, fresh)
        _refuse_unlike(dumps.compare(manifest, fresh))
    except BaseException:
        dumps.drop(fresh)
        raise
    say(f"  database {manifest.rows:,} rows of {len(manifest.tables)} tables, equal to the backup")
    with dumps.connected("postgres", autocommit=True) as connection:
        for before, after in ((real, aside), (fresh, real)):
            if _exists(connection, before):
                said = sql.SQL("ALTER DATABASE {} RENAME TO {}")
                connection.execute(said.format(sql.Identifier(before), sql.Identifier(after)))
    _after(manifest, [one["schema"] for one in manifest.districts], "", say)
    return aside


def one_district(manifest: places.Manifest, name: str, say: Say) -> str:
    """One district's schema; all others go on meanwhile. Says under which name the one before is kept."""
    place = making.district(name)
    if manifest.district not in ("", place.label):
        raise Trouble(f"{manifest.name} holds {manifest.district}, not {place.label}. `jiedao backup list` shows all.")
    dumps.check_parts(manifest)
    real, aside = str(parameters("owner")["dbname"]), f"{place.schema}_before_{places.fresh_name().lower()}"
    with dumps.connected() as connection:
        said = sql.SQL("ALTER SCHEMA {} RENAME TO {}")
        connection.execute(said.format(sql.Identifier(place.schema), sql.Identifier(aside)))
    try:
        dumps.restore(manifest, real, place.schema)
        _refuse_unlike(dumps.compare(manifest, real, place.schema))
    except BaseException:
        with dumps.connected() as connection:
            gone = sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(place.schema))
            connection.execute(gone)
            connection.execute(said.format(sql.Identifier(aside), sql.Identifier(place.schema)))
        raise
    say(f"  database {place.label}: equal to the backup")
    _after(manifest, [place.schema], f"{place.schema}/", say)
    return aside


def to_moment(moment: datetime | None, say: Say) -> Path:
    """Our own server as it was at a moment. Says where the folder from before is kept."""
    embedded = server()
    if embedded is None:
        raise Trouble("The server is yours (DATABASE_URL): recover it to a moment with its own tools.")
    if embedded.status().running:
        refuse_while_served()
        embedded.stop()
    inside = drill.beside("recovering")
    try:
        with base.recovered(moment, embedded, inside) as copy:
            say("  server   recovered")
        aside = embedded.place / f"data.before-{places.fresh_name()}"
        if embedded.data.exists():
            embedded.data.rename(aside)
        copy.data.rename(embedded.data)
    finally:
        drill.clear(inside, Embedded(inside))
    return aside


def refuse_while_served() -> None:
    """A restore under the feet of who works would lose what they write meanwhile."""
    asked = "SELECT count(*), count(DISTINCT usename) FROM pg_stat_activity WHERE usename = ANY(%s) AND datname = %s"
    serving = [role_name(role) for role in ROLES[1:4]]
    with dumps.connected("postgres") as connection:
        row = connection.execute(asked, [serving, parameters("owner")["dbname"]]).fetchone()
    if row and row[0]:
        raise Trouble(
            f"{row[0]} connections serve from this database. Stop them first:\n"
            "  systemctl stop jiedao.target && systemctl start jiedao-database     (or ./run --stop; jiedao db start)"
        )


def _ready() -> None:
    """On a new machine: the roles that own and serve, and the database to be replaced. The server is started by its unit."""
    embedded = server()
    if embedded and not embedded.status().running:
        raise Trouble("The database does not run. Start it: systemctl start jiedao-database     (or jiedao db start)")
    if embedded:
        bootstrap(embedded)
        make_roles()


def _refuse_unlike(said: list[str]) -> None:
    if said:
        shown = "\n  ".join(said[:20])
        raise Trouble(f"The restored copy is not equal to the backup; nothing was changed:\n  {shown}")


def _exists(connection: psycopg.Connection, name: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _after(manifest: places.Manifest, schemas: list[str], inside: str, say: Say) -> None:
    with dumps.connected(str(parameters("owner")["dbname"])) as connection:
        again = sum(erasures.apply(connection, schema) for schema in schemas)
    say(f"  erased   {again} subjects again, who were erased since")
    say(f"  files    {files.put_back(manifest, inside):,} put back")
