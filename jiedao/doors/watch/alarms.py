"""Alarms (告警): from readings to what is wrong, by pure rules; names, limits and what to do stand in alarms.yaml."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from jiedao.doors.watch.readings import Readings

Limits = dict[str, float]
Rule = Callable[[Readings, Limits], str]
"""What is wrong, in figures; empty when all is well."""


@dataclass(frozen=True)
class Kind:
    """One alarm as alarms.yaml has it."""

    name: str
    zh: str
    en: str
    mend_zh: str
    mend_en: str
    limits: Limits
    source: str


@dataclass(frozen=True)
class Alarm:
    """An alarm that rings: which, and the figures."""

    kind: Kind
    fact: str


@lru_cache(maxsize=1)
def kinds() -> dict[str, Kind]:
    """All of them, in the order they are looked at."""
    rows = yaml.safe_load((Path(__file__).parent / "alarms.yaml").read_text(encoding="utf-8"))
    return {row["name"]: Kind(**({"limits": {}} | row)) for row in rows}


def ringing(told: Readings) -> list[Alarm]:
    """What rings on these readings."""
    found = ((kind, RULES[name](told, kind.limits)) for name, kind in kinds().items())
    return [Alarm(kind, fact) for kind, fact in found if fact]


def _away(told: Readings, name: str) -> str:
    asked = told.get(name, {"answers": False, "said": told["faults"].get(name, "")})
    return "" if asked["answers"] else str(asked.get("said") or "no answer")


def _database(told: Readings, limits: Limits) -> str:
    base = told["database"]
    return ", ".join(base.get("unsafe", [])) if base["reached"] else str(base.get("said") or "away")


def _statements(told: Readings, limits: Limits) -> str:
    seen = told.get("statements")
    if not seen:
        return ""
    long = [one for one in seen["slow"] if one["seconds"] > limits["seconds"]]
    if long:
        return f"{len(long)} statements, the longest {long[0]['seconds']:.0f} s ({long[0]['role']})"
    full = seen["connections"] > limits["share"] * seen["most_connections"]
    return f"{seen['connections']} of {seen['most_connections']} connections" if full else ""


def _worker(told: Readings, limits: Limits) -> str:
    queue = told.get("queue")
    if queue is None:
        return ""  # the database is away: another alarm says so
    silent = queue["worker_silent"]
    if silent is None:
        return "no worker"
    return f"silent for {silent:.0f} s" if silent > limits["seconds"] else ""


def _ticker(told: Readings, limits: Limits) -> str:
    unrung = sum(one["unrung"] for one in told.get("districts", []))
    age = told.get("kept", {}).get("ticker", {}).get("age")
    if unrung:
        return f"{unrung} limits are due and did not ring"
    if age is None:
        return "no sign of it"
    return f"silent for {age:.0f} s" if age > limits["seconds"] else ""


def _queue(told: Readings, limits: Limits) -> str:
    queue = told.get("queue")
    if queue is None:
        return str(told["faults"].get("queue", ""))
    if queue["oldest"] > limits["oldest"]:
        return f"{queue['waiting']} wait, the oldest for {queue['oldest']} s"
    failed = queue["failed_lately"]
    return f"{failed} failed within an hour" if failed > limits["failed"] else ""


def _notices(told: Readings, limits: Limits) -> str:
    return "; ".join(
        f"{one['label']}: {one['given_up']} given up, {one['late']} late"
        for one in told.get("districts", [])
        if one["given_up"] > limits["given_up"] or one["late"] > limits["late"]
    )


def _links(told: Readings, limits: Limits) -> str:
    """A link is down when none of its channels works; one channel is its owner's affair."""
    return "; ".join(
        f"{one['label']}: {link['kind']} ({link['problem'] or 'no answer'})"
        for one in told.get("districts", [])
        for link in one["links"]
        if link["failing"] and link["failing"] == link["count"]
    )


def _disk(told: Readings, limits: Limits) -> str:
    return "; ".join(
        f"{one['of']}: {one['free'] / 1024**3:.1f} of {one['total'] / 1024**3:.0f} GB free"
        for one in told.get("disk", [])
        if one["free"] < limits["bytes"] or one["free"] < limits["share"] * one["total"]
    )


def _backup(told: Readings, limits: Limits) -> str:
    kept = told.get("kept")
    if kept is None:
        return told["faults"].get("kept", "")
    age, note = kept["backup"]["age"], kept["backup"]
    if age is None:
        return "there is none yet"
    if age > limits["seconds"]:
        return f"the last good one is {age / 3600:.0f} hours old"
    if note["well"] is False:
        return f"the last one failed: {note['said']}"
    if told.get("statements", {}).get("archiving_fails"):
        return "the server cannot lay out its log"
    return ""


def _chains(told: Readings, limits: Limits) -> str:
    verify = told.get("kept", {}).get("verify", {})
    if verify.get("well") is False:
        return str(verify["said"])
    late = [
        one["label"]
        for one in told.get("districts", [])
        if one["unsealed"] and (one["seal_age"] is None or one["seal_age"] > limits["seal"])
    ]
    return f"not sealed for hours: {', '.join(late)}" if late else ""


def _certificate(told: Readings, limits: Limits) -> str:
    if fault := told["faults"].get("certificate"):
        return str(fault)
    days = told.get("certificate", {}).get("days")
    return f"{days} days left" if days is not None and days < limits["days"] else ""


RULES: dict[str, Rule] = {
    "pages": lambda told, limits: _away(told, "pages"),
    "live": lambda told, limits: _away(told, "live"),
    "database": _database,
    "statements": _statements,
    "worker": _worker,
    "ticker": _ticker,
    "queue": _queue,
    "notices": _notices,
    "links": _links,
    "disk": _disk,
    "backup": _backup,
    "chains": _chains,
    "certificate": _certificate,
}


def told(name: str, lang: str = "zh") -> Iterator[Any]:
    """The name of an alarm and what to do, in one of the two languages."""
    kind = kinds()[name]
    yield from (kind.zh, kind.mend_zh) if lang.startswith("zh") else (kind.en, kind.mend_en)
