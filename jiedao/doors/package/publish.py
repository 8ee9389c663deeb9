"""Publishing what never changes (发布): versions of duty lists and of processes. What differs is a new version."""

from datetime import date
from typing import Any

from jiedao.doors.package.content import Content
from jiedao.doors.package.overrides import Resolved
from jiedao.ground.duties.models import DutyItem, DutyList, Responsibility
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area
from jiedao.kit.clock import now
from jiedao.kit.refusal import Refused
from jiedao.record.models import ProcessVersion

RELATIONS = ("own_subdistrict", "own_community")
_COMPARED = ("code", "category", "name", "name_en", "words", "limit", "contact_limit", "basis", "source")
_BATCH = 500


class Publisher:
    """One run over the lists and processes of a package."""

    def __init__(self, content: Content, dry: bool) -> None:
        self.content = content
        self.dry = dry
        self.new: dict[str, int] = {"lists": 0, "items": 0, "responsibilities": 0, "processes": 0}
        self.kept: dict[str, int] = {"lists": 0, "items": 0, "processes": 0}

    def lists(self, areas: dict[str, Area], units: dict[str, Unit]) -> None:
        written = self.content.value("lists")
        for duty_list in sorted(written["lists"], key=lambda row: (row["code"], row["version"])):
            items = [self._item(row, written["categories"]) for row in duty_list["items"]]
            there = DutyList.objects.filter(code=duty_list["code"], version=duty_list["version"]).first()
            if there:
                _refuse_if_different(there, items)
                self.kept["lists"] += 1
                self.kept["items"] += len(items)
                continue
            fresh = self._list(duty_list)
            for item in items:
                item.list = fresh
            said = [
                row
                for item, words in zip(items, duty_list["items"], strict=True)
                for row in _responsibilities(item, words, areas, units)
            ]
            self.new["lists"] += 1
            self.new["items"] += len(items)
            self.new["responsibilities"] += len(said)
            if not self.dry:
                _end_former(fresh)
                fresh.save(force_insert=True)
                DutyItem.objects.bulk_create(items, batch_size=_BATCH)
                Responsibility.objects.bulk_create(said, batch_size=_BATCH)

    def processes(self, resolved: list[Resolved]) -> None:
        """Publishes each process that differs from its version in force; cases under way keep theirs."""
        at = now()
        for process in resolved:
            former = ProcessVersion.objects.filter(code=process.code).order_by("-version").first()
            if former and former.retired_at is None and former.document == process.document:
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

    def _list(self, row: dict[str, Any]) -> DutyList:
        return DutyList(
            code=row["code"], version=row["version"], kind=row["kind"], level=row["level"], name=row["name"],
            name_en=row["name_en"], published_on=date.fromisoformat(row["published_on"]),
            valid_from=date.fromisoformat(row["valid_from"]),
        )  # fmt: skip

    def _item(self, row: dict[str, Any], categories: dict[str, dict[str, str]]) -> DutyItem:
        category = categories[row["category"]]
        return DutyItem(
            code=row["code"], category=category["name"], category_en=category["name_en"], name=row["name"],
            name_en=row["name_en"], words=row.get("words", ""), limit=row.get("limit", ""),
            contact_limit=row.get("contact_limit", ""), basis=row.get("basis", []), source=row.get("source", ""),
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
    def content(rows: Any) -> dict[str, tuple[str, ...]]:
        return {row.code: tuple(str(getattr(row, name)) for name in _COMPARED) for row in rows}

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
