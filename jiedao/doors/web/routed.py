"""Routed (派单依据): on a case page, why the list names this unit, where the item stands, and where papers lie."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext

from jiedao.doors.web import clocks, telling
from jiedao.doors.web.duties_words import RELATIONS
from jiedao.doors.web.templatetags.jiedao_ui import named
from jiedao.lines.lists import keeping
from jiedao.lines.lists.models import ListChange
from jiedao.record.models import Case
from jiedao.record.queries import Story


def shown(case: Case, story: Story) -> dict[str, Any]:
    """What the page shows of it."""
    return {"why": why(case, story), "item_href": item_href(case), "papers": papers(case)}


def why(case: Case, story: Story) -> str:
    """Why this unit by the list: item, version, lead, and which of the place's rows decided. Empty where it is silent."""
    reason, item = case.routing.get("why", {}), case.item
    if item is None or reason.get("list") != item.list.code:
        return telling.why(reason, item)
    unit = story.units.get(_uuid(case.routing.get("proposed_lead", "")))
    facts = {"list": named(item.list), "version": reason.get("version", ""), "item": named(item), "unit": named(unit)}
    told = (
        gettext("By %(list)s, version %(version)s, item %(item)s: %(unit)s leads") % facts
        if unit
        else gettext("By %(list)s, version %(version)s, item %(item)s") % facts
    )
    more = [RELATIONS.get(reason.get("relation", ""), "")]
    if reason.get("area"):
        place = named(story.areas.get(reason["area"])) or reason["area"]
        more.append(gettext("an exception for %(place)s") % {"place": place})
    return "; ".join([told, *(str(word) for word in more if word)]).replace("; ", "；" if clocks.is_chinese() else "; ")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def papers(case: Case) -> list[tuple[str, str]]:
    """Where the papers of a case lie that is about papers: address and word."""
    change = keeping.papers(case)
    if change is None:
        return []
    found = []
    if change.draft is not None and change.draft.published_on is None:
        found.append((reverse("duties_draft", args=[change.list_code]), gettext("The draft and what it changes")))
    elif change.draft is not None:
        found.append(
            (
                f"{reverse('duties_compare', args=[change.list_code])}?after={change.draft.version}",
                gettext("What it has changed"),
            )
        )
    if change.trigger == ListChange.Trigger.DELEGATION or change.catalogue:
        found.append((reverse("duties_round", args=[case.number]), gettext("Delegation round")))
    return found


def item_href(case: Case) -> str:
    """The page of the case's item, in the version the case keeps. Empty without one."""
    if case.item is None:
        return ""
    version = case.item.list
    return f"{reverse('duties_item', args=[version.code, case.item.code])}?version={version.version}"
