"""The sheet of the triage desk (研判单): item, place, units with their reasons, limit; what Enter sends, in one form."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext

from jiedao.doors import sending
from jiedao.doors.web import telling, widgets
from jiedao.doors.web.templatetags.jiedao_ui import named
from jiedao.ground import finding
from jiedao.ground.districts.calendar import calendar
from jiedao.ground.people import Actor
from jiedao.ground.terms.models import terms
from jiedao.kit.clock import now
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused
from jiedao.kit.text import fold
from jiedao.record.models import Case
from jiedao.record.queries import pick, suggest
from jiedao.stages import triage

MOST = 8
"""Numbered suggestions; the ninth number opens the search for any other unit."""


@dataclass
class Proposed:
    """One numbered unit: how it would take part, and why it stands here."""

    option: pick.Option
    role: str
    number: int = 0
    checked: bool = False
    reasons: list[str] = field(default_factory=list)


def sheet(request: HttpRequest, case: Case, by: Actor, given: Any = None) -> dict[str, Any] | None:
    """Everything the form shows. None where this actor cannot send the case on from here.

    `given` is what was typed and came back, or what was just chosen and asks for other units: it is shown again even
    where a colleague was first meanwhile.
    """
    if given is None and not sending.may_send(case, by):
        return None
    told = given if given is not None else request.GET
    item = finding.item(told.get("item")) if told.get("item") else case.item
    area = finding.area(told.get("area")) if told.get("area") else case.area
    proposed = units(case, item, area, told)
    items = _items(case, item)
    return {
        "case": case,
        "item": item,
        "items": items,
        "numbers_items": item is None,
        "area": area,
        "address": told.get("address", case.address),
        "areas": pick.areas_below(by.area_path) if area is None and by.area_path else [],
        "units": proposed,
        "other": len(proposed) + 1,
        "limit": _limit(case, item, told),
        "asks_about": case.shielded and not (case.reported_units or case.reported_nobody),
        "about": telling.pick(case.process.definition.verb_label("dispatch")),
        "picker": {what: _searched(told, what) for what in ("item", "area", "lead", "helpers", "reported_units")},
    }


def _searched(told: Any, name: str) -> dict[str, Any]:
    """What was found for a search that came without scripts."""
    sought = told.get(f"q_{name}", "").strip()[:40]
    what = {"item": "item", "area": "area"}.get(name, "unit")
    return {"sought": sought, **(widgets.options(what, [], [], sought) if sought else {})}


def _items(case: Case, item: Any) -> list[dict[str, Any]]:
    """The chosen item, else those that the words of the case speak of, numbered."""
    found = pick.items_by([item.code]) if item else pick.items("", case)
    return [{"option": one, "number": at, "checked": item is not None} for at, one in enumerate(found[:MOST], start=1)]


def units(case: Case, item: Any, area: Any, told: Any) -> list[Proposed]:
    """Lead and helpers by the list for this item and place, then what was chosen besides; with how much each did lately."""
    routing = dict(case.routing)
    if item is not None and (item.id != case.item_id or getattr(area, "id", None) != case.area_id):
        routing = triage.proposal(_as_if(case, item, area))
    lead, helpers = routing.get("proposed_lead", ""), routing.get("proposed_helpers", [])
    rows = [Proposed(option, "lead") for option in pick.units_by([lead])] if lead else []
    rows += [Proposed(option, "helper") for option in pick.units_by(helpers)] if helpers else []
    _chosen(rows, told)
    done = suggest.handled([UUID(row.option.value) for row in rows], item.code if item else "")
    for at, row in enumerate(rows[:MOST], start=1):
        row.number = 0 if item is None else at
        row.reasons = _reasons(row, routing.get("why", {}), item, done.get(UUID(row.option.value), 0))
    return rows[:MOST]


def _as_if(case: Case, item: Any, area: Any) -> Case:
    """The case as it would stand, for asking the list; nothing is kept."""
    tried = Case(id=case.id, kind=case.kind, matter=case.matter, process_id=case.process_id)
    tried.item, tried.area = item, area
    return tried


def _chosen(rows: list[Proposed], told: Any) -> None:
    """What the form said is checked; with nothing said, what the list names."""
    if not any(name in told for name in ("lead", "helpers")):
        for row in rows:
            row.checked = True
        return
    lead = told.get("lead", "")
    helpers = told.getlist("helpers") if hasattr(told, "getlist") else told.get("helpers", [])
    known = {row.option.value for row in rows}
    others = [value for value in [lead, *helpers] if value and value not in known]
    for option in pick.units_by(others):
        rows.append(Proposed(option, "lead" if option.value == lead else "helper"))
    for row in rows:
        row.checked = row.option.value in {lead, *helpers}


def _reasons(row: Proposed, why: dict[str, Any], item: Any, done: int) -> list[str]:
    """The reason in words: the list and its item, and what the unit did; never a share or a score."""
    found = []
    told = telling.why(why, item)
    if told and row.role == "lead":
        found.append(told)
    elif item is not None and row.role == "helper":
        found.append(gettext("named as helper by the list"))
    if done:
        found.append(gettext("handled %(n)s in the last 90 days") % {"n": done})
    return found


def _limit(case: Case, item: Any, told: Any) -> dict[str, Any]:
    """The time they will have and when it ends, if the case were sent now; and when the caller must have been rung."""
    typed = widgets.LimitInput().value_from_datadict(told, None, "limit")
    answered = case.process.definition.steps.get("answered")
    rule = answered.limit.within if answered and answered.limit else ""
    by_rule = rule if rule not in ("item", "named") else ""
    text = typed or case.limit or (item.limit if item else "") or by_rule
    contacted = case.process.definition.steps.get("contacted")
    contact = (item.contact_limit if item else "") or (contacted.limit.within if contacted and contacted.limit else "")
    source = "" if typed else gettext("of the duty item") if item and item.limit else gettext("of the process")
    amount, _, unit = typed.partition(" ")
    return {
        "words": telling.limit_words(text) if text else "",
        "due": _ends(text),
        "source": source,
        "contact": _ends(contact) if case.has_caller else None,
        "amount": amount,
        "unit": unit or "working_days",
        "units": widgets.LIMIT_UNITS,
    }


def _ends(text: str) -> Any:
    try:
        return Limit(text).due(now(), calendar()) if text else None
    except Refused:
        return None


def numbers_to_ring(case: Case) -> list[dict[str, str]]:
    """Emergency numbers whose words stand in what was said, as the district's own table has them."""
    text = fold(f"{case.title} {case.words}")
    found = terms("emergency")
    return [
        {"number": code, "name": named(term)}
        for code, term in found.items()
        if any(fold(word) in text for word in term.facts.get("words", []))
    ]
