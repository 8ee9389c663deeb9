"""The manual (用户手册): pages under docs/manual/, one per role in both languages, as HTML made here and nowhere else.

They are written in a few marks of Markdown: headings, lists, paragraphs, pictures, links, bold, code. Everything else is text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from django.utils.safestring import SafeString, mark_safe

from jiedao.ground.db.home import CHECKOUT

FOLDER = CHECKOUT / "docs" / "manual"
ROLES = (
    "start", "dispatcher", "department", "whistle", "supervision", "grid-worker", "checker", "leader", "list-owner",
    "organisation", "resident", "system-administrator", "security-administrator", "auditor",
)  # fmt: skip
"""The pages in their order; each is a file of this name in zh/ and en/."""

FOR_KINDS = {
    "dispatcher": "dispatcher", "hotline_clerk": "dispatcher", "duty_officer": "dispatcher", "handler": "department",
    "office_head": "department", "subdistrict_clerk": "whistle", "director": "whistle", "party_secretary": "whistle",
    "supervisor": "supervision", "grid_worker": "grid-worker", "community_clerk": "grid-worker",
    "community_secretary": "grid-worker", "inspector": "checker", "callback_clerk": "checker",
    "district_leader": "leader", "establishment_officer": "list-owner", "legal_officer": "list-owner",
    "system_admin": "system-administrator", "security_admin": "security-administrator", "auditor": "auditor",
    "unit_head": "department",
}  # fmt: skip
"""Which page a kind of post finds first."""

IMAGE = re.compile(r"[a-z0-9-]{1,60}\.webp")
_INLINE = re.compile(r"\*\*(?P<bold>[^*]+)\*\*|`(?P<code>[^`]+)`|\[(?P<text>[^\]]+)\]\((?P<href>[^)\s]+)\)")
_PICTURE = re.compile(r"!\[(?P<alt>[^\]]*)\]\(\.\./images/(?P<name>[a-z0-9-]+\.webp)\)")
_LINK = re.compile(r"/[a-z0-9/#?=_-]*|[a-z-]+\.md")


@dataclass(frozen=True)
class Page:
    """One page in one language."""

    role: str
    title: str
    body: SafeString


@cache
def page(role: str, language: str) -> Page | None:
    """A page, `zh` or `en`. None if there is none of that name."""
    path = FOLDER / language / f"{role}.md"
    if role not in ROLES or not path.is_file():
        return None
    title, _, text = path.read_text(encoding="utf-8").partition("\n")
    return Page(role, title.removeprefix("# ").strip(), mark_safe("\n".join(_blocks(text))))  # noqa: S308 -- escaped below


def pages(language: str) -> list[Page]:
    """All there are, in order."""
    return [found for role in ROLES if (found := page(role, language))]


def picture(name: str) -> Path | None:
    """The file of a picture. None for any other name."""
    path = FOLDER / "images" / name
    return path if IMAGE.fullmatch(name) and path.is_file() else None


def _blocks(text: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.splitlines()
        if lines[0].startswith("## "):
            yield f"<h2>{_inline(lines[0][3:])}</h2>"
            lines = lines[1:]
        if not lines:
            continue
        if found := _PICTURE.fullmatch(" ".join(lines).strip()):
            src = f"/help/images/{found['name']}"
            yield f'<p><a href="{src}"><img src="{src}" alt="{escape(found["alt"])}" loading="lazy"></a></p>'
        elif re.match(r"\d+\. ", lines[0]):
            yield f"<ol>{_items(lines, r'[0-9]+[.] ')}</ol>"
        elif lines[0].startswith("- "):
            yield f"<ul>{_items(lines, '- ')}</ul>"
        else:
            yield f"<p>{_inline(' '.join(lines))}</p>"


def _items(lines: list[str], mark: str) -> str:
    """Lines that begin no item go on with the one before."""
    items: list[str] = []
    for line in lines:
        if begun := re.match(mark, line):
            items.append(line[begun.end() :])
        else:
            items[-1] += " " + line.strip()
    return "".join(f"<li>{_inline(item)}</li>" for item in items)


def _inline(text: str) -> str:
    made, at = [], 0
    for found in _INLINE.finditer(text):
        made.append(escape(text[at : found.start()]))
        made.append(_marked(found))
        at = found.end()
    return "".join([*made, escape(text[at:])])


def _marked(found: re.Match[str]) -> str:
    if found["bold"]:
        return f"<b>{escape(found['bold'])}</b>"
    if found["code"]:
        return f"<kbd>{escape(found['code'])}</kbd>"
    href = found["href"]
    if not _LINK.fullmatch(href):
        return escape(found["text"])
    if href.endswith(".md"):
        href = f"/help/{href.removesuffix('.md')}/"
    return f'<a href="{escape(href)}">{escape(found["text"])}</a>'
