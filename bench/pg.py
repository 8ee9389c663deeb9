"""pgbench (基准): the rate of PostgreSQL itself, by its own program, on the same server in the same run.

The transaction is that of a report at its barest: one row of a case and one row of its first entry, into tables of
the very shape of ours (`LIKE … INCLUDING ALL`: every column, index and check, no foreign key), prepared once.
"""

import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

SCHEMA = "bench"
CLIENTS = 16
THREADS = 2

_RATE = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)


class Bench:
    """pgbench over one database, as its owner."""

    def __init__(self, program: Path, server: dict[str, Any], folder: Path, district: str = "public") -> None:
        self.program, self.server, self.folder, self.district = program, server, folder, district

    def rate(self, script: str, seconds: int) -> float:
        """Transactions a second: 16 clients on two threads, every statement prepared once."""
        path = self.folder / "script.sql"
        path.write_text(script, encoding="utf-8")
        command = [self.program, "-n", "-M", "prepared", "-c", CLIENTS, "-j", THREADS, "-T", seconds, "-f", path]
        command += ["-h", self.server["host"], "-U", self.server["user"], self.server["dbname"]]
        done = subprocess.run(
            [str(word) for word in command],
            env={
                "PGPASSWORD": self.server["password"],
                "PGOPTIONS": f"-c search_path={self.district},public",
                "LC_ALL": "C",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        found, failed = _RATE.search(done.stdout), _FAILED.search(done.stdout)
        if done.returncode or found is None or (failed and int(failed[1])):
            raise RuntimeError(f"pgbench: {done.stdout[-800:]}{done.stderr[-800:]}")
        return float(found[1])

    def version(self) -> str:
        with psycopg.connect(**self.server) as connection:
            return str(connection.execute("SHOW server_version").fetchone()[0])  # type: ignore[index]

    def size(self) -> int:
        """Bytes of the district's tables of cases, with their indexes."""
        asked = (
            "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c"
            " WHERE c.relnamespace = %s::regnamespace AND c.relkind = 'r' AND c.relname LIKE 'record%%'"
        )
        with psycopg.connect(**self.server) as connection:
            return int(connection.execute(asked, [self.district]).fetchone()[0])  # type: ignore[index]

    def whole(self) -> int:
        """Bytes of the whole database."""
        with psycopg.connect(**self.server) as connection:
            return int(connection.execute("SELECT pg_database_size(current_database())").fetchone()[0])  # type: ignore[index]

    def settle(self) -> None:
        """What autovacuum would do in the next minutes, done before anything is measured."""
        with psycopg.connect(**self.server, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")

    def two_rows(self) -> str:
        """The script of the two-row transaction, its values those of a case that is there. Makes the tables anew."""
        district = self.district
        with psycopg.connect(**self.server, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            connection.execute(f"CREATE SCHEMA {SCHEMA}")
            connection.execute(f"CREATE SEQUENCE {SCHEMA}.number")
            for table in ("record_case", "record_entry"):
                connection.execute(f"CREATE TABLE {SCHEMA}.{table} (LIKE {district}.{table} INCLUDING ALL)")
            case = _insert(connection, district, "record_case", id="uuidv7()", number=f"nextval('{SCHEMA}.number')")
            entry = _insert(connection, district, "record_entry", id="uuidv7()", case_id=":case_id")
        return f"BEGIN;\n{case} RETURNING id AS case_id \\gset\n{entry};\nCOMMIT;\n"

    def copied(self, tables: Sequence[str]) -> float:
        """Seconds in which COPY writes these tables' imported cases into tables of their very shape, in one transaction."""
        parts = [self.folder / f"{table}.copy" for table in tables]
        with psycopg.connect(**self.server) as connection:
            connection.execute(sql.SQL("SET search_path = {}, public").format(sql.Identifier(self.district)))
            for table, path in zip(tables, parts, strict=True):
                key = "id" if table == "record_case" else "case_id"
                rows = f"SELECT * FROM {table} WHERE {key} IN (SELECT id FROM record_case WHERE imported)"
                with path.open("wb") as file, connection.cursor().copy(f"COPY ({rows}) TO STDOUT") as stream:
                    file.writelines(stream)
                connection.execute(f"DROP TABLE IF EXISTS {SCHEMA}.{table}")
                connection.execute(f"CREATE TABLE {SCHEMA}.{table} (LIKE {table} INCLUDING ALL)")
            connection.commit()
            connection.execute(f"SET search_path = {SCHEMA}, public")
            began = time.monotonic()
            for table, path in zip(tables, parts, strict=True):
                with path.open("rb") as file, connection.cursor().copy(f"COPY {table} FROM STDIN") as stream:
                    while part := file.read(1 << 20):
                        stream.write(part)
                path.unlink()
            connection.commit()
            return time.monotonic() - began


def _insert(connection: psycopg.Connection, district: str, table: str, **instead: str) -> str:
    """The INSERT of one row as it stands in the district, with expressions in place of some columns."""
    taken = f"SELECT * FROM {district}.{table} WHERE seq = 1 LIMIT 1"
    cursor = connection.execute(taken)
    row, columns = cursor.fetchone(), cursor.description
    assert row is not None and columns is not None
    given = dict(zip((column.name for column in columns), row, strict=True))
    values = [instead.get(name) or _literal(connection, value) for name, value in given.items()]
    names = ", ".join(f'"{name}"' for name in given)
    return f"INSERT INTO {SCHEMA}.{table} ({names}) VALUES ({', '.join(values)})"


def _literal(connection: psycopg.Connection, value: Any) -> str:
    given = Jsonb(value) if isinstance(value, dict) else value
    return sql.Literal(given).as_string(connection).replace("\n", " ")
