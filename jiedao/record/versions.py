"""Versions in force (现行流程): which version of a process a new case pins. Published ones are read once per process."""

from functools import lru_cache
from uuid import UUID

from jiedao.ground.db.asking import ask
from jiedao.kit.refusal import Refused
from jiedao.record.models import ProcessVersion


def process(code: str) -> ProcessVersion:
    """The version of a process in force, asked every time. Refuses `no_such_process`."""
    found = ask("SELECT id FROM record_processversion WHERE code = $1 AND retired_at IS NULL", [code])
    if not found:
        raise Refused("no_such_process", process=code)
    return published(UUID(found[0][0]))


@lru_cache(maxsize=256)
def published(version: UUID) -> ProcessVersion:
    """A version by its id. It may be kept: which one is in force changes, a published one never does."""
    return ProcessVersion.objects.get(pk=version)
