"""The scene (演练场景): what all stories share: the stage, the cast, the matters, and questions about a case."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from jiedao.doors.rehearsal.cast import Cast
from jiedao.doors.rehearsal.matters import Matters
from jiedao.doors.rehearsal.stage import Stage
from jiedao.kit.limits import Limit
from jiedao.kit.ports import chance
from jiedao.record import reading, versions
from jiedao.record.models import Case, DispatchOrder

T = TypeVar("T")

_OPEN = (
    "t.case_id = $1 AND t.answered_at IS NULL AND t.returned_at IS NULL AND t.recalled_at IS NULL"
    " ORDER BY t.sent_at, t.id"
)


class Deck(Generic[T]):
    """Draws until all cards were drawn, then shuffles anew: what is rare comes all the same, once a round."""

    def __init__(self, cards: Sequence[T]) -> None:
        self._cards, self._left = cards, list[T]()

    def draw(self) -> T:
        if not self._left:
            self._left = chance.sample(self._cards, len(self._cards))
        return self._left.pop()


class Scene:
    """What the stories of one rehearsal share."""

    def __init__(self, stage: Stage, cast: Cast, matters: Matters) -> None:
        self.stage, self.cast, self.matters = stage, cast, matters
        self.act = stage.act
        self._decks: dict[str, Deck[str]] = {}

    def card(self, deck: str, cards: Sequence[str]) -> str:
        """The next card of a named deck, which is made with its first use."""
        if deck not in self._decks:
            self._decks[deck] = Deck(cards)
        return self._decks[deck].draw()

    @staticmethod
    def state(case: Case) -> str:
        """Where the case stands now; the rest of the row is left as it was read."""
        case.state, case.phase = Case.objects.values_list("state", "phase").get(pk=case.pk)
        return case.state

    @staticmethod
    def is_open(order: DispatchOrder) -> bool:
        """Whether the order still waits for its unit; the verbs read the rest of it themselves."""
        return DispatchOrder.objects.open().filter(pk=order.pk).exists()

    @staticmethod
    def open_orders(case: Case) -> list[DispatchOrder]:
        """The orders nobody has ended, the lead's first."""
        rows = reading.rows(DispatchOrder, _OPEN, [case.id], to=("unit", "item", "case"))
        for order in rows:
            order.case.process = versions.published(order.case.process_id)
        return sorted(rows, key=lambda order: order.role == DispatchOrder.Role.HELPER)

    @staticmethod
    def was_contacted(case: Case) -> bool:
        return case.orders.exclude(contacted_at=None).exists()

    def doubt(self, case: Case) -> float:
        """How likely it is that the work was bad: as the worst of the units that answered is used to work."""
        rows = case.orders.exclude(answered_at=None).values_list("unit_id", flat=True)
        tempers = [self.cast.temper(self.cast.units[unit]) for unit in rows if unit in self.cast.units]
        return min(0.8, 0.06 + max((t.careless + t.cheats * 0.6 for t in tempers), default=0.1))


def often(share: float) -> bool:
    """Whether it happens this time."""
    return chance.random() < share


def hours(order: DispatchOrder) -> float:
    """About how many office hours the order's limit gives."""
    limit = Limit(order.limit or (order.item.limit if order.item else "") or "3 working_days")
    per_unit = {"minutes": 1 / 60, "hours": 0.5, "working_hours": 1, "working_days": 7, "calendar_days": 5}
    return limit.amount * per_unit[limit.unit]
