"""Tabs and pages of a list (视图与分页): each with its own address, each count equal to the list it opens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from jiedao.kit.refusal import Refused
from jiedao.kit.text import clean
from jiedao.record.queries import PAGE, Count

FARTHEST = 200
"""Pages one may turn to; beyond them a filter serves better (A10)."""


@dataclass(frozen=True)
class Tab:
    """One view of a list."""

    code: str
    word: str
    count: Count
    href: str
    present: bool


def tabs(words: Mapping[str, str], counts: Mapping[str, Count], present: str, path: str) -> list[Tab]:
    """All of them, in order."""
    return [Tab(code, word, counts[code], f"{path}?tab={code}", code == present) for code, word in words.items()]


def chosen(request: HttpRequest, words: Mapping[str, str]) -> str:
    """The tab asked for; the first for any other word."""
    wanted = request.GET.get("tab", "")
    return wanted if wanted in words else next(iter(words))


def number(request: HttpRequest) -> int:
    """The page asked for, from 1."""
    text = request.GET.get("page", "")
    return min(max(int(text), 1), FARTHEST) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def words(text: str, most: int = 80) -> str:
    """What was typed into a filter, on one line; nothing where it holds what no text can hold."""
    try:
        return clean(text[:most], one_line=True).strip()
    except Refused:
        return ""


def here(request: HttpRequest, *without: str) -> str:
    """This address with its query, ready for one more parameter."""
    kept = [(name, value) for name, value in request.GET.items() if name not in (*without, "part") and value]
    return f"{request.path}?{urlencode(kept)}&" if kept else f"{request.path}?"


@dataclass(frozen=True)
class Pages:
    """What the paging line asks of a page of rows. A list too long to count goes on while it fills its pages."""

    number: int
    count: Count
    shown: int
    size: int = PAGE

    @property
    def has_next(self) -> bool:
        more = self.shown == self.size if self.count.more else self.number * self.size < self.count.number
        return more and self.number < FARTHEST

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_other_pages(self) -> bool:
        return self.has_next or self.has_previous

    @property
    def next_page_number(self) -> int:
        return self.number + 1

    @property
    def previous_page_number(self) -> int:
        return self.number - 1

    @property
    def paginator(self) -> dict[str, Any]:
        whole = -(-min(self.count.number, FARTHEST * self.size) // self.size)
        return {"num_pages": f"{whole}+" if self.count.more else max(whole, 1)}
