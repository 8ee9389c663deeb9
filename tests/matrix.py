"""The matrix (权限矩阵): every address × every role, as tests/tables/matrix.txt says it must answer (G14).

A line is `name method  role=answer …`; answers are `in` (2xx or a redirect onwards), `ask` (what was sent is not right),
`no` (404, as if it were not there), `sign` (to the sign-in), `way` (405). `JIEDAO_MATRIX=write` writes the file anew:
look at the difference line by line before it is committed.
"""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from jiedao.ground.db.home import CHECKOUT
from tests.desks import Colleague
from tests.residents import HERE

Table = dict[tuple[str, str], dict[str, str]]
"""By address and method: what each role gets."""

TABLE = CHECKOUT / "tests" / "tables" / "matrix.txt"
ROLES = "urban water dispatcher callback supervisor leader grid admin security auditor".split()
FEW = ("water",)
"""Who is tried with every commit, by reading alone."""

NOT_OURS = ("static/", "^static", "api/", "media/")
FILLED = {
    "verb": "note",
    "what": "units",
    "code": "urban",
    "op": "split",
    "provider_id": "staff",
    "name": "appoint",
    "kind": "csv",
}
MEANS = {404: "no", 405: "way", 401: "sign"}


def patterns(resolver: Any = None, before: str = "") -> Iterator[tuple[str, str]]:
    """Every address of the URL table, with its name."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern, before + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield before + str(pattern.pattern), pattern.name or ""


def addresses() -> list[tuple[str, str]]:
    return [(route, name or route) for route, name in patterns() if not route.startswith(NOT_OURS)]


def filled(route: str, number: str) -> str:
    """An address: the case's number where one is asked, things that are nobody's elsewhere."""

    def one(found: re.Match[str]) -> str:
        kind, name = (found[1] or "str:").rstrip(":"), found[2]
        if name == "number":
            return number
        if kind == "uuid":
            return str(uuid.UUID(int=7))
        return "1" if kind == "int" else FILLED.get(name, "x")

    plain = re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", route).replace("^", "").replace("$", "").replace("\\", "")
    return "/" + re.sub(r"<(\w+:)?(\w+)>", one, plain)


def asking(role: str) -> Any:
    """Somebody's browser: get and post of an address."""
    if role == "anonymous":
        client = Client()
        return lambda method, path: getattr(client, method)(path, headers=HERE)
    colleague = Colleague(role)
    return lambda method, path: getattr(colleague, method)(path)


def answer(response: Any) -> str:
    """What an answer means."""
    status = response.status_code
    if status in (301, 302, 303):
        return "sign" if response.headers.get("Location", "").startswith("/accounts/login/") else "in"
    assert status < 500, status
    return MEANS.get(status, "in" if status < 400 else "ask")


def read() -> Table:
    """The table. Empty where there is none."""
    if not TABLE.exists():
        return {}
    found = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, method, *cells = line.split()
            found[name, method] = dict(cell.split("=") for cell in cells)
    return found


def write(rows: Table, path: Path = TABLE) -> None:
    head = "# Every address × role: tests/matrix.py says what the words mean and how this is written anew.\n"
    order = ("anonymous", *ROLES)
    told = {cell: " ".join(f"{role}={row[role]}" for role in order if role in row) for cell, row in rows.items()}
    lines = [f"{name} {method} {cells}" for (name, method), cells in sorted(told.items())]
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


def plain(response: Any) -> str:
    """A page without what differs at every request: nonces, tokens, times, keys, and the address asked."""
    text = response.content.decode()
    text = re.sub(r'(nonce|value|content|href|data-server-now|data-now)="[^"]*"', "", text)
    return re.sub(r"26-\d{5}|\d{4}-\d\d-\d\dT[\d:.+Z]+", "", text)
