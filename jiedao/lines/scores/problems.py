"""Problem lists (问题清单, E9): recurring causes become items with owner, plan, date, and an effect that was measured."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count

from jiedao.ground.journal import notes, receipts
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.ground.terms import competence
from jiedao.kit.clock import now
from jiedao.kit.refusal import Absent, Refused
from jiedao.lines.scores.models import Problem
from jiedao.lines.scores.who import person_of
from jiedao.record import sight
from jiedao.record.models import Case

KEEPS = "scores"
RECURS = 3
"""Cases about one item in one area that make a cause worth looking for."""
MOST = 50


@dataclass(frozen=True)
class Recurring:
    """An item that keeps coming back in one area."""

    item: str
    item_name: str
    item_name_en: str
    area: str
    area_name: str
    count: int


def recurring(by: Actor, days: int = 30) -> list[Recurring]:
    """What came back in the last days, in the actor's sight, the most frequent first."""
    rows = (
        sight.visible_to(by)
        .filter(filed_at__gte=now() - timedelta(days=days), merged_into=None)
        .exclude(item=None)
        .exclude(area=None)
        .values_list("item__code", "item__name", "item__name_en", "area__path", "area__name")
        .annotate(n=Count("id"))
        .filter(n__gte=RECURS)
        .order_by("-n", "item__code")[:MOST]
    )
    return [Recurring(*row) for row in rows]


def listed() -> list[Problem]:
    """All items, the open ones first, by date."""
    return list(Problem.objects.select_related("owner").order_by("closed_at", "due_on")[:200])


def happened(item: str, area: str, days: int, before: Any) -> int:
    """How many cases about an item were filed in an area in the days before a moment."""
    rows = Case.objects.filter(item__code=item, filed_at__gte=before - timedelta(days=days), filed_at__lt=before)
    return rows.filter(area_path__startswith=area, merged_into=None).count()


def open_item(
    *, by: Actor, title: str, cause: str, owner: Unit, plan: str, due_on: date, item: str = "", area: str = "",
    cases: Iterable[str] = (), asked: str = "", told: str = "", days: int = 30,
) -> Problem:  # fmt: skip
    """Puts a cause on the list with owner, plan and date; from cases, or from a survey visit. Counts what was before.

    `cases` are the rows somebody picked; without them it is those about the item in the area.
    """
    competence.require(by, KEEPS)
    given = {"title": title, "cause": cause, "plan": plan}
    if missing := [name for name, value in given.items() if not value.strip()]:
        raise Refused("incomplete", verb="open", missing=missing)
    with receipts.whole():
        picked, seen = list(cases), sight.visible_to(by)
        found = seen.filter(number__in=picked) if picked else seen.filter(
            item__code=item, area_path=area, filed_at__gte=now() - timedelta(days=days)
        )  # fmt: skip
        made = Problem.objects.create(
            title=title, cause=cause, owner=owner, plan=plan, due_on=due_on, item_code=item, area_path=area, asked=asked,
            told=told, days=days, before=happened(item, area, days, now()) if item else 0,
            numbers=list(found.order_by("number").values_list("number", flat=True)[:200]) if item or picked else [],
            opened_at=now(), opened_by=person_of(by, "open"),
        )  # fmt: skip
        notes.change("problem", made.id, "open", person_id=person_of(by, "open"), before=made.before)
    return made


def cases_of(rows: Iterable[Problem], by: Actor) -> dict[UUID, list[Case]]:
    """The cases of each item that the actor may see, by number. One query."""
    listed = list(rows)
    wanted = {number for row in listed for number in row.numbers}
    found = {case.number: case for case in sight.visible_to(by).filter(number__in=wanted)} if wanted else {}
    return {row.id: [found[number] for number in row.numbers if number in found] for row in listed}


def of_case(case: Case) -> list[Problem]:
    """The items that a case is one of the reasons for."""
    return list(Problem.objects.filter(numbers__contains=[case.number]).order_by("opened_at")[:10])


def shared(numbers: Iterable[str], by: Actor) -> tuple[str, str, list[Case]]:
    """What picked cases have in common: the item all are about, the area that holds them all, and the cases in sight."""
    found = list(sight.visible_to(by).filter(number__in=list(numbers)).select_related("item").order_by("number")[:MOST])
    items = {case.item.code if case.item else "" for case in found}
    paths = [case.area_path.split("/") for case in found]
    common = [steps[0] for steps in zip(*paths, strict=False) if len(set(steps)) == 1]
    item = items.pop() if len(items) == 1 else ""
    return item, "/".join(common) if item else "", found


def close(pk: UUID, *, by: Actor, effect: str) -> Problem:
    """Closes an item, saying what came of it; the page counts again from that day."""
    competence.require(by, KEEPS)
    if not effect.strip():
        raise Refused("incomplete", verb="close", missing=["effect"])
    with receipts.whole():
        held = Problem.objects.select_for_update(of=("self",)).filter(pk=pk).first()
        if held is None:
            raise Absent
        if held.closed_at is not None:
            raise Refused("not_in_state", state="closed")
        held.closed_at, held.closed_by, held.effect = now(), person_of(by, "open"), effect
        held.save(update_fields=["closed_at", "closed_by", "effect"])
        notes.change("problem", held.id, "close", person_id=person_of(by, "open"))
    return held


def after(problem: Problem) -> int | None:
    """What happened in as many days after closing, up to now. None for an open item, and for one without an item."""
    if problem.closed_at is None or not problem.item_code:
        return None
    until = min(problem.closed_at + timedelta(days=problem.days), now())
    rows = Case.objects.filter(item__code=problem.item_code, filed_at__gte=problem.closed_at, filed_at__lt=until)
    return rows.filter(area_path__startswith=problem.area_path, merged_into=None).count()
