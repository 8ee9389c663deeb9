"""Retention (保存期限): what has passed its period is deleted, not hidden (R8, G36); periods are the district's own data.

The worker alone may delete. A period counts from the closing of the case; of imported history from the import, which the
case's own id tells. What is held stays, and is counted. One lot, one transaction.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction
from django.db.models import QuerySet

from jiedao.ground import store
from jiedao.ground.people import contacts
from jiedao.ground.people.models import Contact, SignIn, Statement, Subject
from jiedao.ground.terms.models import Term, terms
from jiedao.kit.clock import months_ago, now
from jiedao.lines.subjects import holds
from jiedao.lines.subjects.models import Purge
from jiedao.record.models import Attachment, Case, Event, Findable, Words

TABLE = "retention"
LOT = 500
GONE = "（已到期删除）Deleted as due"


def retain() -> int:
    """Every class of the district one is in, and who was erased; says how much went."""
    total = sum(erased().values())
    for term in terms(TABLE).values():
        if (of := _OF.get(str(term.facts["of"]))) is None:
            continue  # another line deletes its own
        gone, held = of(term)
        if any(gone.values()) or held:
            Purge(code=term.code, months=months(term), at=now(), gone=gone, held=held).save(force_insert=True)
        total += sum(gone.values())
    return total


def months(term: Term) -> int:
    return int(term.facts["months"])


def before(term: Term) -> datetime:
    """What ended before this moment has passed its period."""
    return months_ago(months(term))


def _closed(term: Term) -> QuerySet[Case]:
    """Cases whose period is over; of imported ones the id says when they came."""
    ended = before(term)
    came = UUID(int=int(ended.timestamp() * 1000) << 80)
    found = Case.objects.filter(closed_at__lt=ended).exclude(imported=True, pk__gte=came)
    kinds = term.facts.get("kinds")
    others = term.facts.get("not_kinds")
    found = found.filter(kind__in=kinds) if kinds else found
    return found.exclude(kind__in=others) if others else found


def _lots(rows: QuerySet[Any], free: Callable[[Any], bool]) -> Iterable[list[Any]]:
    last = None
    while True:
        page = list((rows.filter(pk__gt=last) if last else rows).order_by("pk")[:LOT])
        if not page:
            return
        last = page[-1].pk
        yield [row for row in page if free(row)]


def of_contacts(term: Term) -> tuple[dict[str, int], int]:
    """Who reported: contact, words as received, mask, code; the key too, once nothing hangs on it."""
    gone, held = {"contacts": 0, "subjects": 0}, holds.all_ids()
    due = Event.objects.filter(case__in=_closed(term), subject_id__isnull=False)
    kept = due.filter(case__in=held).count() + due.filter(subject_id__in=held).exclude(case__in=held).count()
    for lot in _lots(due, lambda event: not {event.case_id, event.subject_id} & held):
        with transaction.atomic():
            gone["contacts"] += len(lot)
            gone["subjects"] += _forget(lot)
    return gone, kept


def _forget(lot: list[Event]) -> int:
    """Deletes what leads to the reporters of these events; says how many subjects went with it."""
    ids = [event.id for event in lot]
    contacts.open_rows(ids)
    Contact.objects.filter(pk__in=ids).delete()
    Statement.objects.filter(pk__in=ids).delete()
    subjects = {event.subject_id for event in lot}
    Event.objects.filter(pk__in=ids).update(caller_mask="", subject_id=None, code_hash=None)
    Case.objects.filter(pk__in={event.case_id for event in lot}).update(caller_mask="", may_ring=False)
    left = set(Event.objects.filter(subject_id__in=subjects).values_list("subject_id", flat=True))
    return Subject.objects.filter(pk__in=subjects - left, erased_at=None).update(
        key=None, phone_hash=None, erased_at=now()
    )


def erased() -> dict[str, int]:
    """Rows and masks of subjects whose key was deleted on request."""
    gone = 0
    due = Event.objects.filter(subject_id__in=Subject.objects.filter(key=None).values("id"))
    for lot in _lots(due, lambda event: True):
        with transaction.atomic():
            _forget(lot)
            gone += len(lot)
    return {"contacts": gone}


def of_files(term: Term) -> tuple[dict[str, int], int]:
    """Photos and papers of closed cases: the row, then the file."""
    gone, held = 0, holds.all_ids()
    due = Attachment.objects.filter(case__in=_closed(term))
    for lot in _lots(due, lambda row: row.case_id not in held):
        with transaction.atomic():
            Attachment.objects.filter(pk__in=[row.id for row in lot]).delete()
        for row in lot:
            store.forget(row.path, row.thumb)
        gone += len(lot)
    return {"files": gone}, due.filter(case__in=held).count()


def of_words(term: Term) -> tuple[dict[str, int], int]:
    """What was said: with the entries, on case and event, and what a search found it by. The chain still verifies."""
    gone, held = 0, holds.all_ids()
    due = _closed(term).exclude(title=GONE)
    for lot in _lots(due, lambda case: case.id not in held):
        ids = [case.id for case in lot]
        with transaction.atomic():
            Words.objects.filter(entry__case__in=ids).delete()
            Findable.objects.filter(pk__in=ids).delete()
            _drop_beside(ids)
            nothing: dict[str, Any] = {"words": "", "address": "", "lon": None, "lat": None}
            Event.objects.filter(case__in=ids).update(**nothing, raw={})
            Case.objects.filter(pk__in=ids).update(**nothing, title=GONE)
        gone += len(lot)
    return {"cases": gone}, due.filter(pk__in=held).count()


def _drop_beside(cases: list[UUID]) -> None:
    """What other lines keep of the words of a case and say so themselves (`goes_with`): papers set from them."""
    beside = [model for model in apps.get_models() if getattr(model, "goes_with", "") == "words"]
    with connection.cursor() as cursor:
        for model in beside:
            cursor.execute(f'DELETE FROM "{model._meta.db_table}" WHERE case_id = ANY(%s)', [cases])


def of_sign_ins(term: Term) -> tuple[dict[str, int], int]:
    """Who signed in when. The law keeps logs six months at least."""
    return {"sign_ins": SignIn.objects.filter(at__lt=before(term)).delete()[0]}, 0


_OF: dict[str, Callable[[Term], tuple[dict[str, int], int]]] = {
    "contacts": of_contacts, "files": of_files, "words": of_words, "sign_ins": of_sign_ins,
}  # fmt: skip
