"""Certificates of people (持证): who is certified for what, kept by who keeps the people; asked when somebody is sent."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet

from jiedao.ground.journal import notes, receipts
from jiedao.ground.people.actor import Actor
from jiedao.ground.people.models import Certificate, Person, Tenure, Unit
from jiedao.ground.terms import competence
from jiedao.ground.terms.models import Term, terms
from jiedao.kit.clock import now, today
from jiedao.kit.refusal import Absent, Refused

KINDS = "certificate_kind"
"""Terms with `needed_for`: the kinds of power that only who holds such a certificate may use."""
KEEP = "certificates"
ENDING = timedelta(days=30)
"""How long before its end a certificate is listed as ending."""
STATES = ("in_force", "ending", "over", "withdrawn")


def needed_for(power: str, known: dict[str, Term] | None = None) -> list[Term]:
    """The certificates one of which an item of this kind of power asks for. Empty: none is asked."""
    rows = known if known is not None else terms(KINDS)
    return [term for term in rows.values() if power and power in term.facts.get("needed_for", ())]


def held(persons: Iterable[UUID], day: date | None = None) -> dict[UUID, set[str]]:
    """The kinds each person holds on a day. One query."""
    found: dict[UUID, set[str]] = {}
    rows = valid(day).filter(person_id__in=list(persons))
    for person, kind in rows.values_list("person_id", "kind"):
        found.setdefault(person, set()).add(kind)
    return found


def valid(day: date | None = None) -> QuerySet[Certificate]:
    """Those in force on a day, by default today."""
    on = day or today()
    rows = Certificate.objects.filter(Q(valid_until=None) | Q(valid_until__gte=on), valid_from__lte=on)
    return rows.filter(Q(withdrawn_on=None) | Q(withdrawn_on__gt=on))


def enter(
    person: Person,
    *,
    kind: str,
    number: str,
    valid_from: date,
    valid_until: date | None,
    by: Actor,
    issued_by: str = "",
) -> Certificate:
    """Enters one. Refuses `not_keeper`, `unknown_kind`, `incomplete`, `backwards`, `certificate_known`."""
    _keeps(by, person)
    known = terms(KINDS)
    if kind not in known:
        raise Refused("unknown_kind", kind=kind, known=sorted(known))
    if not number.strip():
        raise Refused("incomplete", verb="", missing=["number"])
    if valid_until is not None and valid_until < valid_from:
        raise Refused("backwards", on=str(valid_from), ends=str(valid_until))
    with receipts.whole():
        Person.objects.select_for_update().get(pk=person.pk)  # entered twice at once, the second finds the first
        if Certificate.objects.filter(kind=kind, number=number.strip()[:60], withdrawn_on=None).exists():
            raise Refused("certificate_known", number=number.strip()[:60])
        row = Certificate(
            person=person, kind=kind, number=number.strip()[:60], issued_by=issued_by.strip()[:120], made_at=now(),
            valid_from=valid_from, valid_until=valid_until,
        )  # fmt: skip
        row.save(force_insert=True)
        _noted(row, "enter", by)
    return row


def withdraw(row_id: UUID, *, by: Actor) -> Certificate:
    """Ends one from today on (收回). `Absent` for one that is not the actor's to keep."""
    with receipts.whole():
        row = Certificate.objects.select_for_update(of=("self",)).select_related("person").filter(pk=row_id).first()
        if row is None:
            raise Absent
        _keeps(by, row.person)
        if row.withdrawn_on is None:
            row.withdrawn_on = today()
            row.save(update_fields=["withdrawn_on"])
            _noted(row, "withdraw", by)
    return row


def listed(by: Actor, state: str = "") -> QuerySet[Certificate]:
    """Those of the people one keeps, the next to end first; narrowed to a state. Refuses `not_keeper`."""
    competence.require(by, KEEP)
    rows = Certificate.objects.filter(person_id__in=_tenures(by).values("person_id")).select_related("person")
    on = today()
    lasting = Q(valid_until=None) | Q(valid_until__gte=on)
    narrowed = {
        "in_force": Q(lasting, withdrawn_on=None),
        "ending": Q(valid_until__range=(on, on + ENDING), withdrawn_on=None),
        "over": Q(valid_until__lt=on, withdrawn_on=None),
        "withdrawn": Q(withdrawn_on__isnull=False),
    }
    rows = rows.filter(narrowed[state]) if state in narrowed else rows
    first = F("withdrawn_on").asc(nulls_first=True)
    return rows.order_by(first, "valid_until", "person__code", "number")


def state(row: Certificate, day: date | None = None) -> str:
    """`withdrawn`, `over`, `ending` within thirty days, else `in_force`."""
    on = day or today()
    if row.withdrawn_on is not None:
        return "withdrawn"
    if row.valid_until is None or row.valid_until > on + ENDING:
        return "in_force"
    return "over" if row.valid_until < on else "ending"


def person_of(text: str, by: Actor) -> Person:
    """Somebody the actor keeps, by code or full name. Refuses `certificate_of_nobody`, also for a name that several have."""
    mine = Person.objects.filter(pk__in=_tenures(by).values("person_id"))
    found = list(mine.filter(Q(code=text.strip()) | Q(name=text.strip()))[:2]) if text.strip() else []
    if len(found) != 1:
        raise Refused("certificate_of_nobody", given=text.strip()[:60])
    return found[0]


def of(person: Person) -> list[Certificate]:
    """One's own, the latest first."""
    return list(Certificate.objects.filter(person=person).order_by("-valid_from")[:20])


def _tenures(by: Actor) -> QuerySet[Tenure]:
    """Posts of the people whose certificates the actor keeps: of the own body, or of everybody."""
    rows = Tenure.objects.on().filter(person__left_on=None)
    unit = by.post.unit if by.post else None
    if by.kind == "system" or (unit is not None and _is_wide(unit)):
        return rows
    if unit is None:
        return rows.none()
    return rows.filter(post__unit__above__overlap=unit.acts_for)


def _is_wide(unit: Unit) -> bool:
    return unit.level == Unit.Level.DISTRICT and unit.kind in (Unit.Kind.OFFICE, Unit.Kind.CENTRE)


def _keeps(by: Actor, person: Person) -> None:
    competence.require(by, KEEP)
    if not _tenures(by).filter(person=person).exists():
        raise Absent


def _noted(row: Certificate, verb: str, by: Actor) -> None:
    system = by.name if by.kind == "system" else ""
    notes.change("certificate", row.id, verb, **by.author, system=system, person=row.person.code, sort=row.kind)
