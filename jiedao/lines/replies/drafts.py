"""Keeping drafts (存草稿): what was typed into a form stays with the person until the form is sent."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from jiedao.ground.districts import district
from jiedao.ground.districts.models import District
from jiedao.ground.people import Actor
from jiedao.kit.clock import now
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Refused
from jiedao.lines.replies.models import Draft

log = logging.getLogger(__name__)

MOST = 20_000
"""Letters of one draft, all fields together: four times what the longest field takes."""

KEPT_FOR = timedelta(days=30)


def save(by: Actor, name: str, typed: Mapping[str, Any], place: str = "") -> Draft | None:
    """Keeps what stands in a form now. An empty form forgets its draft. Refuses `too_long`."""
    if by.person is None or not name:
        return None
    kept = {key[:40]: value for key, value in typed.items() if value not in ("", [])}
    length = sum(len(str(value)) for value in kept.values())
    if length > MOST:
        raise Refused("too_long", field="text", most=MOST, length=length)
    if not kept:
        drop(by, name)
        return None
    told = {"typed": kept, "place": place[:80], "saved_at": now()}
    draft, _ = Draft.objects.update_or_create(
        person=by.person, name=name[:120], defaults=told, create_defaults={"id": new_id(), **told}
    )
    return draft


def kept(by: Actor, name: str) -> Draft | None:
    """The draft of a form. None without one."""
    return Draft.objects.filter(person=by.person, name=name[:120]).first() if by.person else None


def drop(by: Actor, name: str) -> None:
    """The form was sent, or thrown away."""
    if by.person:
        Draft.objects.filter(person=by.person, name=name[:120]).delete()


def tidy() -> int:
    """Deletes drafts that nobody came back to for a month; says how many."""
    return Draft.objects.filter(saved_at__lt=now() - KEPT_FOR).delete()[0]


def tidy_all() -> int:
    """The same in every district; one that fails keeps no other from its turn."""
    gone = 0
    for place in District.objects.all():
        try:
            with district(place):
                gone += tidy()
        except Exception:
            log.exception("tidying drafts failed in %s", place.code)
    return gone
