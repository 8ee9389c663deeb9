"""Reading at once (合并读取): rows of our tables with what they point to, each question one prepared statement.

The counterpart of `writing`, for the few questions that every move asks. The ORM builds its SQL anew for each of them,
which took four times as long as the answer; lists and pages, where it does not matter, go on asking the ORM.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from django.db import models
from django.db.models.base import ModelState

from jiedao.ground.db.asking import Statement, typed

T = TypeVar("T", bound=models.Model)


@dataclass(frozen=True)
class Question:
    """The rows `t` of a table that meet a condition, which may end in an order or a lock. `to`: relations that come along."""

    table: type[models.Model]
    condition: str
    values: Sequence[Any] = ()
    to: tuple[str, ...] = ()

    @property
    def statement(self) -> Statement:
        return _statement(self.table, self.condition, self.to), self.values


def answers(*questions: Question) -> list[list[Any]]:
    """The rows that each question asks for, in one trip."""
    told = typed(*(question.statement for question in questions))
    return [[_whole(q.table, q.to, row) for row in rows] for q, rows in zip(questions, told, strict=True)]


def rows(table: type[T], condition: str, values: Sequence[Any] = (), *, to: tuple[str, ...] = ()) -> list[T]:
    """The rows of one question."""
    return answers(Question(table, condition, values, to))[0]


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


def _whole(table: type[T], to: tuple[str, ...], found: tuple[Any, ...]) -> T:
    """One row and its relations, from one line of the answer."""
    at = len(_names(table))
    row = _row(table, found[:at])
    for name in to:
        other: Any = table._meta.get_field(name).related_model
        upto = at + len(_names(other))
        row._state.fields_cache[name] = _row(other, found[at:upto]) if found[at] is not None else None
        at = upto
    return row


def _row(table: type[T], values: tuple[Any, ...]) -> T:
    row = table.__new__(table)
    row._state = ModelState()
    row._state.adding, row._state.db = False, "default"
    row.__dict__.update(zip(_names(table), values, strict=True))
    return row


@lru_cache(maxsize=64)
def _names(table: type[models.Model]) -> tuple[str, ...]:
    """The attribute of every column, the primary key first as models have it."""
    fields: Any = table._meta.concrete_fields
    return tuple(field.attname for field in fields)
