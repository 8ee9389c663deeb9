"""What the pages of duty show (勤务页面数据): one's own shift, the rosters of the scope, road presence, sources. Reads only."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.ground.terms.models import terms
from jiedao.kit.clock import local, now
from jiedao.lines.patrol import scope
from jiedao.lines.patrol.models import Device, DutyNote, Group, Refusal, Roster, Shift, Source, SpotCheck, TaskOrder
from jiedao.record.models import Assignment

PRESENCE_DAYS = 30
MOST = 60


def current(actor: Actor) -> Shift | None:
    """The actor's shift of this moment: the running one, else the one that goes on, else the next."""
    if actor.person is None:
        return None
    rows = Shift.objects.filter(person=actor.person, ended_at=None).filter(
        Q(started_at__isnull=False) | Q(roster__ends_at__gt=now())
    )
    found = sorted(rows.select_related("roster__squad", "post__kind"), key=_near)
    return found[0] if found else None


def _near(shift: Shift) -> tuple[bool, datetime]:
    return (shift.started_at is None, shift.roster.begins_at)


def ended(actor: Actor) -> Shift | None:
    """The actor's last shift that ended within a day: its wrap-up may still be open."""
    rows = Shift.objects.filter(person=actor.person, ended_at__gte=now() - timedelta(days=1))
    return rows.select_related("roster__squad", "post__kind").order_by("-ended_at").first()


def tasks(shift: Shift) -> list[TaskOrder]:
    """The orders meant for a shift, by the clock: the squad's and its own."""
    rows = shift.roster.tasks.filter(Q(shift=None) | Q(shift=shift))  # type: ignore[attr-defined]
    return sorted(
        rows.select_related("site", "area", "case"), key=lambda task: (task.at is None, task.at or task.made_at)
    )


STEPS = (("accepted_at", "take_up"), ("under_way_at", "set_out"), ("on_site_at", "reach"), ("done_at", "finish"))


@dataclass(frozen=True)
class Errand:
    """One assignment of the actor's own with the step that comes next."""

    row: Assignment
    next: str

    @property
    def case(self) -> Any:
        return self.row.order.case


def errands(actor: Actor) -> list[Errand]:
    """Cases the actor was sent to and has not finished, the most pressing first."""
    if actor.person is None:
        return []
    mine = Q(person=actor.person) | (Q(person=None, post=actor.post) if actor.post else Q(pk=None))
    rows = Assignment.objects.filter(
        mine, done_at=None, dropped_at=None, order__answered_at=None, order__returned_at=None, order__recalled_at=None
    )
    found = [
        Errand(row, next(verb for column, verb in STEPS if getattr(row, column) is None))
        for row in rows.select_related("order__case", "order__unit")[:MOST]
    ]
    return sorted(found, key=lambda one: (-one.case.severity, one.row.order.due_at or one.row.asked_at))


def is_shared(shift: Shift) -> bool:
    return bool(shift.sharings.filter(until=None).exists())  # type: ignore[attr-defined]


def my_notes(actor: Actor) -> list[DutyNote]:
    """Notes on the actor, unread first."""
    rows = DutyNote.objects.filter(person=actor.person).select_related("written_by", "written_post")
    return sorted(rows.order_by("-on")[:20], key=lambda note: note.read_at is not None)


def my_groups(actor: Actor) -> list[Group]:
    """Running groups the actor is in: over with the case, with their time, and for whom the shift has ended."""
    mine = {"members__shift__person": actor.person, "members__shift__ended_at": None, "members__left_at": None}
    rows = Group.objects.filter(ended_at=None, ends_at__gt=now(), case__closed_at=None, **mine)
    return list(rows.prefetch_related("messages").distinct()[:10])


def rosters(actor: Actor, day: date | None = None) -> list[Roster]:
    """Turns of the scope that touch a day and the one after it, by squad and time, with how many are on and on duty."""
    start = local(now()).replace(hour=0, minute=0, second=0, microsecond=0)
    if day is not None:
        start = start.replace(year=day.year, month=day.month, day=day.day)
    rows = _in_scope(actor).filter(ends_at__gt=start, begins_at__lt=start + timedelta(days=2))
    counted = rows.annotate(
        people=Count("shifts", distinct=True),
        duty=Count("shifts", filter=Q(shifts__started_at__isnull=False, shifts__ended_at=None), distinct=True),
        open=Count("tasks", filter=Q(tasks__outcome=""), distinct=True),
        ordered=Count("tasks", distinct=True),
    )
    return list(counted.order_by("squad__code", "begins_at")[:200])


def _in_scope(actor: Actor) -> "QuerySet[Roster]":
    squads = set(scope.squads(actor)) | set(scope.squads(actor, scope.KEEP))
    return Roster.objects.filter(squad_id__in=squads).select_related("squad")


def roster(actor: Actor, roster_id: UUID) -> Roster | None:
    """One turn of the scope. None for any other."""
    return _in_scope(actor).filter(pk=roster_id).first()


def following(turn: Roster) -> Roster | None:
    """The squad's next turn that is not wrapped up, for what is handed over."""
    rows = Roster.objects.filter(squad_id=turn.squad_id, begins_at__gt=turn.begins_at, closed_at=None)  # type: ignore[attr-defined]
    return rows.order_by("begins_at").first()


def crew(turn: Roster) -> list[Shift]:
    """Who is on a turn, by call sign."""
    return list(turn.shifts.select_related("person", "post__kind").order_by("call_sign"))  # type: ignore[attr-defined]


def orders(turn: Roster) -> list[TaskOrder]:
    """The orders of a turn by the clock."""
    rows = turn.tasks.select_related("shift", "site", "case", "handed_to__roster")  # type: ignore[attr-defined]
    return sorted(rows, key=lambda task: (task.at is None, task.at or task.made_at))


def kept(actor: Actor) -> list[Unit]:
    """Squads whose rosters the actor keeps: units that have members to send."""
    rows = Unit.objects.on().filter(pk__in=scope.squads(actor, scope.KEEP))
    return list(rows.filter(kind__in=[Unit.Kind.SQUAD, Unit.Kind.COMMUNITY]).order_by("code")[:200])


def checked(actor: Actor) -> list[Unit]:
    """Squads the actor may check on the road."""
    rows = Unit.objects.on().filter(pk__in=scope.squads(actor, scope.CHECK), kind=Unit.Kind.SQUAD)
    return list(rows.order_by("code")[:200])


@dataclass(frozen=True)
class Presence:
    """Road presence of a squad (见勤率): checks that met it over checks made. Never from shifts or positions."""

    squad: Unit
    met: int
    made: int


def presence(actor: Actor) -> list[Presence]:
    """Of the squads in scope, by spot checks of the last thirty days. In the order of their codes, never of the rate."""
    squads = set(scope.squads(actor)) | set(scope.squads(actor, scope.CHECK))
    since = now() - timedelta(days=PRESENCE_DAYS)
    rows = SpotCheck.objects.filter(squad_id__in=squads, at__gte=since).values_list("squad_id", "met")
    found: dict[UUID, Counter[bool]] = defaultdict(Counter)
    for squad, met in rows:
        found[squad][met] += 1
    units = Unit.objects.filter(pk__in=found).order_by("code")
    return [Presence(unit, found[unit.id][True], sum(found[unit.id].values())) for unit in units]


@dataclass(frozen=True)
class SourceShown:
    """A source with its devices and what of it was not stored in the last week, by reason."""

    source: Source
    devices: int
    reasons: dict[str, int]


def sources() -> list[SourceShown]:
    """Every source, with the counters of what was refused or put right (G31)."""
    since = now() - timedelta(days=7)
    counted: dict[UUID, Counter[str]] = defaultdict(Counter)
    for source, reasons in Refusal.objects.filter(at__gte=since).values_list("source_id", "reasons")[:50_000]:
        counted[source].update(reasons)
    devices = Counter(Device.objects.filter(revoked_at=None, ends_at__gt=now()).values_list("source_id", flat=True))
    return [
        SourceShown(one, devices[one.id], dict(counted[one.id]))
        for one in Source.objects.filter(ended_at=None).order_by("code")
    ]


def note_kinds() -> list[tuple[str, dict[str, str]]]:
    """The kinds of duty notes the district knows, with labels."""
    return [(code, {"zh": term.name, "en": term.name_en}) for code, term in terms("duty_note").items()]


def notes_of(squads: Sequence[UUID]) -> list[DutyNote]:
    """What heads noted lately on people of these squads."""
    rows = DutyNote.objects.filter(squad_id__in=list(squads)).select_related("person", "squad", "written_by")
    return list(rows.order_by("-on", "-signed_at")[:40])
