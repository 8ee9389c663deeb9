"""Keeping (清单管理台): what the owner's desk shows: lists with their drafts and changes, and what an edit form offers."""

from dataclasses import dataclass

from jiedao.ground.duties.models import DutyList
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Post, Unit
from jiedao.ground.terms import competence
from jiedao.kit.refusal import Absent
from jiedao.lines.lists import actions
from jiedao.lines.lists.models import ListChange
from jiedao.record import sight
from jiedao.record.models import Case

MOST = 500


@dataclass(frozen=True)
class Kept:
    """One list on the desk: the version in force, its draft if any, the running change, and whether it is mine to keep."""

    version: DutyList
    draft: DutyList | None
    case: Case | None
    mine: bool


def desk(by: Actor) -> list[Kept]:
    """Every list in force with its draft and its running change. Three queries."""
    newest = DutyList.objects.filter(published_on__isnull=False, valid_to=None).select_related("owner").order_by("code")
    drafts = {one.code: one for one in DutyList.objects.filter(published_on=None).select_related("owner")}
    running = Case.objects.filter(pk__in=[one.case_id for one in drafts.values() if one.case_id], closed_at=None)
    cases = {case.id: case for case in running.select_related("process")}
    kept = []
    for version in newest:
        draft = drafts.pop(version.code, None)
        case = cases.get(draft.case_id) if draft and draft.case_id else None
        kept.append(Kept(version, draft, case, competence.may(by, "lists", version.owner)))
    first = [Kept(one, one, cases.get(one.case_id) if one.case_id else None, competence.may(by, "lists", one.owner))
             for one in drafts.values()]  # fmt: skip
    return kept + first


def draft(by: Actor, code: str) -> tuple[DutyList, Case | None]:
    """The draft of a list with its case, for who keeps the list or has the change before him. `Absent` else."""
    found = DutyList.objects.filter(code=code, published_on=None).select_related("owner").first()
    if found is None:
        raise Absent
    case = actions.case_of(found)
    if competence.may(by, "lists", found.owner) or (case is not None and sight.sees(by, case)):
        return found, case
    raise Absent


def papers(case: Case) -> ListChange | None:
    """The papers of a case. None for one of another process. No query for those."""
    if case.process.code != actions.PROCESS:
        return None
    return ListChange.objects.select_related("draft").filter(case_id=case.id).first()


def running() -> list[ListChange]:
    """Papers of changes, the latest first."""
    return list(ListChange.objects.order_by("-id")[:50])


def units() -> list[Unit]:
    """Who may be named for an item: the units of the district's level. One query."""
    return list(Unit.objects.on().filter(level=Unit.Level.DISTRICT).order_by("kind", "code")[:MOST])


def contacts() -> list[Post]:
    """Posts a department may name as its contact. One query."""
    rows = Post.objects.on().filter(unit__level=Unit.Level.DISTRICT).select_related("unit")
    return list(rows.order_by("unit__code", "code")[:MOST])


def catalogues() -> list[DutyList]:
    """The model lists that items are taken from. One query."""
    return list(DutyList.objects.on().filter(kind=DutyList.Kind.CATALOGUE).order_by("code"))
