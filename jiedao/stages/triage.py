"""Triage (研判): what kind of matter it is, whose duty, whether it is taken up at all."""

from contextlib import ExitStack
from typing import Any
from uuid import UUID

from jiedao.ground.duties.models import DutyItem
from jiedao.ground.duties.responsible import responsible
from jiedao.ground.duties.settling import kind_of, settled
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.ground.places.locate import locate
from jiedao.ground.places.models import Area
from jiedao.kit.clock import local, now
from jiedao.kit.refusal import Refused
from jiedao.record import flow, precedents
from jiedao.record.models import Case, Entry


def classify(
    case_id: UUID,
    *,
    by: Actor,
    item: DutyItem | None = None,
    kind: str = "",
    matter: str = "",
    area: Area | None = None,
    point: tuple[float, float] | None = None,
    address: str = "",
    reported_units: list[Unit] | None = None,
    reported_nobody: bool | None = None,
    severity: int | None = None,
    seen: int | None = None,
) -> Entry:
    """Sets kind, matter, duty item, place, and whom a complaint is about. May be done again until the case is sent.

    The duty item and the place give the units with a reason, kept as the case's `routing`.
    """
    with flow.hold(case_id, seen=seen) as case:
        sets = _classified(case, item, kind, matter, severity)
        sets |= _placed(case, area, point, address)
        if reported_units is not None or reported_nobody is not None:
            sets |= {"reported_units": [u.id for u in reported_units or []], "reported_nobody": bool(reported_nobody)}
        said = {
            "item": item.code if item else "",
            "kind": kind,
            "matter": matter,
            "severity": severity,
            "area": sets["area"].code if sets.get("area") else "",
            "reported": [u.code for u in reported_units or []],
            "address": sets.get("address", ""),
        }
        move = flow.permit(case, "classify", by=by, said=said)
        for name, value in sets.items():
            setattr(case, name, value)
        if case.item:
            sets["routing"] = {**case.routing, **proposal(case)}
        return flow.advance(case, move, by=by, said=said, **sets)


def _classified(case: Case, item: DutyItem | None, kind: str, matter: str, severity: int | None) -> dict[str, Any]:
    if kind and kind not in Case.Kind.values:
        raise Refused("unknown_kind", kind=kind, known=list(Case.Kind.values))
    sets: dict[str, Any] = {}
    if item:
        sets["item"] = item
    if kind:
        sets["kind"] = kind
    if matter:
        sets["matter"] = kind_of(matter).code
    if severity is not None:
        sets["severity"] = severity
    return sets


def _placed(case: Case, area: Area | None, point: tuple[float, float] | None, address: str) -> dict[str, Any]:
    sets: dict[str, Any] = {"address": address} if address else {}
    if point:
        area = area or locate(*point, local(case.opened_at).date())
        if area is None:
            raise Refused("outside_district", lon=point[0], lat=point[1])
        sets |= {"lon": point[0], "lat": point[1]}
    if area:
        sets |= {"area": area, "area_path": area.path}
    return sets


def proposal(case: Case) -> dict[str, Any]:
    """Who is responsible by ruling, else by list and place, as the case shows it. Empty names where both are silent."""
    assert case.item is not None
    answer = responsible(case.item, case.area)
    lead, helpers, why = answer.lead, answer.helpers, answer.why
    below = settled(case.item, case.area, case.matter) if case.matter else None
    if below and below.unit != lead:
        # Settled below; whom the list names stands by.
        helpers = [lead, *helpers] if lead else helpers
        lead, why = below.unit, below.why
    why = below.why if below else why
    ruled = precedents.holding(case.item.code, case.area_path)
    if ruled:
        lead, why = ruled.unit, precedents.why(ruled)
    return {
        "proposed_lead": str(lead.id) if lead else "",
        "proposed_helpers": [str(u.id) for u in helpers if u != lead],
        "why": why,
    }


def verify_report(case_id: UUID, *, by: Actor, text: str = "", seen: int | None = None) -> Entry:
    """A report of the public is looked at on the spot before it is filed."""
    return _simple(case_id, "verify_report", by=by, said={"text": text}, seen=seen)


def file(case_id: UUID, *, by: Actor, limit: str = "", text: str = "", seen: int | None = None) -> Entry:
    """Files the case (立案): it counts from here, and the promise to the caller begins to run."""
    with flow.hold(case_id, seen=seen) as case:
        said = {"limit": limit, "text": text}
        move = flow.permit(case, "file", by=by, said=said)
        return flow.advance(case, move, by=by, said=said, limit=limit or case.limit)


def reject(case_id: UUID, *, by: Actor, reason: str, right_office: str = "", seen: int | None = None) -> Entry:
    """Not taken up, with the reason and the right way to go, both told to who reported."""
    said = {"reason": reason, "told": right_office}
    return _simple(case_id, "reject", by=by, said=said, public=True, seen=seen)


def answer(case_id: UUID, *, by: Actor, text: str, seen: int | None = None) -> Entry:
    """A simple question, answered at once and closed."""
    return _simple(case_id, "answer", by=by, said={"text": text}, public=True, seen=seen)


def refer(case_id: UUID, *, by: Actor, line: str, seen: int | None = None) -> Entry:
    """Passed to 110, 119, 120 or 122; the line and the hour stay on the record."""
    return _simple(case_id, "refer", by=by, said={"line": line}, public=True, seen=seen)


def consult(
    case_id: UUID, *, by: Actor, reason: str, units: list[Unit] | None = None, seen: int | None = None
) -> Entry:
    """Talks before a difficult dispatch; the promise stands still while they last, if the process says so."""
    said = {"reason": reason, "units": [u.code for u in units or []]}
    with flow.hold(case_id, seen=seen) as case:
        move = flow.permit(case, "consult", by=by, said=said)
        joint: dict[str, Any] = {} if move.to else {"marks": {**case.marks, "joint": {"since": now().isoformat()}}}
        return flow.advance(case, move, by=by, said=said, **joint)


def review(
    case_id: UUID,
    *,
    by: Actor,
    lead: Unit,
    helpers: list[Unit],
    aim: str,
    meeting: str,
    limit: str = "",
    seen: int | None = None,
) -> Entry:
    """A whistle is drafted whole: whom it calls, what for, when and where. Blowing it needs the signatures."""
    with flow.hold(case_id, seen=seen) as case:
        said = {
            "lead": str(lead.id),
            "helpers": [str(u.id) for u in helpers],
            "aim": aim,
            "meeting": meeting,
            "limit": limit,
        }
        move = flow.permit(case, "review", by=by, said=said)
        called = {"lead": str(lead.id), "helpers": [str(u.id) for u in helpers], "limit": limit}
        return flow.advance(case, move, by=by, said=said, routing={**case.routing, **called}, limit=limit)


def decline(case_id: UUID, *, by: Actor, reason: str, seen: int | None = None) -> Entry:
    """The whistle is not started: it lies within the sub-district's own power, or need not be blown."""
    return _simple(case_id, "decline", by=by, said={"reason": reason}, seen=seen)


def merge(case_id: UUID, into: UUID, *, by: Actor, seen: int | None = None) -> Entry:
    """A duplicate follows a lead case under its own number; what comes of that one is told to everybody.

    All that change are locked in the order of their ids, followers too, so that clerks who merge crosswise or in a
    ring cannot wait for each other.
    """
    if case_id == into:
        raise Refused("merges_into_itself")
    followers = list(Case.objects.filter(merged_into=case_id).values_list("pk", flat=True))
    with ExitStack() as locks:
        held = {
            pk: locks.enter_context(flow.hold(pk, seen=seen if pk == case_id else None))
            for pk in sorted({case_id, into, *followers})
        }
        case, lead = held[case_id], held[into]
        if lead.phase == "closed" or lead.merged_into_id:
            raise Refused("lead_closed", number=lead.number)
        move = flow.permit(case, "merge", by=by, said={"into": lead.number})
        if case.merged.exclude(pk__in=held).exists():  # one came between the question and the locks
            raise Refused("changed", number=case.number, seen=case.seq, seq=case.seq, since=[])
        flow.note(lead, "merge", by=by, said={"from": case.number})
        case.merged.update(merged_into=lead)
        return flow.advance(case, move, by=by, said={"into": lead.number}, public=True, merged_into=lead)


def _simple(
    case_id: UUID, verb: str, *, by: Actor, said: dict[str, Any], public: bool = False, seen: int | None = None
) -> Entry:
    with flow.hold(case_id, seen=seen) as case:
        move = flow.permit(case, verb, by=by, said=said)
        return flow.advance(case, move, by=by, said=said, public=public)
