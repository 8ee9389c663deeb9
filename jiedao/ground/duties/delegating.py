"""Delegating (赋权): powers given to a lower level, adjusted, taken back, each with a date and a department (D6)."""

from datetime import date

from jiedao.ground.duties import drafts, written
from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.people.actor import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.refusal import Refused


def give(
    draft: DutyList, codes: list[str], *, giver: Unit, given_on: date, by: Actor, source: DutyList | None = None
) -> None:
    """Enters powers in the draft as given by a department on a date; from `source`, those the draft lacks come along.

    For one that was given before, this adjusts giver and date. Coercive measures may not be entrusted:
    `coercion_not_delegated` (administrative coercion law, article 17).
    """
    with drafts.held(draft, by) as version:
        if source is not None:
            drafts.take(version, source, codes, by=by)
        rows = list(version.items.filter(code__in=codes)) + list(version.items.filter(parent__code__in=codes))
        unknown = sorted(set(codes) - {row.code for row in rows})
        if unknown:
            raise Refused("unknown_item", field="items", given=unknown[0])
        forced = [row.code for row in rows if row.type == DutyItem.Type.COERCION]
        if forced:
            raise Refused("coercion_not_delegated", items=forced[:8])
        version.items.filter(pk__in=[row.pk for row in rows]).update(giver=giver, given_on=given_on)
        drafts.note(version, "give", by, items=codes[:200], giver=giver.code, given_on=given_on.isoformat())


def take_back(draft: DutyList, codes: list[str], *, by: Actor) -> None:
    """Takes powers off the draft: they go back to the department that gave them, on the day it comes into force.

    Refuses `giver_unnamed` for what nobody is recorded to have given.
    """
    with drafts.held(draft, by) as version:
        there = written.of(version)
        for code in codes:
            if code not in there:
                raise Refused("unknown_item", field="items", given=code)
            if not there[code]["giver"]:
                raise Refused("giver_unnamed", field="giver", item=there[code]["name"])
        version.items.filter(code__in=codes).delete()
        back = {code: there[code]["giver"] for code in codes}
        drafts.note(version, "take_back", by, items=list(back)[:200], givers=sorted(set(back.values())))
