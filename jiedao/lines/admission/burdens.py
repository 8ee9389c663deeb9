"""The burden ledger (社区负担台账): every form, meeting, inspection, app and report laid on a community, and its hours."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.duties.responsible import admitted
from jiedao.ground.journal import notes
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.ground.terms import competence
from jiedao.ground.terms.models import terms
from jiedao.kit.clock import today
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.admission.models import Burden

MONTHLY: dict[str, Decimal] = {
    "once": Decimal(0),
    "daily": Decimal(261) / 12,
    "weekly": Decimal(52) / 12,
    "monthly": Decimal(1),
    "quarterly": Decimal(1) / 3,
    "yearly": Decimal(1) / 12,
}
"""How often a month. Days are working days: 261 a year before holidays, the same every year. What comes once has no rhythm."""


@dataclass(frozen=True)
class Doubled:
    """One field that several forms, apps or reports ask a community for."""

    field: str
    rows: list[Burden]


@dataclass
class Load:
    """What lies on one community: rows, hours a month in all and by kind, how much of it has no admitted basis."""

    community: Unit
    rows: list[Burden] = field(default_factory=list)
    hours: Decimal = Decimal(0)
    unfounded: Decimal = Decimal(0)


def add(
    *,
    by: Actor,
    kind: str,
    name: str,
    owner: Unit,
    rhythm: str,
    hours: Decimal,
    communities: Sequence[str] = (),
    fields: Iterable[str] = (),
    item_code: str = "",
    name_en: str = "",
    since: date | None = None,
) -> Burden:
    """Enters what is laid on communities. A community may enter what it meets; it stands flagged until it has a basis.

    Who lays it (the owner) may enter only what an admitted item bears: `no_basis` otherwise.
    """
    competence.require(by, "burden", None)
    if kind not in terms("burden_kind") or rhythm not in Burden.Rhythm.values or not name.strip() or hours <= 0:
        raise Refused("incomplete", verb="burden", missing=["kind", "name", "rhythm", "hours"])
    if hours >= 10_000:
        raise Refused("unreadable", field="hours", wants="number")
    is_owners = by.post is not None and bool({owner.id} & set(by.post.unit.above))
    if is_owners and not is_founded(item_code):
        raise Refused("no_basis", name=name, unit=owner.name, unit_en=owner.name_en)
    known = set(Unit.objects.on().filter(code__in=communities, level="community").values_list("code", flat=True))
    if stray := [code for code in communities if code not in known]:
        raise Refused("unknown_unit", field="communities", given=stray[0])
    row = Burden(
        kind=kind, name=name.strip()[:120], name_en=name_en, owner=owner, rhythm=rhythm, hours=hours,
        communities=list(communities), fields=sorted({one.strip()[:40] for one in fields if one.strip()})[:60],
        item_code=item_code, said_by=by.post, since=since or today(),
    )  # fmt: skip
    with transaction.atomic():
        row.save(force_insert=True)
        _noted(row, "add", by)
    return row


def end(row_id: UUID, *, by: Actor, on: date | None = None) -> Burden:
    """No longer laid on anybody (取消)."""
    competence.require(by, "burden", None)
    with transaction.atomic():
        row = Burden.objects.select_for_update(of=("self",)).filter(pk=row_id, until=None).first()
        if row is None:
            raise Absent
        row.until = max(on or today(), row.since)
        row.save(update_fields=["until"])
        _noted(row, "end", by)
    return row


def is_founded(item_code: str, day: date | None = None) -> bool:
    """Whether an admitted item bears it: one that stands on a list of the community's level."""
    return bool(item_code) and admitted(item_code, Unit.Level.COMMUNITY, day or today())


def running(day: date | None = None, community: str = "") -> list[Burden]:
    """What is laid on communities on a day, or on one of them; each knows whether it is `founded`. Two queries."""
    day = day or today()
    rows = Burden.objects.filter(Q(until=None) | Q(until__gt=day), since__lte=day).select_related("owner")
    if community:
        rows = rows.filter(Q(communities=[]) | Q(communities__contains=[community]))
    found = list(rows.order_by("kind", "name"))
    items = DutyItem.objects.filter(code__in={r.item_code for r in found if r.item_code}, list__level="community")
    kinds: dict[str, set[str]] = {}
    for code, kind in items.filter(list__in=DutyList.objects.on(day)).values_list("code", "list__kind"):
        kinds.setdefault(code, set()).add(kind)
    for row in found:
        on = kinds.get(row.item_code, set())
        row.founded = bool(on) and DutyList.Kind.NEGATIVE not in on  # type: ignore[attr-defined]
    return found


def monthly(row: Burden) -> Decimal:
    """Hours a month in one community, to a tenth."""
    return (row.hours * MONTHLY[row.rhythm]).quantize(Decimal("0.1"), ROUND_HALF_UP)


def loads(day: date | None = None, units: Iterable[Unit] | None = None) -> list[Load]:
    """What lies on each community, the heaviest first."""
    found = units if units is not None else Unit.objects.on().filter(kind=Unit.Kind.COMMUNITY)
    by_code = {unit.code: Load(unit) for unit in sorted(found, key=lambda unit: unit.code)}
    for row in running(day):
        for code in row.communities or list(by_code):
            if load := by_code.get(code):
                load.rows.append(row)
                load.hours += monthly(row)
                load.unfounded += Decimal(0) if row.founded else monthly(row)  # type: ignore[attr-defined]
    return sorted(by_code.values(), key=lambda load: (-load.hours, load.community.code))


def doubled(rows: Iterable[Burden]) -> list[Doubled]:
    """Fields that more than one of them asks for, the most frequent first."""
    asked: dict[str, list[Burden]] = {}
    for row in rows:
        for name in row.fields:
            asked.setdefault(name, []).append(row)
    found = [Doubled(name, several) for name, several in asked.items() if len(several) > 1]
    return sorted(found, key=lambda one: (-len(one.rows), one.field))


def _noted(row: Burden, verb: str, by: Actor) -> None:
    notes.change(
        "burden", row.id, verb, **by.author,
        item=row.item_code,
    )  # fmt: skip
