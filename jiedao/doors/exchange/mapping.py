"""Mappings (字段对应): which column of a hotline's file is what. A mapping is a YAML file an official can read."""

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
KNOWN = frozenset(
    {
        "key",
        "title",
        "words",
        "at",
        "reply",
        "replied_at",
        "caller",
        "phone",
        "address",
        "lon",
        "lat",
        "kind",
        "item",
        "unit",
    }
)


@dataclass(frozen=True)
class Mapping:
    """A parsed mapping. `columns`: our name → theirs. `kinds`, `units`, `items`: words found in a text → our code."""

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


def load(name: str) -> Mapping:
    """A shipped mapping by name, or a file. Refuses `no_such_mapping`, `bad_mapping` with what is wrong."""
    path = SHIPPED / f"{name}.yaml" if "/" not in name and not name.endswith((".yaml", ".yml")) else Path(name)
    if not path.is_file():
        raise Refused("no_such_mapping", name=name, known=sorted(p.stem for p in SHIPPED.glob("*.yaml")))
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as broken:
        raise Refused("bad_mapping", name=name, problems=[str(broken)[:200]]) from None
    found = list(_problems(data))
    if found:
        raise Refused("bad_mapping", name=name, problems=found)
    return Mapping(
        name=path.stem,
        source=data["source"],
        columns=dict(data["columns"]),
        process=data.get("process", "call"),
        channel=data.get("channel", "hotline"),
        kind=data.get("kind", "help"),
        longest=int(data.get("longest", 20_000)),
        time=data.get("time", "%Y-%m-%d %H:%M:%S"),
        zone=ZoneInfo(data.get("zone", "Asia/Shanghai")),
        kinds=data.get("kinds", {}),
        units=data.get("units", {}),
        items=data.get("items", {}),
    )


def _problems(data: Any) -> Any:
    if not isinstance(data, dict) or not isinstance(data.get("columns"), dict):
        yield "columns: missing"
        return
    if not data.get("source"):
        yield "source: missing"
    for wanted in ("key", "words", "at"):
        if wanted not in data["columns"]:
            yield f"columns.{wanted}: missing"
    for name in data["columns"]:
        if name not in KNOWN:
            yield f"columns.{name}: unknown; known are {', '.join(sorted(KNOWN))}"
    for kind in [data.get("kind", "help"), *data.get("kinds", {}).values()]:
        if kind not in Case.Kind.values:
            yield f"kind: unknown {kind!r}"
    if data.get("channel", "hotline") not in Event.Channel.values:
        yield f"channel: unknown {data['channel']!r}"
    try:
        ZoneInfo(data.get("zone", "Asia/Shanghai"))
    except (ZoneInfoNotFoundError, ValueError):
        yield f"zone: unknown {data['zone']!r}"


def cell(mapping: Mapping, row: Dict[str, str], name: str) -> str:
    """Our field's text in their row; empty where the mapping has no such column."""
    return (row.get(mapping.columns.get(name, "")) or "").strip()


def moment(mapping: Mapping, text: str) -> datetime:
    """A time of theirs in UTC. Refuses `bad_time`, and `future_time` for one that has not come yet."""
    for form in (mapping.time, "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d %H:%M:%S"):
        try:
            read = datetime.strptime(text, form).replace(tzinfo=mapping.zone).astimezone(UTC)
        except ValueError:
            continue
        if read > now():
            raise Refused("future_time", given=text)
        if read.year < 2000:
            raise Refused("bad_time", given=text)
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
