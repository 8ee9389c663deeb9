"""Conflicts and gaps (冲突与缺口): what the owner of the lists should mend: no item, no use, two leads, nobody, no admission."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

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
    used = _used()
    homeless = Case.objects.filter(item=None, closed_at=None, channel__in=_REPORTED).count()
    seen = sight.visible_to(by).filter(item=None, closed_at=None, channel__in=_REPORTED).order_by("opened_at")
    return Gaps(
        homeless=homeless,
        numbers=list(seen.values_list("number", "title")[:SHOWN]),
        unused=[Gap("never_used", item) for item in mine if item.code not in used and item.parent_id is None],  # type: ignore[attr-defined]
        leads=list(_leads(mine, rows)),
        unadmitted=list(_unadmitted(items, rows)),
        baseless=[Gap("no_basis", item) for item in mine if not item.basis and item.list.kind != "service"],
    )


_REPORTED = tuple(channel for channel in ("resident", "grid", "patrol", "hotline", "community", "window", "petition",
                                          "camera", "platform", "import"))  # fmt: skip
"""Channels of matters that need an item; papers between offices need none."""


def _used() -> set[str]:
    """Codes of items that cases or orders of the last year had; rows give ids, and only the few ids are named."""
    since = now() - timedelta(days=UNUSED_DAYS)
    cases = Case.objects.filter(opened_at__gte=since, item__isnull=False).order_by()
    orders = DispatchOrder.objects.filter(sent_at__gte=since, item__isnull=False).order_by()
    used = {pk for rows in (cases, orders) for pk in rows.values_list("item_id", flat=True).distinct()}
    return set(DutyItem.objects.filter(pk__in=used).values_list("code", flat=True))


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
