"""Tenures (任职记录): beginning and ending one, with the rules that hold whoever asks and the line in the journal."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from jiedao.ground.journal import notes
from jiedao.ground.people.actor import Actor
from jiedao.ground.people.models import Person, Post, Tenure, Unit
from jiedao.kit.refusal import Refused

FILLS = frozenset({Tenure.Nature.HOLDS, Tenure.Nature.SECONDED})
"""Natures that fill a seat; who only acts leaves it to be filled."""

APART = frozenset({"system_admin", "security_admin", "auditor"})
"""Kinds of post of which nobody holds two (G18): a promise of the product in every district, so no district's data."""


def locked(post: Post) -> Post:
    """The seat under its lock: two appointments at once would each find it free."""
    Post.objects.select_for_update().get(pk=post.pk)
    return post


def begin(
    person: Person,
    post: Post,
    *,
    by: Actor,
    on: date,
    until: date | None = None,
    nature: str = Tenure.Nature.HOLDS,
    instead_of: Person | None = None,
    basis: str = "",
    why: str = "appoint",
    **facts: Any,
) -> Tenure:
    """Seats a person. Refuses `backwards`, `person_left`, `seat_not_in_force`, `already_holds`, `seat_taken`,
    `admin_roles_apart`.
    """
    if until is not None and until <= on:
        raise Refused("backwards", on=str(on), ends=str(until))
    if person.left_on is not None and person.left_on <= on:
        raise Refused("person_left", person=person.name, on=str(person.left_on))
    locked(post)
    _in_force(post, on)
    _free(person, post, on, until, nature)
    _apart(person, post, on, until)
    tenure = Tenure(
        person=person,
        post=post,
        nature=nature,
        instead_of=instead_of,
        basis=basis[:200],
        valid_from=on,
        valid_to=until,
    )
    tenure.save(force_insert=True)
    told = {"post": post.code, "person": person.code, "nature": str(nature), "on": str(on), "until": str(until or "")}
    noted(by, "unit", post.unit_id, why, **told, **facts)
    return tenure


def end(tenure: Tenure, *, by: Actor, on: date, why: str = "release", **facts: Any) -> Tenure:
    """Takes a person out of a seat from a day on. Refuses `tenure_over` if that was so before."""
    locked(tenure.post)
    tenure.refresh_from_db(fields=["valid_to"])
    if tenure.valid_to is not None and tenure.valid_to <= on:
        raise Refused("tenure_over", person=tenure.person.name, post=tenure.post.name, on=str(tenure.valid_to))
    # Somebody who was to come and does not: the row stays, over no day at all.
    tenure.valid_to = max(on, tenure.valid_from)
    tenure.save(update_fields=["valid_to"])
    told = {"post": tenure.post.code, "person": tenure.person.code, "on": str(on)}
    noted(by, "unit", tenure.post.unit_id, why, **told, **facts)
    return tenure


def overlapping(on: date, until: date | None) -> Q:
    """Spans that share a day with this one. A row over no day at all, taken back before it began, shares none."""
    begins = Q(valid_from__lt=until) if until else Q()
    return begins & (Q(valid_to=None) | (Q(valid_to__gt=on) & Q(valid_to__gt=F("valid_from"))))


def noted(by: Actor, kind: str, object_id: UUID, verb: str, **facts: Any) -> None:
    """The line in the journal, in the transaction of the change."""
    notes.change(
        kind,
        object_id,
        verb,
        **by.author,
        system=by.name if by.kind == "system" else "",
        **facts,
    )


def _in_force(post: Post, on: date) -> None:
    unit: Unit = post.unit
    for row in (post, unit):
        if row.valid_from > on or (row.valid_to is not None and row.valid_to <= on):
            raise Refused("seat_not_in_force", post=post.name, on=str(on))


def _free(person: Person, post: Post, on: date, until: date | None, nature: str) -> None:
    held = Tenure.objects.filter(overlapping(on, until), post=post).select_related("person")
    for other in held:
        if other.person_id == person.id:
            raise Refused("already_holds", person=person.name, post=post.name)
        if (other.nature in FILLS) == (nature in FILLS):
            raise Refused("seat_taken", post=post.name, person=other.person.name, on=str(other.valid_from))


def _apart(person: Person, post: Post, on: date, until: date | None) -> None:
    if post.kind.code not in APART:
        return
    others = Tenure.objects.filter(overlapping(on, until), person=person, post__kind__code__in=APART)
    if others.exclude(post__kind=post.kind).exists():
        raise Refused("admin_roles_apart", person=person.name)
