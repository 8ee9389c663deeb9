"""The score desk (评分台): what each visitor reads of a period: which lines, which figures, and down to which rows.

Keepers read every line; a unit its own and those below; who is rated the own line, before anybody else; a rater the
lines he rates, with the others' marks closed until all are in. Lines stand by code, never by score (R14).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from jiedao.ground.districts import current_district
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Person, Unit
from jiedao.ground.terms import competence
from jiedao.kit.clock import now
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.scores import facts, periods, sight, subjects, windows
from jiedao.lines.scores.figures import Line, Opened, Row, lines, opened
from jiedao.lines.scores.models import Confirmation, Period, Statement
from jiedao.lines.scores.rules import Rule
from jiedao.lines.scores.sheets import Score, scores


@dataclass(frozen=True)
class Shown:
    """One line of the desk. `values` are texts by figure, side or composite; None reads as no data."""

    code: str
    name: str
    name_en: str
    values: dict[str, str | None]
    blocked: bool = False
    mine: str = ""


def keeps(by: Actor) -> bool:
    return competence.may(by, periods.KEEPS)


def period_or_absent(code: str, called: str) -> Period:
    """A period by rule and name. `Absent` for any other."""
    found = Period.objects.select_related("rule").filter(code=code, name=called).first()
    if found is None:
        raise Absent
    return found


def recent(code: str, most: int) -> list[Period]:
    """The newest periods of a rule."""
    return list(Period.objects.filter(code=code).order_by("-starts_at")[:most])


def confirmed(statement: Statement, person: UUID) -> Confirmation | None:
    """Who let a grade leave, and when. None while it is advice."""
    return Confirmation.objects.filter(statement=statement, person_id=person).first()


def statement_of(period: Period, version: int = 0) -> Statement | None:
    """The statement asked for, the newest by default. None before there is one."""
    rows = period.statements.order_by("-version")
    return rows.filter(version=version).first() if version else rows.first()


def readable_units(period: Period, by: Actor) -> list[Unit]:
    """The units on whose lines the actor may look, by code."""
    rule = periods.rule_of(period)
    if keeps(by):
        return periods.units_of(rule)
    return [unit for unit in sight.units(by) if not rule.kinds or unit.kind in rule.kinds]


def shown(period: Period, by: Actor, statement: Statement | None) -> list[Shown]:
    """The lines of a period for this visitor, by code."""
    blocked = periods.blocked_lines(period) if statement else set()
    if periods.rule_of(period).by_marks:
        return list(_marked(period, by, statement, blocked))
    units = readable_units(period, by)
    if statement:
        told = periods.plain(statement.figures)
    else:
        told = periods.plain({code: periods.told(line) for code, line in running(period, units).items()})
    return [
        Shown(unit.code, unit.name, unit.name_en, told[unit.code], unit.code in blocked)
        for unit in units
        if unit.code in told
    ]


def running(period: Period, units: Iterable[Unit]) -> dict[str, Line]:
    """The figures as they stand now, of a window that is not frozen: a trial."""
    chosen = list(units)
    rows = facts.rows(period.starts_at, period.ends_at, [unit.id for unit in chosen])
    return lines(rows, periods.rule_of(period), [unit.code for unit in chosen])


def _marked(period: Period, by: Actor, statement: Statement | None, blocked: set[str]) -> Iterable[Shown]:
    rule, all_of_them = periods.rule_of(period), keeps(by)
    marks = periods.frozen_marks(statement) if statement else subjects.marks(period)
    known = subjects.lines(period)
    told = scores(marks, rule, [one.code for one in known])
    own = {unit.code for unit in sight.units(by)}
    is_up = period.state in (Period.State.PUBLISHED, Period.State.OBJECTION, Period.State.FINAL)
    for one in known:
        sided = subjects.side_of(by, one, rule)
        rated = by.person is not None and one.person_id == by.person.id
        sent = delivered(period, by, one)
        if not (all_of_them or sided or rated or sent or (one.unit and one.code in own and is_up)):
            continue
        yield Shown(one.code, one.name, one.name_en, _values(told[one.code], sided, open_=all_of_them or rated or is_up),
                    one.code in blocked, sided[0] if sided else "")  # fmt: skip


def delivered(period: Period, by: Actor, subject: subjects.Subject) -> bool:
    """Whether the line is of somebody whom the actor's body sent, and has come to it: once final, where the rule says so."""
    if subject.home is None or periods.rule_of(period).sent_to != "home" or period.state != Period.State.FINAL:
        return False
    return by.post is not None and bool(set(subject.home.above) & set(by.post.unit.acts_for))


def received(by: Actor) -> list[Period]:
    """Appraisals of people the actor's body sent that have come to it (A7), the newest first."""
    done = Period.objects.filter(state=Period.State.FINAL, rule__document__contains="sent_to: home")
    return [
        period
        for period in done.select_related("rule").order_by("-final_at")[:50]
        if any(delivered(period, by, one) for one in subjects.lines(period))
    ]


def may_rank(rule: Rule) -> bool:
    """Whether units may be listed by score: a switch of the district, off by default. Persons never (R14)."""
    return not rule.about_persons and current_district().switches.get("ranks_units") is True


def ranked(rows: list[Shown], rule: Rule) -> list[Shown]:
    """The lines by their first composite or score, the highest first; who has no data comes last, by code."""
    name = next(iter(rule.composites), "score") if not rule.by_marks else "score"
    with_data = [row for row in rows if row.values.get(name) is not None]
    with_data.sort(key=lambda row: (-Decimal(row.values[name] or 0), row.code))
    return with_data + [row for row in rows if row.values.get(name) is None]


def _values(score: Score, sided: tuple[str, Unit] | None, *, open_: bool) -> dict[str, str | None]:
    """Blind: of an incomplete line each sees the own side alone, and nobody the sum."""
    found = {}
    for side, value in score.sides.items():
        seen = score.complete and (open_ or sided is not None)
        own = sided is not None and sided[0] == side
        found[side] = None if value is None or not (seen or own) else f"{value:f}"
    total = score.score if open_ or sided else None
    found["score"] = None if total is None else f"{total:f}"
    found["grade"] = score.grade.label["zh"] if score.grade and found["score"] is not None else None
    return found


def score_of(period: Period, code: str, statement: Statement | None) -> Score:
    marks = periods.frozen_marks(statement) if statement else subjects.marks(period)
    return scores(marks, periods.rule_of(period), [code])[code]


def figure(period: Period, unit: Unit, name: str, rows: list[Row]) -> Opened:
    """A figure of a unit down to its rows."""
    rule = periods.rule_of(period)
    if name not in rule.indicators:
        raise Absent
    return opened(rows, rule, unit.code, name)


def rows_of(period: Period, unit: Unit, statement: Statement | None) -> list[Row]:
    """The rows of one unit: the frozen ones, or as they stand now."""
    if statement:
        return periods.frozen_rows(statement, unit.code)
    return facts.rows(period.starts_at, period.ends_at, [unit.id])


def former(period: Period, years: int = 0) -> Statement | None:
    """The newest statement of the window before, or of the same one years ago. None where none was frozen."""
    rule = periods.rule_of(period)
    called = windows.name(windows.before(windows.day_of(period.name, rule), rule, years), rule)
    return (
        Statement.objects.filter(period__code=period.code, period__name=called)
        .select_related("period__rule")
        .order_by("-version")
        .first()
    )


def order_of(period: Period, unit: str, order: str) -> UUID:
    """The id of an order that stands on a line. `Absent` for any other."""
    if any(row[1] == order for row in periods.frozen_rows(periods.latest(period), unit)):
        return UUID(order)
    raise Absent


def confirm(statement: Statement, code: str, *, by: Actor) -> Confirmation:
    """A named person lets grade and factor leave for pay. Refuses before the period is final, and to who computed it."""
    competence.require(by, periods.KEEPS)
    period = statement.period
    if period.state != Period.State.FINAL:
        raise Refused("not_in_state", state=period.state)
    subject, told = subjects.line(period, code), statement.figures.get(code) or {}
    if by.person is None or by.person.id in (statement.computed_by, subject.person_id):
        raise Refused("own_figures", period=period.name)
    if not told.get("grade") or subject.person_id is None:
        raise Refused("not_all_rated", count=1, all=1)
    with receipts.whole():
        made, _ = Confirmation.objects.get_or_create(
            statement=statement, person_id=subject.person_id,
            defaults={"grade": told["grade"]["label"]["zh"], "factor": told["grade"]["factor"],
                      "confirmed_by": by.person.id, "confirmed_at": now()},
        )  # fmt: skip
        periods.note(period, "confirm", by, line=code)
    return made


def final_of_units(most: int) -> list[Period]:
    """The newest final periods whose lines are units: what a district may publish. Of persons, never (R14)."""
    done = Period.objects.filter(state=Period.State.FINAL).select_related("rule").order_by("-starts_at", "code")
    return [period for period in done[: most * 2] if not periods.rule_of(period).about_persons][:most]


def units_of(statement: Statement) -> list[Unit]:
    """The units on the lines of a statement, by code."""
    return sorted(Unit.objects.on().filter(code__in=statement.figures), key=lambda unit: unit.code)


def counted(statement: Statement) -> dict[str, dict[str, int]]:
    """How many orders, or raters, stand behind each value of each line: the fewest of what it is made of."""
    rule = periods.rule_of(statement.period)
    found: dict[str, dict[str, int]] = {}
    marks = periods.frozen_marks(statement) if rule.by_marks else []
    for code, line in statement.figures.items():
        if rule.by_marks:
            each = {side: len({m.rater for m in marks if (m.about, m.side) == (code, side)}) for side in rule.raters}
            found[code] = each | {"score": min(each.values(), default=0)}
        else:
            each = {name: int(figure["d"]) for name, figure in line["figures"].items()}
            found[code] = each | {
                name: min((each[part.of] for part in made.parts), default=0) for name, made in rule.composites.items()
            }
    return found


def names(codes: Iterable[str]) -> dict[str, Unit | Person]:
    """Units and people by the code that stands on a line."""
    wanted = set(codes)
    if not wanted:
        return {}
    found: dict[str, Unit | Person] = {unit.code: unit for unit in Unit.objects.filter(code__in=wanted)}
    people = Person.objects.filter(code__in=wanted - set(found)) if wanted - set(found) else ()
    return found | {person.code: person for person in people}
