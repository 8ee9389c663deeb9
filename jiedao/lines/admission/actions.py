"""Actions of admission (准入办理): applying, correcting, and what a decision changes: the list, money and people with it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from jiedao.ground.duties import following
from jiedao.ground.duties.models import DutyItem, DutyList, Responsibility
from jiedao.ground.journal import notes, receipts
from jiedao.ground.people import Actor, posts
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import now, today
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.admission import rules
from jiedao.lines.admission.models import Admitted, Application, HandOver
from jiedao.record import flow, standing, versions
from jiedao.record.models import Case, Entry
from jiedao.stages import council

PROCESS = "admission"
Aim = Application.Aim


@dataclass
class Papers:
    """What an applicant writes. Empty stands for not written; of an admitted item what is empty stays as it is."""

    name: str = ""
    name_en: str = ""
    level: str = ""
    list_code: str = ""
    item_code: str = ""
    type: str = ""
    why: str = ""
    basis: list[dict[str, str]] = field(default_factory=list)
    object: str = ""
    procedure: str = ""
    limit: str = ""
    result: str = ""
    people: int = 0
    money: Decimal = Decimal(0)
    technique: str = ""
    training: str = ""
    start_on: date | None = None
    receivers: list[str] = field(default_factory=list)


def apply(papers: Papers, *, by: Actor, aim: str = Aim.NEW) -> Application:
    """Applies to pass work down (申请准入), or about what was admitted. Refuses what `rules.refuse_unfit` names."""
    if by.post is None:
        raise Refused("not_yours", verb="apply", roles=[])
    version = versions.process(PROCESS)
    if not standing.may_open(version.definition, by):
        roles = [version.definition.roles[code].label for code in version.definition.opened_by]
        raise Refused("not_yours", verb="apply", roles=roles)
    body = posts.speaks_for(by.post)
    row = Application(aim=aim, applicant=body, applied_at=now())
    _write(row, papers)
    rules.refuse_unfit(row, version.definition)
    with receipts.whole():
        row.case = council.begin(
            PROCESS,
            by=by,
            title=row.name,
            words=row.why,
            from_unit=body,
            routing={"asks_for": _asks_for(row)},
            said={"item": row.item_code, "level": row.level, "sort": aim},
        )
        row.save(force_insert=True)
        _noted(row, "apply", by, aim=aim, item=row.item_code)
    return row


def _asks_for(row: Application) -> dict[str, str]:
    """What predicates and pages read on the case; a withdrawal is heard whatever the negative lists say."""
    bars = {} if row.aim == Aim.WITHDRAW else {"level": row.level, "code": row.item_code, "name": row.name}
    return bars | {"aim": row.aim}


def _write(row: Application, papers: Papers) -> None:
    for name, value in vars(papers).items():
        setattr(row, name, value)
    row.item_code = papers.item_code or f"admitted-{now():%Y%m%d%H%M%S}"
    if papers.start_on is None and row.aim != Aim.NEW:
        row.start_on = today()


def amend(case_id: UUID, *, by: Actor, papers: Papers | None = None, seen: int | None = None, **given: Any) -> Entry:
    """Corrects papers that were sent back (补正), whole or field by field; the examination goes on."""
    with flow.hold(case_id, seen=seen) as case:
        row = of_case(case)
        move = flow.permit(case, "amend", by=by, said={})
        before = {name: getattr(row, name) for name in vars(Papers())}
        wanted = papers or Papers(**{**before, **{k: v for k, v in given.items() if v not in (None, "")}})
        wanted.item_code, wanted.level = row.item_code, row.level
        _write(row, wanted)
        rules.refuse_unfit(row, case.process.definition)
        row.corrected_at = now()
        row.save(update_fields=[*vars(wanted), "corrected_at"])
        changed = sorted(name for name, value in before.items() if getattr(row, name) != value)
        _noted(row, "amend", by, fields=changed)
        routing = {**case.routing, "asks_for": _asks_for(row)}
        columns = {"title": row.name, "words": row.why, "routing": routing} | council.onward(case, move.to, by=by)
        return flow.advance(case, move, by=by, said={"fields": changed}, **columns)


def of_case(case: Case) -> Application:
    """The papers of a case. `Absent` for a case of another process."""
    row = Application.objects.select_related("applicant").filter(case_id=case.id).first()
    if row is None:
        raise Absent
    return row


def admit(case_id: UUID, *, by: Actor, text: str = "", seen: int | None = None) -> Entry:
    """Signs for admission; with the last signature list, money and people move, in this one transaction (准入).

    The item goes onto a new version of the receiving level's list, which is in force from the day it names and not
    before. What the applicant promised is booked for each receiver, to be handed over by that day.
    """
    with flow.hold(case_id, seen=seen) as case:
        move = flow.permit(case, "admit", by=by, said={"text": text})
        if not (free := council.signed(case, move, by=by)):
            return flow.advance(case, move, by=by, said={"text": text})
        row = of_case(case)
        done = {
            Aim.NEW: _admitted, Aim.CHANGE: _adjusted, Aim.REVIEW: _reviewed, Aim.WITHDRAW: _withdrawn,
        }[Aim(row.aim)](row, case)  # fmt: skip
        _noted(row, "admit", by, **done)
        said = {"text": text, **done}
        return flow.advance(case, free, by=by, said=said, **council.onward(case, free.to, by=by))


def _admitted(row: Application, case: Case) -> dict[str, Any]:
    version = _changed_list(row, case, _put)
    since = version.valid_from or today()
    columns = ("applicant", "level", "list_code", "item_code", "name", "name_en")
    Admitted.objects.create(
        case=case, since=since, review_on=_review_on(case, since), **{name: getattr(row, name) for name in columns}
    )
    rows = booked(row, case, since)
    return {**_told(version), "booked": len(rows)}


def _adjusted(row: Application, case: Case) -> dict[str, Any]:
    """The item says what the new papers say, from the day of a new version on; further money and people are booked."""
    version = _changed_list(row, case, _put)
    kept = _kept(row)
    kept.name, kept.name_en, kept.state = row.name, row.name_en or kept.name_en, Admitted.State.ADJUSTED
    kept.review_on = _review_on(case, today())
    kept.save(update_fields=["name", "name_en", "state", "review_on"])
    rows = booked(row, case, version.valid_from or today())
    return {**_told(version), "booked": len(rows)}


def _reviewed(row: Application, case: Case) -> dict[str, Any]:
    kept = _kept(row)
    kept.state, kept.review_on = Admitted.State.REVIEWED, _review_on(case, today())
    kept.save(update_fields=["state", "review_on"])
    return {"item": row.item_code, "review_on": kept.review_on.isoformat()}


def _withdrawn(row: Application, case: Case) -> dict[str, Any]:
    """Off the list from a new version on; what came with it ends there, used or not."""
    version = _changed_list(row, case, _take_off)
    kept = _kept(row)
    kept.state, kept.ended_on = Admitted.State.WITHDRAWN, version.valid_from
    kept.save(update_fields=["state", "ended_on"])
    ended = HandOver.objects.filter(item_code=row.item_code, ended_on=None).update(ended_on=version.valid_from)
    return {**_told(version), "ended": ended}


def _kept(row: Application) -> Admitted:
    return Admitted.objects.select_for_update().get(item_code=row.item_code, level=row.level, ended_on=None)


def _told(version: DutyList) -> dict[str, Any]:
    return {
        "list": version.code,
        "version": version.version,
        "valid_from": version.valid_from.isoformat() if version.valid_from else "",
    }


def _review_on(case: Case, since: date) -> date:
    """A year later, or after as many months as the process says."""
    months = int(case.process.definition.switches.get("review_after", {}).get("months", 12))
    year, month = divmod(since.year * 12 + since.month - 1 + months, 12)
    return date(year, month + 1, min(since.day, 28))


def _changed_list(row: Application, case: Case, change: Any) -> DutyList:
    """A new published version with the change; an open draft of the list gets it too, or publishing it would undo it."""
    former = following.newest(row.list_code)
    version = following.follow(former, following.effective(former, row.start_on), case_id=case.id)
    change(version, row)
    for draft in DutyList.objects.filter(code=row.list_code, published_on=None):
        change(draft, row)
    return version


def _put(version: DutyList, row: Application) -> None:
    """The item on a version, with its own level's unit answering for it."""
    first = version.items.order_by("rank").first()
    columns = {
        "name": row.name, "name_en": row.name_en or row.name, "basis": row.basis, "type": row.type,
        "limit": row.limit, "form": row.result, "giver": row.applicant, "given_on": version.valid_from,
        "source": f"admission {row.case.number}",
    }  # fmt: skip
    there = version.items.filter(code=row.item_code).first()
    if there is not None:
        for name, value in columns.items():
            setattr(there, name, value)
        there.save(update_fields=list(columns))
        return
    last = version.items.order_by("-rank").first()
    item = DutyItem.objects.create(
        list=version, code=row.item_code, rank=(last.rank if last else 0) + 1,
        category=first.category if first else row.name, category_en=first.category_en if first else row.name_en,
        **columns,
    )  # fmt: skip
    _answers_for(item, row)


def _answers_for(item: DutyItem, row: Application) -> None:
    """The unit of the place; where only some receive it, these by name, each in its own area."""
    lead = Responsibility.Role.LEAD
    own = {
        Unit.Level.SUBDISTRICT: Responsibility.Relation.OWN_SUBDISTRICT,
        Unit.Level.COMMUNITY: Responsibility.Relation.OWN_COMMUNITY,
    }[Unit.Level(row.level)]
    named = Unit.objects.on().filter(code__in=row.receivers)
    rows = [Responsibility(item=item, area_id=u.area_id, relation=own, role=lead) for u in named]
    Responsibility.objects.bulk_create(rows or [Responsibility(item=item, relation=own, role=lead)])


def _take_off(version: DutyList, row: Application) -> None:
    version.items.filter(code=row.item_code).delete()


def booked(row: Application, case: Case, due_on: date) -> list[HandOver]:
    """Money and people for each receiver, due on the day the work begins. The applicant hands over, they receive."""
    wanted: list[dict[str, Any]] = [{"kind": HandOver.Kind.FUNCTION, "quantity": 1}]
    if row.money:
        wanted.append({"kind": HandOver.Kind.MONEY, "amount": row.money})
    if row.people:
        wanted.append({"kind": HandOver.Kind.STAFF, "quantity": row.people})
    rows = [
        HandOver(
            case=case, item_code=row.item_code, what=row.name, from_unit=row.applicant, to_unit=unit, due_on=due_on,
            basis=case.number, **one,
        )
        for unit in receivers(row)
        for one in wanted
    ]  # fmt: skip
    HandOver.objects.bulk_create(rows, batch_size=500)
    return rows


def receivers(row: Application) -> list[Unit]:
    """The units that get the work: those named, else all of the level below the applicant."""
    kind = Unit.Kind.SUBDISTRICT if row.level == Unit.Level.SUBDISTRICT else Unit.Kind.COMMUNITY
    found = Unit.objects.on().filter(kind=kind, level=row.level).order_by("code")
    if row.receivers:
        found = found.filter(code__in=row.receivers)
    elif row.applicant.level != Unit.Level.DISTRICT:
        found = found.filter(above__contains=[row.applicant.id])
    return [unit for unit in found if unit.id != row.applicant.id]


def _noted(row: Application, verb: str, by: Actor, **facts: Any) -> None:
    notes.change(
        "admission", row.id, verb, **by.author, system=by.name if by.kind == "system" else "", **facts,
    )  # fmt: skip
