"""Listeners (通知的产生): whom an entry concerns. Run by the consequence job, inside the transaction of its effect."""

from uuid import UUID

from django.urls import reverse

from jiedao.doors.notify import outbox
from jiedao.doors.notify.models import Notice
from jiedao.ground.people import corrections
from jiedao.ground.people.models import Correction, Tenure, Unit
from jiedao.kit.clock import now
from jiedao.lines.lists.models import Question
from jiedao.lines.patrol.models import Group, GroupMessage
from jiedao.lines.scores import periods, subjects
from jiedao.lines.scores.models import Objection, Period
from jiedao.record.models import Assignment, Case, Entry

TO_UNITS = frozenset(
    {
        "dispatch",
        "blow",
        "rule",
        "rework",
        "reopen",
        "recall",
        "remind",
        "instruct",
        "supervise",
        "escalate",
        "lift",
        "grant_extension",
        "deny_extension",
        "uphold",
        "add",
        "withdraw",
        "merge",
        "terminate",
        "undefer",
        "succeed",
    }
)
"""Told to the units that have an order on the case."""

TO_CENTRE = frozenset(
    {
        "report",
        "draft",
        "reply",
        "return",
        "object",
        "refuse",
        "ask_extension",
        "check",
        "reopen",
        "child_ended",
        "defer",
        "pause",
        "rate",
        "review",
        "sign",
    }
)
"""Told to the command centre, and to the sub-district that blew or sent."""


def tell_desks(entry: Entry) -> None:
    """Listener: one notice per unit concerned. Nobody is told of what the own unit did."""
    case = entry.case
    units: set[UUID] = set()
    if entry.verb in TO_UNITS or entry.verb == "ring":
        units |= _with_orders(case, entry)
    if entry.verb in TO_CENTRE or (entry.verb == "ring" and entry.facts.get("ring") == "due"):
        units |= _centre(case)
    if entry.verb in {"arrive", "contact", "acknowledge", "start"} and case.from_unit_id:
        units.add(case.from_unit_id)
    units -= {entry.unit_id, *case.reported_units}
    _write(entry, [Notice(unit_id=unit) for unit in units])


def tell_reporters(entry: Entry) -> None:
    """Listener: who reported as a member of staff hears how it ended. Residents read it on their own page.

    With a merged case its followers' reporters are told too: many events, one case, every reporter told.
    """
    case = entry.case
    told = set(case.reporters)
    for follower in Case.objects.filter(merged_into=case):
        told |= set(follower.reporters)
    told.discard(entry.person_id)
    _write(entry, [Notice(person_id=person) for person in told])


def tell_assigned(entry: Entry) -> None:
    """Listener: who was asked to go hears it in person; a post that was asked, whoever sits in it."""
    asked = Assignment.objects.filter(order_id=entry.order_id, accepted_at=None, dropped_at=None)
    persons = set(asked.exclude(person=None).values_list("person_id", flat=True))
    posts = asked.filter(person=None).values_list("post_id", flat=True)
    persons |= set(Tenure.objects.on().filter(post_id__in=posts).values_list("person_id", flat=True))
    persons.discard(entry.person_id)
    _write(entry, [Notice(person_id=person) for person in persons])


def _with_orders(case: Case, entry: Entry) -> set[UUID]:
    rows = case.orders.filter(pk=entry.order_id) if entry.order_id else case.orders.open()
    return set(rows.values_list("unit_id", flat=True))


def _centre(case: Case) -> set[UUID]:
    """The district's centre, and the unit that blew the whistle or sent the order."""
    found = set(Unit.objects.on().filter(kind=Unit.Kind.CENTRE, level=Unit.Level.DISTRICT).values_list("id", flat=True))
    return found | ({case.from_unit_id} if case.from_unit_id else set())


def _write(entry: Entry, notices: list[Notice]) -> None:
    for notice in notices:
        notice.case, notice.entry, notice.verb, notice.at = entry.case, entry, entry.verb, now()
        notice.ring = entry.facts.get("ring", "")
    if notices:
        Notice.objects.bulk_create(notices, ignore_conflicts=True)
        outbox.plan(notices, but=entry.person_id)


def question_asked(question: Question) -> None:
    """Whoever sits in the post named hears that a question waits; in the transaction that asks it."""
    persons = Tenure.objects.on().filter(post_id=question.to_post_id).values_list("person_id", flat=True)  # type: ignore[attr-defined]
    _tell(question, "question", set(persons), reverse("duties_inquiries"), question.asked_unit_id)  # type: ignore[attr-defined]


def question_answered(question: Question) -> None:
    """Who asked hears that the answer stands by the handbook."""
    link = f"{reverse('duties_item', args=[question.list_code, question.item_code])}#questions"
    _tell(question, "answer", {question.asked_by_id}, link, question.to_post.unit_id)  # type: ignore[attr-defined]


def _tell(question: Question, verb: str, persons: set[object], link: str, unit: object) -> None:
    words = question.text if verb == "question" else question.answer
    notices = [
        Notice(person_id=person, title=words[:80], link=link, from_unit_id=unit, verb=verb, at=now())
        for person in persons
    ]
    Notice.objects.bulk_create(notices)
    outbox.plan(notices)


def correction_asked(correction: Correction) -> None:
    """Who keeps the organisation hears that somebody's data wait for a correction; its words stand on the page alone."""
    _write_plain(corrections.keepers() - {correction.person_id}, "correction", reverse("corrections"))


def correction_answered(correction: Correction) -> None:
    """Who asked hears that an answer is there."""
    _write_plain({correction.person_id}, "corrected", f"{reverse('me')}#data")


def group_told(message: GroupMessage) -> None:
    """Each member of a group hears that it was spoken to; what was said stands on the own page alone."""
    _write_group(message.group, "group", message.by_id)  # type: ignore[attr-defined]


def group_called(group: Group, by: UUID | None) -> None:
    """Each member hears that a room was opened; who joins has accepted the call (接受通话)."""
    _write_group(group, "group_call", by)


def _write_group(group: Group, verb: str, but: UUID | None) -> None:
    members = group.members.filter(left_at=None, shift__ended_at=None)  # type: ignore[attr-defined]
    persons = set(members.values_list("shift__person_id", flat=True)) - {but}
    _write_plain(persons, verb, f"{reverse('shift')}#groups-head", group.unit_id)  # type: ignore[attr-defined]


def scores_up(period: Period) -> None:
    """Each unit and person on a line hears that it can be read, and contested until a day."""
    told = subjects.lines(period) if periods.rule_of(period).by_marks else []
    persons = {one.person_id for one in told if one.person_id}
    units = (
        {one.unit.id for one in told if one.unit}
        if told
        else {unit.id for unit in periods.units_of(periods.rule_of(period))}
    )
    _write_plain(persons, "score_up", _period(period))
    _write_units(units, "score_up", _period(period))


def scores_final(period: Period) -> None:
    """Where a rule sends its result to who lent the people (A7), that department hears that it is there to be read."""
    if periods.rule_of(period).sent_to == "home":
        homes = {one.home.id for one in subjects.lines(period) if one.home}
        _write_units(homes, "score_sent", _period(period))


def objection_decided(objection: Objection) -> None:
    """Who objected hears that it was decided; the reasons stand with the line."""
    link = reverse("scores_line", args=[objection.period.code, objection.period.name, objection.about])
    _write_plain({objection.raised_by}, "score_decided", link)


def _period(period: Period) -> str:
    return reverse("scores_period", args=[period.code, period.name])


def _write_units(units: set[UUID], verb: str, link: str) -> None:
    notices = [Notice(unit_id=unit, link=link, verb=verb, at=now()) for unit in sorted(units)]
    Notice.objects.bulk_create(notices)
    outbox.plan(notices)


def export_told(person: UUID, verb: str) -> None:
    """Who asked for a list hears that it is there, or why it is not."""
    _write_plain({person}, verb, reverse("exports"))


def export_asked(keepers: set[UUID], unit: UUID | None) -> None:
    """Who may agree to a list in the clear hears that one waits."""
    _write_plain(keepers, "export_asked", f"{reverse('exports')}?tab=waiting", unit)


def _write_plain(persons: set[UUID], verb: str, link: str, unit: UUID | None = None) -> None:
    notices = [Notice(person_id=person, link=link, verb=verb, from_unit_id=unit, at=now()) for person in persons]
    Notice.objects.bulk_create(notices)
    outbox.plan(notices)
