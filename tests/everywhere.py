"""Every page of a district (所有页面): found by following links as each kind of post, so that a new page is found by itself."""

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.test import Client
from django.urls import NoReverseMatch, Resolver404, get_resolver, resolve, reverse

from tests.desks import Colleague
from tests.residents import HERE

ROLES = (
    "", "admin", "establishment", "urban", "dispatcher", "clerk", "callback", "supervisor", "director", "leader",
    "community", "grid", "legal", "auditor",
)  # fmt: skip
"""Demo accounts of Gulou, one for each kind of work; the first is a visitor who has not signed in, keepers come next:
their pages have the most links."""

LINK = re.compile(r'<(?:a|form)\b[^>]*?\s(?:href|action)="([^"#]*)')
POSTS = re.compile(r'<form\b[^>]*method="post"[^>]*>', re.IGNORECASE)
ELSEWHERE = re.compile(r"^/(static|api)/|[?&](lang|theme|size|density)=|export")
TWICE = 2
"""How many addresses of one name are looked at for links: a case page shows others to each state of a case."""


@dataclass(frozen=True)
class Page:
    """One page as one kind of post reaches it."""

    name: str
    role: str
    path: str

    def __str__(self) -> str:
        return f"{self.name} as {self.role or 'visitor'} at {self.path}"


class Visitor:
    """Somebody who has not signed in."""

    def __init__(self) -> None:
        self.client = Client()
        self.client.cookies["lang"] = "zh-hans"

    def get(self, path: str) -> Any:
        return self.client.get(path, headers=HERE)


def visitor(role: str) -> Any:
    return Colleague(role) if role else Visitor()


def pages(role: str, begin: tuple[str, ...] = (), seen: Counter[str] | None = None) -> Iterator[Page]:
    """Every page that this role reaches by links, each URL name once; a page that fails is a failure here.

    With `seen`, which several roles share, only what no role before has reached.
    """
    seen = Counter() if seen is None else seen
    who, waiting = visitor(role), deque(["/desk/" if role else "/", *begin])
    asked = set(waiting)
    while waiting:
        path = waiting.popleft()
        name = name_of(path)
        if not name or seen[name] >= TWICE:
            continue
        html = page_at(who, path)
        if not html:
            continue
        if not seen[name]:
            yield Page(name, role, path)
        seen[name] += 1
        fresh = [link for link in links(html, path) if link not in asked]
        asked.update(fresh)
        waiting.extend(fresh)


def page_at(who: Any, path: str) -> str:
    """The page at an address; empty for what is no whole page, or not there for this visitor."""
    answer = who.get(path)
    assert answer.status_code < 500, f"{path}: {answer.status_code}"
    if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
        return ""
    html = answer.content.decode()
    return html if "<html" in html else ""


def links(html: str, path: str) -> list[str]:
    """Addresses of this site that a page leads to, without those of forms that write."""
    bare = POSTS.sub("", html)
    found = (urljoin(path, unescape(link)) for link in LINK.findall(bare))
    return [link for link in found if link.startswith("/") and not ELSEWHERE.search(link)]


def name_of(path: str) -> str:
    """The URL name of an address; empty for what is no page of ours."""
    try:
        found = resolve(urlsplit(path).path)
    except Resolver404:
        return ""
    return found.url_name or ""


def names() -> dict[str, str]:
    """Every URL name of the pages with its address; empty where the address takes arguments."""
    found: dict[str, str] = {}

    def walk(resolver: Any) -> None:
        for pattern in resolver.url_patterns:
            if hasattr(pattern, "url_patterns"):
                if not str(pattern.pattern).startswith(("api", "accounts")):
                    walk(pattern)
            elif pattern.name:
                found.setdefault(pattern.name, _address(pattern.name))

    walk(get_resolver())
    return found


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
