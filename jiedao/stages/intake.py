"""Intake (受理): what somebody saw or asked becomes an event, and the event opens a case with a number."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from jiedao.ground.db import asking
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor, contacts, posts
from jiedao.ground.people.contacts import Caller, known_subject, remembered
from jiedao.ground.people.models import Contact, Statement, Unit
from jiedao.ground.places.locate import locate
from jiedao.ground.places.models import Area
from jiedao.ground.store import Stored
from jiedao.kit import vault
from jiedao.kit.clock import local, now
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Refused
from jiedao.kit.text import alike, clean, mask_free
from jiedao.record import attachments, flow, orders, standing, versions, writing
from jiedao.record.definition import Definition
from jiedao.record.models import Case, Entry, Event, ProcessVersion

SAME_MATTER = 0.55
"""From which likeness of words the same caller's report is the same matter. Local default."""

# Read once: an enumeration builds its list of values at every question.
KINDS, CHANNELS = frozenset(Case.Kind.values), frozenset(Event.Channel.values)

CODE_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class Told:
    """What came in. `source` and `source_key` are another system's name and number, `at` when it was seen there.

    `same_as`: the number of an open finding that the reporter says is the same matter; a clerk joins them. `mandate`:
    who files it for somebody else and how that was asked (代办), as codes; the names are the caller's.
    """

    words: str
    channel: str
    kind: str = Case.Kind.FINDING
    title: str = ""
    point: tuple[float, float] | None = None
    area: Area | None = None
    address: str = ""
    severity: int = 0
    source: str = ""
    source_key: str = ""
    at: datetime | None = None
    raw: dict[str, Any] = field(default_factory=dict)
    photos: Sequence[Stored] = ()
    same_as: str = ""
    mandate: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Taken:
    """What the reporter gets: the number and, once, the code that opens the resident's page. `joined`: an open case."""

    case: Case
    event: Event
    entry: Entry
    code: str
    joined: bool = False


def report(
    told: Told, *, by: Actor, caller: Caller | None = None, process: str = "event", from_unit: Unit | None = None
) -> Taken:
    """Somebody reports (上报): an event, and the case it opens.

    The same caller on the same open matter adds an event to that case; anybody else's report is a case of its own,
    which a clerk may merge. A number of another system that is already known is refused: `known_number`.
    """
    caller = caller or Caller()
    told = _cleaned(told, caller.name)
    caller = replace(caller, subject=known_subject(caller.phone))
    at = now()
    version, number = versions.numbered(process, at)
    event_id = new_id()
    if not standing.may_open(version.definition, by):
        raise Refused("not_yours", verb="report", roles=[])
    if told.source_key and Event.objects.filter(source=told.source, source_key=told.source_key).exists():
        raise Refused("known_number", source=told.source, key=told.source_key)
    # A number typed into the public form proves nothing: whoever knew a neighbour's would be let into his case.
    known = _same_matter(caller, told) if caller.proven or by.kind != "resident" else None
    if known:
        return _add_event(known, told, event_id, by=by, caller=caller)
    columns = _columns(told, caller, by) | {
        "id": new_id(),
        "number": number,
        "opened_at": at,
        "from_unit": from_unit or _sender(version.definition, by),
    }
    return _opened(version, told, event_id, columns, by=by, caller=caller)


def asked_first(process: str, caller: Caller | None) -> list[asking.Statement]:
    """What `report` asks first, for who asks it along with something else."""
    return [versions.asked_first(process, now()), *contacts.asked_first(caller.phone if caller else "")]


def _opened(
    version: ProcessVersion, told: Told, event_id: UUID, columns: dict[str, Any], *, by: Actor, caller: Caller
) -> Taken:
    """The case with its event and who reported, in one statement."""
    said = {"channel": told.channel, "kind": told.kind, "photos": [p.sha256.hex() for p in told.photos]}
    said |= {"same_as": told.same_as, **{f"mandate_{name}": code for name, code in told.mandate.items()}}
    # Who reported is a row of its own, made before the case: without a receipt around it, it would outlive a fault.
    with receipts.whole():
        event, code, *secured = _event(columns["id"], told, event_id, columns["opened_at"], by=by, caller=caller)
        verb, beside = version.definition.opens_with, [event, *secured]
        with _known_number(told):
            case, entry = flow.open(version, verb, by=by, said=said, beside=beside, **columns)
            if told.source_key:
                asking.settle()
        attachments.attach(entry, told.photos, public=not case.shielded, known=caller.name)
    return Taken(case, event, entry, code)


def _columns(told: Told, caller: Caller, by: Actor) -> dict[str, Any]:
    """What of a report stands on its case. Refuses `outside_district` for a point that lies in none of its areas."""
    area = told.area or (locate(*told.point, local(told.at or now()).date()) if told.point else None)
    if told.point and area is None:
        raise Refused("outside_district", lon=told.point[0], lat=told.point[1])
    return {
        "kind": told.kind,
        "channel": told.channel,
        "title": told.title,
        "words": told.words,
        "area": area,
        "area_path": area.path if area else "",
        "lon": told.point[0] if told.point else None,
        "lat": told.point[1] if told.point else None,
        "address": told.address,
        "severity": told.severity,
        "has_caller": caller.named,
        "may_ring": caller.may_ring,
        "caller_mask": caller.mask,
        "reporters": [by.person.id] if by.person else [],
    } | ({"routing": {"same_as": told.same_as}} if told.same_as else {})


def _sender(definition: Definition, by: Actor) -> Unit | None:
    """The body that sends, in a process that knows one (吹哨、双向派单): the actor's own. None in any other."""
    sends = any(role.standing == "sender" for role in definition.roles.values())
    return posts.body_of(by.post) if sends and by.post else None


def _cleaned(told: Told, name: str) -> Told:
    """The words as they may be shown: free text masked, and the caller's own name wherever the caller wrote it."""
    words = clean(told.words)
    if not words.strip():
        raise Refused("incomplete", verb="report", missing=["words"])
    if told.kind not in KINDS:
        raise Refused("unknown_kind", kind=told.kind, known=list(Case.Kind.values))
    if told.channel not in CHANNELS:
        raise Refused("unknown_channel", channel=told.channel, known=list(Event.Channel.values))
    if told.point and not (-180 <= told.point[0] <= 180 and -90 <= told.point[1] <= 90):
        raise Refused("outside_world", lon=told.point[0], lat=told.point[1])
    masked = mask_free(words, name)
    title = mask_free(clean(told.title, 200, one_line=True), name) if told.title else _first_words(masked)
    return Told(
        **{
            **told.__dict__,
            "words": masked,
            "title": title,
            "raw": {**told.raw, **({"mandate": told.mandate} if told.mandate else {}), "_words": words},
            "same_as": _same_as(told.same_as) if told.same_as and told.kind == Case.Kind.FINDING else "",
            "address": mask_free(clean(told.address, 200, one_line=True), name) if told.address else "",
        }
    )


def _same_as(number: str) -> str:
    """The number, if it is an open finding that a stranger may know of. Empty otherwise: a guess learns nothing."""
    found = Case.objects.filter(number=number[:20], kind=Case.Kind.FINDING, parent=None, merged_into=None)
    return number if found.exclude(phase="closed").exists() else ""


def _first_words(text: str) -> str:
    """A title where nobody wrote one: up to the first full stop, 40 characters at most."""
    line = text.strip().split("\n")[0]
    for stop in "。！？!?":
        line = line.split(stop)[0]
    return line[:40] or text.strip()[:40]


def _same_matter(caller: Caller, told: Told) -> Case | None:
    """The caller's own open case on the same matter, of the last 30 days. None for who gave no number."""
    if caller.subject is None:
        return None
    recent = Event.objects.filter(subject_id=caller.subject.id, received_at__gte=now() - timedelta(days=30))
    for event in recent.exclude(case__phase="closed").select_related("case").order_by("-received_at")[:20]:
        if alike(event.words, told.words) >= SAME_MATTER:
            return event.case
    return None


def _add_event(case: Case, told: Told, event_id: UUID, *, by: Actor, caller: Caller) -> Taken:
    """The same caller writes again: one more event of the same case, told on its timeline."""
    with flow.hold(case.id) as held:
        said = {"channel": told.channel, "text": told.words, "photos": [p.sha256.hex() for p in told.photos]}
        entry = flow.note(held, "add", by=by, said=said)
        event, code, *secured = _event(held.id, told, event_id, now(), by=by, caller=caller)
        with _known_number(told):
            writing.insert([event, *secured])
            if told.source_key:
                asking.settle()
        attachments.attach(entry, told.photos, public=not held.shielded, known=caller.name)
        return Taken(held, event, entry, code, joined=True)


def _event(
    case_id: UUID, told: Told, event_id: UUID, at: datetime, *, by: Actor, caller: Caller
) -> tuple[Event, str, *tuple[Contact | Statement, ...]]:
    """The event of a case, its code, and the rows of who reported; not yet written."""
    raw = dict(told.raw)
    subject, *secured = remembered(event_id, caller, raw.pop("_words", told.words))
    code = code_of(event_id)
    event = writing.new(
        Event,
        id=event_id,
        case_id=case_id,
        channel=told.channel,
        source=told.source,
        source_key=told.source_key,
        at=told.at or at,
        received_at=at,
        words=told.words,
        address=told.address,
        lon=told.point[0] if told.point else None,
        lat=told.point[1] if told.point else None,
        raw=raw,
        caller_mask=caller.mask,
        code_hash=code_hash(event_id, code),
        subject_id=subject.id if subject else None,
        person_id=by.person.id if by.person else None,
    )
    return event, code, *secured


@contextmanager
def _known_number(told: Told) -> Iterator[None]:
    """Another request may have taken this number since we looked: the constraint lets one in, the other is refused."""
    try:
        yield
    except IntegrityError as rival:
        if told.source_key and "one_event_per_foreign_number" in str(rival):
            raise Refused("known_number", source=told.source, key=told.source_key) from None
        raise


def code_of(event_id: UUID) -> str:
    """The code of an event, told to its reporter. Computed under the master key, so that a resent report hears it again."""
    return "".join(CODE_SIGNS[b % 32] for b in vault.blind(str(event_id), "code of event")[:8])


def code_hash(event_id: UUID, code: str) -> bytes:
    """What is kept of a resident's code."""
    return vault.blind(f"{event_id}:{code.strip().upper()}", "code")


def follower(number: str, code: str) -> Actor | None:
    """The resident who shows number and code. None if they do not belong together, without saying which is wrong."""
    found = None
    for event in Event.objects.filter(case__number=number.strip()):
        if event.code_hash and bytes(event.code_hash) == code_hash(event.id, code):
            found = Actor.resident(event.id, event.case_id)
    return found


def add(case_id: UUID, *, by: Actor, text: str, photos: Sequence[Stored] = (), seen: int | None = None) -> Entry:
    """Who reported adds words or pictures (补充); whoever has the case reads them."""
    said = {"text": text, "photos": [p.sha256.hex() for p in photos]}
    if not text.strip() and not photos:
        raise Refused("incomplete", verb="add", missing=["text"])
    with flow.hold(case_id, seen=seen) as case:
        move = flow.permit(case, "add", by=by, said=said)
        entry = flow.advance(case, move, by=by, said=said, public=by.kind == "resident")
        attachments.attach(entry, photos, public=not case.shielded)
        return entry


def note(case_id: UUID, *, by: Actor, text: str, seen: int | None = None) -> Entry:
    """A colleague's remark on the timeline (备注); residents do not read it."""
    with flow.hold(case_id, seen=seen) as case:
        move = flow.permit(case, "note", by=by, said={"text": text})
        return flow.advance(case, move, by=by, said={"text": text})


def withdraw(case_id: UUID, *, by: Actor, reason: str = "", seen: int | None = None) -> Entry:
    """Who asked takes it back (撤回诉求). The case ends, its record stays."""
    with flow.hold(case_id, seen=seen) as case:
        move = flow.permit(case, "withdraw", by=by, said={"reason": reason})
        orders.end_all(case, now())
        return flow.advance(case, move, by=by, said={"reason": reason}, public=True)


def solve_on_site(
    case_id: UUID, *, by: Actor, text: str, photos: Sequence[Stored] = (), seen: int | None = None
) -> Entry:
    """A grid worker solved it where it was found (现场解决); it is logged and closed all the same."""
    said = {"text": text, "photos": [p.sha256.hex() for p in photos]}
    with flow.hold(case_id, seen=seen) as case:
        move = flow.permit(case, "solve_on_site", by=by, said=said)
        entry = flow.advance(case, move, by=by, said=said, public=True)
        attachments.attach(entry, photos, public=True)
        return entry
