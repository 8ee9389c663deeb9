"""The server's log (数据库日志): every statement of one role, by whichever road it was sent, with its values."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

_BEGINS = re.compile(r"^\d{4}-\d\d-\d\d ", re.MULTILINE)
_STATEMENT = re.compile(r"duration: [0-9.]+ ms  (?:statement|execute [^:]*): ?(.*)", re.DOTALL)
_VALUES = re.compile(r"DETAIL:  Parameters: (.*)", re.DOTALL)
_VALUE = re.compile(r"\$(\d+) = ('(?:[^']|'')*'|NULL)", re.DOTALL)


@contextmanager
def listening(server: dict[str, Any], log: Path, role: str = "jiedao_web") -> Iterator[list[str]]:
    """Inside, new sessions of the role tell the log what they ask; the list is filled on leaving."""
    heard: list[str] = []
    begin = log.stat().st_size
    with psycopg.connect(**server, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {role} SET log_min_duration_statement = 0")
        try:
            yield heard
        finally:
            connection.execute(f"ALTER ROLE {role} RESET log_min_duration_statement")
    with log.open("rb") as file:
        file.seek(begin)
        heard += statements(file.read().decode("utf-8", "replace"))


def statements(text: str) -> list[str]:
    """The statements of a piece of log, one line each, their values written in."""
    starts = [found.start() for found in _BEGINS.finditer(text)]
    found: list[str] = []
    for begin, end in zip(starts, [*starts[1:], len(text)], strict=True):
        part = text[begin:end]
        if said := _STATEMENT.search(part):
            found.append(" ".join(said[1].split()))
        elif found and (given := _VALUES.search(part)):
            found[-1] = _filled(found[-1], dict(_VALUE.findall(given[1])))
    return found


def _filled(statement: str, values: dict[str, str]) -> str:
    return re.sub(r"\$(\d+)", lambda place: values.get(place[1], place[0]), statement)
