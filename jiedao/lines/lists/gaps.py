"""Conflicts and gaps (冲突与缺口): what the owner of the lists should mend: no item, no use, two leads, nobody, no admission."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import OuterRef, Subquery

from jiedao.ground.duties.models import ADMITS, DutyItem, DutyList, Responsibility
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import now
from jiedao.record import sight
from jiedao.record.models import Case, DispatchOrder

UNUSED_DAYS = 365
SHOWN = 200


@dataclass(frozen=True)
class Gap:
    """One thing to mend on an item. `said` names what collides or is missing, as codes or units."""

    kind: str
    item: DutyItem
    said: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Gaps:
    """Everything found. `homeless` are open cases without an item, the numbers in the reader's sight first."""

    homeless: int
    numbers: list[tuple[str, str]]
    unused: list[Gap]
    leads: list[Gap]
    unadmitted: list[Gap]
    baseless: list[Gap]


KINDS = ("two_leads", "nobody", "not_admitted", "never_used", "no_basis")


def gaps(*, by: Actor) -> Gaps:
    """What is wrong with the lists in force, in a fixed number of queries."""
    items = list(
        DutyItem.objects.filter(list__in=DutyList.objects.on())
        .select_related("list")
        .order_by("list__code", "rank", "id")
    )
    rows: dict[Any, list[Responsibility]] = {}
    for row in (
        Responsibility.objects.filter(item__list__in=DutyList.objects.on())
        .select_related("unit", "area")
        .defer("area__shape")
    ):
        rows.setdefault(row.item_id, []).append(row)  # type: ignore[attr-defined]
    mine = [item for item in items if item.list.kind in ADMITS]
    own = [item for item in mine if item.parent_id is None]  # type: ignore[attr-defined]
    used = _used({item.code for item in own})
    homeless = Case.objects.filter(item=None, closed_at=None, channel__in=_REPORTED).count()
    seen = sight.visible_to(by).filter(item=None, closed_at=None, channel__in=_REPORTED).order_by("opened_at")
    return Gaps(
        homeless=homeless,
        numbers=list(seen.values_list("number", "title")[:SHOWN]),
        unused=[Gap("never_used", item) for item in own if item.code not in used],
        leads=list(_leads(mine, rows)),
        unadmitted=list(_unadmitted(items, rows)),
        baseless=[Gap("no_basis", item) for item in mine if not item.basis and item.list.kind != "service"],
    )


_REPORTED = tuple(channel for channel in ("resident", "grid", "patrol", "hotline", "community", "window", "petition",
                                          "camera", "platform", "import"))  # fmt: skip
"""Channels of matters that need an item; papers between offices need none."""


def _used(codes: set[str]) -> set[str]:
    """Which of these codes cases or orders of the last year had, in any version of their lists.

    Each item is asked for its latest case and its latest order, by an index that begins with it.
    """
    case = Case.objects.filter(item=OuterRef("pk")).order_by("-opened_at").values("opened_at")[:1]
    order = DispatchOrder.objects.filter(item=OuterRef("pk")).order_by("-sent_at").values("sent_at")[:1]
    asked = DutyItem.objects.filter(code__in=codes).order_by().values_list("code", Subquery(case), Subquery(order))
    since = now() - timedelta(days=UNUSED_DAYS)
    return {code for code, *ats in asked if any(at and at >= since for at in ats)}


def _leads(items: Iterable[DutyItem], rows: dict[Any, list[Responsibility]]) -> Iterable[Gap]:
    """Nobody leads; or two do for one place: on one list, or on two lists of the district that name the same item."""
    by_place: dict[tuple[str, str], dict[Any, DutyItem]] = {}
    for item in items:
        led = [row for row in rows.get(item.id, []) if row.role == Responsibility.Role.LEAD]
        if not led and item.list.kind == DutyList.Kind.DUTY and item.parent_id is None:  # type: ignore[attr-defined]
            yield Gap("nobody", item)
        if item.list.level != Unit.Level.DISTRICT:
            continue
        for row in led:
            place = (item.code, row.area.code if row.area else "")
            by_place.setdefault(place, {})[row.unit or row.relation] = item
    for leads in by_place.values():
        if len(leads) > 1:
            yield Gap("two_leads", next(iter(leads.values())), tuple(leads))


def _unadmitted(items: list[DutyItem], rows: dict[Any, list[Responsibility]]) -> Iterable[Gap]:
    """Who is named below the district and would be refused the work, for it was not admitted there."""
    admitted: set[tuple[str, str]] = set()
    barred: set[tuple[str, str]] = set()
    for item in items:
        if item.list.kind in ADMITS:
            admitted.add((item.code, item.list.level))
        elif item.list.kind == DutyList.Kind.NEGATIVE:
            barred.add((item.code, item.list.level))
    for item in items:
        if item.list.level != Unit.Level.DISTRICT or item.list.kind not in ADMITS:
            continue
        levels = {_level(row) for row in rows.get(item.id, [])} - {Unit.Level.DISTRICT.value}
        wrong = tuple(
            sorted(level for level in levels if (item.code, level) not in admitted or (item.code, level) in barred)
        )
        if wrong:
            yield Gap("not_admitted", item, wrong)


def _level(row: Responsibility) -> str:
    own = {
        Responsibility.Relation.OWN_SUBDISTRICT.value: Unit.Level.SUBDISTRICT.value,
        Responsibility.Relation.OWN_COMMUNITY.value: Unit.Level.COMMUNITY.value,
    }
    return own.get(row.relation) or (row.unit.level if row.unit else Unit.Level.DISTRICT.value)
