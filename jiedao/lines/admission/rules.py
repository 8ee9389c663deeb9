"""Rules of admission (准入规则): what an application must have before anybody examines it, and what its page shows on top."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from jiedao.ground.districts.calendar import calendar
from jiedao.ground.duties.barring import bars
from jiedao.ground.duties.models import ADMITS, DutyItem, DutyList
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import local, now, today
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused
from jiedao.lines.admission.models import Admitted, Application
from jiedao.record.definition import Definition

NEEDED = ("name", "why", "basis", "object", "procedure", "result", "technique", "training", "start_on", "list_code")
"""What the papers must say in words. Source: R, Shanghai street regulation art. 10."""
RANK = (Unit.Level.DISTRICT, Unit.Level.SUBDISTRICT, Unit.Level.COMMUNITY)
TAKES = frozenset({*ADMITS, DutyList.Kind.CERTIFICATE})
"""Kinds of list an item can be admitted to: new duties, services, powers, certificates (A5)."""


@dataclass(frozen=True)
class Sign:
    """One line of the checks on top of an application: which rule, whether it is met, what it found."""

    code: str
    is_met: bool
    found: Any = ""


def refuse_unfit(papers: Application, definition: Definition) -> None:
    """Refuses papers that no office need examine: incomplete, sideways, barred, bare burden, too soon, known already."""
    missing = [name for name in NEEDED if not getattr(papers, name)]
    if missing:
        raise Refused("incomplete", verb="apply", missing=missing)
    _refuse_long(papers)
    if papers.limit:
        Limit(papers.limit)
    _refuse_sideways(papers)
    lists = lists_of(papers.level)
    if papers.list_code not in lists:
        raise Refused("unknown_list", given=papers.list_code)
    entry = bars(papers.level, papers.item_code, papers.name)
    if entry and papers.aim != Application.Aim.WITHDRAW:
        raise Refused(
            "barred", name=papers.name, entry=entry.name, entry_en=entry.name_en, list=entry.list.name,
            list_en=entry.list.name_en, level=papers.level,
        )  # fmt: skip
    if papers.type and papers.type in definition.switches.get("kept_out", ()):
        raise Refused("kept_out", type=papers.type, name=papers.name)
    if papers.aim == Application.Aim.NEW:
        _refuse_burden(papers, definition)
    _refuse_twice(papers)


def _refuse_long(papers: Application) -> None:
    for column in Application._meta.concrete_fields:
        value, most = getattr(papers, column.attname, None), getattr(column, "max_length", None)
        if isinstance(value, str) and most and len(value) > most:
            raise Refused("too_long", field=column.name, length=len(value), most=most)
    if not 0 <= papers.people <= 10_000:
        raise Refused("unreadable", field="people", wants="number")


def _refuse_sideways(papers: Application) -> None:
    """Work is passed down, and to communities by who stands above them (D5)."""
    if papers.level not in RANK[1:] or RANK.index(papers.level) <= RANK.index(papers.applicant.level):
        raise Refused("not_downward", unit=papers.applicant.name, unit_en=papers.applicant.name_en, level=papers.level)
    known = Unit.objects.on().filter(code__in=papers.receivers, level=papers.level)
    below = {unit.code for unit in known if _is_below(unit, papers.applicant)}
    if stray := [code for code in papers.receivers if code not in below]:
        raise Refused("not_receivers", units=stray[:8], level=papers.level)


def _is_below(unit: Unit, applicant: Unit) -> bool:
    return applicant.level == Unit.Level.DISTRICT or applicant.id in unit.above


def _refuse_burden(papers: Application, definition: Definition) -> None:
    """Work alone is no application: money or people go with it, and there is time to prepare (D3, D7)."""
    if papers.people == 0 and papers.money == Decimal(0):
        raise Refused("bare_burden", name=papers.name)
    earliest = earliest_start(definition)
    if papers.start_on < earliest:
        ahead = definition.switches["ahead"]["within"]
        raise Refused("starts_too_soon", on=papers.start_on.isoformat(), earliest=earliest.isoformat(), limit=ahead)


def _refuse_twice(papers: Application) -> None:
    others = Application.objects.filter(item_code=papers.item_code, level=papers.level).exclude(pk=papers.pk)
    if running := others.exclude(case__phase="closed").select_related("case").first():
        raise Refused("already_applied", name=papers.name, number=running.case.number)
    admitted = Admitted.objects.filter(item_code=papers.item_code, level=papers.level, ended_on=None)
    is_new = papers.aim == Application.Aim.NEW
    if is_new and (admitted.exists() or on_list(papers.item_code, papers.level)):
        raise Refused("already_admitted", name=papers.name, item=papers.item_code, level=papers.level)
    if not is_new and not admitted.exists():
        raise Refused("nothing_admitted", item=papers.item_code, level=papers.level)


def earliest_start(definition: Definition) -> date:
    """The first day for which one may still apply today."""
    ahead = definition.switches.get("ahead", {}).get("within")
    if not ahead:
        return today()
    return local(Limit(ahead).due(now(), calendar())).date()


def lists_of(level: str) -> dict[str, DutyList]:
    """The lists of a level an item may be admitted to, by code: in force today, or from a later day on."""
    rows = DutyList.objects.filter(level=level, kind__in=TAKES, published_on__isnull=False, valid_to=None)
    return {row.code: row for row in rows.order_by("code")}


def on_list(code: str, level: str) -> DutyItem | None:
    """The item where it stands on a list of the level already, in force or about to be."""
    rows = DutyItem.objects.filter(code=code, list__level=level, list__kind__in=TAKES, list__published_on__isnull=False)
    return rows.filter(list__valid_to=None).select_related("list").first()


def signs(papers: Application, definition: Definition) -> list[Sign]:
    """The checks an examiner sees on top (S11): negative list, duplicate, basis, money, people, time to prepare."""
    entry = bars(papers.level, papers.item_code, papers.name)
    is_new = papers.aim == Application.Aim.NEW and papers.case.state != "admitted"
    twin = on_list(papers.item_code, papers.level) if is_new else None
    alike = None if twin or not is_new else _alike(papers)
    found = [
        Sign("negative_list", entry is None, entry),
        Sign("duplicate", twin is None and alike is None, twin or alike),
        Sign("basis", bool(papers.basis), papers.basis),
        Sign("money", papers.money > 0, papers.money),
        Sign("people", papers.people > 0, papers.people),
    ]
    ahead = definition.switches.get("ahead", {}).get("within")
    if ahead:
        due = local(Limit(ahead).due(papers.applied_at, calendar())).date()
        found.append(Sign("ahead", papers.start_on >= due, papers.start_on))
    return found


def _alike(papers: Application) -> DutyItem | None:
    rows = DutyItem.objects.filter(name=papers.name, list__level=papers.level, list__in=DutyList.objects.on())
    return rows.exclude(code=papers.item_code).select_related("list").first()
