"""Corrections (更正请求): what is kept of a colleague is wrong; asked by that person, answered by who keeps it (R19)."""

from uuid import UUID

from django.db import transaction

from jiedao.ground.journal import notes
from jiedao.ground.people.actor import Actor
from jiedao.ground.people.models import Correction, Person, Tenure
from jiedao.ground.terms import competence
from jiedao.ground.terms.models import fact
from jiedao.kit.clock import now
from jiedao.kit.refusal import Absent, Refused
from jiedao.kit.text import clean

MOST_OPEN = 3
KEEPERS = "organisation"


def ask(*, by: Actor, words: str) -> Correction:
    """Asks for a correction. Refuses `too_many_open` while three wait."""
    if by.person is None:
        raise Absent
    with transaction.atomic():
        # Two at once would both count two.
        Person.objects.select_for_update().get(pk=by.person.pk)
        if Correction.objects.filter(person=by.person, answered_at=None).count() >= MOST_OPEN:
            raise Refused("too_many_open", most=MOST_OPEN)
        row = Correction(person=by.person, words=clean(words, 500), made_at=now())
        row.save(force_insert=True)
        _noted(by, row, "ask")
    return row


def answer(row_id: UUID, *, by: Actor, words: str) -> Correction:
    """Says what came of it. Refuses `not_keeper`, `already_answered`."""
    competence.require(by, KEEPERS)
    with transaction.atomic():
        row = Correction.objects.select_for_update().filter(pk=row_id).first()
        if row is None:
            raise Absent
        if row.answered_at:
            raise Refused("already_answered")
        row.answer, row.answered_at, row.answered_by = clean(words, 500), now(), by.person
        row.save(update_fields=["answer", "answered_at", "answered_by"])
        _noted(by, row, "answer")
    return row


def of(by: Actor) -> list[Correction]:
    """One's own, the latest first."""
    return list(Correction.objects.filter(person=by.person).order_by("-made_at")[:20]) if by.person else []


def waiting(by: Actor) -> list[Correction]:
    """All that wait, the oldest first; for who keeps the organisation. `Absent` for anybody else."""
    if not competence.may(by, KEEPERS):
        raise Absent
    return list(Correction.objects.filter(answered_at=None).select_related("person").order_by("made_at")[:100])


def keepers() -> set[UUID]:
    """The persons who keep the organisation today."""
    kinds = fact(competence.TABLE, KEEPERS, "posts", [])
    return set(Tenure.objects.on().filter(post__kind__code__in=kinds).values_list("person_id", flat=True))


def _noted(by: Actor, row: Correction, verb: str) -> None:
    notes.change("correction", row.id, verb, **by.author)
