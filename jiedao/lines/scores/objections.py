"""Objections (申诉): a unit or person contests a line, a second reader decides with published reasons.

What is upheld makes a new statement beside the old one at once, or asks the rater to mark anew; the program decides
nothing.
"""

from typing import Any
from uuid import UUID

from jiedao.ground.journal import notes, receipts
from jiedao.ground.people import Actor, posts
from jiedao.ground.terms import competence
from jiedao.kit.clock import now
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.scores import periods, sight, subjects
from jiedao.lines.scores.models import Objection, Period, Statement
from jiedao.lines.scores.who import person_of

KEEPS = "scores"
ANEW = "mark_anew"
"""The kind of an objection to marks: what is upheld is marked again."""


def may_object(period: Period, about: str, by: Actor) -> bool:
    """Whose line it is: the person rated, or somebody of the unit or of its body."""
    if by.post is None or by.person is None:
        return False
    if periods.rule_of(period).about_persons:
        return subjects.line(period, about).person_id == by.person.id
    own = {unit.code for unit in sight.units(by)} | {posts.body_of(by.post).code}
    return about in own and not competence.may(by, KEEPS)


def raise_(
    period: Period, about: str, *, by: Actor, reason: str, evidence: str, kind: str = ANEW, number: str = "",
    order_id: UUID | None = None,
) -> Objection:  # fmt: skip
    """Contests a line of figures that are up, until the last minute. Refuses `objections_over`, `unknown_kind`."""
    if not may_object(period, about, by):
        raise Absent
    if not reason.strip() or not evidence.strip():
        missing = [name for name, given in (("reason", reason), ("evidence", evidence)) if not given.strip()]
        raise Refused("incomplete", verb="object", missing=missing)
    assert by.post is not None
    with receipts.whole():
        held = periods.hold(period)
        rule = periods.rule_of(held)
        if held.state not in (Period.State.PUBLISHED, Period.State.OBJECTION):
            raise Refused("not_in_state", state=held.state)
        if held.objections_until is None or now() > held.objections_until:
            raise Refused("objections_over", until=held.objections_until)
        if rule.by_marks is (order_id is not None) or (order_id is not None and kind not in rule.exclusions):
            raise Refused("unknown_kind", kind=kind, known=list(rule.exclusions))
        if order_id is not None:
            _must_be_of_the_line(held, about, order_id)
        made = Objection.objects.create(
            period=held, about=about, number=number, order_id=order_id, kind=kind, reason=reason, evidence=evidence,
            unit=posts.body_of(by.post), raised_at=now(), raised_by=person_of(by, "object"),
        )  # fmt: skip
        if held.state != Period.State.OBJECTION:
            held.state = Period.State.OBJECTION
            held.save(update_fields=["state"])
        _note(made, "object", by)
    return made


def decide(objection: Objection, *, by: Actor, upheld: bool, reasons: str) -> Objection:
    """A second reader decides; neither who raised it nor anybody of the unit. An upheld one corrects the figures."""
    competence.require(by, KEEPS)
    if not reasons.strip():
        raise Refused("incomplete", verb="decide", missing=["reasons"])
    with receipts.whole():
        held = Objection.objects.select_for_update(of=("self",)).select_related("period").get(pk=objection.pk)
        if held.decided_at is not None:
            raise Refused("already_decided", number=held.number)
        if held.raised_by == person_of(by, "object") or (by.post and posts.body_of(by.post).id == held.unit_id):
            raise Refused("own_objection", line=held.about)
        held.outcome = Objection.Outcome.UPHELD if upheld else Objection.Outcome.DISMISSED
        held.reasons, held.decided_at, held.decided_by = reasons, now(), person_of(by, "object")
        held.save(update_fields=["outcome", "reasons", "decided_at", "decided_by"])
        _note(held, "decide", by, upheld=upheld)
        if upheld and held.order_id is not None:
            periods.correct(periods.hold(held.period), held, by=by)
    return held


def renew(objection: Objection, *, by: Actor) -> Statement:
    """After the rater marked anew: the statement that follows from an upheld objection to marks."""
    competence.require(by, KEEPS)
    with receipts.whole():
        held = Objection.objects.select_for_update(of=("self",)).select_related("period").get(pk=objection.pk)
        if held.outcome != Objection.Outcome.UPHELD or held.order_id is not None:
            raise Refused("already_decided", number=held.about)
        return periods.correct(periods.hold(held.period), held, by=by)


def one(pk: UUID) -> Objection:
    """An objection by its id. `Absent` for any other."""
    found = Objection.objects.select_related("period__rule", "unit").filter(pk=pk).first()
    if found is None:
        raise Absent
    return found


def of_period(period: Period) -> list[Objection]:
    """All of them with their outcomes, the newest first: reasons are published with the figures."""
    return list(period.objections.select_related("unit", "period__rule").order_by("-raised_at"))


def _must_be_of_the_line(period: Period, about: str, order_id: UUID) -> None:
    rows = periods.frozen_rows(periods.latest(period), about)
    if not any(row[1] == str(order_id) for row in rows):
        raise Absent


def _note(objection: Objection, verb: str, by: Actor, **told: Any) -> None:
    notes.change("score_objection", objection.id, verb, **by.author, **told)
