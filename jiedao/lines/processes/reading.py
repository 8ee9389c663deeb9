"""Reading processes and drafts (流程查阅): versions, drafts, who worked on them. Every post of the district may read them."""

from uuid import UUID

from django.db.models import Count

from jiedao.ground.people.models import Person, PostKind
from jiedao.kit.refusal import Absent
from jiedao.lines.processes.models import ProcessDraft
from jiedao.record.definition import Label
from jiedao.record.models import Case, ProcessVersion


def in_force() -> list[ProcessVersion]:
    """The version of every process that new cases get."""
    return list(ProcessVersion.objects.filter(retired_at=None).order_by("code"))


def open_cases() -> dict[str, int]:
    """Cases under way, by process."""
    rows = Case.objects.exclude(phase="closed").values_list("process__code").annotate(n=Count("id"))
    return dict(rows.order_by())


def waiting() -> dict[str, ProcessDraft]:
    """The drafts that are not over, by process."""
    return {draft.code: draft for draft in ProcessDraft.objects.filter(outcome__in=("", "scheduled"))}


def versions(code: str) -> list[ProcessVersion]:
    """All versions of a process, the newest first. `Absent` for one the district never ran."""
    found = list(ProcessVersion.objects.filter(code=code).order_by("-version"))
    if not found:
        raise Absent
    return found


def draft(draft_id: UUID) -> ProcessDraft:
    """A draft by its id."""
    found = ProcessDraft.objects.filter(pk=draft_id).first()
    if found is None:
        raise Absent
    return found


def label(found: ProcessDraft) -> Label:
    """What the process of a draft is called today."""
    return ProcessVersion.objects.get(code=found.code, version=found.based_on).definition.label


def names(*people: UUID | None) -> dict[UUID, str]:
    """Who worked on a draft."""
    return dict(Person.objects.filter(pk__in=[pk for pk in people if pk]).values_list("pk", "name"))


def post_kinds(language: int) -> dict[str, str]:
    """Kinds of posts by code, in their order; 0 for Chinese, 1 for English."""
    return dict(PostKind.objects.order_by("rank").values_list("code", ("name", "name_en")[language]))
