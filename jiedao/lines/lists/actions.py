"""Changes of lists (清单变更): proposed, written, submitted, published, each in one transaction with the case's entry."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from jiedao.ground.duties import compare, delegating, drafts
from jiedao.ground.duties.models import DutyList
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor, posts
from jiedao.ground.terms import competence
from jiedao.kit.clock import today
from jiedao.kit.refusal import Refused
from jiedao.lines.lists.models import ListChange
from jiedao.record import flow, standing, versions
from jiedao.record.models import Case, Entry
from jiedao.stages import council

PROCESS = "list_change"


def propose(code: str, *, by: Actor, trigger: str, reason: str, catalogue: str = "") -> Case:
    """Somebody who keeps the list proposes a change (启动变更): a case, its papers, and a draft to write in.

    A draft that is there without a running case is taken up. Refuses `change_open` where one runs.
    """
    if trigger not in ListChange.Trigger.values:
        raise Refused("unreadable", field="trigger", wants="one_of", known=list(ListChange.Trigger.values))
    if not reason:
        raise Refused("incomplete", verb="propose", missing=["reason"])
    if by.post is None or not standing.may_open(versions.process(PROCESS).definition, by):
        raise Refused("not_yours", verb="propose", roles=[])
    with receipts.whole():
        draft = drafts.open_of(code) or drafts.begin(drafts.newest(code), by=by)
        competence.require(by, drafts.KEEPS, draft.owner)
        draft = DutyList.objects.select_for_update(of=("self",)).get(pk=draft.pk)
        running = case_of(draft)
        if running and running.phase != "closed":
            raise Refused("change_open", list=draft.name, list_en=draft.name_en, number=running.number)
        case = council.begin(
            PROCESS,
            by=by,
            title=f"清单变更：{draft.name}（第{draft.version}版）",
            words=reason,
            from_unit=posts.body_of(by.post),
            said={"list": code, "version": draft.version, "trigger": trigger},
        )
        ListChange.objects.create(
            case_id=case.id, list_code=code, draft=draft, trigger=trigger, reason=reason, catalogue=catalogue
        )
        draft.case_id = case.id
        draft.save(update_fields=["case_id"])
    return case


def begin_list(code: str, *, kind: str, level: str, name: str, name_en: str, by: Actor) -> DutyList:
    """The empty first draft of a new list, kept by the body of who begins it. Refuses `list_known`, `bad_item_code`."""
    if by.post is None:
        raise Refused("not_yours", verb="propose", roles=[])
    owner = posts.body_of(by.post)
    return drafts.create(code, kind=kind, level=level, name=name, name_en=name_en, owner=owner, by=by)


def case_of(draft: DutyList) -> Case | None:
    """The case of a draft's change. None before it is proposed."""
    return Case.objects.select_related("process").filter(pk=draft.case_id).first() if draft.case_id else None


def is_open_to_edits(draft: DutyList, case: Case | None) -> bool:
    """Whether the draft may still be written in: before its case, while that has not been submitted, or after its end."""
    if draft.published_on is not None:
        return False
    return case is None or case.phase == "closed" or bool(case.process.definition.moves_of("submit", case.state))


@contextmanager
def _writing(draft: DutyList) -> Iterator[None]:
    """What is under review stands still: the case is held, so that nobody submits while somebody writes."""
    with receipts.whole():
        if draft.case_id is None:
            yield
            return
        with flow.hold(draft.case_id) as case:
            if not is_open_to_edits(draft, case):
                raise Refused("draft_under_review", number=case.number, list=draft.name, list_en=draft.name_en)
            yield


EDITS: dict[str, Callable[..., None]] = {
    "put": drafts.put,
    "end": drafts.end,
    "move": drafts.move,
    "fill": drafts.fill,
    "take": drafts.take,
    "give": delegating.give,
    "take_back": delegating.take_back,
}


def edit(draft: DutyList, what: str, *args: Any, by: Actor, **given: Any) -> None:
    """One change of a draft, by its name in `EDITS`. Refuses `draft_under_review` once it was submitted."""
    with _writing(draft):
        EDITS[what](draft, *args, by=by, **given)


def drop(draft: DutyList, *, by: Actor) -> None:
    """Gives a draft up. Refuses `change_open` while its case runs: that is withdrawn first."""
    with receipts.whole():
        case = case_of(draft)
        if case and case.phase != "closed":
            raise Refused("change_open", list=draft.name, list_en=draft.name_en, number=case.number)
        drafts.drop(draft, by=by)


def submit(case_id: UUID, *, by: Actor, basis: str, effective_on: date, seen: int | None = None) -> Entry:
    """The owner submits the written change with its basis (提出申请). From here nobody writes in the draft.

    What it adds, takes away and says otherwise is counted now: changed elements need a review, the rest a decision.
    """
    with flow.hold(case_id, seen=seen) as case:
        change, draft = papers(case)
        said = {"basis": basis, "effective_on": effective_on.isoformat() if effective_on else ""}
        move = flow.permit(case, "submit", by=by, said=said)
        drafts.check_date(draft, effective_on)
        found = compare.versions(compare.base(draft), draft)
        if found.is_empty:
            raise Refused("draft_says_the_same", list=draft.name, list_en=draft.name_en)
        summary = {
            "added": len(found.added),
            "removed": len(found.removed),
            "changed": len(found.changed),
            "elements_only": found.is_elements_only,
        }
        change.basis, change.effective_on, change.summary = basis, effective_on, summary
        change.save(update_fields=["basis", "effective_on", "summary"])
        routing = {**case.routing, "change": summary}
        turned = council.turn(case, move.to, by=by)
        return flow.advance(case, move, by=by, said=said | summary, routing=routing, **turned)


def publish(case_id: UUID, *, by: Actor, effective_on: date | None = None, seen: int | None = None) -> Entry:
    """Puts the approved draft in force on its date (公布), in the transaction of the entry. The case ends with it."""
    with flow.hold(case_id, seen=seen) as case:
        change, draft = papers(case)
        on = effective_on or max(change.effective_on or today(), today())
        said = {"list": draft.code, "version": draft.version, "effective_on": on.isoformat()}
        move = flow.permit(case, "publish", by=by, said=said)
        drafts.publish(draft, on, by=by)
        change.effective_on = on
        change.save(update_fields=["effective_on"])
        return flow.advance(case, move, by=by, said=said, public=True, **council.onward(case, move.to, by=by))


def papers(case: Case) -> tuple[ListChange, DutyList]:
    """The papers of a held case and its draft, under its lock. Refuses `no_draft` if somebody gave the draft up.

    A case of another process has none: to it the verb is `not_now`, as any other that its definition does not know.
    """
    change = ListChange.objects.filter(case_id=case.id).first()
    if change is None:
        raise Refused("not_now", state=case.state, label=case.process.definition.state(case.state).label)
    draft = DutyList.objects.select_for_update(of=("self",)).filter(pk=change.draft_id).first()  # type: ignore[misc]
    if draft is None:
        raise Refused("no_draft", list=change.list_code)
    return change, draft
