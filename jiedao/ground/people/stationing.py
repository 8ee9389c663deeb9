"""Stationing (派驻): people of one body who work under another's command, and the asking before a head is moved (O4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from jiedao.ground.journal import receipts
from jiedao.ground.people import tenures
from jiedao.ground.people.actor import Actor
from jiedao.ground.people.models import Person, Stationing, Unit
from jiedao.ground.terms import competence
from jiedao.ground.terms.models import Term, terms
from jiedao.kit.refusal import Refused

MOST_GEAR = 50


@dataclass(frozen=True)
class Consent:
    """What those in command answered when they were asked (征得同意). Read by the door from the decided case.

    `right`, `person` and `holder` say what the case was about; `goes_on`: it was decided to do what was asked.
    """

    number: str
    agrees: bool
    right: str
    person: UUID | None
    holder: UUID
    goes_on: bool = True


def station(
    person: Person,
    *,
    home: Unit,
    command: Unit,
    kind: str,
    by: Actor,
    on: date,
    is_head: bool = False,
    party_moved: bool = False,
    gear: Sequence[dict[str, Any]] = (),
    basis: str = "",
    consent: Consent | None = None,
) -> Stationing:
    """Sends a person of one body to work under another (派驻), with the gear handed over.

    Refuses `unknown_kind`, `stationed_already`, `person_left`, and for a head as `_asked` does.
    """
    with receipts.whole():
        _competent(by, home, command)
        known = terms("station_kind")
        if kind not in known:
            raise Refused("unknown_kind", kind=kind, known=sorted(known))
        if person.left_on is not None and person.left_on <= on:
            raise Refused("person_left", person=person.name, on=str(person.left_on))
        if command.id in home.above or home.id in command.above:
            raise Refused("own_unit", person=person.name, unit=command.name, unit_en=command.name_en)
        Person.objects.select_for_update().get(pk=person.pk)  # two at once would each find him free
        now = Stationing.objects.filter(tenures.overlapping(on, None), person=person).select_related("command").first()
        if now:
            raise Refused("stationed_already", person=person.name, unit=now.command.name, unit_en=now.command.name_en)
        asked = _asked(person, command, by=by, consent=consent) if is_head else {}
        row = Stationing(
            person=person, home=home, command=command, kind=kind, is_head=is_head, party_moved=party_moved,
            gear=handed(gear), basis=basis[:200], valid_from=on,
        )  # fmt: skip
        row.save(force_insert=True)
        told = {"person": person.code, "home": home.code, "station": kind, "on": str(on), "gear": len(row.gear)}
        tenures.noted(by, "unit", command.id, "station", **told, **asked)
    return row


def end(row: Stationing, *, by: Actor, on: date, returned: bool = True, consent: Consent | None = None) -> Stationing:
    """Calls a stationed person back (撤回派驻). `returned`: the gear went back with him."""
    with receipts.whole():
        _competent(by, row.home, row.command)
        Person.objects.select_for_update().get(pk=row.person_id)
        row.refresh_from_db(fields=["valid_to"])
        if row.valid_to is not None and row.valid_to <= on:
            raise Refused("tenure_over", person=row.person.name, post=row.command.name, on=str(row.valid_to))
        asked = _asked(row.person, row.command, by=by, consent=consent) if row.is_head else {}
        row.valid_to = max(on, row.valid_from)
        row.save(update_fields=["valid_to"])
        told = {"person": row.person.code, "home": row.home.code, "on": str(on), "gear_returned": returned}
        tenures.noted(by, "unit", row.command_id, "call_back", **told, **asked)
    return row


def asked(person: Person, *, by: Actor, on: date, consent: Consent | None) -> dict[str, str]:
    """What the journal keeps of the asking before a stationed head is moved. Empty where nobody has to be asked."""
    row = (
        Stationing.objects.on(on)
        .filter(person=person, is_head=True)
        .select_related("command", "home")
        .order_by("valid_from")
        .first()
    )
    return _asked(person, row.command, by=by, consent=consent) if row else {}


def consent_right() -> Term | None:
    """The right of this district by which a stationed head is not moved unasked: marked `heads`. None without one."""
    return next((term for term in terms("right").values() if term.facts.get("heads")), None)


def handed(gear: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The list of things that came along, cleaned: what, how many, in which unit."""
    if len(gear) > MOST_GEAR:
        raise Refused("too_many", field="gear", most=MOST_GEAR)
    kept = []
    for one in gear:
        what = str(one.get("what", "")).strip()[:80]
        if what:
            kept.append(
                {"what": what, "quantity": int(one.get("quantity") or 1), "unit": str(one.get("unit", ""))[:20]}
            )
    return kept


def _asked(person: Person, command: Unit, *, by: Actor, consent: Consent | None) -> dict[str, str]:
    """Refuses `consent_needed`, `consent_of_another`, and `consent_denied` where it was dropped or the right binds.

    Those in command need not ask themselves.
    """
    right = consent_right()
    if right is None or (by.post is not None and set(by.post.unit.acts_for) & set(command.above)):
        return {}
    facts = {"unit": command.name, "unit_en": command.name_en, "right": right.name, "right_en": right.name_en}
    if consent is None:
        raise Refused("consent_needed", **facts)
    if consent.right != right.code or consent.person != person.id or consent.holder not in command.above:
        raise Refused("consent_of_another", number=consent.number, person=person.name)
    if not consent.goes_on or (not consent.agrees and right.facts.get("binding")):
        raise Refused("consent_denied", number=consent.number, **facts)
    return {"consent": consent.number, "answer": "agrees" if consent.agrees else "objects"}


def _competent(by: Actor, home: Unit, command: Unit) -> None:
    """Either side's keeper may act: the department sends, the sub-district keeps its own people in order."""
    if not competence.may(by, "organisation", home):
        competence.require(by, "organisation", command)
