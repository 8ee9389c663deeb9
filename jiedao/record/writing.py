"""Writing at once (合并写入): the rows of one act in one statement, however many tables they go to.

Ten single INSERTs cost ten trips and ten plans; as one prepared statement they cost little more than one. The text of
a statement depends only on which tables it fills, in which order.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from django.db import models
from django.db.models.base import ModelState

from jiedao.ground.db.asking import tell

T = TypeVar("T", bound=models.Model)


@dataclass(frozen=True)
class Plain:
    """A row of a table that has no model of ours: the job queue's."""

    table: str
    columns: tuple[str, ...]
    values: tuple[Any, ...]


Row = models.Model | Plain
Kind = type[models.Model] | tuple[str, tuple[str, ...]]


def new(table: type[T], **given: Any) -> T:
    """A row that is not yet written, with the defaults of its table. Relations are given as rows, under their names.

    Django's constructor asks every field, descriptor and signal in turn: for a case that costs more than its INSERT.
    """
    row = table.__new__(table)
    row._state = ModelState()
    held = row.__dict__
    for name, default in _defaults(table):
        held[name] = default() if callable(default) else default
    relations = _relations(table)
    for name, value in given.items():
        if name in relations:
            row._state.fields_cache[name] = value
            held[relations[name]] = value.pk if value is not None else None
        else:
            held[name] = value
    return row


def insert(rows: Iterable[Row | None]) -> None:
    """Inserts new rows of any tables, all of them or none. `None` among them is left out."""
    kept = [row for row in rows if row is not None]
    if not kept:
        return
    tell(_statement(tuple(_kind(row) for row in kept)), [value for row in kept for value in _values(row)])
    for row in kept:
        if isinstance(row, models.Model):
            row._state.adding = False


def update(row: models.Model, names: Iterable[str]) -> None:
    """Writes these fields of a row that is there, in one prepared statement."""
    columns = [_column(type(row), name) for name in dict.fromkeys(names)]
    sets = ", ".join(f'"{column}" = ${n}' for n, (column, _, _) in enumerate(columns, 2))
    values = [_value(row, attribute, is_json) for _, attribute, is_json in columns]
    tell(f"UPDATE {_table(type(row))} SET {sets} WHERE id = $1", [row.pk, *values])


@lru_cache(maxsize=512)
def _column(table: type[models.Model], name: str) -> tuple[str, str, bool]:
    field: Any = table._meta.get_field(name)
    return field.column, field.attname, isinstance(field, models.JSONField)


def _value(row: models.Model, attribute: str, is_json: bool) -> Any:
    value = row.__dict__[attribute]
    return msgspec.json.encode(value).decode() if is_json and value is not None else value


def _kind(row: Row) -> Kind:
    return (row.table, row.columns) if isinstance(row, Plain) else type(row)


def _values(row: Row) -> Iterable[Any]:
    if isinstance(row, Plain):
        return row.values
    return [_value(row, name, is_json) for _, name, is_json in _columns(type(row))]


@lru_cache(maxsize=256)
def _statement(kinds: tuple[Kind, ...]) -> str:
    """One INSERT per row; all but the last stand before it as parts of the same statement."""
    parts, at = [], 1
    for kind in kinds:
        table, names = kind if isinstance(kind, tuple) else (_table(kind), [c for c, _, _ in _columns(kind)])
        places = ", ".join(f"${at + n}" for n in range(len(names)))
        columns = ", ".join(f'"{name}"' for name in names)
        parts.append(f"INSERT INTO {table} ({columns}) VALUES ({places})")
        at += len(names)
    *before, last = parts
    named = ", ".join(f"r{n} AS ({part})" for n, part in enumerate(before))
    return f"WITH {named} {last}" if named else last


def _table(model: type[models.Model]) -> str:
    return f'"{model._meta.db_table}"'


@lru_cache(maxsize=64)
def _columns(table: type[models.Model]) -> tuple[tuple[str, str, bool], ...]:
    """Column, attribute, and whether it is JSON, of every column of a table."""
    fields: Any = table._meta.concrete_fields
    return tuple((f.column, f.attname, isinstance(f, models.JSONField)) for f in fields)


@lru_cache(maxsize=64)
def _defaults(table: type[models.Model]) -> tuple[tuple[str, Any], ...]:
    fields: Any = table._meta.concrete_fields
    return tuple((f.attname, f.default if f.has_default() else None if f.null else f.get_default()) for f in fields)


@lru_cache(maxsize=64)
def _relations(table: type[models.Model]) -> dict[str, str]:
    fields: Any = table._meta.concrete_fields
    return {f.name: f.attname for f in fields if f.is_relation}
