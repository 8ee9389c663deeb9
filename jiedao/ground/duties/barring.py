"""Barring (负面清单核对): whether a negative list of a level names what somebody wants to pass down to it."""

from datetime import date

from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.kit.clock import today


def bars(level: str, code: str, name: str, day: date | None = None) -> DutyItem | None:
    """The entry of a negative list that forbids it: of the same code or name, or with a key word of the entry in the name.

    Key words are an entry's `words`, parted by spaces. A new name does not get around the list, a new word might: the
    legal review reads the papers too.
    """
    lists = DutyList.objects.on(day or today()).filter(kind=DutyList.Kind.NEGATIVE, level=level)
    for entry in DutyItem.objects.filter(list__in=lists).select_related("list").order_by("rank", "code"):
        if code == entry.code or name == entry.name or any(word in name for word in entry.words.split()):
            return entry
    return None
