"""Cases (读取案件): one case read whole, with its process, item and place; under its lock where it is to be changed."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from jiedao.record import reading, versions
from jiedao.record.models import Case


def numbered(number: str) -> Case | None:
    """The case of a number. None if there is none; whether the actor may see it is asked by `sight`."""
    found = _with_process("t.number = $1", [number], to=("item", "area", "holder"))
    return found[0] if found else None


def locked(case_id: UUID) -> Case:
    """The case under its row lock, which the transaction keeps. Only `flow.hold` calls this."""
    found = _with_process("t.id = $1 FOR UPDATE OF t", [case_id], to=("item", "area"))
    if not found:
        raise Case.DoesNotExist
    return found[0]


def _with_process(condition: str, values: Sequence[Any], *, to: tuple[str, ...]) -> list[Case]:
    found = reading.rows(Case, condition, values, to=to)
    for case in found:
        case.process = versions.published(case.process_id)
    return found
