"""Reading at once (合并读取): rows of our tables with what they point to, each question one prepared statement.

The counterpart of `writing`, for the few questions that every move asks. The ORM builds its SQL anew for each of them,
which took four times as long as the answer; lists and pages, where it does not matter, go on asking the ORM.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.base import ModelState

from jiedao.ground.db.asking import ask

T = TypeVar("T", bound=models.Model)
Reader = Callable[[str], Any]


def rows(table: type[T], condition: str, values: Sequence[Any] = (), *, to: tuple[str, ...] = ()) -> list[T]:
    """The rows `t` of a table that meet a condition, which may end in an order or a lock. `to`: relations that come along."""
    return [_whole(table, to, found) for found in ask(_statement(table, condition, to), values)]


def exists(table: type[models.Model], condition: str, values: Sequence[Any]) -> bool:
    """Whether any row `t` of a table meets a condition."""
    return bool(ask(f'SELECT 1 FROM "{table._meta.db_table}" t WHERE {condition} LIMIT 1', values))


@lru_cache(maxsize=256)
def _statement(table: type[models.Model], condition: str, to: tuple[str, ...]) -> str:
    shown, joined = _shown("t", table), []
    for name in to:
        field: Any = table._meta.get_field(name)
        other = field.related_model
        shown += _shown(f"to_{name}", other)
        joined.append(f'LEFT JOIN "{other._meta.db_table}" to_{name} ON to_{name}.id = t."{field.column}"')
    return f'SELECT {", ".join(shown)} FROM "{table._meta.db_table}" t {" ".join(joined)} WHERE {condition}'


def _shown(alias: str, table: type[models.Model]) -> list[str]:
    fields: Any = table._meta.concrete_fields
    return [f'{alias}."{field.column}"' for field in fields]


def _whole(table: type[T], to: tuple[str, ...], found: tuple[str | None, ...]) -> T:
    """One row and its relations, from the texts of one line of the answer."""
    at = len(_readers(table))
    row = _row(table, found[:at])
    for name in to:
        other: Any = table._meta.get_field(name).related_model
        upto = at + len(_readers(other))
        row._state.fields_cache[name] = _row(other, found[at:upto]) if found[at] is not None else None
        at = upto
    return row


def _row(table: type[T], texts: tuple[str | None, ...]) -> T:
    row = table.__new__(table)
    row._state = ModelState()
    row._state.adding, row._state.db = False, "default"
    held = row.__dict__
    for (name, read), text in zip(_readers(table), texts, strict=True):
        held[name] = None if text is None else read(text)
    return row


@lru_cache(maxsize=64)
def _readers(table: type[models.Model]) -> tuple[tuple[str, Reader], ...]:
    """The attribute of every column, the primary key first as models have it, and how its text is read."""
    fields: Any = table._meta.concrete_fields
    return tuple((field.attname, _reader(field)) for field in fields)


def _reader(field: Any) -> Reader:
    while field.is_relation:
        field = field.target_field
    if isinstance(field, ArrayField):
        one = _reader(field.base_field)
        return lambda text: [one(part) for part in text[1:-1].split(",")] if text != "{}" else []
    return next((read for kind, read in _READ.items() if isinstance(field, kind)), str)


_READ: dict[type[Any], Reader] = {
    models.UUIDField: UUID,
    models.DateTimeField: datetime.fromisoformat,
    models.DateField: date.fromisoformat,
    models.BooleanField: lambda text: text == "t",
    models.IntegerField: int,
    models.FloatField: float,
    models.JSONField: msgspec.json.decode,
    models.BinaryField: lambda text: bytes.fromhex(text[2:]),
}
"""Arrays hold ids or numbers: no element is quoted."""
