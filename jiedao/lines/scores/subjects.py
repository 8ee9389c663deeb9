"""Subjects (被评对象): who stands on the lines of a sheet, who may mark them, and what marks may be read by whom.

A side's marks stay closed to the other side until all sides are in (blind); the one who is rated reads the own line
before anybody publishes it.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from uuid import UUID

from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor, posts
from jiedao.ground.people.models import Stationing, Unit
from jiedao.ground.terms import competence
from jiedao.kit.clock import local, now
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.scores import rules
from jiedao.lines.scores.models import Objection, Period, RaterMark
from jiedao.lines.scores.rules import Rule
from jiedao.lines.scores.sheets import Mark, Score, scores

RATES = "rating"
COLUMNS = ("about", "side", "rater", "aspect", "points", "at")
_BODIES = {
    "subdistricts": Unit.Kind.SUBDISTRICT,
    "departments": Unit.Kind.DEPARTMENT,
    "communities": Unit.Kind.COMMUNITY,
}


@dataclass(frozen=True)
class Subject:
    """One line: a unit, or somebody with the bodies that command and sent him."""

    code: str
    name: str
    name_en: str
    unit: Unit | None = None
    person_id: UUID | None = None
    home: Unit | None = None
    command: Unit | None = None


def lines(period: Period) -> list[Subject]:
    """Who is rated in a period, by code."""
    return _subjects(period)


def line(period: Period, code: str) -> Subject:
    """One of them. `Absent` for any other."""
    for one in _subjects(period, code):
        return one
    raise Absent


def _subjects(period: Period, code: str = "") -> list[Subject]:
    """All of them, or the one of a code: a sheet of two hundred lines is not read for one of its marks."""
    rule = rules.read(period.rule.document)
    if not rule.about_persons:
        found = Unit.objects.on().filter(kind__in=rule.kinds, **({"code": code} if code else {})).order_by("code")
        return [Subject(unit.code, unit.name, unit.name_en, unit=unit) for unit in found]
    rows = Stationing.objects.on(local(period.starts_at).date()).select_related(
        "person", "home__parent", "command__parent"
    )
    rows = rows.filter(is_head=True) if rule.about == "head" else rows.filter(kind=rule.staff)
    if code:
        rows = rows.filter(person__code=code)
    return [
        Subject(row.person.code, row.person.name, row.person.name_en, None, row.person_id, row.home, row.command)
        for row in rows.order_by("person__code")
    ]


def side_of(by: Actor, subject: Subject, rule: Rule) -> tuple[str, Unit] | None:
    """On which side the actor may rate this line, and for which body. None for everybody else, and for the rated."""
    if by.post is None or by.person is None or by.person.id == subject.person_id:
        return None
    if not competence.may(by, RATES):
        return None
    body = posts.speaks_for(by.post)
    for code in rule.raters:
        unit = _rater(code, by, body, subject)
        if unit is not None:
            return code, unit
    return None


def _rater(side: str, by: Actor, body: Unit, subject: Subject) -> Unit | None:
    if side in _BODIES:
        return body if body.kind == _BODIES[side] and subject.unit and body.id not in subject.unit.above else None
    if side == "subdistrict":
        is_of_it = (
            subject.command is not None and body.kind == Unit.Kind.SUBDISTRICT and body.id in subject.command.above
        )
        return body if is_of_it else None
    placed = subject.command if side == "command" else subject.home
    if placed is None or by.post is None:
        return None
    own = {placed.id} | ({placed.parent_id} if placed.parent and _is_small(placed.parent, side) else set())
    return placed if by.post.unit_id in own else None


def _is_small(unit: Unit, side: str) -> bool:
    """A squad stands for its community; an office does not stand for its whole sub-district."""
    return unit.kind == Unit.Kind.COMMUNITY if side == "command" else unit.kind == Unit.Kind.DEPARTMENT


def mark(period: Period, code: str, *, by: Actor, points: dict[str, str], why: str = "") -> list[RaterMark]:
    """A rater's marks on one line, on every aspect of his side. Refuses `not_your_line`, `mark_out_of_range`, `incomplete`."""
    with receipts.whole():
        held = Period.objects.select_for_update(of=("self",)).select_related("rule").get(pk=period.pk)
        rule, subject = rules.read(held.rule.document), line(held, code)
        sided = side_of(by, subject, rule)
        if sided is None or by.person is None:
            raise Refused("not_your_line", line=code)
        if not open_to_marks(held, code):
            raise Refused("not_in_state", state=held.state)
        side, rater = sided
        given = _points(rule, side, points)
        at, person = now(), by.person.id
        made = [
            RaterMark(
                period=held, side=side, rater=rater, unit=subject.unit, person_id=subject.person_id, aspect=aspect,
                points=value, why=why, given_by=person, at=at,
            )
            for aspect, value in given.items()
        ]  # fmt: skip
        RaterMark.objects.bulk_create(made)
        from jiedao.lines.scores import periods  # noqa: PLC0415 -- app ready

        periods.note(held, "mark", by, line=code, side=side)
    return made


def open_to_marks(period: Period, code: str) -> bool:
    """While scoring; and later where an objection to this line was upheld and is not yet corrected."""
    if period.state == Period.State.SCORING:
        return True
    last = period.statements.order_by("-version").first()
    upheld = period.objections.filter(about=code, outcome=Objection.Outcome.UPHELD, order_id=None)
    return bool(last and upheld.filter(decided_at__gt=last.computed_at).exists())


def _points(rule: Rule, side: str, points: dict[str, str]) -> dict[str, Decimal]:
    aspects = rule.raters[side].aspects
    if missing := [aspect for aspect in aspects if not points.get(aspect)]:
        raise Refused("incomplete", verb="evaluate", missing=missing)
    found = {}
    for aspect in aspects:
        try:
            value = Decimal(points[aspect])
        except InvalidOperation:
            value = Decimal(-1)
        if not 0 <= value <= 100 or value != round(value, 1):
            raise Refused("mark_out_of_range", name=aspect, lowest=0, highest=100)
        found[aspect] = value
    return found


def marks(period: Period) -> list[Mark]:
    """All marks of a period, in the order given."""
    rows = period.marks.select_related("unit", "person", "rater").order_by("at", "id")
    return [
        Mark(_about(row), row.side, row.rater.code, row.aspect, row.points,
             row.at.isoformat())
        for row in rows
    ]  # fmt: skip


def _about(row: RaterMark) -> str:
    """The code of whom a mark is about."""
    if row.unit is not None:
        return row.unit.code
    assert row.person is not None  # a_mark_is_about_one
    return row.person.code


def readable(period: Period, score: Score, side: str) -> list[Mark]:
    """The marks a rater of one side may read: the own, and the others' once all sides are in."""
    return [one for one in score.marks if score.complete or one.side == side]


def own_line(period: Period, by: Actor) -> Score | None:
    """The line of who asks, from the newest marks, before anybody publishes it. None for who is not rated."""
    rule = rules.read(period.rule.document)
    if by.person is None or not rule.about_persons:
        return None
    found = next((one for one in lines(period) if one.person_id == by.person.id), None)
    return scores(marks(period), rule, [found.code]).get(found.code) if found else None


def written(found: Iterable[Mark]) -> bytes:
    """Marks as CSV, in one order: what is frozen."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    told = ((m.about, m.side, m.rater, m.aspect, f"{m.points:f}", m.at) for m in found)
    writer.writerows(sorted(told))
    return file.getvalue().encode()


def read(told: bytes) -> list[Mark]:
    reader = csv.DictReader(io.StringIO(told.decode()))
    return [Mark(r["about"], r["side"], r["rater"], r["aspect"], Decimal(r["points"]), r["at"]) for r in reader]
