"""Erasures (删除留底): which subjects were erased, outside the database, so that an older backup does not bring them back.

Only ids and times; nobody can be told from them.
"""

import json
from pathlib import Path

import psycopg
from psycopg import sql

from jiedao.doors.keep import places
from jiedao.ground.db.roles import parameters

_ERASED = "SELECT id::text, erased_at::text FROM {}.people_subject WHERE erased_at IS NOT NULL ORDER BY erased_at, id"
_AGAIN = """
UPDATE {}.people_subject SET key = NULL, phone_hash = NULL, erased_at = %s
WHERE id = %s::uuid AND erased_at IS NULL
"""


def list_of(schema: str) -> Path:
    return places.root() / "erased" / f"{schema}.jsonl"


def carry_all() -> int:
    """Adds to each district's list what is not on it yet. Says how many."""
    count = 0
    with psycopg.connect(**parameters("worker"), connect_timeout=10) as connection:
        for (schema,) in connection.execute("SELECT schema_name FROM public.districts_district").fetchall():
            asked = sql.SQL(_ERASED).format(sql.Identifier(schema))
            count += _add(list_of(schema), dict(connection.execute(asked).fetchall()))
    return count


def _add(path: Path, found: dict[str, str]) -> int:
    known = set(_listed(path))
    fresh = {ident: at for ident, at in found.items() if ident not in known}
    if fresh:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="ascii") as file:
            file.writelines(json.dumps({"subject": ident, "at": at}) + "\n" for ident, at in fresh.items())
    return len(fresh)


def _listed(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = (json.loads(line) for line in path.read_text(encoding="ascii").splitlines())
    return {line["subject"]: line["at"] for line in lines}


def apply(connection: psycopg.Connection, schema: str) -> int:
    """Erases again, in a restored copy, whoever was erased after the backup. Says how many."""
    listed = _listed(list_of(schema))
    again = sql.SQL(_AGAIN).format(sql.Identifier(schema))
    return sum(connection.execute(again, [at, ident]).rowcount for ident, at in listed.items())
