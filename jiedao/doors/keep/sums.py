"""Sums (逐表核对): rows and a sum of hashes of every table, so that a copy can be shown to be equal."""

import psycopg
from psycopg import sql

_TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema$)' AND (%s = '' OR n.nspname = %s)
ORDER BY 1, 2
"""
_SEQUENCES = """
SELECT schemaname, sequencename, last_value FROM pg_sequences
WHERE last_value IS NOT NULL AND (%s = '' OR schemaname = %s)
"""


def of_tables(connection: psycopg.Connection, schema: str = "") -> dict[str, list[int | str]]:
    """By table: how many rows, and the sum of their hashes; the order of rows does not count."""
    found: dict[str, list[int | str]] = {}
    for space, name in connection.execute(_TABLES, [schema, schema]).fetchall():
        asked = sql.SQL(
            "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM {}.{} AS t"
        ).format(sql.Identifier(space), sql.Identifier(name))
        row = connection.execute(asked).fetchone()
        if row:
            found[f"{space}.{name}"] = [int(row[0]), str(row[1])]
    return found


def of_sequences(connection: psycopg.Connection, schema: str = "") -> dict[str, int]:
    """The last number given out by each; read before the copy, for a sequence belongs to no snapshot."""
    rows = connection.execute(_SEQUENCES, [schema, schema]).fetchall()
    return {f"{space}.{name}": int(last) for space, name, last in rows}


def settle(connection: psycopg.Connection) -> None:
    """Both sides must write their values alike."""
    for name, value in {"timezone": "UTC", "datestyle": "ISO, YMD", "extra_float_digits": "1"}.items():
        connection.execute("SELECT set_config(%s, %s, false)", [name, value])
    connection.execute("SELECT set_config('search_path', 'pg_catalog', false)")


def differences(
    wanted: dict[str, list[int | str]], got: dict[str, list[int | str]], numbers: dict[str, int], given: dict[str, int]
) -> list[str]:
    """What a copy lacks or has otherwise, by table; empty when it is equal."""
    said = []
    for table in sorted(wanted.keys() | got.keys()):
        before, after = wanted.get(table), got.get(table)
        if before is None or after is None:
            said.append(f"{table}: {'is new' if before is None else 'is missing'}")
        elif int(before[0]) != int(after[0]):
            said.append(f"{table}: {after[0]} rows instead of {before[0]}")
        elif before[1] != after[1]:
            said.append(f"{table}: as many rows, but not the same")
    said += [f"{name}: ends at {given.get(name)} before {last}" for name, last in numbers.items()
             if given.get(name, -1) < last]  # fmt: skip
    return said
