"""The rights desk (个人信息权利办理): find a subject, copy, correct, delete, refuse; each within its limit (R19).

Every reading is on the record before it is shown. A deletion deletes the key, which takes every sealed word with it, in
backups too; rows and masks follow with the next round of retention.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from jiedao.ground.districts.calendar import calendar
from jiedao.ground.journal import notes, receipts
from jiedao.ground.people import Actor, contacts
from jiedao.ground.people.contacts import Caller
from jiedao.ground.people.models import Subject
from jiedao.ground.terms import competence
from jiedao.ground.terms.models import fact, terms
from jiedao.kit.clock import now
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.subjects import holds
from jiedao.lines.subjects.models import SubjectRequest
from jiedao.record.models import Attachment, Case, Event

KEEPER, TABLE, PURPOSES = "subjects", "subject_right", "purpose"


@dataclass(frozen=True)
class Place:
    """One event of a subject, masked: what a desk sees before anything is opened."""

    number: str
    title: str
    mask: str
    at: Any
    state: str


def kinds() -> dict[str, Any]:
    """What a subject may ask for, with its limit: the district's own table."""
    return terms(TABLE)


def purposes() -> dict[str, Any]:
    """For what identity may be opened: the district's own table, each with its legal basis."""
    return terms(PURPOSES)


def ask(phone: str, kind: str, *, by: Actor, purpose: str, basis: str) -> SubjectRequest:
    """Opens a request of the subject with this number; the look is written before anything is found.

    Refuses `not_keeper`, `no_purpose`, `unknown_kind`, `no_subject`; one that is open already is given back.
    """
    competence.require(by, KEEPER)
    if purpose not in purposes():
        raise Refused("no_purpose")
    limit = fact(TABLE, kind, "within", "")
    if not limit:
        raise Refused("unknown_kind", kind=kind, known=list(kinds()), field="kind")
    with receipts.whole():
        subject = contacts.known_subject(phone)
        if subject is None:
            raise Refused("no_subject")
        _look(by, subject.id, purpose)
        known = SubjectRequest.objects.filter(subject=subject, kind=kind, done_at=None).first()
        if known:
            return known
        at = now()
        row = SubjectRequest(
            subject=subject, kind=kind, basis=basis, limit=limit, asked_at=at,
            due_at=Limit(limit).due(at, calendar()), asked_by=by.person.id if by.person else None,
        )  # fmt: skip
        row.save(force_insert=True)
        _change(row, "ask", by, asked=kind, purpose=purpose)
    return row


def request_or_404(request_id: UUID, *, by: Actor) -> SubjectRequest:
    """A request, for who keeps the desk."""
    row = SubjectRequest.objects.filter(pk=request_id).select_related("subject").first()
    if row is None or not competence.may(by, KEEPER):
        raise Absent
    return row


def places(subject: Subject) -> list[Place]:
    """Where something of a subject stands, masked, newest first."""
    rows = Event.objects.filter(subject_id=subject.id).select_related("case").order_by("-received_at")[:200]
    return [Place(e.case.number, e.case.title, e.caller_mask, e.received_at, e.case.state) for e in rows]


def copy(row: SubjectRequest, *, by: Actor) -> dict[str, Any]:
    """Everything that is kept of the subject, in clear, for the subject; each opening is on the record first."""
    with receipts.whole():
        _open(row, by, "copy")
        told = [_event(event, by) for event in Event.objects.filter(subject_id=row.subject_id).select_related("case")]
        _done(row, by, "copy", events=len(told))
    return {"made_at": now().isoformat(), "asked_at": row.asked_at.isoformat(), "events": told}


def _event(event: Event, by: Actor) -> dict[str, Any]:
    notes.look(
        by.scope, "contact", event.case_id, purpose="subject_copy", **by.author, unit_id=by.unit_id,
    )  # fmt: skip
    caller = contacts.clear(event.id)
    return {
        "number": event.case.number,
        "received_at": event.received_at.isoformat(),
        "channel": event.channel,
        "name": caller.name,
        "phone": caller.phone,
        "may_ring": caller.may_ring,
        "words": contacts.statement(event.id),
        "address": event.address,
        "files": list(
            Attachment.objects.filter(entry__case=event.case, entry__actor="resident").values_list("name", flat=True)
        ),
    }


def correct(row: SubjectRequest, *, by: Actor, name: str, phone: str, may_ring: bool) -> None:
    """Writes name and number anew, under the same key, on every event of the subject."""
    with receipts.whole():
        _open(row, by, "correct")
        caller = Caller(name.strip(), phone.strip(), may_ring, subject=row.subject)
        if not caller.named:
            raise Refused("incomplete", verb="correct", missing=["name"])
        events = list(Event.objects.filter(subject_id=row.subject_id).values_list("id", "case_id"))
        contacts.correct(row.subject, [event for event, _ in events], caller)
        cases = {case for _, case in events}
        Case.objects.filter(pk__in=cases).update(caller_mask=caller.mask[:60], may_ring=may_ring)
        _done(row, by, "correct", events=len(events))


def delete(row: SubjectRequest, *, by: Actor) -> None:
    """Deletes the subject's key and every mask that leads to it. Refuses `held` where a hold stands in the way."""
    with receipts.whole():
        _open(row, by, "delete")
        cases = set(Event.objects.filter(subject_id=row.subject_id).values_list("case_id", flat=True))
        if kept := holds.in_force(cases | {row.subject_id}):
            raise Refused("held", number=kept[0].number, until=kept[0].until.isoformat(), reason=kept[0].reason)
        contacts.erase(row.subject)
        Case.objects.filter(pk__in=cases).update(caller_mask="", may_ring=False)
        _done(row, by, "delete", cases=len(cases))


def refuse(row: SubjectRequest, *, by: Actor, reason: str) -> None:
    """Says no, with the reason the subject is told."""
    with receipts.whole():
        _open(row, by, "refuse")
        row.refused = reason.strip()[:200]
        _done(row, by, "refuse")


def _open(row: SubjectRequest, by: Actor, verb: str) -> None:
    """Under the request's own lock: two colleagues at once would each do it."""
    competence.require(by, KEEPER)
    assert transaction.get_connection().in_atomic_block
    found = SubjectRequest.objects.select_for_update().get(pk=row.pk)
    if found.done_at:
        raise Refused("already_answered", verb=verb)


def _done(row: SubjectRequest, by: Actor, verb: str, **facts: Any) -> None:
    row.done_at, row.done_by = now(), by.person.id if by.person else None
    row.save(update_fields=["done_at", "done_by", "refused"])
    _change(row, verb, by, **facts)


def _look(by: Actor, subject_id: UUID, purpose: str) -> None:
    notes.look(
        by.scope, "subject", subject_id, purpose=purpose, **by.author, unit_id=by.unit_id,
    )  # fmt: skip


def _change(row: SubjectRequest, verb: str, by: Actor, **facts: Any) -> None:
    notes.change(
        "subject_request", row.id, verb, **by.author, system=by.name if by.kind == "system" else "", **facts,
    )  # fmt: skip
