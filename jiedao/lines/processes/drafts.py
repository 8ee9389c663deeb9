"""Drafts (流程草案): begun from the version in force, changed line by line, published by a second person on a day."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from jiedao.ground.districts import current_district
from jiedao.ground.journal import notes
from jiedao.ground.people import Actor
from jiedao.ground.terms import competence
from jiedao.kit.clock import now, today
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.processes import differences, edits
from jiedao.lines.processes.models import ProcessDraft
from jiedao.record import definition
from jiedao.record.models import ProcessVersion
from jiedao.record.shape import misshapen

WHAT = "processes"
OPEN = ("", ProcessDraft.Outcome.SCHEDULED)


def in_force(code: str) -> ProcessVersion:
    """The version of a process that new cases get. `Absent` if the district does not run it."""
    found = ProcessVersion.objects.filter(code=code, retired_at=None).first()
    if found is None:
        raise Absent
    return found


def open_draft(code: str) -> ProcessDraft | None:
    """The draft of a process that is not over yet; there is one at most."""
    return ProcessDraft.objects.filter(code=code, outcome__in=OPEN).first()


def begin(code: str, *, by: Actor, document: str = "", reason: str = "") -> ProcessDraft:
    """A draft of a process, from the version in force or from a document. Refuses `draft_open` and as `_fits`."""
    competence.require(by, WHAT)
    former = in_force(code)
    with transaction.atomic():
        ProcessVersion.objects.select_for_update().get(pk=former.pk)  # two who begin at once: the second sees the first
        if (there := open_draft(code)) is not None:
            raise Refused("draft_open", process=_label(former), at=there.made_at.isoformat())
        _fits(code, document)
        at, person = now(), _person(by)
        draft = ProcessDraft(
            id=new_id(), code=code, based_on=former.version, document=document or former.document, reason=reason[:400],
            made_at=at, made_by=person, changed_at=at, changed_by=person,
        )  # fmt: skip
        draft.save(force_insert=True)
        _note(draft, "begin", by, based_on=former.version, brought=bool(document))
    return draft


def bring(written: str, *, by: Actor) -> ProcessDraft:
    """A draft from an exported file. Refuses `definition_elsewhere` for one of another district, `bad_definition`."""
    data = edits.load(written)
    head = data.pop("exported", None)
    if isinstance(head, dict) and str(head.get("district", "")) not in ("", current_district().code):
        raise Refused(
            "definition_elsewhere", district=str(head.get("district"))[:20], name=str(head.get("name", ""))[:60]
        )
    code = str(data.get("process", ""))[:40]
    return begin(code, by=by, document=edits.dump(data))


def exported(version: str, document: str) -> str:
    """A definition as a file: whose it is stands above it, so that another district's is not taken for one's own."""
    place = current_district()
    head = {"district": place.code, "name": place.name, "version": version}
    return edits.dump({"exported": head, **edits.load(document)})


def change(
    draft_id: UUID, part: str, key: str, values: dict[str, Any], *, by: Actor, seen: int | None = None
) -> ProcessDraft:
    """Changes or adds one line. Whoever changes a draft that waits for publication takes it back to be asked anew."""
    with _held(draft_id, by, seen) as draft:
        return _changed(draft, edits.edit(draft.document, part, key, values), by, part, key)


def leave_out(draft_id: UUID, part: str, key: str, *, by: Actor, seen: int | None = None) -> ProcessDraft:
    """Takes one line out; a state takes the moves that lead to it along."""
    with _held(draft_id, by, seen) as draft:
        return _changed(draft, edits.leave_out(draft.document, part, key), by, part, key)


def ask(draft_id: UUID, *, by: Actor, effective_on: date, reason: str, seen: int | None = None) -> ProcessDraft:
    """Asks for publication on a day. Refuses `bad_definition` with the problems, `draft_same`, `day_is_past`."""
    with _held(draft_id, by, seen) as draft:
        if found := problems(draft):
            raise Refused("bad_definition", problems=found)
        if not changes(draft):
            raise Refused("draft_same", process=_label(in_force(draft.code)))
        if effective_on < today():
            raise Refused("day_is_past", day=effective_on.isoformat())
        if not reason.strip():
            raise Refused("incomplete", verb="", missing=["reason"])
        draft.asked_at, draft.asked_by, draft.effective_on = now(), _person(by), effective_on
        draft.reason, draft.given_back = reason.strip()[:400], ""
        draft.save(update_fields=["asked_at", "asked_by", "effective_on", "reason", "given_back"])
        _note(draft, "ask", by, effective_on=effective_on.isoformat())
        return draft


def give_back(draft_id: UUID, *, by: Actor, reason: str) -> ProcessDraft:
    """The second person does not publish it and says why; the draft can be changed and asked for again."""
    with _held(draft_id, by) as draft:
        if draft.asked_at is None:
            raise Refused("not_asked")
        draft.asked_at, draft.asked_by, draft.given_back = None, None, reason.strip()[:400]
        draft.save(update_fields=["asked_at", "asked_by", "given_back"])
        _note(draft, "give_back", by)
        return draft


def publish(draft_id: UUID, *, by: Actor, seen: int | None = None) -> ProcessDraft:
    """Puts it in force today, or on its day. Refuses `second_person` to who changed it or asked for it."""
    with _held(draft_id, by, seen) as draft:
        if draft.asked_at is None or draft.effective_on is None:
            raise Refused("not_asked")
        if _person(by) in (draft.changed_by, draft.asked_by):
            raise Refused("second_person")
        draft.ended_at, draft.ended_by = now(), _person(by)
        draft.outcome = ProcessDraft.Outcome.SCHEDULED
        draft.save(update_fields=["ended_at", "ended_by", "outcome"])
        _note(draft, "publish", by, effective_on=draft.effective_on.isoformat())
        if draft.effective_on <= today():
            _put_in_force(draft)
        return draft


def drop(draft_id: UUID, *, by: Actor) -> ProcessDraft:
    """Gives a draft up; also one that waits for its day."""
    with _held(draft_id, by, scheduled=True) as draft:
        draft.outcome, draft.ended_at, draft.ended_by = ProcessDraft.Outcome.DROPPED, now(), _person(by)
        draft.save(update_fields=["outcome", "ended_at", "ended_by"])
        _note(draft, "drop", by)
        return draft


def publish_due() -> int:
    """Round: puts in force what was published for a day that has come. Says how many."""
    waiting = ProcessDraft.objects.filter(outcome=ProcessDraft.Outcome.SCHEDULED, effective_on__lte=today())
    done = 0
    for pk in list(waiting.values_list("pk", flat=True)):
        with transaction.atomic():
            draft = ProcessDraft.objects.select_for_update().get(pk=pk)
            if draft.outcome == ProcessDraft.Outcome.SCHEDULED:
                _put_in_force(draft)
                done += 1
    return done


def problems(draft: ProcessDraft) -> list[str]:
    """What keeps a draft from being published, each with its place. Empty if it may be."""
    try:
        return definition.problems(edits.load(draft.document))
    except Refused as refused:
        return list(refused.facts["problems"])


def changes(draft: ProcessDraft) -> list[differences.Change]:
    """What it says otherwise than the version it began from, in words."""
    former = ProcessVersion.objects.get(code=draft.code, version=draft.based_on)
    return differences.differences(edits.load(former.document), edits.load(draft.document))


def _put_in_force(draft: ProcessDraft) -> None:
    """The version before it retires at the same instant; cases under way keep theirs."""
    former = ProcessVersion.objects.select_for_update().get(code=draft.code, retired_at=None)
    if former.version != draft.based_on:
        raise Refused("base_moved", version=former.version, based_on=draft.based_on)
    at = now()
    former.retired_at = at
    former.save(update_fields=["retired_at"])
    draft.version = former.version + 1
    ProcessVersion(
        id=new_id(), code=draft.code, version=draft.version, document=draft.document,
        based_on=f"{former.code} v{former.version}", published_at=at,
    ).save(force_insert=True)  # fmt: skip
    draft.outcome = ProcessDraft.Outcome.PUBLISHED
    draft.save(update_fields=["outcome", "version"])
    notes.change("process_draft", draft.id, "in_force", system="processes", version=draft.version)


@contextmanager
def _held(draft_id: UUID, by: Actor, seen: int | None = None, *, scheduled: bool = False) -> Iterator[ProcessDraft]:
    """The draft under its lock. Refuses `draft_over`, and `draft_changed` if it changed since the form was drawn."""
    competence.require(by, WHAT)
    with transaction.atomic():
        draft = ProcessDraft.objects.select_for_update().filter(pk=draft_id).first()
        if draft is None:
            raise Absent
        if draft.outcome and not (scheduled and draft.outcome == ProcessDraft.Outcome.SCHEDULED):
            raise Refused("draft_over", outcome=draft.outcome)
        if seen is not None and seen != draft.seq:
            raise Refused("draft_changed", seen=seen, seq=draft.seq)
        yield draft


def _changed(draft: ProcessDraft, document: str, by: Actor, part: str, key: str) -> ProcessDraft:
    if document == draft.document:
        return draft
    draft.document, draft.seq = document, draft.seq + 1
    draft.changed_at, draft.changed_by = now(), _person(by)
    draft.asked_at = draft.asked_by = draft.effective_on = None
    draft.save(update_fields=["document", "seq", "changed_at", "changed_by", "asked_at", "asked_by", "effective_on"])
    _note(draft, "change", by, part=part, key=key, seq=draft.seq)
    return draft


def _fits(code: str, document: str) -> None:
    """A document that was brought is a definition of this very process, whatever its other problems."""
    if not document:
        return
    data = edits.load(document)
    if data.get("process") != code:
        raise Refused("bad_definition", problems=[f"process: {data.get('process')!r} is not {code!r}"])
    if found := misshapen(data):
        raise Refused("bad_definition", problems=found)


def _note(draft: ProcessDraft, verb: str, by: Actor, **facts: Any) -> None:
    post = by.post.id if by.post else None
    notes.change("process_draft", draft.id, verb, person_id=_person(by), post_id=post, process=draft.code, **facts)


def _person(by: Actor) -> UUID:
    if by.person is None:
        raise Refused("not_keeper", what="流程", what_en="Processes", posts=[], posts_en=[])
    return by.person.id


def _label(version: ProcessVersion) -> dict[str, str]:
    return version.definition.label
