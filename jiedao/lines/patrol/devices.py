"""Devices and sources (设备、位置来源): who a message speaks for. A key says it; what the message claims does not."""

import base64
import hashlib
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet

from jiedao.ground.db.asking import ask
from jiedao.ground.journal import notes
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Person, Tenure
from jiedao.ground.places.coords import SYSTEMS
from jiedao.ground.terms import competence
from jiedao.ground.terms.models import terms
from jiedao.kit.clock import now
from jiedao.kit.ports import chance
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol import rules, scope
from jiedao.lines.patrol.models import Device, Source
from jiedao.lines.patrol.taking import Sender

MARK = "jp_"
"""What the key of a device begins with."""
LONGEST = timedelta(days=366)
MOST = 600

_OF_KEY = """
SELECT s.id, s.system, d.person_id FROM patrol_device d JOIN patrol_source s ON s.id = d.source_id
WHERE d.hash = $1 AND d.revoked_at IS NULL AND d.ends_at > $2 AND s.ended_at IS NULL AND s.kind = $3
"""
_OF_LABEL = """
SELECT s.id, s.system, d.person_id FROM patrol_source s
LEFT JOIN patrol_device d ON d.source_id = s.id AND d.label = $2 AND d.revoked_at IS NULL AND d.ends_at > $3
WHERE s.hash = $1 AND s.ended_at IS NULL AND s.kind = 'traccar'
"""


def sender_of(key: str, kind: str) -> Sender | None:
    """Whom a device's key speaks for. None for one that is unknown, ended or revoked, or of another kind of source."""
    if not key.startswith(MARK) or len(key) > 80:
        return None
    rows = ask(_OF_KEY, [_hash(key), now(), kind])
    return _sender(rows[0]) if rows else None


def forwarded(key: str, label: str) -> tuple[UUID, Sender | None] | None:
    """Whom a forwarder's device speaks for. The source alone for a device nobody registered; None for a wrong key."""
    if not key.startswith(MARK) or len(key) > 80:
        return None
    rows = ask(_OF_LABEL, [_hash(key), label[:60], now()])
    if not rows:
        return None
    return UUID(str(rows[0][0])), _sender(rows[0]) if rows[0][2] else None


def _sender(row: tuple[str | None, ...]) -> Sender:
    return Sender(UUID(str(row[0])), str(row[1]), UUID(str(row[2])))


def page_sender(person: Person) -> Sender:
    """The field page of somebody who has signed in: browsers give WGS 84."""
    told = {"kind": Source.Kind.PAGE, "name": "页面定位", "name_en": "Field page", "declared_at": now()}
    source, _ = Source.objects.get_or_create(code="page", defaults=told)
    return Sender(source.id, source.system, person.id)


def trial_sender(person: Person, system: str) -> Sender:
    """Tracks read from a file for a trial, each system under a source of its own."""
    if system not in SYSTEMS:
        raise Refused("unknown_coordinates", system=system[:40], known=list(SYSTEMS))
    name = f"GPX（{system.upper()}）"
    told = {
        "kind": Source.Kind.GPX, "name": f"{name}试用", "name_en": f"GPX for trial, {system.upper()}", "system": system,
        "declared_at": now(),
    }  # fmt: skip
    source, _ = Source.objects.get_or_create(code=f"gpx-{system}", defaults=told)
    return Sender(source.id, source.system, person.id)


def source_or_absent(source_id: UUID) -> Source:
    """A source in use. Sources are of the district and hold nobody's data."""
    found = Source.objects.filter(pk=source_id, ended_at=None).first()
    if found is None:
        raise Absent
    return found


def declare(
    code: str, kind: str, name: str, name_en: str, *, system: str = "wgs84", by: Actor | None = None
) -> tuple[Source, str]:
    """A source with the system its points are in. A forwarder gets a key, told this once.

    Refuses `unknown_coordinates`: what a source sends is declared, never guessed.
    """
    if by is not None:
        keeps(by)
    if system not in SYSTEMS:
        raise Refused("unknown_coordinates", system=system[:40], known=list(SYSTEMS))
    if Source.objects.filter(code=code).exists():
        raise Refused("source_known", code=code[:40])
    key = _new_key() if kind == Source.Kind.TRACCAR else ""
    source = Source.objects.create(
        code=code,
        kind=kind,
        name=name,
        name_en=name_en,
        system=system,
        declared_at=now(),
        hash=_hash(key) if key else None,
    )
    _note(source.id, "declared", by, code=code, sort=str(kind), coordinates=system)
    return source, key


def redeclare(source: Source, system: str, *, by: Actor) -> None:
    """Another coordinate system from now on; what was stored stays as it was understood."""
    keeps(by)
    if system not in SYSTEMS:
        raise Refused("unknown_coordinates", system=system[:40], known=list(SYSTEMS))
    source.system, source.declared_at = system, now()
    source.save(update_fields=["system", "declared_at"])
    _note(source.id, "declared", by, code=source.code, coordinates=system)


def give(
    source: Source, person: Person, label: str, *, by: Actor | None = None, lasting: timedelta = LONGEST
) -> tuple[Device, str]:
    """A device for a person, and its key this once. A forwarder's device has no key, nor has a body camera."""
    if by is not None:
        _keeps_of(by, person.id)
    key = "" if source.kind in (Source.Kind.TRACCAR, Source.Kind.CAMERA) else _new_key()
    if Device.objects.filter(source=source, label=label[:60], revoked_at=None).exists():
        raise Refused("device_known", label=label[:60])
    device = Device.objects.create(
        source=source, person=person, label=label[:60], hash=_hash(key) if key else None, made_at=now(),
        ends_at=now() + min(lasting, LONGEST),
    )  # fmt: skip
    _note(device.id, "given", by, source=source.code, person=str(person.id))
    return device, key


def revoke(device: Device, *, by: Actor | None = None) -> None:
    """Ends a device at once: lost, handed on. Its person may do so too."""
    if by is not None and (by.person is None or by.person.id != device.person_id):  # type: ignore[attr-defined]
        _keeps_of(by, device.person_id)  # type: ignore[attr-defined]
    if device.revoked_at is None:
        device.revoked_at = now()
        device.save(update_fields=["revoked_at"])
        _note(device.id, "revoked", by)


def keeps(by: Actor) -> None:
    """Refuses `not_keeper` to who keeps neither the organisation nor rosters."""
    if not competence.may(by, "organisation"):
        competence.require(by, scope.KEEP)


def _keeps_of(by: Actor, person_id: UUID) -> None:
    keeps(by)
    if not _tenures(by).filter(person_id=person_id).exists():
        raise Absent


def people(by: Actor) -> list[Person]:
    """Whom the actor may give a device: those of the squads kept whose post has a legal basis for positions."""
    rows = _tenures(by).select_related("person").order_by("person__name", "person__code")
    return list({row.person_id: row.person for row in rows[:MOST]}.values())  # type: ignore[attr-defined]


def _tenures(by: Actor) -> "QuerySet[Tenure]":
    rows = Tenure.objects.on().filter(post__kind__code__in=list(terms(rules.BASIS)), person__left_on=None)
    if competence.may(by, "organisation"):
        return rows
    return rows.filter(post__unit_id__in=scope.squads(by, scope.KEEP))


def listed(source: Source, by: Actor) -> list[Device]:
    """The devices of a source that are the actor's to keep, those that run first."""
    mine = _tenures(by).values("person_id")
    rows = source.devices.filter(person_id__in=mine).select_related("person")  # type: ignore[attr-defined]
    return sorted(rows.order_by("label")[:MOST], key=lambda one: one.revoked_at is not None)


def _note(pk: UUID, verb: str, by: Actor | None, **facts: str) -> None:
    notes.change(
        "position_source",
        pk,
        verb,
        person_id=by.person.id if by and by.person else None,
        post_id=by.post.id if by and by.post else None,
        system="" if by and by.person else "operator",
        **facts,
    )


def _new_key() -> str:
    return MARK + base64.urlsafe_b64encode(chance.secret(32)).decode().rstrip("=")


def _hash(text: str) -> bytes:
    """A plain hash is enough: the text is 256 bits of chance, nobody guesses it."""
    return hashlib.sha256(text.encode()).digest()
