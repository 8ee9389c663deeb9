"""Delegation rounds (赋权轮次): what the province's list offers, what each street needs and can carry, what is given (D6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.journal import receipts
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import now
from jiedao.kit.refusal import Refused
from jiedao.lines.lists.models import ListChange, Wish
from jiedao.record.models import Case, DispatchOrder, Entry
from jiedao.stages import council


@dataclass(frozen=True)
class Offer:
    """One power of a round: what the catalogue says, whether the draft has it, and what streets have said."""

    item: DutyItem
    in_draft: DutyItem | None
    wishes: list[Wish] = field(default_factory=list)

    @property
    def needed(self) -> int:
        return sum(wish.needs for wish in self.wishes)

    @property
    def carried(self) -> int:
        return sum(wish.needs and wish.carries for wish in self.wishes)


def catalogue_of(change: ListChange) -> DutyList | None:
    """The list that powers are given from, as it is in force. None if the round has none."""
    if not change.catalogue:
        return None
    return DutyList.objects.on().filter(code=change.catalogue).first()


def offers(change: ListChange) -> list[Offer]:
    """Every power of the round, in the catalogue's order; without a catalogue, those of the draft. Three queries."""
    source = catalogue_of(change) or change.draft
    if source is None:
        return []
    drafted: dict[str, DutyItem] = {}
    if change.draft:
        drafted = {item.code: item for item in change.draft.items.filter(parent=None).select_related("giver")}
    said: dict[str, list[Wish]] = {}
    for wish in change.wishes.select_related("unit").order_by("unit__code"):
        said.setdefault(wish.item_code, []).append(wish)
    items = source.items.filter(parent=None).select_related("giver").order_by("rank", "id")
    return [Offer(item, drafted.get(item.code), said.get(item.code, [])) for item in items]


def change_of(case: Case) -> ListChange | None:
    """The papers of a case. None for a case of another process."""
    return ListChange.objects.select_related("draft").filter(case_id=case.id).first()


def wish(order: DispatchOrder, *, by: Actor, stance: str, text: str, wishes: Mapping[str, Mapping[str, Any]]) -> Entry:
    """A street answers the round (承接意见): per power whether it needs it and can carry it; and its opinion as a whole.

    Refuses `unknown_item` for what the round does not offer; with a refusal nothing of the answer is kept.
    """
    with receipts.whole():
        change = ListChange.objects.select_related("draft").get(case_id=order.case_id)
        offered = {offer.item.code for offer in offers(change)}
        unknown = sorted(set(wishes) - offered)
        if unknown:
            raise Refused("unknown_item", field="wishes", given=unknown[0])
        entry = council.opine(order, by=by, stance=stance, text=text)
        unit: Unit = order.unit
        change.wishes.filter(unit=unit, item_code__in=list(wishes)).delete()
        Wish.objects.bulk_create(
            [
                Wish(
                    change=change,
                    unit=unit,
                    item_code=code,
                    needs=bool(said.get("needs")),
                    carries=bool(said.get("carries")),
                    text=str(said.get("text", ""))[:500],
                    person=by.person,
                    at=now(),
                )
                for code, said in wishes.items()
            ]
        )
    return entry
