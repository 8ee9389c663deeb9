"""Callers of imports (导入的诉求人): names and numbers go under their subject's key, as with any other report.

A batch at a time: the same rows that `contacts.remember` writes for one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import msgspec

from jiedao.ground.people.contacts import Caller
from jiedao.ground.people.models import Contact, Statement, Subject
from jiedao.kit import vault
from jiedao.kit.clock import now
from jiedao.kit.ids import new_id
from jiedao.kit.text import plain_phone


@dataclass(frozen=True)
class Told:
    """Who reported an event, and the words as received."""

    event_id: UUID
    caller: Caller
    words: str


def keep(told: Iterable[Told]) -> dict[UUID, UUID]:
    """Seals contacts and words in the present transaction; says which subject each event belongs to."""
    named = [each for each in told if each.caller.named]
    held = _subjects({_sought(each.caller) for each in named if _sought(each.caller)})
    fresh, contacts, statements = [], [], []
    for each in named:
        found = held.get(_sought(each.caller))
        if found is None:
            found = _made(_sought(each.caller))
            fresh.append(found[0])
            if _sought(each.caller):
                held[_sought(each.caller)] = found
        contact, statement = _sealed(each, *found)
        contacts.append(contact)
        statements.append(statement)
    Subject.objects.bulk_create(fresh)
    Contact.objects.bulk_create(contacts)
    Statement.objects.bulk_create(statements)
    return {contact.id: contact.subject_id for contact in contacts}


Keyed = tuple[Subject, bytes]


def _sought(caller: Caller) -> bytes:
    """By what the same caller is found again. Empty for who left no number."""
    return vault.blind(plain_phone(caller.phone), "phone") if caller.phone else b""


def _subjects(hashes: set[bytes]) -> dict[bytes, Keyed]:
    """Known subjects with their keys; one that was erased is not known any more."""
    found = Subject.objects.filter(phone_hash__in=hashes, erased_at=None, key__isnull=False) if hashes else ()
    return {bytes(s.phone_hash): (s, vault.unwrap(bytes(s.key), str(s.id))) for s in found if s.phone_hash and s.key}


def _made(phone_hash: bytes) -> Keyed:
    subject = Subject(id=new_id(), phone_hash=phone_hash or None, made_at=now())
    key = vault.new_key()
    subject.key = vault.wrap(key, str(subject.id))
    return subject, key


def _sealed(each: Told, subject: Subject, key: bytes) -> tuple[Contact, Statement]:
    told = msgspec.json.encode({"name": each.caller.name, "phone": each.caller.phone}).decode()
    return (
        Contact(
            id=each.event_id,
            subject=subject,
            sealed=vault.seal(key, told, f"contact {each.event_id}"),
            may_ring=each.caller.may_ring,
            proven=each.caller.proven,
            made_at=now(),
        ),
        Statement(
            id=each.event_id,
            subject=subject,
            sealed=vault.seal(key, each.words, f"statement {each.event_id}"),
            made_at=now(),
        ),
    )
