"""Periods (评分周期): opened, scored, merged, published, contested, final. Each step in one transaction with its note.

Figures are never stored but in a statement. A correction is another statement beside the old one; who computes one does
not publish it, and nobody freezes what he computed.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from jiedao.ground.districts import current_district
from jiedao.ground.districts.calendar import calendar
from jiedao.ground.journal import notes, receipts
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.ground.terms import competence
from jiedao.kit.clock import now
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused
from jiedao.lines.scores import facts, rulebook, rules, second, subjects, windows
from jiedao.lines.scores.figures import Line, Row, excluded, lines
from jiedao.lines.scores.models import Objection, Period, Statement
from jiedao.lines.scores.rules import Rule
from jiedao.lines.scores.sheets import Mark, Score, scores
from jiedao.lines.scores.who import person_of

KEEPS = "scores"
State = Period.State


def rule_of(period: Period) -> Rule:
    return rules.read(period.rule.document)


def open_period(code: str, called: str, *, by: Actor) -> Period:
    """Opens a window of a rule under its version in force. Refuses `line_assessment_barred`, `period_open`."""
    competence.require(by, KEEPS)
    version = rulebook.in_force(code)
    rule = rules.read(version.document)
    if rule.is_line_assessment and current_district().switches.get("bars_line_assessments"):
        raise Refused("line_assessment_barred", title=rule.label["zh"], title_en=rule.label["en"])
    day = windows.day_of(called, rule)
    start, end = windows.around(day, rule)
    if start > now():
        raise Refused("window_ahead", period=called)
    with receipts.whole():
        if Period.objects.filter(code=code, name=called).exists():
            raise Refused("period_open", period=called)
        period = Period.objects.create(
            rule=version, code=code, name=called, starts_at=start, ends_at=end, opened_at=now(),
            opened_by=person_of(by, "publish"), state=State.SCORING if rule.by_marks else State.OPENED,
        )  # fmt: skip
        note(period, "open", by, rule=code, version=version.version)
    return period


def merge(period: Period, *, by: Actor) -> Statement:
    """Freezes the rows of the window and computes its figures twice. Refuses `window_running`, `not_all_rated`."""
    competence.require(by, KEEPS)
    with receipts.whole():
        held = hold(period)
        if held.state not in (State.OPENED, State.SCORING):
            raise Refused("not_in_state", state=held.state)
        if held.ends_at > now():
            raise Refused("window_running", until=held.ends_at)
        frozen = rows_of(held)
        if rule_of(held).by_marks:
            _must_be_complete(held, frozen)
        made = _state(held, frozen, by=by)
        _turn(held, State.MERGED, merged_at=now(), merged_by=person_of(by, "publish"))
        note(held, "merge", by, version=made.version, hash=made.hash)
    return made


def publish(period: Period, *, by: Actor) -> Period:
    """A second person puts the figures up, and the time to object begins. Refuses `own_figures`."""
    competence.require(by, KEEPS)
    with receipts.whole():
        held = hold(period)
        if held.state != State.MERGED:
            raise Refused("not_in_state", state=held.state)
        if held.merged_by == person_of(by, "publish"):
            raise Refused("own_figures", period=held.name)
        until = Limit(rule_of(held).objections).due(now(), calendar())
        _turn(held, State.PUBLISHED, published_at=now(), published_by=person_of(by, "publish"), objections_until=until)
        note(held, "publish", by, hash=latest(held).hash)
    return held


def correct(period: Period, objection: Objection, *, by: Actor) -> Statement:
    """An upheld objection makes a new statement beside the old one, from the rows that were frozen."""
    last = latest(period)
    rows = facts.unpacked(bytes(last.rows))
    if rule_of(period).by_marks:
        rows = rows_of(period)
    taken = [*last.taken_out]
    if objection.order_id is not None:
        taken.append({"order": str(objection.order_id), "unit": objection.about, "kind": objection.kind,
                      "objection": str(objection.id)})  # fmt: skip
    made = _state(period, rows, by=by, taken_out=taken, objection=objection.id)
    note(period, "correct", by, version=made.version, hash=made.hash)
    return made


def freeze(period: Period, *, by: Actor) -> Period:
    """Makes a published period final. Refuses before the last minute to object, with an open objection, and to who computed."""
    competence.require(by, KEEPS)
    with receipts.whole():
        held = hold(period)
        if held.state not in (State.PUBLISHED, State.OBJECTION):
            raise Refused("not_in_state", state=held.state)
        if held.objections_until is None or held.objections_until > now():
            raise Refused("objections_run", until=held.objections_until)
        if blocked := blocked_lines(held):
            raise Refused("line_blocked", lines=sorted(blocked))
        if person_of(by, "publish") in (held.merged_by, latest(held).computed_by):
            raise Refused("own_figures", period=held.name)
        _turn(held, State.FINAL, final_at=now(), final_by=person_of(by, "publish"))
        note(held, "freeze", by, hash=latest(held).hash)
    return held


def latest(period: Period) -> Statement:
    """The newest statement. Refuses `not_in_state` before there is one."""
    found = period.statements.order_by("-version").first()
    if found is None:
        raise Refused("not_in_state", state=period.state)
    return found


def blocked_lines(period: Period) -> set[str]:
    """Lines with an objection that nobody has decided."""
    return set(period.objections.filter(decided_at=None).values_list("about", flat=True))


def rows_of(period: Period) -> bytes:
    """The rows of the window as they stand now: facts of orders, or marks."""
    rule = rule_of(period)
    if rule.by_marks:
        return subjects.written(subjects.marks(period))
    chosen = units_of(rule)
    return facts.written(facts.rows(period.starts_at, period.ends_at, [unit.id for unit in chosen]))


def units_of(rule: Rule) -> list[Unit]:
    """The units a rule about orders scores, by code."""
    found = Unit.objects.on().filter(kind__in=rule.kinds) if rule.kinds else Unit.objects.on()
    return sorted(found, key=lambda unit: (unit.level != Unit.Level.DISTRICT, unit.code))


def codes_of(period: Period) -> list[str]:
    rule = rule_of(period)
    return [line.code for line in subjects.lines(period)] if rule.by_marks else [u.code for u in units_of(rule)]


def computed(rows: bytes, rule: Rule, taken_out: Mapping[tuple[str, str], str], codes: list[str]) -> dict[str, Any]:
    """The figures from bytes that were frozen, every part as text. Pure: the same bytes give the same figures."""
    if rule.by_marks:
        return {code: told_score(score) for code, score in scores(subjects.read(rows), rule, codes).items()}
    kept = excluded(facts.kept(rows), taken_out)
    return {code: told(line) for code, line in lines(kept, rule, codes).items()}


def told(line: Line) -> dict[str, Any]:
    figures = {
        code: {"n": f"{figure.numerator:f}", "d": figure.denominator, "v": _text(figure.value)}
        for code, figure in line.figures.items()
    }
    return {"figures": figures, "composites": {code: _text(value) for code, value in line.composites.items()}}


def told_score(score: Score) -> dict[str, Any]:
    grade = {"label": score.grade.label, "factor": f"{score.grade.factor:f}"} if score.grade else None
    sides = {code: _text(value) for code, value in score.sides.items()}
    return {"sides": sides, "score": _text(score.score), "grade": grade}


def _text(value: Any) -> str | None:
    return None if value is None else f"{value:f}"


def plain(figures: Mapping[str, Any]) -> dict[str, dict[str, str | None]]:
    """Values alone, unit by unit: what the second computation is compared with."""
    found = {}
    for code, line in figures.items():
        if "score" in line:
            found[code] = {**line["sides"], "score": line["score"]}
        else:
            found[code] = {name: each["v"] for name, each in line["figures"].items()} | line["composites"]
    return found


def check(rows: bytes, rule: Rule, taken_out: Mapping[tuple[str, str], str], figures: Mapping[str, Any]) -> list[str]:
    """Where SQL and Python disagree about frozen rows. Empty when they agree."""
    if rule.by_marks:
        return second.differences(plain(figures), second.marks_told(rows, rule, figures))
    marked = facts.written(excluded(facts.kept(rows), taken_out))
    return second.differences(plain(figures), second.told(marked, rule, figures))


def _state(
    period: Period, rows: bytes, *, by: Actor, taken_out: list[dict[str, str]] | None = None,
    objection: UUID | None = None,
) -> Statement:  # fmt: skip
    rule, gone = rule_of(period), list(taken_out or ())
    before = period.statements.order_by("-version").first()
    # Who is scored is settled with the first statement: a unit that comes later changes no figure of the past.
    codes = list(before.figures) if before else codes_of(period)
    figures = computed(rows, rule, out(gone), codes)
    if apart := check(rows, rule, out(gone), figures):
        raise Refused("computations_differ", differences=apart[:10])
    return Statement.objects.create(
        period=period, version=before.version + 1 if before else 1, rows=facts.packed(rows),
        rows_hash=facts.fingerprint(rows), taken_out=gone, figures=figures, agreed=True,
        hash=seal(period, facts.fingerprint(rows), gone, figures), computed_at=now(), computed_by=person_of(by, "publish"),
        objection_id=objection,
    )  # fmt: skip


def out(taken: list[dict[str, str]]) -> dict[tuple[str, str], str]:
    """What objections took out, as the computation asks: order and unit → kind."""
    return {(one["order"], one["unit"]): one["kind"] for one in taken}


def seal(period: Period, rows_hash: str, taken_out: list[dict[str, str]], figures: Mapping[str, Any]) -> str:
    """SHA-256 over rule, version, window, rows, exclusions and figures: what a printed statement is checked by."""
    told = {
        "rule": period.code, "version": period.rule.version, "document": period.rule.document, "period": period.name,
        "rows": rows_hash, "taken_out": taken_out, "figures": figures,
    }  # fmt: skip
    return facts.fingerprint(json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())


def again(statement: Statement) -> str:
    """The hash of a statement computed anew from its frozen rows: the same one, or something was changed."""
    rows = facts.unpacked(bytes(statement.rows))
    period = statement.period
    figures = computed(rows, rule_of(period), out(statement.taken_out), list(statement.figures))
    return seal(period, facts.fingerprint(rows), statement.taken_out, figures)


def frozen_rows(statement: Statement, unit: str = "") -> list[Row]:
    """The rows of a statement about orders, of all units or of one, with what objections took out marked."""
    return excluded(facts.kept(facts.unpacked(bytes(statement.rows)), unit), out(statement.taken_out))


def frozen_marks(statement: Statement) -> list[Mark]:
    return subjects.read(facts.unpacked(bytes(statement.rows)))


def hold(period: Period) -> Period:
    """The period under its lock: two who publish at once, or object at the last minute, follow one another."""
    return Period.objects.select_for_update(of=("self",)).select_related("rule").get(pk=period.pk)


def _must_be_complete(period: Period, rows: bytes) -> None:
    told = scores(subjects.read(rows), rule_of(period), codes_of(period))
    missing = [code for code, score in told.items() if not score.complete]
    if len(missing) == len(told):
        raise Refused("not_all_rated", count=len(missing), all=len(told))


def _turn(period: Period, state: str, **columns: Any) -> None:
    period.state = state
    for name, value in columns.items():
        setattr(period, name, value)
    period.save(update_fields=["state", *columns])


def note(period: Period, verb: str, by: Actor, **told: Any) -> None:
    """The line in the journal, in the transaction of the step."""
    notes.change("score_period", period.id, verb, **by.author, period=period.name, **told)
