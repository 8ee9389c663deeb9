"""Comparing (版本比对): two versions of a list side by side, and how delegated powers came and went over all of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jiedao.ground.duties import written
from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.duties.written import Written

ELEMENTS = frozenset(written.FIELDS) - {"lead", "in_areas", "giver", "given_on", "type"}
"""Fields that are elements of an item (要素): changing them alone needs no decision, review is enough. Source: L."""


@dataclass(frozen=True)
class Difference:
    """An item that both versions have and that says something else: field → (was, is)."""

    before: Written
    after: Written
    fields: dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Comparison:
    """What a version adds, leaves out and says otherwise, each in the order of its list."""

    added: list[Written] = field(default_factory=list)
    removed: list[Written] = field(default_factory=list)
    changed: list[Difference] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.changed)

    @property
    def is_elements_only(self) -> bool:
        """Nothing comes, goes or moves to another body: only elements of items change."""
        return not (self.added or self.removed) and all(set(one.fields) <= ELEMENTS for one in self.changed)


def compare(before: Mapping[str, Written], after: Mapping[str, Written]) -> Comparison:
    """Two versions, as `written.of` gives them."""
    changed = []
    for code, item in after.items():
        if code in before:
            fields = {
                name: (before[code][name], item[name]) for name in written.FIELDS if before[code][name] != item[name]
            }
            if fields:
                changed.append(Difference(before[code], item, fields))
    return Comparison(
        [item for code, item in after.items() if code not in before],
        [item for code, item in before.items() if code not in after],
        changed,
    )


def versions(one: DutyList | None, other: DutyList) -> Comparison:
    """The same of two rows; without a first one everything is added. Four queries."""
    return compare(written.of(one) if one else {}, written.of(other))


def base(version: DutyList) -> DutyList | None:
    """The version that one follows, or a draft will follow. None for the first one of a list."""
    rows = DutyList.objects.filter(code=version.code, published_on__isnull=False)
    if version.published_on is None:
        return rows.filter(valid_to=None).first()
    return rows.filter(valid_to=version.valid_from).first()


@dataclass(frozen=True)
class Handed:
    """One step of a delegated power's life (下放、调整、收回): when, by which department, in which version."""

    step: str
    on: date
    item: str
    name: str
    name_en: str
    giver: Any
    version: int


def handed(code: str) -> list[Handed]:
    """How the powers of a list were given, adjusted and taken back, the latest first. Two queries."""
    rows = DutyItem.objects.filter(
        list__code=code, list__published_on__isnull=False, giver__isnull=False, parent=None
    ).select_related("giver", "list")
    by_item: dict[str, list[DutyItem]] = {}
    for row in rows.order_by("list__version"):
        by_item.setdefault(row.code, []).append(row)
    known = {
        version.version: version
        for version in DutyList.objects.filter(code=code, published_on__isnull=False).order_by("version")
    }
    steps = [step for items in by_item.values() for step in _steps(items, known)]
    return sorted(steps, key=lambda step: (step.on, step.item), reverse=True)


def _steps(items: Iterable[DutyItem], known: Mapping[int, DutyList]) -> Iterable[Handed]:
    """Given where it first stands; adjusted where giver or date changed; taken back where the next version lacks it."""
    numbers, last = sorted(known), None
    for item in items:
        version = item.list
        if last is None or _gap(numbers, last.list.version, version.version):
            yield _step("given", item.given_on or version.valid_from, item)
        elif (item.giver_id, item.given_on) != (last.giver_id, last.given_on):  # type: ignore[attr-defined]
            yield _step("adjusted", item.given_on or version.valid_from, item)
        after = [number for number in numbers if number > version.version]
        if version.valid_to and (not after or after[0] not in {one.list.version for one in items}):
            yield _step("taken_back", version.valid_to, item)
        last = item


def _gap(numbers: list[int], one: int, other: int) -> bool:
    return numbers.index(other) - numbers.index(one) > 1


def _step(step: str, on: date | None, item: DutyItem) -> Handed:
    assert on is not None
    return Handed(step, on, item.code, item.name, item.name_en, item.giver, item.list.version)
