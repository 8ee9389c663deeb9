"""Linked areas (挂点联系): the open cases of a leader's areas, units and fields, and those taken over (O10)."""

from collections.abc import Iterable
from typing import Any

from jiedao.ground.people.models import Link
from jiedao.record.queries.worklists import Listing, Lists

_OPEN = "c.phase = ANY('{intake,triage,dispatch,resolution,verification}')"
_FIELD = "c.item_id IN (SELECT i.id FROM duties_dutyitem i WHERE %s IN (i.category, i.category_en, i.code))"
_TAKEN = """c.id IN (SELECT e.case_id FROM record_entry e WHERE e.person_id = %s
  AND (e.verb = 'instruct' OR e.verb = 'supervise' AND jsonb_exists(c.marks, 'supervised')))"""


def linked(lists: Lists, links: Iterable[Link]) -> Listing:
    """Open cases in sight that lie in a linked area, that a linked unit has, or whose item is of a claimed field."""
    parts: list[str] = []
    values: list[Any] = []
    for link in links:
        if link.area is not None:
            parts.append("c.area_path = %s OR c.area_path LIKE %s")
            values += [link.area.path, f"{link.area.path}/%"]
        if link.unit_id is not None:
            parts.append("c.units @> %s::uuid[]")
            values.append([link.unit_id])
        if link.field:
            parts.append(_FIELD)
            values.append(link.field)
    return lists.where(f"{_OPEN} AND ({' OR '.join(parts) or 'FALSE'})", *values)


def taken_over(lists: Lists) -> Listing:
    """Open cases on which the actor wrote an instruction, or which he took over to supervise and that are supervised still."""
    person = lists.actor.person
    return lists.where(f"{_OPEN} AND {_TAKEN}", person.id) if person else lists.where("FALSE")
