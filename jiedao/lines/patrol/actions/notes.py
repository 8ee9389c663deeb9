"""Lines of the journal (留痕) for what patrol changes beside the case."""

from typing import Any
from uuid import UUID

from jiedao.ground.journal import notes
from jiedao.ground.people import Actor


def changed(kind: str, pk: UUID, verb: str, by: Actor, **facts: Any) -> None:
    """One line of an object's chain, with who did it."""
    notes.change(
        kind,
        pk,
        verb,
        **by.author,
        system=by.name if by.kind == "system" else "",
        **facts,
    )
