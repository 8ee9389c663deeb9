"""Cases (读取案件): one case read whole, with its process, item and place; under its lock where it is to be changed.

With it, in the same trip, come its orders, and under the lock who is assigned and what clocks run: every move asks.
"""

from uuid import UUID

from jiedao.ground.db.asking import Statement
from jiedao.record import clocks, reading, versions
from jiedao.record.models import Case


def numbered(number: str) -> Case | None:
    """The case of a number. None if there is none; whether the actor may see it is asked by `sight`."""
    found, orders = reading.answers(*_numbered(number))
    if not found:
        return None
    found[0]._orders = orders
    return _with_process(found[0])


def locked(case_id: UUID) -> Case:
    """The case under its row lock, which the transaction keeps. Only `flow.hold` calls this.

    What lies around it is read after the lock was got, so that it is as the lock found it.
    """
    found, orders, assigned, running = reading.answers(*_locked(case_id))
    if not found:
        raise Case.DoesNotExist
    case: Case = found[0]
    case._orders, case._assigned, case._book = orders, assigned, running  # type: ignore[attr-defined]
    return _with_process(case)


def asked_by_number(number: str) -> list[Statement]:
    """What `numbered` asks, for who can ask it along with something else."""
    return [question.statement for question in _numbered(number)]


def asked_by_lock(case_id: UUID) -> list[Statement]:
    """What `locked` asks."""
    return [question.statement for question in _locked(case_id)]


def _numbered(number: str) -> tuple[reading.Question, ...]:
    return (
        reading.Question(Case, "t.number = $1", [number], to=("item", "area", "holder")),
        Case.orders_of("(SELECT id FROM record_case WHERE number = $1)", number),
    )


def _locked(case_id: UUID) -> tuple[reading.Question, ...]:
    return (
        reading.Question(Case, "t.id = $1 FOR UPDATE OF t", [case_id], to=("item", "area")),
        Case.orders_of("$1", case_id),
        Case.assigned_to(case_id),
        clocks.running_on(case_id),
    )


def _with_process(case: Case) -> Case:
    case.process = versions.published(case.process_id)
    return case
