"""Reply templates (答复模板): what a district keeps ready for an item or a kind of request, each version for good."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from jiedao.ground.journal import notes
from jiedao.ground.people import Actor
from jiedao.ground.terms.competence import require
from jiedao.ground.terms.models import terms
from jiedao.kit.clock import now
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.replies.models import ReplyTemplate

TABLE = "reply"
COMPETENCE = "replies"
SAYS = ("outcome", "took_up", "spoke_with", "did", "finished", "text")
"""What a template fills: fields of the act `reply`."""

PLACES = ("number", "title", "item", "address", "unit", "signed", "contacted", "today", "due")
"""What a placeholder may name."""

_PLACE = re.compile(r"\{([a-z_]+)\}")
MOST = 200


@dataclass(frozen=True)
class Template:
    """One template in force. Version 0 came with the package."""

    code: str
    version: int
    name: str
    name_en: str
    item_code: str = ""
    kind: str = ""
    says: dict[str, str] = field(default_factory=dict)
    source: str = ""


def in_force() -> list[Template]:
    """Every template, by item, kind and code; the district's own versions in the place of the shipped. Two queries."""
    known = {code: _shipped(term) for code, term in terms(TABLE).items()}
    for row in ReplyTemplate.objects.filter(ended_at=None):
        if row.dropped:
            known.pop(row.code, None)
        else:
            known[row.code] = Template(
                row.code, row.version, row.name, row.name_en, row.item_code, row.kind, dict(row.says)
            )
    return sorted(known.values(), key=lambda one: (not one.item_code, not one.kind, one.item_code, one.kind, one.code))


def of(item_code: str, kind: str) -> list[Template]:
    """Those for an item and a kind of request: the item's own first, then the kind's, then those for any."""
    return [one for one in in_force() if one.item_code in ("", item_code) and one.kind in ("", kind)]


def named(code: str) -> Template:
    """One in force. `Absent` if there is none."""
    found = next((one for one in in_force() if one.code == code), None)
    if found is None:
        raise Absent
    return found


def versions(code: str) -> list[ReplyTemplate]:
    """The district's own versions, newest first."""
    return list(ReplyTemplate.objects.filter(code=code).order_by("-version")[:50])


def filled(template: Template, facts: Mapping[str, str]) -> dict[str, str]:
    """What it says with its placeholders filled. One that the case cannot fill stays as a gap to be written."""
    return {name: _PLACE.sub(lambda found: facts.get(found[1]) or "____", text) for name, text in template.says.items()}


def keep(
    *, by: Actor, code: str, name: str, name_en: str = "", item_code: str = "", kind: str = "", **says: str
) -> ReplyTemplate:
    """Writes the next version. Refuses `not_keeper`, `incomplete`, `unknown_placeholder`, `too_many_templates`."""
    require(by, COMPETENCE)
    says = {key: text.strip() for key, text in says.items() if key in SAYS and text.strip()}
    if not name.strip() or not says.get("text"):
        raise Refused("incomplete", verb="reply", missing=["text" if name.strip() else "name"])
    strange = sorted({place for text in says.values() for place in _PLACE.findall(text)} - set(PLACES))
    if strange:
        raise Refused("unknown_placeholder", given=strange, known=list(PLACES))
    if not ReplyTemplate.objects.filter(code=code).exists() and len(in_force()) >= MOST:
        raise Refused("too_many_templates", most=MOST)
    told = {"name": name.strip()[:60], "name_en": name_en.strip()[:80], "item_code": item_code, "kind": kind}
    return _next(by, code, "keep", **told, says=says)


def drop(*, by: Actor, code: str) -> None:
    """Takes a template out of use; its versions stay."""
    require(by, COMPETENCE)
    one = named(code)
    _next(by, code, "drop", name=one.name, name_en=one.name_en, says=one.says, dropped=True)


def _next(by: Actor, code: str, verb: str, **told: Any) -> ReplyTemplate:
    with transaction.atomic():
        last = ReplyTemplate.objects.select_for_update().filter(code=code).order_by("-version").first()
        at = now()
        ReplyTemplate.objects.filter(code=code, ended_at=None).update(ended_at=at)
        row = ReplyTemplate.objects.create(
            code=code, version=last.version + 1 if last else 1, made_at=at,
            made_by=by.person.id if by.person else None, **told,
        )  # fmt: skip
        notes.change(
            "replies.ReplyTemplate", row.id, verb, code=code, version=row.version,
            **by.author,
        )  # fmt: skip
    return row


def _shipped(term: Any) -> Template:
    facts = term.facts
    says = {name: str(facts[name]) for name in SAYS if facts.get(name)}
    return Template(
        term.code, 0, term.name, term.name_en, facts.get("item", ""), facts.get("kind", ""), says, term.source
    )
