"""Publishing what never changes (发布): versions of duty lists and of processes. What differs is a new version."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import yaml

from jiedao.doors.package.content import Content
from jiedao.doors.package.overrides import Resolved
from jiedao.doors.package.rules_lists import RELATIONS
from jiedao.ground.duties.models import DutyItem, DutyList, Responsibility
from jiedao.ground.people.models import Post, Unit
from jiedao.ground.places.models import Area
from jiedao.kit.clock import now
from jiedao.kit.refusal import Refused
from jiedao.record.models import ProcessVersion

_COMPARED = (
    "code", "category", "name", "name_en", "words", "limit", "contact_limit", "basis", "source", "type", "form",
    "frequency", "given_on", "handbook", "demo",
)  # fmt: skip
_BATCH = 500


class Publisher:
    """One run over the lists and processes of a package."""

    def __init__(self, content: Content, dry: bool) -> None:
        self.content = content
        self.dry = dry
        self.new: dict[str, int] = {"lists": 0, "items": 0, "responsibilities": 0, "processes": 0, "score_rules": 0}
        self.kept: dict[str, int] = {"lists": 0, "items": 0, "processes": 0, "score_rules": 0}

    def lists(self, areas: dict[str, Area], units: dict[str, Unit], posts: dict[str, Post]) -> None:
        written = sorted((row for row, _ in self.content.lists), key=lambda row: (row["code"], row["version"]))
        stored = {(one.code, one.version): one for one in DutyList.objects.exclude(published_on=None)}
        for duty_list in written:
            made = list(_items(duty_list, self.content.categories, units, posts))
            there = stored.get((duty_list["code"], duty_list["version"]))
            if there:
                _refuse_if_different(there, [item for item, _ in made])
                self.kept["lists"] += 1
                self.kept["items"] += len(made)
                continue
            fresh = _list(duty_list, units)
            said = [one for item, row in made for one in _responsibilities(item, row, areas, units)]
            self.new["lists"] += 1
            self.new["items"] += len(made)
            self.new["responsibilities"] += len(said)
            if not self.dry:
                _end_former(fresh)
                fresh.save(force_insert=True)
                for item, _ in made:
                    item.list = fresh
                DutyItem.objects.bulk_create([item for item, _ in made], batch_size=_BATCH)
                Responsibility.objects.bulk_create(said, batch_size=_BATCH)

    def scores(self, documents: Iterable[str]) -> None:
        """Publishes each score rule that differs from what a package shipped before; a district's own texts stay."""
        from jiedao.lines.scores import rulebook  # noqa: PLC0415 -- app ready

        for document in documents:
            shipped = not self.dry and rulebook.ship(document)
            self.new["score_rules"] += int(shipped)
            self.kept["score_rules"] += int(not shipped)

    def processes(self, resolved: list[Resolved]) -> None:
        """Publishes each process that differs from its version in force; cases under way keep theirs."""
        at = now()
        for process in resolved:
            former = ProcessVersion.objects.filter(code=process.code).order_by("-version").first()
            if former and former.retired_at is None and _alike(former.document, process.document):
                self.kept["processes"] += 1
                continue
            self.new["processes"] += 1
            if self.dry:
                continue
            ProcessVersion.objects.filter(code=process.code, retired_at=None).update(retired_at=at)
            ProcessVersion.objects.create(
                code=process.code,
                version=former.version + 1 if former else 1,
                document=process.document,
                based_on=process.based_on,
                published_at=at,
            )


def _alike(one: str, other: str) -> bool:
    """Whether two documents say the same, whatever their comments and the order of their lines on paper."""
    return one == other or bool(yaml.load(one, yaml.CSafeLoader) == yaml.load(other, yaml.CSafeLoader))


def _list(row: dict[str, Any], units: dict[str, Unit]) -> DutyList:
    return DutyList(
        code=row["code"], version=row["version"], kind=row["kind"], level=row["level"], name=row["name"],
        name_en=row["name_en"], owner=units.get(row.get("owner", "")), source=row.get("source", ""),
        published_on=date.fromisoformat(row["published_on"]), valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if "valid_to" in row else None,
    )  # fmt: skip


def _items(
    duty_list: dict[str, Any], categories: dict[str, dict[str, str]], units: dict[str, Unit], posts: dict[str, Post]
) -> Iterator[tuple[DutyItem, dict[str, Any]]]:
    """Every item and, after it, its sub-items; these are led by who leads the item unless they say otherwise."""
    rank = 0
    for row in duty_list["items"]:
        rank += 1
        item = _item(row, categories[row["category"]], rank, units, posts)
        yield item, row
        for part in row.get("parts", ()):
            rank += 1
            below = _item(part, categories[row["category"]], rank, units, posts)
            below.parent = item
            kept = {name: row[name] for name in ("lead", "helpers") if name in row} if "lead" not in part else {}
            yield below, kept | part


def _item(
    row: dict[str, Any], category: dict[str, str], rank: int, units: dict[str, Unit], posts: dict[str, Post]
) -> DutyItem:
    return DutyItem(
        code=row["code"], category=category["name"], category_en=category["name_en"], name=row["name"],
        name_en=row["name_en"], words=row.get("words", ""), limit=row.get("limit", ""),
        contact_limit=row.get("contact_limit", ""), basis=row.get("basis", []), source=row.get("source", ""),
        rank=rank, type=row.get("type", ""), form=row.get("form", ""), frequency=row.get("frequency", ""),
        giver=units.get(row.get("giver", "")), contact_post=posts.get(row.get("contact_post", "")),
        given_on=date.fromisoformat(row["given_on"]) if "given_on" in row else None,
        handbook=row.get("handbook", {}), demo=row.get("demo", False),
    )  # fmt: skip


def _responsibilities(
    item: DutyItem, row: dict[str, Any], areas: dict[str, Area], units: dict[str, Unit]
) -> list[Responsibility]:
    made = []
    for part in (row, *row.get("in_areas", ())):
        named = [(part["lead"], Responsibility.Role.LEAD)] if part.get("lead") else []
        named += [(code, Responsibility.Role.HELPER) for code in part.get("helpers", ())]
        for code, role in named:
            own = code in RELATIONS
            relation = code if own else Responsibility.Relation.NAMED
            unit = None if own else units[code]
            area = areas.get(part.get("area", ""))
            made.append(Responsibility(item=item, area=area, relation=relation, unit=unit, role=role))
    return made


def _refuse_if_different(there: DutyList, items: list[DutyItem]) -> None:
    def content(rows: Any) -> dict[str, tuple[Any, ...]]:
        return {row.code: tuple(getattr(row, name) for name in _COMPARED) for row in rows}

    stored, written = content(there.items.all()), content(items)
    differing = sorted(code for code in stored.keys() | written.keys() if stored.get(code) != written.get(code))
    if differing:
        raise Refused("published_list_differs", list=there.code, version=there.version, items=differing[:20])


def _end_former(fresh: DutyList) -> None:
    """A version in force ends where the next begins."""
    former = DutyList.objects.filter(code=fresh.code, valid_to=None, published_on__isnull=False).first()
    if former is None:
        return
    if former.version > fresh.version or str(former.valid_from) >= str(fresh.valid_from):
        raise Refused("list_version_out_of_order", list=fresh.code, version=fresh.version, former=former.version)
    former.valid_to = fresh.valid_from
    former.save(update_fields=["valid_to"])
