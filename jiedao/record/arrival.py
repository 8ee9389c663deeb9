"""Arrival codes (现场码): six digits that change on the host's screen, so that reporting in means being there."""

from jiedao.kit import vault
from jiedao.kit.clock import now
from jiedao.record.models import Case

GOOD_FOR = 60
"""Seconds a code is good for. Source: local default."""

STEP = 30


def code(case: Case, step: int | None = None) -> str:
    """The code of the present half minute."""
    step = int(now().timestamp()) // STEP if step is None else step
    return f"{int.from_bytes(vault.blind(f'arrival:{case.id}:{step}')[:4], 'big') % 1_000_000:06d}"


def valid(case: Case, given: str) -> bool:
    """Whether the code was on the screen within the last minute."""
    step = int(now().timestamp()) // STEP
    return given.strip() in (code(case, step), code(case, step - 1))
