"""Who is responsible (责任单位): the duty item and the place give the units, and say why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db.models import Q

from jiedao.ground.duties.models import ADMITS, DutyItem, DutyList, Responsibility
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area
from jiedao.kit.clock import today

_LEVEL_OF = {
    Responsibility.Relation.OWN_SUBDISTRICT: (Unit.Kind.SUBDISTRICT, 1),
    Responsibility.Relation.OWN_COMMUNITY: (Unit.Kind.COMMUNITY, 2),
}


@dataclass
class Answer:
    """Lead and helpers for an item at a place. `why` is what the case shows: item, list version, area, relation."""

    lead: Unit | None = None
    helpers: list[Unit] = field(default_factory=list)
    why: dict[str, str] = field(default_factory=dict)


def responsible(item: DutyItem, area: Area | None) -> Answer:
    """The units for an item at a place. `lead` is None if the list names nobody there; a person decides then.

    A sub-item that names nobody itself follows the item above it. Two queries, whatever the size of the list.
    """
    found = Responsibility.objects.filter(item_id__in=[item.id, item.parent_id or item.id])  # type: ignore[attr-defined]
    said = list(found.select_related("unit", "area", "item__list").defer("area__shape"))
    rows = [row for row in said if row.item_id == item.id] or said  # type: ignore[attr-defined]
    own, became = _own_units(area, rows)
    for row in rows:
        row.unit = became.get(row.unit.id, row.unit) if row.unit else None
    answer = decide(rows, area.path if area else "", own)
    if answer.why:
        answer.why["item"] = item.code
    return answer


def decide(rows: Iterable[Responsibility], path: str, own: Mapping[str, Unit]) -> Answer:
    """The same from what is at hand: an item's rows, the path of the place, the place's own units by relation."""
    answer = Answer()
    rows = [row for row in rows if _holds_at(row, path)]
    leads = sorted((r for r in rows if r.role == Responsibility.Role.LEAD), key=_closeness, reverse=True)
    for row in leads:
        unit = row.unit or own.get(row.relation)
        if unit:
            answer.lead = unit
            answer.why = {
                "item": row.item.code,
                "list": row.item.list.code,
                "version": str(row.item.list.version),
                "relation": row.relation,
                "area": row.area.code if row.area else "",
            }
            break
    for row in rows:
        unit = row.unit or own.get(row.relation)
        if row.role == Responsibility.Role.HELPER and unit and unit != answer.lead and unit not in answer.helpers:
            answer.helpers.append(unit)
    return answer


def _holds_at(row: Responsibility, path: str) -> bool:
    return row.area is None or f"{path}/".startswith(f"{row.area.path}/")


def _closeness(row: Responsibility) -> int:
    """The smaller the area a row was written for, the more it counts."""
    return row.area.path.count("/") + 1 if row.area else 0


def _own_units(area: Area | None, rows: Iterable[Responsibility]) -> tuple[dict[str, Unit], dict[UUID, Unit]]:
    """The sub-district's and the community's unit of the place by relation, and what named units that ended became.

    A published list keeps the name of an office that was merged since; the work goes to the office it became.
    """
    ended = [r.unit.id for r in rows if r.unit and r.unit.valid_to is not None and r.unit.valid_to <= today()]
    wanted = Q(came_from__overlap=ended) if ended else Q()
    codes: list[str] = []
    if area is not None and any(r.relation != Responsibility.Relation.NAMED for r in rows):
        codes = area.path.split("/")
        wanted |= Q(area__code__in=codes, kind__in=[Unit.Kind.SUBDISTRICT, Unit.Kind.COMMUNITY])
    own: dict[str, Unit] = {}
    became: dict[UUID, Unit] = {}
    for unit in Unit.objects.on().filter(wanted).select_related("area").defer("area__shape") if wanted else ():
        became |= dict.fromkeys(set(unit.came_from) & set(ended), unit)
        for relation, (kind, _) in _LEVEL_OF.items():
            if unit.kind == kind and unit.area and unit.area.code in codes:
                own[relation] = unit
    return own, became


def admitted(item_code: str, level: str, day: date) -> bool:
    """Whether work on this item may be sent to units of a level on a day (准入).

    It stands that day in a published list of that level and in no negative list of it. Departments of the
    district need no admission: the gate protects sub-districts and communities. Source: 5 districts, D3; ADR 0003.
    """
    if level == Unit.Level.DISTRICT:
        return True
    kinds = set(
        DutyItem.objects.filter(code=item_code, list__level=level, list__in=DutyList.objects.on(day)).values_list(
            "list__kind", flat=True
        )
    )
    return bool(ADMITS & kinds) and DutyList.Kind.NEGATIVE not in kinds


def barred(item_code: str, level: str, day: date) -> DutyItem | None:
    """The entry of a negative list that keeps an item out of a level. None if there is none."""
    return (
        DutyItem.objects.filter(
            code=item_code, list__level=level, list__kind=DutyList.Kind.NEGATIVE, list__in=DutyList.objects.on(day)
        )
        .select_related("list")
        .first()
    )
