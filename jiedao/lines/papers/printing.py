"""Printing (打印留存): a paper is kept as it was made, with its hash; making it again makes a copy that says so."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from jiedao.ground.people import Actor
from jiedao.kit.clock import now
from jiedao.kit.ports import chance
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.papers.models import Paper
from jiedao.record.models import Case

LARGEST = 4 * 1024 * 1024
SHOWN = 10

Press = Callable[[str, Mapping[str, Any]], bytes]


def token() -> str:
    """What the code on a paper leads to. It is chance alone and tells nothing."""
    return base64.urlsafe_b64encode(chance.bytes(24)).decode()


def keep(
    case: Case, kind: str, layout: str, told: Mapping[str, Any], *, by: Actor, code: str, press: Press,
    original: Paper | None = None,
) -> Paper:  # fmt: skip
    """Sets a paper and keeps it. Refuses `paper_not_set` for one of more than four megabytes."""
    content = press(kind, told)
    if len(content) > LARGEST:
        raise Refused("paper_not_set", why="size")
    return Paper.objects.create(
        case=case, kind=kind, layout=layout, told=dict(told), content=content,
        sha256=hashlib.sha256(content).digest(), token=code, made_at=now(), original=original,
        **by.author, unit_id=by.unit_id,
    )  # fmt: skip


def original(case: Case, kind: str, layout: str, by: Actor) -> Paper | None:
    """The first paper of this kind that the actor's unit, or the resident, made of the case. None before it."""
    found = Paper.objects.filter(case=case, kind=kind, layout=layout, unit_id=by.unit_id, original=None)
    return found.order_by("made_at").first()


def of_unit(case: Case, by: Actor) -> list[Paper]:
    """What the actor's own unit made of the case, newest first: another unit may have read more than this one may."""
    if by.unit_id is None:
        return []
    found = Paper.objects.filter(case=case, unit_id=by.unit_id).defer("content", "told")
    return list(found.order_by("-made_at")[:SHOWN])


def own(pk: UUID, by: Actor) -> Paper:
    """A paper of the actor's own unit. `Absent` for any other, and for one whose file is no longer what it was."""
    found = Paper.objects.filter(pk=pk, unit_id=by.unit_id).select_related("case").first()
    if found is None or by.unit_id is None or hashlib.sha256(bytes(found.content)).digest() != bytes(found.sha256):
        raise Absent
    return found


def led_to(code: str) -> Case | None:
    """The case a paper's code stands for. None for a code that nobody printed."""
    found = Paper.objects.filter(token=code[:43]).select_related("case").defer("content", "told").first()
    return found.case if found else None
