"""Who reported (联系人): under a key of the subject, found by a keyed hash, readable only when the gate opens it."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import msgspec
from django.db import connection, transaction

from jiedao.ground.db import asking
from jiedao.ground.people.models import Contact, Statement, Subject
from jiedao.kit import vault
from jiedao.kit.clock import now
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Refused
from jiedao.kit.text import mask_name, mask_phone, plain_phone


@dataclass(frozen=True)
class Caller:
    """Who calls, as taken down. All may be empty: a report needs no name. `subject`: known before by the number.

    `helper` is the name of who filed it on the caller's behalf (代办).
    """

    name: str = ""
    phone: str = ""
    may_ring: bool = True
    proven: bool = False
    subject: Subject | None = None
    helper: str = ""

    @property
    def mask(self) -> str:
        """What lists and pages show: 张* 138****1234."""
        return " ".join(
            part for part in (self.name and mask_name(self.name), self.phone and mask_phone(self.phone)) if part
        )

    @property
    def named(self) -> bool:
        return bool(self.name or self.phone)


_SHOWN = ("id", "key", "phone_hash", "made_at", "erased_at")
_KNOWN = f"SELECT {', '.join(_SHOWN)} FROM people_subject WHERE phone_hash = $1 AND erased_at IS NULL"
_NEW = "INSERT INTO people_subject (id, key, phone_hash, made_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING 1"


def asked_first(phone: str) -> list[asking.Statement]:
    """What `known_subject` asks."""
    return [(_KNOWN, [_hash(phone)])] if phone else []


def known_subject(phone: str) -> Subject | None:
    """The subject known under a phone. None for no phone, an unknown one, or one that was erased."""
    rows = asking.typed(*asked_first(phone))[0] if phone else []
    return Subject.from_db("default", _SHOWN, rows[0]) if rows else None


def _new_subject(caller: Caller) -> Subject:
    """A subject with a key of its own, for a caller who is not known."""
    subject = Subject(id=new_id(), phone_hash=_hash(caller.phone) if caller.phone else None, made_at=now())
    subject.key = vault.wrap(vault.new_key(), str(subject.id))
    # Two calls from one phone at the same instant: the second takes the row that the first has made.
    if not asking.ask(_NEW, [subject.id, subject.key, subject.phone_hash, subject.made_at]):
        return Subject.objects.get(phone_hash=subject.phone_hash)
    return subject


def _hash(phone: str) -> bytes:
    return vault.blind(plain_phone(phone), "phone")


def remembered(event_id: UUID, caller: Caller, words: str) -> tuple[Subject | None, *tuple[Contact | Statement, ...]]:
    """Who reported, with the rows that keep it and the words as received, sealed and not yet written.

    None and no rows if nobody gave a name or a number.
    """
    if not caller.named:
        return (None,)
    subject = caller.subject or _new_subject(caller)
    key, at = _key(subject), now()
    known = {"name": caller.name, "phone": caller.phone} | ({"helper": caller.helper} if caller.helper else {})
    told = msgspec.json.encode(known).decode()
    contact = Contact(
        id=event_id,
        subject=subject,
        sealed=vault.seal(key, told, f"contact {event_id}"),
        may_ring=caller.may_ring,
        proven=caller.proven,
        made_at=at,
    )
    sealed = vault.seal(key, words, f"statement {event_id}")
    return subject, contact, Statement(id=event_id, subject=subject, sealed=sealed, made_at=at)


def open_rows(ids: Iterable[UUID]) -> None:
    """Lets this transaction read these rows of secured tables, and no others (the second wall, A6)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('jiedao.opened', %s, true)", [",".join(str(i) for i in ids)])


def clear(event_id: UUID) -> Caller:
    """The caller of an event in clear. Only for who has written the look before (R4, R6).

    Refuses `no_contact` and, after the key was deleted, `erased`. A contact carries its event's id, so that opening
    it needs no search over secured rows.
    """
    with transaction.atomic():
        open_rows([event_id])
        contact = Contact.objects.select_related("subject").filter(pk=event_id).first()
        if contact is None:
            raise Refused("no_contact")
        told = msgspec.json.decode(vault.open_(_key(contact.subject), contact.sealed, f"contact {event_id}"))
        return Caller(told["name"], told["phone"], contact.may_ring, contact.proven, helper=told.get("helper", ""))


def statement(event_id: UUID) -> str:
    """The words as received. Only for who has written the look before. Empty where none were kept."""
    with transaction.atomic():
        open_rows([event_id])
        kept = Statement.objects.select_related("subject").filter(pk=event_id).first()
        return vault.open_(_key(kept.subject), kept.sealed, f"statement {event_id}") if kept else ""


def correct(subject: Subject, event_ids: list[UUID], caller: Caller) -> None:
    """Seals name and number anew on these events, and lets the new number find the subject."""
    key = _key(subject)
    told = msgspec.json.encode({"name": caller.name, "phone": caller.phone}).decode()
    with transaction.atomic():
        open_rows(event_ids)
        for event_id in event_ids:
            sealed = vault.seal(key, told, f"contact {event_id}")
            Contact.objects.filter(pk=event_id).update(sealed=sealed, may_ring=caller.may_ring)
        hashed = _hash(caller.phone) if caller.phone else None
        if hashed and not Subject.objects.filter(phone_hash=hashed).exclude(pk=subject.pk).exists():
            Subject.objects.filter(pk=subject.pk).update(phone_hash=hashed)


def _key(subject: Subject) -> bytes:
    if subject.key is None:
        raise Refused("erased")
    return vault.unwrap(bytes(subject.key), str(subject.id))


def erase(subject: Subject) -> None:
    """Deletes the subject's key: every word under it is gone, in backups too."""
    Subject.objects.filter(pk=subject.pk).update(key=None, phone_hash=None, erased_at=now())
