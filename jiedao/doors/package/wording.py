"""Writing YAML for people (写成 YAML): one row to a line, short tables on it, words quoted only where they must be."""

import json
import re
from collections.abc import Iterable
from typing import Any

_SPOKEN_FOR = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})
_PLAIN = re.compile(r"[A-Za-z\u3400-\u9fff][A-Za-z\u3400-\u9fff0-9 _./（）、。；，：“”·—–-]*(?<! )\Z")
_DAY = re.compile(r"[12][0-9]{3}-[01][0-9]-[0-3][0-9]\Z")


def plain(value: Any) -> str:
    """A word, a number, or a table on one line, as YAML reads it back."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)}: {plain(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(plain, value)) + "]"
    words = "" if value is None else str(value)
    if _DAY.match(words) or (_PLAIN.match(words) and words.lower() not in _SPOKEN_FOR):
        return words
    return json.dumps(words, ensure_ascii=False)


def _key(key: Any) -> str:
    words = str(key)
    return words if re.fullmatch(r"[a-z][a-z0-9_.]*", words) and words not in _SPOKEN_FOR else json.dumps(words)


def rows(name: str, table: Iterable[dict[str, Any]], indent: int = 0) -> str:
    """A table of rows under its name; empty if there are none."""
    lines = [f"{' ' * indent}  - {plain(kept(row))}\n" for row in table]
    return f"{' ' * indent}{name}:\n{''.join(lines)}" if lines else ""


def kept(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what is empty or has its default."""
    return {key: value for key, value in row.items() if value not in ("", None, [], {}, False)}


def block(value: Any, indent: int = 0) -> str:
    """Nested tables spread over lines, down to rows that fit one."""
    pad = " " * indent
    if isinstance(value, dict):
        return "".join(
            f"{pad}{_key(key)}: {plain(part)}\n"
            if not isinstance(part, dict | list) or not part or _fits(part)
            else f"{pad}{_key(key)}:\n{block(part, indent + 2)}"
            for key, part in value.items()
        )
    return "".join(
        f"{pad}- {plain(part)}\n"
        if not isinstance(part, dict) or _fits(part)
        else f"{pad}- {block(part, indent + 2).lstrip()}"
        for part in value
    )


def _fits(value: Any) -> bool:
    return len(plain(value)) < 100
