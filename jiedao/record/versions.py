"""Versions in force (现行流程): which version of a process a new case pins. Published ones are read once per process."""

from datetime import datetime
from functools import lru_cache
from uuid import UUID

from jiedao.ground.db.asking import Statement, ask
from jiedao.kit.clock import local
from jiedao.kit.refusal import Refused
from jiedao.record.models import ProcessVersion


def process(code: str) -> ProcessVersion:
    """The version of a process in force, asked every time. Refuses `no_such_process`."""
    return _known(ask("SELECT id FROM record_processversion WHERE code = $1 AND retired_at IS NULL", [code]), code)


def numbered(code: str, at: datetime) -> tuple[ProcessVersion, str]:
    """The version in force and the next number of a case under it, in one question."""
    found = ask(*asked_first(code, at))
    return _known(found, code), f"{_year(at):02d}-{int(found[0][1] or 0):05d}"


def asked_first(code: str, at: datetime) -> Statement:
    """What `numbered` asks."""
    drawn = f"SELECT id, nextval('case_number_{_year(at):02d}') FROM record_processversion"
    return f"{drawn} WHERE code = $1 AND retired_at IS NULL", [code]


def _year(at: datetime) -> int:
    return local(at).year % 100


def _known(found: list[tuple[str | None, ...]], code: str) -> ProcessVersion:
    if not found or found[0][0] is None:
        raise Refused("no_such_process", process=code)
    return published(UUID(found[0][0]))


@lru_cache(maxsize=256)
def published(version: UUID) -> ProcessVersion:
    """A version by its id. It may be kept: which one is in force changes, a published one never does."""
    return ProcessVersion.objects.get(pk=version)
