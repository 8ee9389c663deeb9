"""The admission desk (准入台): what waits for whom, what is admitted, what each body said. Reads only."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from jiedao.ground.people import Actor, posts
from jiedao.ground.people.models import Unit
from jiedao.ground.terms import competence
from jiedao.lines.admission import actions
from jiedao.lines.admission.models import Admitted, Application, HandOver
from jiedao.record import sight
from jiedao.record.models import Case, DispatchOrder

OPEN = Q(answered_at=None, returned_at=None, recalled_at=None)
DECIDING = "deliberating"
REVIEWING = "legal_review"


@dataclass(frozen=True)
class Opinion:
    """What one body was asked and said, or has not said yet: one column of the page."""

    unit: Unit
    verb: str
    stance: str
    text: str
    asked_at: datetime
    due_at: datetime | None
    said_at: datetime | None


@dataclass
class Shown:
    """An application whole: papers, opinions in the order they were asked, what came down with it."""

    row: Application
    opinions: list[Opinion] = field(default_factory=list)
    booked: list[HandOver] = field(default_factory=list)
    admitted: Admitted | None = None


def _rows() -> QuerySet[Application]:
    return Application.objects.select_related("case__process", "applicant").order_by("-applied_at")


def mine(actor: Actor) -> QuerySet[Application]:
    """What the actor's own body applied for."""
    return _rows().filter(applicant=posts.speaks_for(actor.post)) if actor.post else _rows().none()


def _waiting(actor: Actor, *roles: str) -> QuerySet[DispatchOrder]:
    acts_for = actor.post.unit.acts_for if actor.post else []
    return DispatchOrder.objects.filter(OPEN, unit__in=acts_for, role__in=roles)


def to_examine(actor: Actor) -> QuerySet[Application]:
    """Papers the actor's office examines, and those whose law it is to review."""
    leads = Q(case__in=_waiting(actor, "lead").values("case")) & ~Q(case__state=DECIDING)
    vets = Q(case__in=_waiting(actor, "heard").values("case"), case__state=REVIEWING)
    return _rows().filter(leads | vets)


def to_hear(actor: Actor) -> QuerySet[Application]:
    """Where the actor's body is asked for its opinion."""
    asked = _waiting(actor, "heard").values("case")
    return _rows().filter(case__in=asked).exclude(case__state__in=(DECIDING, REVIEWING))


def to_decide(actor: Actor) -> QuerySet[Application]:
    """What waits for the signature of the actor's body."""
    return _rows().filter(case__in=_waiting(actor, "lead", "heard").values("case"), case__state=DECIDING)


def decided(actor: Actor) -> QuerySet[Application]:
    """Applications that have ended, in the actor's sight."""
    return _rows().filter(case__phase="closed", case__in=sight.visible_to(actor))


def admitted() -> QuerySet[Admitted]:
    """What is admitted, the next to be looked at first; what was withdrawn last."""
    return Admitted.objects.select_related("applicant", "case").order_by("ended_on", "review_on", "item_code")


def keeps(actor: Actor) -> bool:
    """Whether the actor keeps admission for the district."""
    return competence.may(actor, "admission")


def shown(row: Application) -> Shown:
    """One application with all that was said. Five queries, whatever was said."""
    booked = (
        HandOver.objects.filter(case_id=row.case_id).select_related("to_unit", "from_unit").order_by("to_unit__code")
    )  # type: ignore[misc]
    kept = Admitted.objects.filter(item_code=row.item_code, level=row.level).order_by("-since").first()
    return Shown(row, opinions(row.case), list(booked), kept)


def opinions(case: Case) -> list[Opinion]:
    """Everybody who was asked, in that order. Two queries."""
    lines = case.entries.filter(verb__in=("opine", "vet"), order_id__isnull=False).select_related("words")
    said: dict[Any, Any] = {entry.order_id: entry for entry in lines}
    found = []
    for order in case.orders.filter(role="heard").select_related("unit").order_by("sent_at", "id"):
        entry = said.get(order.id)
        signs = entry is None and (order.answered_at or case.state == DECIDING)
        if order.recalled_at or signs:
            continue
        words = getattr(entry, "words", None) if entry else None
        text = str(words.said.get("text", "")) if words else ""
        verb = entry.verb if entry else "vet" if case.state == REVIEWING else "opine"
        found.append(
            Opinion(order.unit, verb, order.outcome, text, order.sent_at, order.due_at, entry.at if entry else None)
        )
    return found


def of_number(actor: Actor, number: str) -> Application:
    """The papers of a case's number, if the actor may see it. `Absent` otherwise."""
    return actions.of_case(sight.case_or_404(actor, number))


def last_of(code: str, level: str) -> Application | None:
    """The papers an item was last admitted or changed with. None for an item that never was."""
    rows = _rows().filter(item_code=code, level=level, case__state="admitted", aim__in=("new", "change"))
    return rows.first() if code else None


def visible(actor: Actor, cases: list[Any]) -> set[Any]:
    """Which of these cases the actor may open."""
    return set(sight.visible_to(actor).filter(id__in=cases).values_list("id", flat=True))


def of_ours(actor: Actor, rows: list[Admitted]) -> set[Any]:
    """Which admitted items the actor's body applied for, and may apply about again."""
    body = posts.speaks_for(actor.post).id if actor.post else None
    return {row.id for row in rows if row.applicant_id == body}  # type: ignore[attr-defined]
