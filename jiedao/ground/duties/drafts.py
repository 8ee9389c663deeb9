"""Drafts (清单草案): the next version of a list while it is written, and its publication. Published ones never change."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from jiedao.ground.duties import written
from jiedao.ground.duties.following import copy_items
from jiedao.ground.duties.models import DutyItem, DutyList, Responsibility
from jiedao.ground.duties.written import Written
from jiedao.ground.journal import notes
from jiedao.ground.people.actor import Actor
from jiedao.ground.people.models import Unit
from jiedao.ground.terms import competence
from jiedao.kit.clock import today
from jiedao.kit.refusal import Absent, Refused

KEEPS = "lists"
"""What of the table `competence` speaks of lists."""


def newest(code: str) -> DutyList:
    """The published version that nothing follows yet. `Absent` for a list that was never published or has ended."""
    found = (
        DutyList.objects.filter(code=code, published_on__isnull=False, valid_to=None).select_related("owner").first()
    )
    if found is None:
        raise Absent
    return found


def open_of(code: str) -> DutyList | None:
    """The draft of a list. None if nobody has begun one."""
    return DutyList.objects.filter(code=code, published_on=None).select_related("owner").first()


def begin(former: DutyList, *, by: Actor) -> DutyList:
    """A draft that says what the version in force says, to be changed from there. Refuses `list_draft_open`."""
    competence.require(by, KEEPS, former.owner)
    same = {name: getattr(former, name) for name in ("code", "kind", "level", "name", "name_en", "owner", "source")}
    with transaction.atomic():
        # Held while the copy is made: two at once would both number it the same; the second finds the first's draft.
        DutyList.objects.select_for_update(of=("self",)).get(pk=former.pk)
        if DutyList.objects.filter(code=former.code, published_on=None).exists():
            raise Refused("list_draft_open", list=former.name, list_en=former.name_en)
        draft = DutyList(version=_next(former.code), made_from=former.version, **same)
        draft.save(force_insert=True)
        copy_items(former, draft)
        note(draft, "begin", by, made_from=former.version)
    return draft


def create(code: str, *, kind: str, level: str, name: str, name_en: str, owner: Unit | None, by: Actor) -> DutyList:
    """The first draft of a list that does not exist yet. Refuses `list_known`, `list_draft_open`."""
    competence.require(by, KEEPS, owner)
    if kind not in DutyList.Kind.values or level not in Unit.Level.values or not name or not name_en:
        raise Refused("incomplete", verb="", missing=["name"])
    if not written.is_code(code):
        raise Refused("bad_item_code", field="code", given=code[:40])
    with transaction.atomic():
        if DutyList.objects.filter(code=code).exists():
            raise Refused("list_known", list=code)
        draft = DutyList(code=code, version=1, kind=kind, level=level, name=name, name_en=name_en, owner=owner)
        try:
            with transaction.atomic():
                draft.save(force_insert=True)
        except IntegrityError:  # two at one instant; the unique index let one through
            raise Refused("list_draft_open", list=name, list_en=name_en) from None
        note(draft, "begin", by)
    return draft


def _next(code: str) -> int:
    return int(DutyList.objects.filter(code=code).aggregate(last=Max("version"))["last"] or 0) + 1


def _published(code: str) -> int:
    rows = DutyList.objects.filter(code=code, published_on__isnull=False)
    return int(rows.aggregate(last=Max("version"))["last"] or 0)


@contextmanager
def held(draft: DutyList, by: Actor) -> Iterator[DutyList]:
    """The draft under its lock. `Absent` if it was published or dropped meanwhile."""
    competence.require(by, KEEPS, draft.owner)
    with transaction.atomic():
        found = DutyList.objects.select_for_update(of=("self",)).filter(pk=draft.pk, published_on=None).first()
        if found is None:
            raise Absent
        if found.case_id != draft.case_id:  # it was proposed, or proposed anew, after the caller had read it
            raise Refused("draft_moved_on", list=found.name, list_en=found.name_en)
        yield found


def put(draft: DutyList, item: Written, *, by: Actor, seen: str | None = None) -> None:
    """Adds an item, or changes the one of its code. `seen` is the mark of what the form was drawn from: `item_changed`
    if somebody was faster. Refuses by the first fault, which names its field.
    """
    with held(draft, by) as version:
        there = written.of(version)
        former = there.get(item["code"])
        if seen is not None and seen != written.mark(former):
            raise Refused("item_changed", item=item["code"])
        if former is None and len(there) >= written.MOST_ITEMS:
            raise Refused("too_many", field="items", most=written.MOST_ITEMS)
        found = written.known([item])
        _sound(item, found, there)
        rows = {row.code: row for row in version.items.all()}
        if former is None:
            last = max((row.rank for row in rows.values()), default=0)
            written.write(version, [item], found, first_rank=last + 1)
        else:
            _change(rows[item["code"]], item, found, rows)
        changed = [name for name in written.FIELDS if not former or former[name] != written.whole(item)[name]]
        note(version, "put_item", by, item=item["code"], fields=changed)


def _sound(item: Written, found: written.Known, there: dict[str, Written]) -> None:
    for fault in written.faults(item, found, there):
        raise fault
    parent = item.get("parent", "")
    if parent and (there[parent]["parent"] or any(one["parent"] == item["code"] for one in there.values())):
        raise Refused("two_levels_only", field="parent", item=parent)


def _change(row: DutyItem, item: Written, found: written.Known, rows: dict[str, DutyItem]) -> None:
    columns = written.columns(item, found, rows)
    for name, value in columns.items():
        setattr(row, name, value)
    row.save(update_fields=list(columns))
    row.responsibilities.all().delete()
    Responsibility.objects.bulk_create(written.answers(row, item, found))


def end(draft: DutyList, code: str, *, by: Actor) -> None:
    """Takes an item and its sub-items off the list, from the day the draft comes into force."""
    with held(draft, by) as version:
        row = version.items.filter(code=code).first()
        if row is None:
            raise Absent
        parts = list(row.parts.values_list("code", flat=True))
        row.delete()
        note(version, "end_item", by, item=code, parts=parts)


def move(draft: DutyList, code: str, *, lead: str, helpers: Iterable[str], by: Actor) -> None:
    """Gives an item to another lead and other helpers; everything else stays as it is."""
    with held(draft, by) as version:
        item = written.of(version).get(code)
        if item is None:
            raise Absent
        put(version, {**item, "lead": lead, "helpers": list(helpers)}, by=by)


def fill(draft: DutyList, items: list[Written], *, by: Actor) -> None:
    """Puts these items in place of all the draft has: what a sheet brought. All of them or none."""
    with held(draft, by) as version:
        codes = [item["code"] for item in items]
        if len(codes) > written.MOST_ITEMS:
            raise Refused("too_many", field="items", most=written.MOST_ITEMS)
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise Refused("code_twice", field="code", items=twice[:8])
        found = written.known(items)
        by_code = {item["code"]: written.whole(item) for item in items}
        for item in items:
            _sound(item, found, by_code)
        version.items.all().delete()
        written.write(version, items, found)
        note(version, "fill", by, items=len(items))


def take(draft: DutyList, source: DutyList, codes: list[str], *, by: Actor) -> None:
    """Takes items of a catalogue (指导目录) or another list over into the draft, with their sub-items."""
    with held(draft, by) as version:
        offered, there = written.of(source), written.of(version)
        wanted = [item for item in offered.values() if item["code"] in codes or item["parent"] in codes]
        fresh = [item for item in wanted if item["code"] not in there]
        found = written.known(fresh)
        last = max((row.rank for row in version.items.all()), default=0)
        written.write(version, fresh, found, first_rank=last + 1)
        taken = [item["code"] for item in fresh]
        note(version, "take_items", by, source=source.code, version=source.version, items=taken[:200])


def drop(draft: DutyList, *, by: Actor) -> None:
    """Gives the draft up. Nothing of it was ever in force."""
    with held(draft, by) as version:
        note(version, "drop", by, list=version.code, version=version.version)
        version.items.all().delete()
        version.delete()


def check_date(draft: DutyList, valid_from: date) -> DutyList | None:
    """The version that a draft will follow, if the date is good. Refuses `in_force_in_the_past`,
    `two_versions_on_one_day`. None for the first version of a list.
    """
    if valid_from < today():
        raise Refused("in_force_in_the_past", list=draft.name, list_en=draft.name_en, on=valid_from.isoformat())
    rows = DutyList.objects.filter(code=draft.code, published_on__isnull=False, valid_to=None)
    former = rows.select_for_update(of=("self",)).first()
    if former and (former.valid_from is None or valid_from <= former.valid_from):
        since = former.valid_from.isoformat() if former.valid_from else ""
        raise Refused(
            "two_versions_on_one_day", list=former.name, list_en=former.name_en, version=former.version, on=since
        )
    return former


def publish(draft: DutyList, valid_from: date, *, by: Actor) -> DutyList:
    """Puts a draft in force on a date; the version before it ends there. Who may is the process's to say, not ours.

    Refuses as `check_date`, and `nobody_leads` with the items nobody answers for.
    """
    with transaction.atomic():
        version = DutyList.objects.select_for_update(of=("self",)).filter(pk=draft.pk, published_on=None).first()
        if version is None:
            raise Absent
        former = check_date(version, valid_from)
        _leads(version)
        if former:
            former.valid_to = valid_from
            former.save(update_fields=["valid_to"])
        # Somebody else's version may have come in between (what was admitted); it changed the draft along.
        version.version = max(version.version, _published(version.code) + 1)
        version.made_from = former.version if former else None
        version.published_on, version.valid_from = today(), valid_from
        version.save(update_fields=["version", "made_from", "published_on", "valid_from"])
        note(version, "publish", by, version=version.version, valid_from=valid_from.isoformat())
    return version


def _leads(version: DutyList) -> None:
    """On a list of duties somebody leads on every item; a sub-item may leave it to the item above."""
    if version.kind != DutyList.Kind.DUTY:
        return
    led = Responsibility.objects.filter(item__list=version, role=Responsibility.Role.LEAD, area=None)
    without = version.items.filter(parent=None).exclude(id__in=led.values("item_id")).values_list("code", flat=True)
    if without:
        raise Refused("nobody_leads", list=version.name, items=list(without[:8]))


def note(draft: DutyList, verb: str, by: Actor, **facts: Any) -> None:
    """Adds to the list's journal who changed what of a draft."""
    notes.change(
        "duty_list",
        draft.id,
        verb,
        **by.author,
        system=by.name if by.kind == "system" else "",
        **facts,
    )
