"""Rosters and briefings (排班、岗前训示): who is on, what is ordered, and after the shift what was done (岗后规整)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Person, Post, Tenure, Unit
from jiedao.ground.places.models import Area, Site
from jiedao.ground.terms import competence
from jiedao.ground.terms.models import terms
from jiedao.kit.clock import now, today
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.patrol import scope
from jiedao.lines.patrol.actions.notes import changed
from jiedao.lines.patrol.models import DutyNote, Roster, Shift, SpotCheck, TaskOrder
from jiedao.record.models import Case

LONGEST = timedelta(hours=24)
MOST_TASKS = 60


@dataclass(frozen=True)
class Order:
    """A task order as it is written: text, place in words, when; a site, an area, a point or a case where it has one."""

    text: str
    place: str = ""
    at: datetime | None = None
    site: Site | None = None
    area: Area | None = None
    point: tuple[float, float] | None = None
    case: Case | None = None
    shift_id: UUID | None = None


def plan(squad: Unit, begins_at: datetime, ends_at: datetime, *, by: Actor, words: str = "") -> Roster:
    """A squad's next turn (排班). Refuses `roster_there`, `bad_span`, and who does not keep this squad."""
    scope_of(squad, by)
    if not begins_at < ends_at <= begins_at + LONGEST:
        raise Refused("bad_span", hours=24)
    with receipts.whole():
        if Roster.objects.filter(squad=squad, begins_at=begins_at).exists():
            raise Refused("roster_there", squad=squad.name, squad_en=squad.name_en)
        roster = Roster.objects.create(
            squad=squad, begins_at=begins_at, ends_at=ends_at, words=words.strip(), made_at=now(), made_by=_person(by)
        )
        changed("roster", roster.id, "planned", by, squad=squad.code)
    return roster


def scope_of(squad: Unit, by: Actor) -> None:
    """Whether the actor keeps this squad. `not_keeper` for who keeps none, `Absent` for another's."""
    competence.require(by, scope.KEEP)
    if squad.id not in scope.squads(by, scope.KEEP):
        raise Absent


def members(squad: Unit) -> list[tuple[Person, Post]]:
    """Who may stand on a squad's roster: its seats, and those of its community's grids and clerks."""
    rows = (
        Tenure.objects.on(today())
        .filter(post__unit_id__in=squad.acts_for, person__left_on=None)
        .select_related("person", "post__kind", "post__unit")
        .order_by("post__kind__rank", "post__code")
    )
    found: dict[UUID, tuple[Person, Post]] = {}
    for row in rows:
        found.setdefault(row.person_id, (row.person, row.post))  # type: ignore[attr-defined]
    return list(found.values())


def put_on(roster: Roster, seats: Sequence[tuple[Person, Post]], *, by: Actor) -> list[Shift]:
    """Puts people on a roster, each with the next call sign of the squad. Who is on it already stays as he is."""
    scope_of(roster.squad, by)
    _open(roster)
    with receipts.whole():
        there = set(Shift.objects.filter(roster=roster).values_list("person_id", flat=True))
        number, made = len(there), []
        for person, post in seats:
            if person.id in there:
                continue
            number += 1
            made.append(
                Shift(roster=roster, person=person, post=post, call_sign=f"{call_letter(roster.squad)}-{number:02d}")
            )
        Shift.objects.bulk_create(made)
        changed("roster", roster.id, "staffed", by, number=len(made))
    return made


def call_letter(squad: Unit) -> str:
    """What the call signs of a squad begin with: the first sign of its name. The map shows them in place of names."""
    return squad.name[:1] or "巡"


def take_off(roster: Roster, shift_id: UUID, *, by: Actor) -> None:
    """Takes somebody off who has not started."""
    scope_of(roster.squad, by)
    with receipts.whole():
        shift = Shift.objects.select_for_update().filter(pk=shift_id, roster=roster).first()
        if shift is None:
            raise Absent
        if shift.started_at:
            raise Refused("shift_runs", at=shift.started_at.isoformat())
        shift.tasks.update(shift=None)  # type: ignore[attr-defined]
        shift.delete()
        changed("roster", roster.id, "taken_off", by, shift=str(shift_id))


def write(roster: Roster, words: str, *, by: Actor) -> None:
    """The words of the briefing (训示内容). Until it is published anybody may still change them."""
    scope_of(roster.squad, by)
    _open(roster)
    roster.words = words.strip()[:4000]
    with receipts.whole():
        roster.save(update_fields=["words"])
        changed("roster", roster.id, "written", by)


def order(roster: Roster, given: Order, *, by: Actor) -> TaskOrder:
    """One task order more (下达任务). After the briefing is out it counts as unread by everybody it is meant for."""
    scope_of(roster.squad, by)
    _open(roster)
    if not given.text.strip():
        raise Refused("incomplete", verb="", missing=["text"])
    if roster.tasks.count() >= MOST_TASKS:  # type: ignore[attr-defined]
        raise Refused("too_many_tasks", most=MOST_TASKS)
    lon, lat = given.point or (given.site.lon if given.site else None, given.site.lat if given.site else None)
    with receipts.whole():
        task = TaskOrder.objects.create(
            roster=roster, shift_id=given.shift_id, place=given.place.strip()[:200], site=given.site, area=given.area,
            lon=lon, lat=lat, at=given.at, text=given.text.strip()[:500], case=given.case, made_at=now(),
        )  # fmt: skip
        changed("roster", roster.id, "ordered", by, task=str(task.id), case=given.case.number if given.case else "")
    return task


def publish(roster: Roster, *, by: Actor) -> None:
    """The briefing goes out (发布训示): each on the roster acknowledges it before starting."""
    scope_of(roster.squad, by)
    _open(roster)
    if not roster.shifts.exists():  # type: ignore[attr-defined]
        raise Refused("roster_empty")
    with receipts.whole():
        roster.published_at = roster.published_at or now()
        roster.save(update_fields=["published_at"])
        changed("roster", roster.id, "published", by)


def check(task: TaskOrder, outcome: str, *, by: Actor, to: Roster | None = None) -> None:
    """What was done of an order (岗后规整). Handed over, it becomes an order of the next roster."""
    scope_of(task.roster.squad, by)
    _open(task.roster)
    if outcome not in TaskOrder.Outcome.values:
        raise Refused("unreadable", field="outcome", wants="choice")
    with receipts.whole():
        if outcome == TaskOrder.Outcome.HANDED_OVER:
            if to is None or to.id == task.roster_id or to.closed_at:  # type: ignore[attr-defined]
                raise Refused("no_next_roster", squad=task.roster.squad.name)
            task.handed_to = TaskOrder.objects.create(
                roster=to, place=task.place, site=task.site, area=task.area, lon=task.lon, lat=task.lat,
                text=task.text, case=task.case, made_at=now(),
            )  # fmt: skip
        task.outcome, task.checked_at, task.checked_by = outcome, now(), _person(by)
        task.save(update_fields=["outcome", "checked_at", "checked_by", "handed_to"])
        changed("shift_task", task.id, "checked", by, outcome=outcome)


def wrap_up(roster: Roster, *, by: Actor) -> None:
    """Ends the post-shift check. Refuses while an order is unchecked or somebody is still on duty."""
    scope_of(roster.squad, by)
    _open(roster)
    left = roster.tasks.filter(outcome="").count()  # type: ignore[attr-defined]
    if left:
        raise Refused("tasks_unchecked", number=left)
    still = roster.shifts.filter(started_at__isnull=False, ended_at=None).count()  # type: ignore[attr-defined]
    if still:
        raise Refused("still_on_duty", number=still)
    with receipts.whole():
        roster.closed_at, roster.closed_by = now(), _person(by)
        roster.save(update_fields=["closed_at", "closed_by"])
        changed("roster", roster.id, "closed", by)


def spot_check(
    squad: Unit, *, by: Actor, place: str, met: bool, note: str = "", at: datetime | None = None
) -> SpotCheck:
    """Whether the squad was met on the road (见勤抽查). Of the squad alone; the checker is of no squad it checks."""
    competence.require(by, scope.CHECK)
    if squad.id not in scope.squads(by, scope.CHECK):
        raise Absent
    assert by.post is not None and by.person is not None
    if squad.id in by.post.unit.above:
        raise Refused("own_squad", squad=squad.name)
    if not place.strip():
        raise Refused("incomplete", verb="", missing=["place"])
    with receipts.whole():
        row = SpotCheck.objects.create(
            squad=squad, at=min(at or now(), now()), place=place.strip()[:200], met=met, note=note.strip()[:300],
            checker=by.person, checker_post=by.post,
        )  # fmt: skip
        changed("spot_check", row.id, "made", by, squad=squad.code, met=met)
    return row


def note(squad: Unit, person: Person, *, by: Actor, kind: str, text: str, on: Any = None) -> DutyNote:
    """A note on attendance or discipline that the head signs by writing it (考勤纪律记录). The person reads it."""
    scope_of(squad, by)
    assert by.post is not None and by.person is not None
    if by.person.id == person.id:
        raise Refused("own_note")
    if kind not in terms("duty_note"):
        raise Refused("unreadable", field="kind", wants="choice")
    if not text.strip():
        raise Refused("incomplete", verb="", missing=["text"])
    if person.id not in {one.id for one, _ in members(squad)}:
        raise Absent
    with receipts.whole():
        row = DutyNote.objects.create(
            squad=squad, person=person, kind=kind, on=on or today(), text=text.strip()[:500],
            written_by=by.person, written_post=by.post, signed_at=now(),
        )  # fmt: skip
        changed("duty_note", row.id, "signed", by, squad=squad.code)
    return row


def read_note(note_id: UUID, *, by: Actor, answer: str = "") -> DutyNote:
    """The person has read it, and may answer. Nobody else's reading counts."""
    with receipts.whole():
        rows = DutyNote.objects.select_for_update().filter(pk=note_id, person_id=by.person.id if by.person else None)
        row = rows.first()
        if row is None:
            raise Absent
        row.read_at = row.read_at or now()
        row.answer = answer.strip()[:500] or row.answer
        row.save(update_fields=["read_at", "answer"])
        changed("duty_note", row.id, "read", by)
    return row


def _open(roster: Roster) -> None:
    if roster.closed_at:
        raise Refused("roster_closed", at=roster.closed_at.isoformat())


def _person(by: Actor) -> UUID | None:
    return by.person.id if by.person else None
