"""Shielding lists (护住社区的清单): what stands on the lists of sub-districts and communities, side by side. Reads only."""

from dataclasses import dataclass

from django.db.models import Count, Q

from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.people.models import Unit


@dataclass(frozen=True)
class Column:
    """One list as a column: how many items (sub-items apart), and each of them."""

    list: DutyList
    items: list[DutyItem]


def side_by_side() -> dict[str, list[Column]]:
    """The lists in force of both levels, by level; a negative list comes last. Two queries."""
    rows = DutyList.objects.on().filter(level__in=(Unit.Level.SUBDISTRICT, Unit.Level.COMMUNITY))
    lists = sorted(rows.exclude(kind=DutyList.Kind.CATALOGUE), key=lambda one: (one.kind == "negative", one.code))
    items: dict[object, list[DutyItem]] = {}
    found = DutyItem.objects.filter(list__in=lists, parent=None).annotate(number_of_parts=Count("parts"))
    for item in found.order_by("rank", "code"):
        items.setdefault(item.list_id, []).append(item)  # type: ignore[attr-defined]
    return {
        level: [Column(one, items.get(one.id, [])) for one in lists if one.level == level]
        for level in (Unit.Level.SUBDISTRICT, Unit.Level.COMMUNITY)
    }


def of_code(code: str, version: int | None) -> DutyList | None:
    """One version of a list. None if there is none."""
    return DutyList.objects.filter(Q(code=code), Q(version=version)).first() if code and version else None
