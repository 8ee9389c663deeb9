"""Taking lists away (列表导出): any list page as XLSX or CSV: the page's own tables, so that a sheet holds no more than it.

`?take=xlsx&purpose=work` on a list's address answers with the rows of all its pages instead of the page. First come
what was asked, as of when, by which post, what for; it is on the record before it is sent. A long list is made by a
job (`exporting`): the answer then is the page that asks for it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from jiedao.doors.web import sheets, who
from jiedao.ground.journal import notes
from jiedao.ground.terms import competence
from jiedao.kit.clock import local, now
from jiedao.lines.exports import ledger

FORMS = ("xlsx", "csv")
PURPOSES: dict[str, Any] = {
    "work": gettext_lazy("Work on these matters"),
    "report": gettext_lazy("Report to the office above"),
    "check": gettext_lazy("Supervision and checks"),
    "archive": gettext_lazy("Archive"),
}
OURS = ("take", "purpose")
LEFT_OUT = frozenset({"svg", "script", "form", "button", "select", "details", "template", "style"})
PIECES = frozenset({"div", "p", "li", "span", "br", "time"})


@dataclass
class Table:
    """One list of a page: what stands above it, its heads, its rows."""

    title: str
    rows: list[list[str]] = field(default_factory=list)


class Read(HTMLParser):
    """A page's lists, its title, and what its filters say."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title, self.heading = "", ""
        self.tables: list[Table] = []
        self.asked: list[tuple[str, str]] = []
        self.has_next = False
        self._in: list[tuple[str, bool]] = []  # what is open, and whether it is left out
        self._cell: list[str] | None = None
        self._text: list[str] | None = None
        self._labels: dict[str, str] = {}
        self._filters = False
        self._select = ""
        self._table = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        classes = given.get("class", "").split()
        self.has_next = self.has_next or given.get("rel") == "next"
        if tag == "form" and "filters" in classes:
            self._filters = True
        if self._filters:
            self._filter(tag, given)
        if given.get("aria-current") in ("page", "true") and tag == "a" and not self._cell:
            self._text = []
        if tag == "table" and ("list" in classes or self._table):
            self._table += 1
            if self._table == 1:
                self.tables.append(Table(self.heading))
        if tag in ("h1", "h2", "h3", "label", "caption"):
            self._text = []
        if self._table == 1 and tag == "tr":
            self.tables[-1].rows.append([])
        if self._table == 1 and tag in ("td", "th") and self.tables[-1].rows:
            self._cell = []
        if tag not in ("input", "img", "br", "meta", "link", "use", "hr", "path"):
            self._in.append((tag, tag in LEFT_OUT or "vh" in classes or "no-print" in classes))
        if self._cell is not None and tag in PIECES:
            self._cell.append(" ")
        if self._cell is not None and tag == "time" and given.get("datetime"):
            self._cell.append(_moment(given["datetime"]))
            self._in[-1] = (tag, True)

    def _filter(self, tag: str, given: dict[str, str]) -> None:
        if tag == "label":
            self._labels["for"] = given.get("for", "")
        if tag == "select":
            self._select = given.get("id", "")
        if tag == "option" and "selected" in given and given.get("value"):
            self._text = []
        if tag == "input" and given.get("type", "text") not in ("hidden", "submit", "checkbox") and given.get("value"):
            self.asked.append((self._labels.get(given.get("id", ""), ""), given["value"]))

    def handle_endtag(self, tag: str) -> None:
        while self._in and self._in.pop()[0] != tag:
            pass
        text = _plain(self._text)
        if tag in ("h1", "h2", "h3", "caption") and self._text is not None:
            self.heading = text
            self.title = self.title or text
        elif tag == "label" and self._text is not None and self._filters:
            self._labels[self._labels.get("for", "")] = text
        elif tag == "option" and self._text is not None and self._filters:
            self.asked.append((self._labels.get(self._select, ""), text))
        elif tag == "a" and self._text is not None and self.title:
            self.asked.append(("", text))
        if tag in ("h1", "h2", "h3", "caption", "label", "option", "a"):
            self._text = None
        if tag == "form":
            self._filters = False
        if tag == "table" and self._table:
            self._table -= 1
        if tag in ("td", "th") and self._cell is not None and self._table == 1:
            self.tables[-1].rows[-1].append(_plain(self._cell))
            self._cell = None

    def handle_data(self, data: str) -> None:
        if any(left_out for _, left_out in self._in) and not self._filters:
            return
        for heap in (self._cell, self._text):
            if heap is not None:
                heap.append(data)


def _plain(parts: list[str] | None) -> str:
    return re.sub(r"\s+", " ", "".join(parts or [])).strip()


def _moment(text: str) -> str:
    """A time as a sheet needs it: whole, for "today" means nothing in a file."""
    try:
        return f"{local(datetime.fromisoformat(text)):%Y-%m-%d %H:%M}"
    except ValueError:
        return text


class TakeMiddleware:
    """Answers `?take=` on any page with lists; everything else goes by untouched."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        form = request.GET.get("take", "")
        if request.method != "GET" or form not in FORMS or not request.user.is_authenticated:
            return self.get_response(request)
        purpose = request.GET.get("purpose", "")
        purpose = purpose if purpose in PURPOSES else "work"
        if request.path == reverse("cases"):  # the one list of thousands writes its rows without drawing them
            return HttpResponseRedirect(f"{reverse('cases_export', args=[form])}?{_without_form(request)}")
        answer = self.get_response(request)
        if answer.status_code != 200 or not answer.headers.get("Content-Type", "").startswith("text/html"):
            return answer
        first = read(answer)
        if not first.tables:
            return answer
        most = at_once()
        tables = follow(request, first, self.get_response, most)
        if sum(len(table.rows) for table in tables) > most:
            return asks(request, first.title, request.path, form)
        return _given(request, form, purpose, first, tables)


def at_once() -> int:
    """Rows that are given at once, by the district's own rule; a longer list is made by a job."""
    return ledger.rule("at_once", "rows", 500)


def follow(
    request: HttpRequest, first: Read, get: Callable[[HttpRequest], HttpResponse], most: int = sheets.MOST
) -> list[Table]:
    """The lists of this page and those after it, as far as an export goes."""
    tables, page, number = first.tables, first, _number(request)
    while page.has_next and sum(len(table.rows) for table in tables) <= most:
        number += 1
        request.GET = request.GET.copy()  # type: ignore[misc]
        request.GET["page"] = str(number)
        answer = get(request)
        if answer.status_code != 200:
            break
        page = read(answer)
        for table, more in zip(tables, page.tables, strict=False):
            table.rows += more.rows[1:]
    return tables


def asks(request: HttpRequest, title: str, path: str, form: str) -> HttpResponse:
    """The page that asks for a long list: a write, and so no answer to a mere address."""
    if not hasattr(request, "actor"):
        who.enter(request)
    shown = {"title": title, "path": path, "query": _without_form(request), "form": form, "at_once": at_once()}
    return render(request, "exports/ask.html", shown)


def _without_form(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("take", None)
    query.pop("page", None)
    return query.urlencode()


def _number(request: HttpRequest) -> int:
    text = request.GET.get("page", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def read(answer: HttpResponse) -> Read:
    found = Read()
    found.feed(answer.content.decode())
    return found


def _given(request: HttpRequest, form: str, purpose: str, page: Read, tables: list[Table]) -> HttpResponse:
    if not hasattr(request, "actor"):
        who.enter(request)
    told = f"{purpose}: {request.path}"
    record(request, told)
    asked = "；".join(f"{label} {value}".strip() for label, value in page.asked)
    rows = [*sheets.preamble(page.title, asked, who.actor_of(request), str(PURPOSES[purpose])), *lines(tables)]
    name = f"{stem(request.path)}-{local(now()):%Y%m%d-%H%M}.{form}"
    return sheets.workbook(name, page.title, rows, plain=True) if form == "xlsx" else sheets.answer(name, rows)


def stem(path: str) -> str:
    """What a file of this list is called."""
    return re.sub(r"[^a-z0-9]+", "-", path).strip("-")[:50] or "list"


def lines(tables: list[Table]) -> Iterator[list[str]]:
    for at, table in enumerate(tables):
        if at:
            yield []
        if len(tables) > 1:
            yield [table.title]
        yield from table.rows


def record(request: HttpRequest, told: str) -> None:
    """Who took which list away, what for: before it is sent."""
    by = who.actor_of(request)
    about = by.post.id if by.post else by.person.id if by.person else None
    if about is not None:
        notes.look(
            by.scope, "export", about, purpose=told[:200], **by.author, unit_id=by.unit_id,
        )  # fmt: skip


def offered(request: HttpRequest) -> dict[str, Any]:
    """What base.html needs to offer it: the purposes, and the query that the form must carry along.

    Where somebody goes afterwards (`next`) filters nothing, and may be an address that is not ours.
    """
    dropped = (*OURS, "page", "next")
    kept = [(name, value) for name in request.GET for value in request.GET.getlist(name) if name not in dropped]
    clear = f"{reverse('exports_clear')}?{urlencode(kept)}" if _may_ask(request) else ""
    return {"take_purposes": PURPOSES.items(), "take_kept": kept, "take_clear": clear}


def _may_ask(request: HttpRequest) -> bool:
    """Whether this page is the one list that somebody of this post may ask for in the clear."""
    by = getattr(request, "actor", None)
    return bool(by and request.path == reverse("cases") and competence.may(by, ledger.ASKERS))
