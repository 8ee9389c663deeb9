"""Writing at once (合并写入): the rows of one act in one statement, however many tables they go to.

Ten single INSERTs cost ten trips and ten plans; as one prepared statement they cost little more than one. The text of
a statement depends only on which tables it fills, in which order.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec
from django.db import models

from jiedao.ground.db.asking import ask

Row = models.Model


def insert(rows: Iterable[Row | None]) -> None:
    """Inserts new rows of any tables, all of them or none. `None` among them is left out."""
    kept = [row for row in rows if row is not None]
    if not kept:
        return
    ask(_statement(tuple(type(row) for row in kept)), [value for row in kept for value in _values(row)])
    for row in kept:
        row._state.adding = False


@lru_cache(maxsize=256)
def _statement(tables: tuple[type[Row], ...]) -> str:
    """One INSERT per row; all but the last stand before it as parts of the same statement."""
    parts, at = [], 1
    for table in tables:
        names = _columns(table)
        places = ", ".join(f"${at + n}" for n in range(len(names)))
        columns = ", ".join(f'"{column}"' for column, _, _ in names)
        parts.append(f'INSERT INTO "{table._meta.db_table}" ({columns}) VALUES ({places})')
        at += len(names)
    *before, last = parts
    named = ", ".join(f"r{n} AS ({part})" for n, part in enumerate(before))
    return f"WITH {named} {last}" if named else last


@lru_cache(maxsize=64)
def _columns(table: type[Row]) -> tuple[tuple[str, str, bool], ...]:
    """Column, attribute, and whether it is JSON, of every column of a table."""
    return tuple((f.column, f.attname, isinstance(f, models.JSONField)) for f in table._meta.concrete_fields)  # type: ignore[misc]


def _values(row: Row) -> list[Any]:
    held = row.__dict__
    return [
        msgspec.json.encode(held[name]).decode() if is_json and held[name] is not None else held[name]
        for _, name, is_json in _columns(type(row))
    ]
