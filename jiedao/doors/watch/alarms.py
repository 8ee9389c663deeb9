"""Alarms (告警): from readings to what is wrong, by pure rules; names, limits and what to do stand in alarms.yaml."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from jiedao.doors.watch.readings import Readings

Limits = dict[str, float]
Fact = tuple[str, str]
"""What is wrong, in Chinese and in English."""
Rule = Callable[[Readings, Limits], Fact | None]
"""None when all is well."""


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
    after: int = 0


@dataclass(frozen=True)
class Alarm:
    """An alarm that rings: which, and the figures."""

    kind: Kind
    fact: Fact


@lru_cache(maxsize=1)
def kinds() -> dict[str, Kind]:
    """All of them, in the order they are looked at."""
    rows = yaml.safe_load((Path(__file__).parent / "alarms.yaml").read_text(encoding="utf-8"))
    return {row["name"]: Kind(**({"limits": {}} | row)) for row in rows}


def ringing(told: Readings) -> list[Alarm]:
    """What rings on these readings."""
    found = ((kind, RULES[name](told, kind.limits)) for name, kind in kinds().items())
    return [Alarm(kind, fact) for kind, fact in found if fact]


def _same(text: str) -> Fact | None:
    """Names and codes are alike in both languages."""
    return (text, text) if text else None


def _away(told: Readings, name: str) -> Fact | None:
    asked = told.get(name, {"answers": False, "said": told["faults"].get(name, "")})
    return None if asked["answers"] else _same(str(asked.get("said") or "-"))


def _database(told: Readings, limits: Limits) -> Fact | None:
    base = told["database"]
    return _same(", ".join(base.get("unsafe", [])) if base["reached"] else str(base.get("said") or "-"))


def _statements(told: Readings, limits: Limits) -> Fact | None:
    seen = told.get("statements")
    if not seen:
        return None
    long = [one for one in seen["slow"] if one["seconds"] > limits["seconds"]]
    if long:
        most, role = long[0]["seconds"], long[0]["role"]
        return (
            f"{len(long)} 条，最久 {most:.0f} 秒（{role}）",
            f"{len(long)} statements, the longest {most:.0f} s ({role})",
        )
    used, most = seen["connections"], seen["most_connections"]
    full = used > limits["share"] * most
    return (f"连接 {used} / {most}", f"{used} of {most} connections") if full else None


def _worker(told: Readings, limits: Limits) -> Fact | None:
    queue = told.get("queue")
    if queue is None:
        return None  # the database is away: another alarm says so
    silent = queue["worker_silent"]
    if silent is None:
        return "没有任务进程", "no worker"
    return (f"{silent:.0f} 秒没有心跳", f"silent for {silent:.0f} s") if silent > limits["seconds"] else None


def _ticker(told: Readings, limits: Limits) -> Fact | None:
    unrung = sum(one["unrung"] for one in told.get("districts", []))
    age = told.get("kept", {}).get("ticker", {}).get("age")
    if unrung:
        return f"{unrung} 个时限到期未响", f"{unrung} limits are due and did not ring"
    if age is None:
        return "没有运行过的迹象", "no sign of it"
    return (f"{age:.0f} 秒没有动静", f"silent for {age:.0f} s") if age > limits["seconds"] else None


def _queue(told: Readings, limits: Limits) -> Fact | None:
    queue = told.get("queue")
    if queue is None:
        return _same(str(told["faults"].get("queue", "")))
    waiting, oldest, failed = queue["waiting"], queue["oldest"], queue["failed_lately"]
    if oldest > limits["oldest"]:
        return f"等待 {waiting} 个，最久 {oldest} 秒", f"{waiting} wait, the oldest for {oldest} s"
    return (f"一小时内失败 {failed} 个", f"{failed} failed within an hour") if failed > limits["failed"] else None


def _notices(told: Readings, limits: Limits) -> Fact | None:
    found = [
        (one["name"], one["label"], one["given_up"], one["late"])
        for one in told.get("districts", [])
        if one["given_up"] > limits["given_up"] or one["late"] > limits["late"]
    ]
    zh = "；".join(f"{name}：放弃 {up}，迟发 {late}" for name, _, up, late in found)
    return (zh, "; ".join(f"{label}: {up} given up, {late} late" for _, label, up, late in found)) if found else None


def _links(told: Readings, limits: Limits) -> Fact | None:
    """A link is down when none of its channels works; one channel is its owner's affair."""
    return _same(
        "; ".join(
            f"{one['label']}: {link['kind']} ({link['problem'] or '-'})"
            for one in told.get("districts", [])
            for link in one["links"]
            if link["failing"] and link["failing"] == link["count"]
        )
    )


def _disk(told: Readings, limits: Limits) -> Fact | None:
    return _same(
        "; ".join(
            f"{one['of']}: {one['free'] / 1024**3:.1f} / {one['total'] / 1024**3:.0f} GB"
            for one in told.get("disk", [])
            if one["free"] < limits["bytes"] or one["free"] < limits["share"] * one["total"]
        )
    )


def _backup(told: Readings, limits: Limits) -> Fact | None:
    kept = told.get("kept")
    if kept is None:
        return _same(str(told["faults"].get("kept", "")))
    age, note = kept["backup"]["age"], kept["backup"]
    if age is None:
        return "还没有备份", "there is none yet"
    if age > limits["seconds"]:
        return f"上次成功备份在 {age / 3600:.0f} 小时前", f"the last good one is {age / 3600:.0f} hours old"
    if note["well"] is False:
        return f"最近一次失败：{note['said']}", f"the last one failed: {note['said']}"
    if told.get("statements", {}).get("archiving_fails"):
        return "数据库日志归档失败", "the server cannot lay out its log"
    return None


def _chains(told: Readings, limits: Limits) -> Fact | None:
    verify = told.get("kept", {}).get("verify", {})
    if verify.get("well") is False:
        return _same(str(verify["said"]))
    late = [
        one
        for one in told.get("districts", [])
        if one["unsealed"] and (one["seal_age"] is None or one["seal_age"] > limits["seal"])
    ]
    zh, en = "、".join(one["name"] for one in late), ", ".join(one["label"] for one in late)
    return (f"数小时未封存：{zh}", f"not sealed for hours: {en}") if late else None


def _certificate(told: Readings, limits: Limits) -> Fact | None:
    if fault := told["faults"].get("certificate"):
        return _same(str(fault))
    days = told.get("certificate", {}).get("days")
    return (f"还有 {days} 天", f"{days} days left") if days is not None and days < limits["days"] else None


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
