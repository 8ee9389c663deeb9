"""The scope of a list (范围): sight as SQL, counting up to a thousand, definitions without reading their documents."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from jiedao.ground.db.asking import ask
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.record import versions
from jiedao.record.definition import Definition

MOST = 1000
"""A list counts exactly up to here; beyond, it says 「1,000+」."""

OPEN_ORDER = "o.answered_at IS NULL AND o.returned_at IS NULL AND o.recalled_at IS NULL"

REPORTED_BY = "c.reporters @> %s::uuid[] AND c.reporters <> '{}'"
"""The second half says nothing new; it lets the index serve, which leaves out cases that nobody of ours reported."""

Params = list[Any]


@dataclass(frozen=True)
class Count:
    """How many rows a list has. `more`: there are more than it counted."""

    number: int

    @property
    def more(self) -> bool:
        return self.number > MOST

    def __str__(self) -> str:
        return f"{MOST:,}+" if self.more else f"{self.number:,}"


def seen_by(actor: Actor) -> tuple[str, Params]:
    """What `sight.visible_to` says, as a condition on the case `c`. A test holds the two together."""
    if actor.kind == "system":
        return "TRUE", []
    if actor.kind == "resident":
        return "c.id = %s", [actor.case_id]
    if actor.person is None:
        return "FALSE", []
    own, params = REPORTED_BY, [[actor.person.id]]
    if actor.post is None:
        return own, list(params)
    unit = actor.post.unit
    shield = "NOT (c.reported_units && %s::uuid[])"
    if unit.kind == Unit.Kind.CENTRE and unit.level == Unit.Level.DISTRICT:
        return shield, [list(unit.above)]
    parts = [f"({own})", "c.units && %s::uuid[]", "c.from_unit_id = ANY(%s::uuid[])"]
    values: Params = [*params, unit.acts_for, unit.acts_for]
    if actor.area_path:
        parts += ["c.area_path = %s", "c.area_path LIKE %s"]
        values += [actor.area_path, actor.area_path.replace("%", r"\%").replace("_", r"\_") + "/%"]
    return f"({' OR '.join(parts)}) AND {shield}", [*values, list(unit.above)]


def rows(sql: str, params: Params) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def count(source: str, params: Params) -> Count:
    """Rows of `FROM … WHERE …`, looked at no further than one beyond the thousand."""
    found = rows(f"SELECT count(*) FROM (SELECT 1 {source} LIMIT {MOST + 1}) counted", params)
    return Count(found[0][0])


def counts(sources: dict[str, tuple[str, Params]]) -> dict[str, Count]:
    """Several counts in one query."""
    if not sources:
        return {}
    parts = [f"(SELECT count(*) FROM (SELECT 1 {source} LIMIT {MOST + 1}) counted)" for source, _ in sources.values()]
    params = [value for _, values in sources.values() for value in values]
    found = rows(f"SELECT {', '.join(parts)}", params)[0]
    return {name: Count(number) for name, number in zip(sources, found, strict=True)}


def definitions() -> dict[UUID, Definition]:
    """Every version of every process of the district. One query; a document is read once per process: it never changes."""
    ids = [UUID(row[0]) for row in ask("SELECT id FROM record_processversion")]
    return {pk: versions.published(pk).definition for pk in ids}


def in_force() -> list[Definition]:
    """The versions that new cases get, one per process."""
    known = definitions()
    found = rows("SELECT id FROM record_processversion WHERE retired_at IS NULL ORDER BY code", [])
    return [known[row[0]] for row in found]


def within(pairs: set[tuple[UUID, str]]) -> tuple[str, Params]:
    """Cases in one of these states of one of these versions; the plain list of states lets the index work."""
    if not pairs:
        return "FALSE", []
    ordered = sorted(pairs, key=lambda pair: (pair[1], str(pair[0])))
    return (
        "c.state = ANY(%s::text[]) AND (c.process_id, c.state) IN (SELECT * FROM unnest(%s::uuid[], %s::text[]))",
        [sorted({state for _, state in pairs}), [pk for pk, _ in ordered], [state for _, state in ordered]],
    )
