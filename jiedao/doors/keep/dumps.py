"""Dumps (逻辑备份): the whole database or one district through pg_dump, sealed on the way; and back through pg_restore."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from jiedao.doors.keep import places, sums
from jiedao.doors.keep.sealed import Sealing, opened
from jiedao.ground.db.embedded import binaries
from jiedao.ground.db.home import Trouble
from jiedao.ground.db.roles import ROLES, database_name, parameters, role_name, server

DATABASE = "database.dump.sealed"


def admin(database: str = "") -> dict[str, Any]:
    """Who copies: row security must not hide a row. The superuser of our own server, or BACKUP_DATABASE_URL."""
    given = os.environ.get("BACKUP_DATABASE_URL")
    embedded = server()
    if given:
        found: dict[str, Any] = dict(conninfo_to_dict(given))
    elif embedded:
        found = dict(embedded.admin(database_name()))
    else:
        found = parameters("owner")
    return found | ({"dbname": database} if database else {})


@contextmanager
def connected(database: str = "", **more: Any) -> Iterator[psycopg.Connection]:
    """A connection that sees every row, or a plain word on what is missing."""
    try:
        connection = psycopg.connect(**admin(database), connect_timeout=10, **more)
    except psycopg.OperationalError as error:
        raise Trouble(
            f"The database cannot be reached to copy it: {str(error).strip()}\nStart it: jiedao db start"
        ) from error
    with connection:
        asked = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        row = connection.execute(asked).fetchone()
        if not (row and row[0]):
            raise Trouble(
                f"{connection.info.user} does not see the rows behind row security, so its copy would lack them.\n"
                "Set BACKUP_DATABASE_URL to the DSN of a role with BYPASSRLS (or a superuser)."
            )
        connection.commit()
        yield connection


def program(name: str) -> str:
    """A program of PostgreSQL: of the wheel, else of the machine."""
    try:
        return str(binaries() / name)
    except Trouble:
        if found := shutil.which(name):
            return found
        raise


def environment(of: dict[str, Any]) -> dict[str, str]:
    """What the programs are told through their environment: a password on the command line is everybody's."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    return clean | {names[name]: str(value) for name, value in of.items() if name in names and value}


def dump(folder: Path, manifest: places.Manifest, schema: str = "") -> None:
    """Copies and counts in one snapshot: what is counted is what is copied."""
    with connected() as connection, connected() as counting:
        manifest.sequences = sums.of_sequences(connection, schema)
        connection.commit()
        for one in (connection, counting):
            one.isolation_level, one.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        snapshot = str(row[0]) if row else ""
        counting.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)))
        sums.settle(counting)
        manifest.server = str(connection.info.server_version)
        manifest.districts = _districts(counting, schema)
        command = [program("pg_dump"), "--format=custom", "--compress=1", f"--snapshot={snapshot}"]
        command += [f"--schema={schema}"] if schema else []
        with ThreadPoolExecutor(1) as beside:
            counted = beside.submit(sums.of_tables, counting, schema)
            manifest.parts[DATABASE] = _seal_output(command, folder / DATABASE)
            manifest.tables = counted.result()


def _districts(connection: psycopg.Connection, schema: str) -> list[dict[str, Any]]:
    """Each with its newest seal: what a copy must at least reach."""
    asked = "SELECT code, label, name, schema_name FROM public.districts_district ORDER BY code"
    found = []
    for code, label, name, space in connection.execute(asked).fetchall():
        if schema in ("", space):
            last = sql.SQL("SELECT seq, encode(hash, 'hex') FROM {}.journal_seal ORDER BY seq DESC LIMIT 1")
            seal = connection.execute(last.format(sql.Identifier(space))).fetchone() or (0, "")
            found.append({"code": code, "label": label, "name": name, "schema": space, "seal": list(seal)})
    return found


def _seal_output(command: list[str], path: Path) -> dict[str, Any]:
    """What a program writes, sealed; with its size and hash."""
    with tempfile.TemporaryFile() as said:
        with Sealing(path, places.key(), path.name) as sealing:
            with subprocess.Popen(command, env=environment(admin()), stdout=subprocess.PIPE, stderr=said) as running:
                assert running.stdout is not None
                while chunk := running.stdout.read(256 * 1024):
                    sealing.write(chunk)
            if running.returncode:
                raise Trouble(f"{Path(command[0]).name} failed: {_last_words(said)}")
    return weigh(path)


def _last_words(said: IO[bytes]) -> str:
    said.seek(0)
    return said.read()[-1500:].decode(errors="replace").strip()


def weigh(path: Path) -> dict[str, Any]:
    """Size and hash of a part as it lies there."""
    with path.open("rb") as file:
        return {"size": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def check_parts(manifest: places.Manifest) -> None:
    """Every part as it was weighed; that is cheap, so it comes first."""
    for name, known in manifest.parts.items():
        path = manifest.folder / name
        if not path.exists():
            raise Trouble(f"{path} is missing. Use another backup (jiedao backup list).")
        if weigh(path) != known:
            raise Trouble(f"{path} is not what was written. Use another backup (jiedao backup list).")


def restore(manifest: places.Manifest, database: str, schema: str = "") -> None:
    """Plays a dump into a database that is there and empty (of that schema)."""
    command = [program("pg_restore"), "--exit-on-error", "--no-password", f"--dbname={database}"]
    if schema and not manifest.district:
        _make_schema(database, schema)  # pg_restore takes a schema's contents out of a whole dump, not the schema
        command += [f"--schema={schema}"]
    with tempfile.TemporaryFile() as said:
        running = subprocess.Popen(
            command, env=environment(admin(database)), stdin=subprocess.PIPE, stdout=said, stderr=said
        )
        assert running.stdin is not None
        try:
            with running.stdin as into:
                for chunk in opened(manifest.folder / DATABASE, places.key(), DATABASE):
                    into.write(chunk)
        except BrokenPipeError:
            pass  # it ended early; its words say why
        except Trouble:
            running.kill()
            raise
        finally:
            running.wait()
        if running.returncode:
            raise Trouble(f"pg_restore failed: {_last_words(said)}")


def _make_schema(database: str, schema: str) -> None:
    with connected(database, autocommit=True) as connection:
        named, owner = sql.Identifier(schema), sql.Identifier(role_name("owner"))
        everyone = sql.SQL(", ").join(sql.Identifier(role_name(role)) for role in ROLES[1:])
        connection.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(named, owner))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(named, everyone))


@contextmanager
def scratch(name: str) -> Iterator[str]:
    """An empty database that nobody else gets into, gone again in the end."""
    make(name)
    try:
        yield name
    finally:
        drop(name)


def make(name: str) -> None:
    """Owned as the real one is, and shut as it."""
    with connected(autocommit=True) as connection:
        named, owner = sql.Identifier(name), sql.Identifier(role_name("owner"))
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(named))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(named, owner))
        everyone = sql.SQL(", ").join(sql.Identifier(role_name(role)) for role in ROLES[1:])
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(named))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(named, everyone))


def drop(name: str) -> None:
    with connected(autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def compare(manifest: places.Manifest, database: str, schema: str = "") -> list[str]:
    """Table by table, what the copy lacks."""
    with connected(database) as connection:
        sums.settle(connection)
        got, given = sums.of_tables(connection, schema), sums.of_sequences(connection, schema)
    inside = f"{schema}." if schema else ""
    wanted = {name: row for name, row in manifest.tables.items() if name.startswith(inside)}
    numbers = {name: last for name, last in manifest.sequences.items() if name.startswith(inside)}
    return sums.differences(wanted, got, numbers, given)
