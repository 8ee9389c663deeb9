"""Fates (去向): what became of rows that left a list: the last thing people did to each. One query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from jiedao.record.definition import Label
from jiedao.record.queries import scope
from jiedao.record.queries.worklists import Named


@dataclass(frozen=True)
class Fate:
    """The last thing done, by which post, when. No person is named; `post` is None where a resident did it."""

    verb: Label
    post: Named | None
    at: datetime
    post_id: UUID | None


# Rings of the clock are no fate.
_LAST = """
SELECT c.id, c.process_id, e.verb, e.at, e.post_id, p.name, p.name_en, p.code FROM unnest(%s::uuid[]) w(id)
JOIN record_case c ON c.id = w.id
JOIN LATERAL (SELECT verb, at, post_id FROM record_entry WHERE case_id = c.id AND actor <> 'system'
  ORDER BY seq DESC LIMIT 1) e ON TRUE
LEFT JOIN people_post p ON p.id = e.post_id
"""


def fates(cases: Sequence[UUID]) -> dict[UUID, Fate]:
    """By case. Cases that only the clock has touched have none."""
    if not cases:
        return {}
    known = scope.definitions()
    return {
        pk: Fate(known[process].verb_label(verb), Named(name, name_en, code) if name else None, at, post_id)
        for pk, process, verb, at, post_id, name, name_en, code in scope.rows(_LAST, [list(cases)])
    }
