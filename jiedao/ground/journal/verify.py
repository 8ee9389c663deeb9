"""Verifying the journal (核验留痕): recomputes the chains of changes and of looks, and says where one does not hold."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet

from jiedao.ground.journal import chain
from jiedao.ground.journal.models import Change, Look
from jiedao.ground.journal.notes import told_change, told_look

LOT = 5_000


def faults() -> Iterator[str]:
    """What is wrong, each with its chain and line. A tail that was cut is found by its seal alone."""
    changes = Change.objects.order_by("kind", "object_id", "seq")
    yield from _faults(changes, lambda row: f"change {row.kind} {row.object_id}", told_change)
    yield from _faults(Look.objects.order_by("reader", "seq"), lambda row: f"look {row.reader}", told_look)


def _faults(rows: QuerySet[Any], named: Callable[[Any], str], told: Callable[[Any], dict[str, Any]]) -> Iterator[str]:
    name, before, expected = "", b"", 1
    for row in rows.iterator(chunk_size=LOT):
        if named(row) != name:
            name, before, expected = named(row), b"", 1
        if row.seq != expected:
            yield f"{name} line {expected}: missing"
        if bytes(row.prev) != before:
            yield f"{name} line {row.seq}: does not follow the line before"
        if chain.link(bytes(row.prev), chain.plain(told(row))) != bytes(row.hash):
            yield f"{name} line {row.seq}: was changed"
        before, expected = bytes(row.hash), row.seq + 1
