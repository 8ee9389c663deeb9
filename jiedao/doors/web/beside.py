"""Beside the story (案件页侧栏): what surrounds a case: its place, its handbook, its pauses, what came meanwhile."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from jiedao.doors import acts
from jiedao.doors.web import telling
from jiedao.doors.web.resident_words import DID
from jiedao.ground.people import Actor
from jiedao.kit.clock import now, today
from jiedao.record import clocks, queries, residents
from jiedao.record.models import Case
from jiedao.record.queries.register import Asked, register

SAME_PLACE_DAYS = 90
"""How far back "the same place" looks. Source: SCREENS S06."""


def shown(case: Case, by: Actor, story: queries.Story) -> dict[str, Any]:
    """What the side says beyond the case's own rows."""
    return {
        "same_place": same_place(case, by),
        "handbook": handbook(case),
        "ruled": queries.precedents(case) if case.phase in ("intake", "triage", "dispatch") else [],
        "standing_still": standing_still(case, story),
        "copies": papers_of(case, by),
        "problems": problems_of(case),
    }


def papers_of(case: Case, by: Actor) -> list[Any]:
    """What the actor's own unit printed of the case."""
    from jiedao.lines.papers import printing  # noqa: PLC0415 -- app ready

    return printing.of_unit(case, by)


def problems_of(case: Case) -> list[Any]:
    """What the problem list says it is one of the reasons for."""
    from jiedao.lines.scores import problems  # noqa: PLC0415 -- app ready

    return problems.of_case(case)


def same_place(case: Case, by: Actor) -> dict[str, Any] | None:
    """How many cases in sight lie within a hundred metres since ninety days, and the list of just these."""
    if case.lon is None or case.lat is None:
        return None
    box = queries.around(case)
    since = today().fromordinal(today().toordinal() - SAME_PLACE_DAYS)
    count = register(by, Asked(box=box, since=since)).count()
    asked = urlencode({"since": since.isoformat(), "box": ",".join(str(edge) for edge in box)})
    return {"count": count, "days": SAME_PLACE_DAYS, "href": f"{reverse('cases')}?{asked}"}


def handbook(case: Case) -> dict[str, list[Any]]:
    """The item's handbook as the side folds it. Empty where nobody has written one."""
    book = case.item.handbook if case.item else {}
    return {name: book[name] for name in ("steps", "points", "cautions") if book.get(name)}


def standing_still(case: Case, story: queries.Story) -> list[dict[str, Any]]:
    """Of each clock that stands: until when at the latest, and how much of the cap is used."""
    definition, at = case.process.definition, now()
    found: dict[Any, dict[str, Any]] = {}
    for row in [*story.deadlines, *(d for turn in story.turns for d in turn.deadlines)]:
        if row.paused_since is None or row.stopped_at is not None:
            continue
        pauses = list(row.pauses.all())
        ends, used = pauses[-1].cap_at if pauses else None, clocks.paused_for(row, at)
        # What one act stopped is told once, with the names of all it stopped.
        told = found.setdefault(
            (row.paused_since, ends),
            {
                "names": [],
                "since": row.paused_since,
                "reason": telling.pause_reason(definition, pauses[-1].reason) if pauses else "",
                "ends": ends,
                "cap": telling.limit_words(definition.pause_cap),
                "used": used,
            },
        )
        told["names"].append(telling.limit_name(definition, row.name))
    return list(found.values())


def read_by_resident(line: queries.Line) -> dict[str, Any]:
    """A public line as its resident reads it."""
    verb, facts = line.entry.verb, line.entry.facts
    return {
        "unit": line.unit,
        "did": DID.get(verb, ""),
        "outcome": telling.outcome(facts["outcome"]) if facts.get("outcome") in acts.OUTCOMES else "",
        "words": [str(line.said[name]) for name in residents.SHOWN.get(verb, ()) if line.said.get(name)],
    }


def news(case: Case, seen: str) -> dict[str, Any]:
    """What came since a form was opened, for the line below it."""
    since = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else case.seq
    return {"case": case, "seen": since, "news": queries.since(case, since)}
