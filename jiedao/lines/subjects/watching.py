"""Watching (安全审计): the lists of who read, who changed, who signed in, for the auditor alone; and the operator's own."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from jiedao.ground.journal.models import Change, Look
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Person, SignIn
from jiedao.ground.terms import competence
from jiedao.kit.refusal import Absent
from jiedao.lines.subjects.models import Hold, Purge, SubjectRequest
from jiedao.record import cases
from jiedao.record.models import Case

NOBODY = UUID(int=0)


def lines(tab: str, since: datetime, asked: dict[str, str], *, by: Actor) -> QuerySet[Any]:
    """One of the three lists, newest first, narrowed by staff number, case number and by what was done."""
    if not competence.may(by, "audit"):
        raise Absent
    rows: QuerySet[Any] = _LISTS[tab](since, asked)
    return rows.order_by("-at", "-id")


def _person(asked: dict[str, str]) -> UUID:
    found: UUID | None = Person.objects.filter(code=asked["person"]).values_list("id", flat=True).first()
    return found or NOBODY


def _reads(since: datetime, asked: dict[str, str]) -> QuerySet[Look]:
    rows = Look.objects.filter(at__gt=since)
    rows = rows.filter(person_id=_person(asked)) if asked["person"] else rows
    if asked["number"]:
        case = cases.numbered(asked["number"])
        rows = rows.filter(object_id=case.id if case else NOBODY)
    return rows.filter(Q(what=asked["what"]) | Q(purpose=asked["what"])) if asked["what"] else rows


def _changes(since: datetime, asked: dict[str, str]) -> QuerySet[Change]:
    rows = Change.objects.filter(at__gt=since)
    rows = rows.filter(person_id=_person(asked)) if asked["person"] else rows
    return rows.filter(Q(kind=asked["what"]) | Q(verb=asked["what"])) if asked["what"] else rows


def _sign_ins(since: datetime, asked: dict[str, str]) -> QuerySet[SignIn]:
    rows = SignIn.objects.filter(at__gt=since).select_related("account")
    rows = rows.filter(account__person_id=_person(asked)) if asked["person"] else rows
    return rows.filter(Q(outcome=asked["what"]) | Q(way=asked["what"])) if asked["what"] else rows


_LISTS: dict[str, Any] = {"reads": _reads, "changes": _changes, "sign_ins": _sign_ins}


def people(ids: Iterable[UUID | None]) -> dict[UUID, Person]:
    return {person.id: person for person in Person.objects.filter(pk__in=set(ids) - {None})}


def numbers(ids: Iterable[UUID]) -> dict[UUID, str]:
    """The numbers of those of these ids that are cases."""
    return dict(Case.objects.filter(pk__in=set(ids)).values_list("id", "number"))


def requests(answered: bool) -> QuerySet[SubjectRequest]:
    """Requests of subjects: open ones by their limit, answered ones by their day."""
    if answered:
        return SubjectRequest.objects.filter(done_at__isnull=False).order_by("-done_at")
    return SubjectRequest.objects.filter(done_at=None).order_by("due_at")


def runs(most: int) -> list[Purge]:
    return list(Purge.objects.order_by("-at")[:most])


def kept_longer(most: int) -> list[Hold]:
    return list(Hold.objects.filter(lifted_at=None).order_by("until")[:most])
