"""Mappings (字段对应): which column of a hotline's file is what. A mapping is a YAML file an official can read."""

from collections.abc import Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from jiedao.kit.clock import now
from jiedao.kit.refusal import Refused
from jiedao.record.models import Case, Event

SHIPPED = Path(__file__).parent / "mappings"
NEEDED = ("key", "words", "at")
KNOWN = frozenset("key title words at reply replied_at caller phone address lon lat kind item unit".split())
SETTINGS = frozenset(
    "source process channel kind longest time zone since kinds units items guess_items columns".split()
)
FORMS = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日 %H:%M")
"""How times are written besides the mapping's own way."""


@dataclass(frozen=True)
class Mapping:
    """A parsed mapping. `columns`: our name → theirs. `kinds`, `units`, `items`: words found in a text → our code.

    `guess_items`: where the file names no item, the words of the district's own items decide.
    """

    name: str
    source: str
    columns: dict[str, str]
    process: str
    channel: str
    kind: str
    longest: int
    time: str
    zone: ZoneInfo
    kinds: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    items: dict[str, str] = field(default_factory=dict)
    guess_items: bool = False


def load(name: str) -> Mapping:
    """A shipped mapping by name, or a file. Refuses `no_such_mapping`, `bad_mapping` with what is wrong."""
    path = Path(name) if "/" in name or name.endswith((".yaml", ".yml")) else SHIPPED / f"{name}.yaml"
    if not path.is_file():
        raise Refused("no_such_mapping", name=name, known=sorted(p.stem for p in SHIPPED.glob("*.yaml")))
    try:
        text = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as broken:
        raise Refused("bad_mapping", name=name, problems=[" ".join(str(broken).split())[:200]]) from None
    if found := list(_problems(text)):
        raise Refused("bad_mapping", name=name, problems=found)
    return Mapping(
        name=path.stem,
        source=str(text["source"]),
        columns={ours: str(theirs) for ours, theirs in text["columns"].items()},
        process=text.get("process", "call"),
        channel=text.get("channel", "hotline"),
        kind=text.get("kind", "help"),
        longest=int(text.get("longest", 20_000)),
        time=text.get("time", FORMS[0]),
        zone=ZoneInfo(text.get("zone", "Asia/Shanghai")),
        kinds=text.get("kinds") or {},
        units=text.get("units") or {},
        items=text.get("items") or {},
        guess_items=bool(text.get("guess_items", False)),
    )


def _problems(text: Any) -> Iterator[str]:
    if not isinstance(text, dict) or not isinstance(text.get("columns"), dict):
        yield "columns: missing"
        return
    yield from (f"{name}: unknown; known are {', '.join(sorted(SETTINGS))}" for name in text if name not in SETTINGS)
    if not text.get("source") or len(str(text["source"])) > 40:
        yield "source: missing, or longer than 40 characters"
    yield from (f"columns.{name}: missing" for name in NEEDED if not text["columns"].get(name))
    yield from (
        f"columns.{name}: unknown; known are {', '.join(sorted(KNOWN))}"
        for name in text["columns"]
        if name not in KNOWN
    )
    tables = {name: text.get(name) or {} for name in ("kinds", "units", "items")}
    yield from (f"{name}: words and their codes" for name, table in tables.items() if not isinstance(table, dict))
    if isinstance(tables["kinds"], dict):
        kinds = [text.get("kind", "help"), *tables["kinds"].values()]
        yield from (f"kind: unknown {kind!r}" for kind in kinds if kind not in Case.Kind.values)
    if text.get("channel", "hotline") not in Event.Channel.values:
        yield f"channel: unknown {text['channel']!r}"
    yield from _misfits(text)


def _misfits(text: dict[str, Any]) -> Iterator[str]:
    longest = text.get("longest", 20_000)
    if not isinstance(longest, int) or not 1 <= longest <= 100_000:
        yield "longest: a number of characters up to 100000"
    try:
        ZoneInfo(str(text.get("zone", "Asia/Shanghai")))
    except (ZoneInfoNotFoundError, ValueError):
        yield f"zone: unknown {text['zone']!r}"
    if not isinstance(text.get("time", ""), str) or "%z" in str(text.get("time", "")).lower():
        yield "time: a text such as %Y-%m-%d %H:%M:%S; the zone stands under zone"


def cell(mapping: Mapping, cells: Dict[str, str], name: str) -> str:
    """Our field's text in their row; empty where the mapping has no such column."""
    return cells.get(mapping.columns.get(name, ""), "").strip()


def moment(mapping: Mapping, text: str, earliest: int) -> datetime:
    """A time of theirs in UTC. Refuses `bad_time`, `future_time`, and `too_old` for a year we have no numbers of."""
    for form in (mapping.time, *FORMS):
        try:
            read = datetime.strptime(text, form).replace(tzinfo=mapping.zone).astimezone(UTC)
        except ValueError:
            continue
        if read > now():
            raise Refused("future_time", given=text)
        if read.year < earliest:
            raise Refused("too_old", given=text, earliest=earliest)
        return read
    raise Refused("bad_time", given=text[:40])


def word_in(words: dict[str, str], *texts: str) -> str:
    """The code of the first listed word that stands in one of the texts; empty if none does."""
    for word, code in words.items():
        if any(word in text for text in texts):
            return code
    return ""


def fitting(path: Path) -> Mapping:
    """The shipped mapping that uses most of a file's columns. Refuses `no_fitting_mapping` with the names it found."""
    from jiedao.doors.exchange import sheets  # noqa: PLC0415 -- slow import

    there = set(sheets.columns(path))
    known = [load(p.stem) for p in sorted(SHIPPED.glob("*.yaml"))]
    fits = [m for m in known if set(m.columns.values()) <= there]
    if not fits:
        raise Refused("no_fitting_mapping", path=path.name, there=sorted(there)[:30], known=[m.name for m in known])
    return max(fits, key=lambda m: len(m.columns))
