"""Questions about powers (业务咨询): to the contact a department has named for an item, answered once for all (D2)."""

from uuid import UUID

from jiedao.ground.duties.models import DutyItem
from jiedao.ground.journal import notes, receipts
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Tenure
from jiedao.kit.clock import now
from jiedao.kit.refusal import Absent, Refused
from jiedao.kit.text import clean
from jiedao.lines.lists.models import Question

MOST_SHOWN = 50


def ask(item: DutyItem, *, by: Actor, text: str) -> Question:
    """Asks the contact of an item. Refuses `nobody_named` where the department has named none."""
    text = clean(text, 2000)
    if not text:
        raise Refused("incomplete", verb="", missing=["text"])
    if by.person is None or by.post is None:
        raise Refused("not_yours", verb="ask", roles=[])
    post = item.contact_post
    if post is None:
        raise Refused("nobody_named", item=item.name)
    with receipts.whole():
        question = Question(
            list_code=item.list.code, item_code=item.code, version=item.list.version, to_post=post, text=text,
            asked_by=by.person, asked_unit=by.post.unit, asked_at=now(),
        )  # fmt: skip
        question.save(force_insert=True)
        notes.change("question", question.id, "ask", person_id=by.person.id, post_id=by.post.id, item=item.code)
    return question


def answer(question_id: UUID, *, by: Actor, text: str) -> Question:
    """The contact answers. Refuses `already_replied` the second time, and whoever does not sit in that post."""
    text = clean(text, 5000)
    if not text:
        raise Refused("incomplete", verb="", missing=["text"])
    with receipts.whole():
        found = Question.objects.select_for_update(of=("self",)).select_related("to_post__unit").filter(pk=question_id)
        question = found.first()
        if question is None:
            raise Absent
        if by.person is None or by.post is None or not may_answer(question, by):
            raise Refused("not_the_contact", post=question.to_post.name)
        if question.answered_at is not None:
            raise Refused("already_replied", unit=question.to_post.unit.name, at=question.answered_at.isoformat())
        question.answer, question.answered_by, question.answered_at = text, by.person, now()
        question.save(update_fields=["answer", "answered_by", "answered_at"])
        notes.change("question", question.id, "answer", person_id=by.person.id, post_id=by.post.id)
    return question


def may_answer(question: Question, by: Actor) -> bool:
    """Who sits in the post that was named, in whichever post he acts now."""
    if by.person is None:
        return False
    return Tenure.objects.on().filter(person=by.person, post_id=question.to_post_id).exists()  # type: ignore[attr-defined]


def about(item: DutyItem) -> list[Question]:
    """Questions about an item, whatever the version of its list, the latest first. One query."""
    rows = Question.objects.filter(list_code=item.list.code, item_code=item.code)
    return list(rows.select_related("asked_unit", "to_post__unit").order_by("-asked_at")[:MOST_SHOWN])


def waiting(by: Actor) -> list[Question]:
    """Questions that wait for who sits in the post named. One query."""
    if by.person is None:
        return []
    held = Tenure.objects.on().filter(person=by.person).values("post_id")
    rows = Question.objects.filter(to_post__in=held, answered_at=None)
    return list(rows.select_related("asked_unit", "to_post__unit").order_by("asked_at")[:MOST_SHOWN])
