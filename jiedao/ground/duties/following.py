"""Following versions (后续版本): the next published version of a list, which says what the last one said and one thing else."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max

from jiedao.ground.duties.models import DutyItem, DutyList, Responsibility
from jiedao.kit.clock import today
from jiedao.kit.refusal import Refused


def newest(code: str) -> DutyList:
    """The version of a list that nothing follows yet, under its lock: two at once would both end the same one."""
    rows = DutyList.objects.select_for_update(of=("self",)).filter(code=code, published_on__isnull=False)
    found = rows.filter(valid_to=None).first()
    if found is None:
        raise Refused("unknown_list", given=code)
    return found


def effective(former: DutyList, wanted: date) -> date:
    """From when a version may follow: the day asked for, but not in the past and not on the day of the one before.

    No list has two versions on one day.
    """
    assert former.valid_from is not None
    return max(wanted, today(), former.valid_from + timedelta(days=1))


def follow(former: DutyList, valid_from: date, *, case_id: UUID | None = None) -> DutyList:
    """Publishes the next version with everything of the last one, which ends on the day this one begins."""
    kept = {name: getattr(former, name) for name in ("code", "kind", "level", "name", "name_en", "owner_id", "source")}
    last = DutyList.objects.filter(code=former.code).aggregate(last=Max("version"))["last"]
    former.valid_to = valid_from
    former.save(update_fields=["valid_to"])
    version = DutyList(
        version=int(last) + 1,
        made_from=former.version,
        case_id=case_id,
        published_on=today(),
        valid_from=valid_from,
        **kept,
    )
    version.save(force_insert=True)
    copy_items(former, version)
    return version


def copy_items(former: DutyList, version: DutyList) -> None:
    """Every item, sub-items after theirs, and who answers for it: a handful of statements, whatever the size."""
    made: dict[Any, DutyItem] = {}
    items = list(former.items.order_by("rank", "id"))
    for of_parent in (False, True):
        rows = [item for item in items if (item.parent_id is not None) is of_parent]  # type: ignore[attr-defined]
        for item in rows:
            made[item.id] = _twin(item, version, made.get(item.parent_id))  # type: ignore[attr-defined]
        DutyItem.objects.bulk_create([made[item.id] for item in rows], batch_size=500)
    answers = Responsibility.objects.filter(item__list=former).order_by("id")
    columns = ("area_id", "unit_id", "relation", "role")
    Responsibility.objects.bulk_create(
        [
            Responsibility(item=made[row.item_id], **{name: getattr(row, name) for name in columns})  # type: ignore[attr-defined]
            for row in answers
        ],
        batch_size=500,
    )


def _twin(item: DutyItem, version: DutyList, parent: DutyItem | None) -> DutyItem:
    kept = {
        field.attname: getattr(item, field.attname)
        for field in DutyItem._meta.concrete_fields
        if field.name not in ("id", "list", "parent")
    }
    return DutyItem(list=version, parent=parent, **kept)
