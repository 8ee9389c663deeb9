"""Using rights (职权行使): who must be asked is asked; answer and decision are read from the record, never kept twice."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor, posts
from jiedao.ground.people.models import Person, Post, Unit
from jiedao.ground.terms.models import Term, terms
from jiedao.kit.clock import now
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.rights.models import RightUse
from jiedao.record import sight
from jiedao.record.models import Case
from jiedao.stages import council

PROCESS, TABLE = "right", "right"


@dataclass(frozen=True)
class Decided:
    """How a question under a right ended. `stance` is the answer, `silent` where none came in time."""

    number: str
    right: str
    stance: str
    opinion: str
    answered_at: datetime | None
    decision: str
    text: str
    reason: str
    decided_at: datetime | None
    is_silent: bool

    @property
    def is_against(self) -> bool:
        """Decided against the answer, or without the condition it made."""
        return self.decision == "go_ahead" and self.stance in ("object", "agree_if")

    @property
    def consents(self) -> bool:
        """Whether one may go on: decided, and not dropped; an answer that binds was not overruled, the gate sees to that."""
        return self.decision in ("go_ahead", "changed")


def rights() -> dict[str, Term]:
    """The district's rights, named by its own table and no others."""
    return terms(TABLE)


def ask(
    right: str,
    *,
    by: Actor,
    holder: Unit,
    question: str,
    about_unit: Unit | None = None,
    about_post: Post | None = None,
    about_person: Person | None = None,
) -> RightUse:
    """Asks who holds the right before something is decided. Refuses `unknown_right`, `not_holder`, `not_asker`."""
    term = rights().get(right)
    if term is None:
        raise Refused("unknown_right", given=right, known=[one.name for one in rights().values()])
    if not question.strip():
        raise Refused("incomplete", verb="ask", missing=["question"])
    if by.post is None or not _may_ask(by, term):
        raise Refused("not_asker", right=term.name, right_en=term.name_en)
    asker = posts.speaks_for(by.post)
    if holder.level != term.facts.get("asked_of", Unit.Level.SUBDISTRICT) or holder.id == asker.id:
        raise Refused("not_holder", right=term.name, right_en=term.name_en, unit=holder.name, unit_en=holder.name_en)
    with receipts.whole():
        case = council.begin(
            PROCESS,
            by=by,
            title=f"{term.name}：{question.strip()[:80]}",
            words=question.strip(),
            from_unit=asker,
            routing=_routing(term, holder),
            said={"right": right, "unit": holder.code},
        )
        row = RightUse(
            case=case, right=right, asker=asker, holder=holder, about_unit=about_unit, about_post=about_post,
            about_person=about_person, question=question.strip(), asked_at=now(),
        )  # fmt: skip
        row.save(force_insert=True)
    return row


def _routing(term: Term, holder: Unit) -> dict[str, Any]:
    """What the gate reads: who holds it, within what time, whether the answer binds, what silence means."""
    facts = term.facts
    return {
        "offices": {"holder": str(holder.id)},
        "limit": facts.get("within", ""),
        "right": {
            "code": term.code,
            "binding": bool(facts.get("binding")),
            "silence": facts.get("silence", "asks_again"),
        },
    }


def _may_ask(by: Actor, term: Term) -> bool:
    """The term names kinds of units or of posts; where it names none, every body asks."""
    kinds = set(term.facts.get("asks", []))
    assert by.post is not None
    body = posts.body_of(by.post)
    return not kinds or bool(kinds & {by.post_kind, by.post.unit.kind, body.kind})


def decided(number: str) -> Decided:
    """How the question of a case stands, from its lines. `Absent` if it is none under a right."""
    use = RightUse.objects.filter(case__number=number).select_related("case").first()
    if use is None:
        raise Absent
    return told(use)


def told(use: RightUse) -> Decided:
    """The same of a row that is at hand."""
    lines = {
        e.verb: e for e in use.case.entries.filter(verb__in=("opine", "decide")).select_related("words").order_by("seq")
    }
    opinion, decision = lines.get("opine"), lines.get("decide")
    said = _words(opinion)
    says = _words(decision)
    return Decided(
        number=use.case.number,
        right=use.right,
        stance=str(opinion.facts.get("stance", "")) if opinion else "",
        opinion=str(said.get("text", "")),
        answered_at=opinion.at if opinion else None,
        decision=str(decision.facts.get("decision", "")) if decision else "",
        text=str(says.get("text", "")),
        reason=str(says.get("reason", "")),
        decided_at=decision.at if decision else None,
        is_silent=bool(decision and not opinion),
    )


def _words(entry: Any) -> dict[str, Any]:
    words = getattr(entry, "words", None) if entry is not None else None
    return dict(words.said) if words else {}


def numbered(number: str) -> RightUse | None:
    """A question by its case's number, for who must know how it ended whether or not the case is in his sight: who
    moves a stationed head. What was said in it is read by `of_case`.
    """
    return RightUse.objects.filter(case__number=number).select_related("case").first() if "\0" not in number else None


def of_case(actor: Actor, number: str) -> RightUse:
    """A question by its case's number, in the actor's sight."""
    case = sight.case_or_404(actor, number)
    found = of(case)
    if found is None:
        raise Absent
    return found


def of(case: Case) -> RightUse | None:
    rows = RightUse.objects.select_related("asker", "holder", "about_unit", "about_post", "about_person", "case")
    return rows.filter(case_id=case.id).first()
