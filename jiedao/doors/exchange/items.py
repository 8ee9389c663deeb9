"""Guessed items (事项猜测): which duty item a text speaks of, by the words of the district's own list. A clerk decides."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from jiedao.ground.duties.models import DutyItem

IN_TITLE, IN_WORDS = 4, 2
"""What a word counts where it stands; half of it, if it is a word of several items."""

ENOUGH = 4
"""A word of one item alone in the title, or two of them in the text. Local default, tried on real appeals."""


class Guesses:
    """The items of a district with their words, ready to be asked many thousand times."""

    def __init__(self, items: Iterable[DutyItem], *, besides: Iterable[str] = ()) -> None:
        """`besides`: words that say how somebody asks, not what about."""
        self._items: dict[str, list[DutyItem]] = defaultdict(list)
        for item in items:
            for word in {item.name, *item.words.split()} - {*besides}:
                if len(word) > 1:  # one sign stands in too many other words
                    self._items[word].append(item)

    def of(self, title: str, words: str) -> tuple[DutyItem, Sequence[str]] | None:
        """The item with the most words in the texts, and these words. None if none has enough, or two have as many."""
        points: Counter[str] = Counter()
        found: dict[str, list[str]] = defaultdict(list)
        named: dict[str, DutyItem] = {}
        for word, items in self._items.items():
            counts = IN_TITLE if word in title else IN_WORDS if word in words else 0
            for item in items if counts else ():
                points[item.code] += counts if len(items) == 1 else counts // 2
                found[item.code].append(word)
                named[item.code] = item
        best = points.most_common(2)
        if not best or best[0][1] < ENOUGH or (len(best) > 1 and best[0][1] == best[1][1]):
            return None
        code = best[0][0]
        return named[code], found[code]
