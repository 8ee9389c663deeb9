"""The book of rules (规则簿): versions in force, drafts, and publishing by a second person. A published text never changes."""

from datetime import date
from typing import Any

from jiedao.ground.journal import notes, receipts
from jiedao.ground.people import Actor
from jiedao.ground.terms import competence
from jiedao.kit.clock import now
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.scores import rules, windows
from jiedao.lines.scores.figures import Line, lines
from jiedao.lines.scores.models import RuleDraft, RuleVersion
from jiedao.lines.scores.rules import Rule
from jiedao.lines.scores.who import person_of

KEEPS = "scores"


def newest() -> list[RuleVersion]:
    """The version in force of every rule, by code."""
    return list(RuleVersion.objects.order_by("code", "-version").distinct("code"))


def in_force(code: str) -> RuleVersion:
    """The version in force of a rule. `Absent` where the district has none of that code."""
    found = RuleVersion.objects.filter(code=code).order_by("-version").first()
    if found is None:
        raise Absent
    return found


def text_of(version: RuleVersion) -> Rule:
    return rules.read(version.document)


def ship(document: str) -> bool:
    """Publishes what a package ships, unless it is the version in force or the district has since gone on by itself."""
    rule = rules.read(document)
    last = RuleVersion.objects.filter(code=rule.code).order_by("-version").first()
    if last and (last.document == document or last.written_by is not None):
        return False
    RuleVersion.objects.create(
        code=rule.code, version=last.version + 1 if last else 1, document=document, published_at=now()
    )
    return True


def draft_of(code: str) -> RuleDraft | None:
    """The open draft of a rule. None if nobody is writing one."""
    return RuleDraft.objects.filter(code=code, ended_at=None).first()


def write(code: str, document: str, *, by: Actor, reason: str = "", seen: int = 0) -> RuleDraft:
    """Begins or changes the draft of a rule. Refuses `forbidden_input` by name, `bad_rule` by line, `changed_since`."""
    competence.require(by, KEEPS)
    rule = rules.read(document)
    if rule.code != code:
        raise Refused("bad_rule", problems=[f"1: the rule is {code}, the text says {rule.code}"])
    with receipts.whole():
        draft = RuleDraft.objects.select_for_update().filter(code=code, ended_at=None).first()
        if draft is None:
            draft = RuleDraft(code=code, based_on=in_force(code).version)
        elif draft.seq != seen:
            raise Refused("draft_changed", code=code)
        draft.document, draft.reason = document, reason
        draft.seq, draft.asked_at = draft.seq + 1, None
        draft.changed_at, draft.changed_by = now(), person_of(by, "publish")
        if draft._state.adding:
            draft.save(force_insert=True)
        else:
            draft.save(update_fields=["document", "reason", "seq", "asked_at", "changed_at", "changed_by"])
        _note(draft, "write", by)
    return draft


def drop(draft: RuleDraft, *, by: Actor) -> None:
    """Gives a draft up. What is in force stays."""
    competence.require(by, KEEPS)
    with receipts.whole():
        draft.ended_at, draft.ended_by = now(), person_of(by, "publish")
        draft.save(update_fields=["ended_at", "ended_by"])
        _note(draft, "drop", by)


def publish(draft: RuleDraft, *, by: Actor, seen: int) -> RuleVersion:
    """A second person publishes the draft as it was read. Refuses `own_rule`, `draft_changed`, and a text unlike none."""
    competence.require(by, KEEPS)
    with receipts.whole():
        held = RuleDraft.objects.select_for_update().get(pk=draft.pk)
        if held.ended_at is not None or held.seq != seen:
            raise Refused("draft_changed", code=held.code)
        if held.changed_by == person_of(by, "publish"):
            raise Refused("own_rule", code=held.code)
        rules.read(held.document)
        last = in_force(held.code)
        made = RuleVersion.objects.create(
            code=held.code, version=last.version + 1, document=held.document, reason=held.reason,
            written_by=held.changed_by, published_by=person_of(by, "publish"), published_at=now(),
        )  # fmt: skip
        held.ended_at, held.ended_by, held.published = now(), person_of(by, "publish"), True
        held.save(update_fields=["ended_at", "ended_by", "published"])
        _note(held, "publish", by, version=made.version)
    return made


def trial(document: str, month: date) -> tuple[Rule, dict[str, Line]]:
    """A text on the rows of a window, beside what is published. Nothing is kept."""
    from jiedao.lines.scores import facts  # noqa: PLC0415 -- app ready

    rule = rules.read(document)
    if rule.by_marks:
        raise Refused("no_trial_by_marks", code=rule.code)
    start, end = windows.around(month, rule)
    return rule, lines(facts.rows(start, end), rule)


def _note(draft: RuleDraft, verb: str, by: Actor, **facts: Any) -> None:
    notes.change("score_rule", draft.id, verb, **by.author, code=draft.code, **facts)
