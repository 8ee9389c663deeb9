"""A desk's list (工作列表页): tab, filters, order and page as its address asks; one query for rows, counts, views and hints."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from jiedao.doors import fields
from jiedao.doors.web import drawn, register, tabs, telling
from jiedao.doors.web.templatetags.jiedao_ui import named, pick
from jiedao.ground.people import Actor
from jiedao.lines.views import saved
from jiedao.record.queries import Count, Listing, snapshot
from jiedao.record.queries import pick as picks
from jiedao.record.queries.register import ORDERS, Asked, Conditions, conditions
from jiedao.record.verbs import MARKS

FILTERS = ("q", "kind", "channel", "area", "mark", "since", "until", "order", *drawn.FRAME)
"""What narrows a desk's list, by its name in the address."""


@dataclass(frozen=True)
class Chip:
    """One filter that is on, with the address of the list without it."""

    word: str
    href: str


class Worklist:
    """One desk's list, not yet asked. `words` are its tabs."""

    def __init__(self, request: HttpRequest, by: Actor, desk: str, words: Mapping[str, str]) -> None:
        self.request, self.by, self.desk, self.words = request, by, desk, words
        self.asked: Asked = register.asked(request)
        self.tab, self.number = tabs.chosen(request, words), tabs.number(request)
        self.path = reverse(desk)

    @property
    def order(self) -> str:
        """How the rows are sorted; empty for the order of every list."""
        return ORDERS[self.asked.order]

    @property
    def also(self) -> Conditions:
        """What the filters ask of the case `c`, beside the words typed."""
        only = replace(self.asked, words="", process="", phase="", unit="", due="")
        return conditions(only)

    def narrowed(self, listing: Listing) -> Listing:
        """The list of a tab, narrowed by the filters."""
        found = listing.searched(self.asked.words)
        for condition, values in self.also:
            found = found.also(condition, *values)
        return snapshot.inside(found, self.asked.box) if self.asked.box else found

    def query(self, **changed: str) -> str:
        """The query of this view, or of one that differs in something. Pages and parts are none of it."""
        kept = {"tab": self.tab} | {name: self.request.GET.get(name, "") for name in FILTERS} | changed
        return urlencode([(name, value) for name, value in kept.items() if value])

    def href(self, **changed: str) -> str:
        return f"{self.path}?{self.query(**changed)}"

    def shown(self, found: Mapping[str, Count], rows: list[Any], size: int = tabs.PAGE) -> dict[str, Any]:
        """What the list itself shows: tabs with counts, pages, chips; `found` counts each tab under the same filters."""
        here = self.query()
        return {
            "tabs": [
                tabs.Tab(code, word, found[code], self.href(tab=code), code == self.tab)
                for code, word in self.words.items()
            ],
            "tab": self.tab,
            "rows": rows,
            "count": found[self.tab],
            "pages": tabs.Pages(self.number, found[self.tab], len(rows), size),
            "query": here,
            "desk": self.desk,
            "desk_href": self.path,
            "list_href": f"{self.path}?{here}&page={self.number}&",
            "back": f"{self.path}?{here}",
            "chips": self.chips(),
            "clear_href": f"{self.path}?tab={self.tab}",
            "asked": self.asked,
            "sought": self.asked.words,
        }

    def chips(self) -> list[Chip]:
        """The filters that are on, each in words."""
        asked, given = self.asked, self.request.GET
        said = {
            "q": asked.words and f"“{asked.words}”",
            "kind": asked.kind and pick(fields.KINDS[asked.kind]),
            "channel": asked.channel and telling.channel(asked.channel),
            "area": asked.area and next((named(one) for one in picks.areas_by([given.get("area", "")])), asked.area),
            "mark": asked.mark and telling.both(MARKS[asked.mark]),
            "since": asked.since and f"≥ {asked.since}",
            "until": asked.until and f"≤ {asked.until}",
        }
        return [Chip(str(word), self.href(**{name: ""})) for name, word in said.items() if word]

    def frame(self) -> dict[str, Any]:
        """What stands round the list: what the filters offer, and the views kept under a name."""
        by = self.by
        views = saved.of(by, self.desk)
        here = self.query()
        return {
            "views": [{"view": view, "present": view.query == here} for view in views],
            "own": by.person.id if by.person else None,
            "kinds": [(code, pick(label)) for code, label in fields.KINDS.items()],
            "channels": [(code, telling.channel(code)) for code in telling.CHANNELS],
            "orders": list(register.order_words().items()),
            "marks": [(code, telling.both(pair)) for code, pair in MARKS.items() if code != "overdue"],
            "areas": picks.areas_below(by.area_path) if by.area_path else picks.areas(""),
            "area": self.request.GET.get("area", ""),
            **self._neighbours([view.query for view in views]),
        }

    def _neighbours(self, views: list[str]) -> dict[str, str]:
        """The views before and after this one, tabs first: where `[` and `]` lead."""
        every = [self.query(tab=code) for code in self.words] + views
        here = self.query()
        at = every.index(here) if here in every else list(self.words).index(self.tab)
        if here in views:
            at = len(self.words) + views.index(here)
        before, after = every[at - 1] if at else "", every[at + 1] if at + 1 < len(every) else ""
        return {
            "prev_view": f"{self.path}?{before}" if before else "",
            "next_view": f"{self.path}?{after}" if after else "",
        }
