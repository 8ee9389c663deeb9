"""Re-organising (机构改革): old units become new ones on a day; seats, people, links, posts approved go along (O2).

What hangs on cases moves in `record.succession`, which carries these plans out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from jiedao.ground.journal import receipts
from jiedao.ground.people import tenures
from jiedao.ground.people.actor import Actor
from jiedao.ground.people.models import Establishment, Link, Post, Reorganisation, Stationing, Tenure, Unit
from jiedao.ground.terms import competence
from jiedao.kit.clock import now
from jiedao.kit.refusal import Refused

OF_A_UNIT = ("kind", "name", "name_en", "second_name", "second_name_en", "side", "duty_phone")
MOST = 60
"""Units of one plan."""


def plan(name: str, changes: list[dict[str, Any]], *, by: Actor, on: date, basis: str = "") -> Reorganisation:
    """Writes down which units become which on a day. Refuses `not_keeper` and what `_check` finds."""
    with receipts.whole():
        _check(changes, by, on)
        row = Reorganisation(
            name=name[:120],
            effective_on=on,
            changes=changes,
            basis=basis[:200],
            made_at=now(),
            made_by=by.person.id if by.person else None,
        )
        row.save(force_insert=True)
        into = [change["into"]["code"] for change in changes]
        tenures.noted(by, "reorganisation", row.id, "plan", on=str(on), into=into)
    return row


def drop(row: Reorganisation, *, by: Actor) -> Reorganisation:
    """Takes back a plan that has not been carried out."""
    with receipts.whole():
        Reorganisation.objects.select_for_update().get(pk=row.pk)
        row.refresh_from_db()
        for unit in _old(row.changes).values():
            competence.require(by, "organisation", unit)
        if row.done_at is not None or row.dropped_at is not None:
            raise Refused("plan_over", name=row.name)
        row.dropped_at = now()
        row.save(update_fields=["dropped_at"])
        tenures.noted(by, "reorganisation", row.id, "drop")
    return row


def due(day: date) -> list[Reorganisation]:
    """Plans whose day has come and that nobody has carried out."""
    found = Reorganisation.objects.filter(effective_on__lte=day, done_at=None, dropped_at=None)
    return list(found.order_by("effective_on", "made_at"))


def ahead() -> list[Reorganisation]:
    """Plans whose day is still to come."""
    return list(Reorganisation.objects.filter(done_at=None, dropped_at=None).order_by("effective_on"))


def carry_out(row: Reorganisation, *, by: Actor) -> bool:
    """Makes the new units and moves everything of the ground there. False if it was done meanwhile.

    A unit that has gone since the plan was made is passed over: the others must not wait for it.
    """
    with receipts.whole():
        Reorganisation.objects.select_for_update().get(pk=row.pk)
        row.refresh_from_db()
        if row.done_at is not None or row.dropped_at is not None:
            return False
        old = _old(row.changes)
        for change in row.changes:
            merged = [old[code] for code in change["from"] if code in old]
            if merged:
                _merge(change, merged, on=row.effective_on, by=by)
        row.done_at = now()
        row.save(update_fields=["done_at"])
        tenures.noted(by, "reorganisation", row.id, "carry_out")
    return True


def successors() -> dict[UUID, Unit]:
    """Which unit in force each ended one became. One query."""
    rows: Any = Unit.objects.on().exclude(came_from=[]).select_related("area", "parent")
    return {old: unit for unit in rows for old in unit.came_from}


def _old(changes: Iterable[Mapping[str, Any]]) -> dict[str, Unit]:
    codes = [code for change in changes for code in change["from"]]
    rows: Any = Unit.objects.filter(code__in=codes, valid_to=None).select_related("parent", "area").order_by("code")
    return {unit.code: unit for unit in rows}


def _check(changes: list[dict[str, Any]], by: Actor, on: date) -> None:
    """Refuses `incomplete`, `too_many`, `unknown_unit`, `unit_twice`, `number_taken`, `backwards`, `unknown_kind`."""
    codes = [code for change in changes for code in change["from"]]
    if not codes or any(not change["into"].get("name") or not change["into"].get("code") for change in changes):
        raise Refused("incomplete", verb="", missing=["name"])
    if len(codes) > MOST:
        raise Refused("too_many", field="from", most=MOST)
    if twice := [code for code in codes if codes.count(code) > 1]:
        raise Refused("unit_twice", given=twice[0])
    old = _old(changes)
    for code in codes:
        if code not in old:
            raise Refused("unknown_unit", given=code)
        competence.require(by, "organisation", old[code])
        if old[code].valid_from >= on:
            raise Refused("backwards", on=str(old[code].valid_from), ends=str(on))
    for change in changes:
        into = change["into"]
        if into.get("kind") and into["kind"] not in Unit.Kind.values:
            raise Refused("unknown_kind", kind=into["kind"], known=Unit.Kind.values)
        if into["code"] not in codes and Unit.objects.filter(code=into["code"], valid_to=None).exists():
            raise Refused("number_taken", given=into["code"])


def _merge(change: dict[str, Any], merged: list[Unit], *, on: date, by: Actor) -> Unit:
    for unit in merged:
        unit.refresh_from_db()  # what stood above it may have become another in this very plan
        unit.valid_to = on
        unit.save(update_fields=["valid_to"])
    new = _made(change["into"], merged, on)
    _seats(merged, new, set(change.get("ends", ())), on)
    _stationed(merged, new, on)
    _approved(merged, new, on)
    _below(merged, new)
    for unit in merged:
        tenures.noted(by, "unit", unit.id, "merge", into=new.code, on=str(on))
    tenures.noted(by, "unit", new.id, "make", came_from=[unit.code for unit in merged], on=str(on))
    return new


def _made(into: dict[str, Any], merged: list[Unit], on: date) -> Unit:
    """The new unit stands where the topmost of the old ones stood. `above` keeps the old ids, for what they are barred
    from seeing is barred for it too.
    """
    first, ids = min(merged, key=lambda unit: len(unit.above)), [unit.id for unit in merged]
    given = {name: into.get(name, getattr(first, name) if name in ("kind", "side") else "") for name in OF_A_UNIT}
    serves = sorted({code for unit in merged for code in unit.serves})
    new = Unit(
        code=into["code"], level=first.level, parent=first.parent, area=first.area, serves=serves, came_from=ids,
        valid_from=on, **given,
    )  # fmt: skip
    above = first.parent.above if first.parent else []
    new.above = [new.id, *ids, *(pk for pk in above if pk not in ids)]
    new.save(force_insert=True)
    return new


def _seats(merged: list[Unit], new: Unit, ends: set[str], on: date) -> None:
    """Seats go over under their codes, with who sits in them; those named end, and who sat there is free."""
    posts: Any = Post.objects.filter(unit__in=merged, valid_to=None).order_by("code")
    went: dict[UUID, Post] = {}
    for post in posts:
        post.valid_to = on
        post.save(update_fields=["valid_to"])
        if post.code not in ends:
            went[post.id] = _copy(post, unit=new, valid_from=on)
    rows: Any = Tenure.objects.filter(tenures.overlapping(on, None), post__in=[post.id for post in posts])
    for row in rows:
        _goes_over(row, on, "post", went.get(row.post_id))
    for row in Link.objects.filter(tenures.overlapping(on, None), post__in=[post.id for post in posts]):
        _goes_over(row, on, "post", went.get(row.post_id))
    for row in Link.objects.filter(tenures.overlapping(on, None), unit__in=merged):
        _goes_over(row, on, "unit", new)


def _stationed(merged: list[Unit], new: Unit, on: date) -> None:
    for name in ("home", "command"):
        rows = Stationing.objects.filter(tenures.overlapping(on, None), **{f"{name}__in": merged})
        for row in rows:
            _goes_over(row, on, name, new)


def _goes_over(row: Any, on: date, name: str, to: Any) -> None:
    """Ends a row on the day and begins the same anew with one thing changed; without it, it only ends."""
    until, begins = row.valid_to, max(on, row.valid_from)
    row.valid_to = begins
    row.save(update_fields=["valid_to"])
    if to is not None:
        _copy(row, **{name: to, "valid_from": begins, "valid_to": until})


def _copy(row: Any, **other: Any) -> Any:
    told = {f.name: getattr(row, f.attname if f.is_relation else f.name) for f in row._meta.concrete_fields}
    related = {f.name: f.attname for f in row._meta.concrete_fields if f.is_relation}
    kept = {related.get(name, name): value for name, value in told.items() if name not in ("id", *other)}
    made = type(row)(**(kept | ({"valid_to": None} if "valid_to" not in other else {}) | other))
    made.save(force_insert=True)
    return made


def _approved(merged: list[Unit], new: Unit, on: date) -> None:
    """Approved posts of one kind add up."""
    by_kind: dict[str, list[Establishment]] = defaultdict(list)
    for row in Establishment.objects.filter(unit__in=merged, valid_to=None).order_by("staff_kind"):
        row.valid_to = max(on, row.valid_from)
        row.save(update_fields=["valid_to"])
        by_kind[row.staff_kind].append(row)
    for kind, rows in by_kind.items():
        givers = {row.moved_from_id for row in rows if row.moved_from_id}
        Establishment(
            unit=new, staff_kind=kind, approved=sum(row.approved for row in rows),
            moved=sum(row.moved for row in rows), moved_from_id=givers.pop() if len(givers) == 1 else None,
            moved_on=max((row.moved_on for row in rows if row.moved_on), default=None), source=rows[0].source,
            valid_from=on,
        ).save(force_insert=True)  # fmt: skip


def _below(merged: list[Unit], new: Unit) -> None:
    """What stood under the old units stands under the new one."""
    ids = {unit.id for unit in merged}
    rows: Any = Unit.objects.filter(above__overlap=list(ids), valid_to=None).exclude(pk=new.pk)
    for unit in rows:
        at = min(unit.above.index(pk) for pk in ids if pk in unit.above)
        unit.above = [*unit.above[:at], *new.above]
        if unit.parent_id in ids:
            unit.parent = new
        unit.save(update_fields=["above", "parent"])


def changed(rows: Iterable[Reorganisation]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Old code → what it becomes, of plans still ahead, for the chart."""
    for row in rows:
        for change in row.changes:
            for code in change["from"]:
                yield code, {"name": row.name, "on": row.effective_on, "into": change["into"]}
