"""The trial (试运行): what a draft would have meant for last month's cases. It reads, and changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count

from jiedao.ground.duties import written
from jiedao.ground.duties.compare import base
from jiedao.ground.duties.models import ADMITS, DutyItem, DutyList, Responsibility
from jiedao.ground.duties.responsible import decide
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import SHANGHAI, now
from jiedao.record import sight
from jiedao.record.models import Case, DispatchOrder

DAYS = 30
MOST_NAMED = 20
Placed = tuple[str, str]
"""An item's code and the path of a place."""


@dataclass(frozen=True)
class Row:
    """One way in which cases of an item would have gone differently. `numbers` are those in the reader's sight."""

    code: str
    name: str
    name_en: str
    cases: int
    was: Any = None
    now: Any = None
    level: str = ""
    numbers: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Trial:
    """What the draft would have changed among the cases opened since a day."""

    since: date
    cases: int
    elsewhere: list[Row]
    off_list: list[Row]
    unadmitted: list[Row]
    limits: list[Row]

    @property
    def is_clear(self) -> bool:
        return not (self.elsewhere or self.off_list or self.unadmitted or self.limits)


def trial(draft: DutyList, *, by: Actor) -> Trial:
    """Last month's cases under the draft: which would go elsewhere, fall off the list, not be admitted, have another
    limit. A fixed number of queries, whatever the number of cases.
    """
    former = base(draft)
    before, after = (written.of(former) if former else {}), written.of(draft)
    start = now() - timedelta(days=DAYS)
    found = _cases(start, set(before) | set(after), draft.level)
    names = {code: (after.get(code) or before[code]) for code in set(before) | set(after)}
    per_item: dict[str, int] = {}
    for (code, _), many in found.items():
        per_item[code] = per_item.get(code, 0) + many
    moved = _moved(former, draft, found)
    numbers = _numbers(start, by, {code for code, *_ in moved} | (set(before) - set(after)))
    return Trial(
        since=start.astimezone(SHANGHAI).date(),
        cases=sum(per_item.values()),
        elsewhere=[
            Row(code, names[code]["name"], names[code]["name_en"], many, was, is_, numbers=numbers.get(code, []))
            for code, many, was, is_ in moved
        ],
        off_list=[
            Row(code, item["name"], item["name_en"], per_item[code], numbers=numbers.get(code, []))
            for code, item in before.items()
            if code not in after and per_item.get(code)
        ],
        unadmitted=_unadmitted(start, draft, names, set(after)),
        limits=[
            Row(code, item["name"], item["name_en"], per_item[code], before[code]["limit"], item["limit"])
            for code, item in after.items()
            if code in before and item["limit"] != before[code]["limit"] and per_item.get(code)
        ],
    )


def _cases(start: datetime, codes: set[str], level: str) -> dict[Placed, int]:
    """How many cases each item had at each place. Only the district's list names who leads; the others' cases count too."""
    rows = Case.objects.filter(opened_at__gte=start, item__code__in=codes)
    counted = rows.values_list("item__code", "area_path").annotate(many=Count("id")).order_by()
    return {(code, path): many for code, path, many in counted}


def _moved(former: DutyList | None, draft: DutyList, found: Mapping[Placed, int]) -> list[tuple[str, int, Any, Any]]:
    """Item, number of cases, the lead before and after, where the two differ."""
    if former is None or draft.level != Unit.Level.DISTRICT:
        return []
    old, new, own = _rows(former), _rows(draft), _own()
    moved: dict[tuple[str, Any, Any], int] = {}
    for (code, path), many in found.items():
        if code not in old or code not in new:
            continue
        here = _here(path, own)
        was, is_ = decide(old[code], path, here).lead, decide(new[code], path, here).lead
        if was != is_:
            moved[code, was, is_] = moved.get((code, was, is_), 0) + many
    return [(code, many, was, is_) for (code, was, is_), many in moved.items()]


def _rows(version: DutyList) -> dict[str, list[Responsibility]]:
    """Who answers, by the item's code; a sub-item that names nobody follows the item above it."""
    rows: dict[str, list[Responsibility]] = {}
    said = Responsibility.objects.filter(item__list=version).select_related("unit", "area", "item__list")
    for row in said:
        rows.setdefault(row.item.code, []).append(row)
    above = version.items.filter(parent__isnull=False).values_list("code", "parent__code")
    for code, parent in above:
        rows.setdefault(code, rows.get(parent, []))
    for code in version.items.values_list("code", flat=True):
        rows.setdefault(code, [])
    return rows


def _own() -> dict[tuple[str, str], Unit]:
    """The sub-district's and the community's unit of every area, by relation and area code."""
    kinds = {
        Unit.Kind.SUBDISTRICT: Responsibility.Relation.OWN_SUBDISTRICT,
        Unit.Kind.COMMUNITY: Responsibility.Relation.OWN_COMMUNITY,
    }
    rows = Unit.objects.on().filter(kind__in=list(kinds), area__isnull=False).select_related("area")
    return {(kinds[Unit.Kind(unit.kind)], unit.area.code): unit for unit in rows if unit.area}


def _here(path: str, own: Mapping[tuple[str, str], Unit]) -> dict[str, Unit]:
    relations = (Responsibility.Relation.OWN_SUBDISTRICT, Responsibility.Relation.OWN_COMMUNITY)
    codes = path.split("/")
    return {r: own[r, code] for r in relations for code in codes if (r, code) in own}


def _unadmitted(start: datetime, draft: DutyList, names: Mapping[str, Any], after: set[str]) -> list[Row]:
    """Work that went to the draft's level last month and could not be sent there under it."""
    if draft.level == Unit.Level.DISTRICT:
        return []
    sent = (
        DispatchOrder.objects.filter(sent_at__gte=start, unit__level=draft.level, item__isnull=False)
        .exclude(role="heard")
        .values_list("item__code", "item__name", "item__name_en")
        .annotate(many=Count("case", distinct=True))
        .order_by("item__code")
    )
    others = DutyItem.objects.filter(list__in=DutyList.objects.on(), list__level=draft.level)
    kinds: dict[str, set[str]] = {}
    for code, kind in others.exclude(list__code=draft.code).values_list("code", "list__kind"):
        kinds.setdefault(code, set()).add(kind)
    for code in after:
        kinds.setdefault(code, set()).add(draft.kind)
    rows = []
    for code, name, name_en, many in sent:
        known = kinds.get(code, set())
        if not (ADMITS & known) or DutyList.Kind.NEGATIVE in known:
            rows.append(Row(code, name, name_en, many, level=draft.level))
    return rows


def _numbers(start: datetime, by: Actor, codes: set[str]) -> dict[str, list[str]]:
    """Numbers of the cases in the reader's sight, some of each item."""
    rows = sight.visible_to(by).filter(opened_at__gte=start, item__code__in=codes).order_by("-opened_at")
    named: dict[str, list[str]] = {}
    for code, number in rows.values_list("item__code", "number")[:2000]:
        shown = named.setdefault(code, [])
        if len(shown) < MOST_NAMED:
            shown.append(number)
    return named
