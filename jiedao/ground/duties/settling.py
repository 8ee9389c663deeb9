"""Settling (三事分流): a kind of matter is settled at the lowest level that can, if the item is admitted there (E2)."""

from dataclasses import dataclass

from jiedao.ground.duties.models import ADMITS, DutyItem, DutyList
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area
from jiedao.ground.terms.models import Term, terms
from jiedao.kit.clock import today
from jiedao.kit.refusal import Refused

TABLE = "matter"
CLIMBS: dict[str, tuple[str, ...]] = {
    "grid": (Unit.Level.COMMUNITY, Unit.Level.SUBDISTRICT),
    "community": (Unit.Level.COMMUNITY, Unit.Level.SUBDISTRICT),
    "subdistrict": (Unit.Level.SUBDISTRICT,),
    "department": (),
}
"""Where a matter is tried, from below: the yard's grid belongs to its community. What nobody below may take stays with
whom the duty list names.
"""


@dataclass(frozen=True)
class Settled:
    """Who settles it below, and why."""

    unit: Unit
    why: dict[str, str]


def kind_of(matter: str) -> Term:
    """A kind of matter of the district's own table. Refuses `unknown_matter`."""
    known = terms(TABLE)
    if matter not in known:
        raise Refused("unknown_matter", given=matter, known=[term.name for term in known.values()])
    return known[matter]


def settled(item: DutyItem, area: Area | None, matter: str) -> Settled | None:
    """The community or sub-district of the place that settles this kind of matter. None where neither may.

    Three queries: the table, the lists of both levels, the units of the place.
    """
    term = kind_of(matter)
    climb = CLIMBS.get(term.facts.get("settles", "department"), ())
    if area is None or not climb:
        return None
    kinds: dict[str, set[str]] = {}
    rows = DutyItem.objects.filter(code=item.code, list__level__in=climb, list__in=DutyList.objects.on(today()))
    for level, kind in rows.values_list("list__level", "list__kind"):
        kinds.setdefault(level, set()).add(kind)
    units = Unit.objects.on().filter(area__code__in=area.path.split("/"), kind__in=climb)
    own = {unit.level: unit for unit in units.select_related("area").defer("area__shape")}
    for level in climb:
        on = kinds.get(level, set())
        if own.get(level) and ADMITS & on and DutyList.Kind.NEGATIVE not in on:
            return Settled(own[level], _why(term, level, item))
    return None


def _why(term: Term, level: str, item: DutyItem) -> dict[str, str]:
    return {
        "by": "matter",
        "matter": term.code,
        "matter_name": term.name,
        "matter_name_en": term.name_en,
        "level": level,
        "item": item.code,
    }
