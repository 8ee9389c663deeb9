"""The requests (请求): what is sent, made beforehand from a seed, as programs of a hotline and a department send it."""

import json
import random
from collections.abc import Iterator
from itertools import cycle
from typing import Any
from urllib.parse import quote
from uuid import UUID

from bench import load

LIST = "phase=resolution&kind=help"
"""Two filters; the dispatcher's sight is the whole district."""

_WORDS = (
    "水杉社区{}号楼东侧人行道的路灯已经坏了{}天，晚上老人和孩子走路不安全，请尽快安排维修，谢谢。",
    "水杉路{}号门前下水道堵了{}天，污水流到路上，气味很大，请派人来看看。",
    "{}号楼楼道里堆满了旧家具和电动车，已经{}天没人管，消防通道走不了人。",
    "{}栋后面的工地夜里{}点还在施工，噪声很大，孩子没法睡觉，希望有关部门处理。",
)
_SOUGHT = ("路灯 老人", "污水", "施工 噪声", "消防通道")
REPLY = "已安排人员到现场处理，当日傍晚恢复正常，并已电话告知反映人；后续一周内每日巡查。"


def reports(material: dict[str, Any], *, named: bool, seed: int) -> Iterator[bytes]:
    """Reports without end. `named`: with the caller's name and number, as a hotline takes them down."""
    # A key of its own for every request: the token is of this run, and a place that was kept knows earlier keys.
    chance = random.Random(f"reports {named} {seed} {material['reporter']}")
    while True:
        body = {
            "words": chance.choice(_WORDS).format(chance.randint(1, 99), chance.randint(2, 9)),
            "kind": "help",
            "channel": "hotline",
            "point": [118.7565 + chance.random() / 100, 32.0651 + chance.random() / 100],
            "address": f"水杉路{chance.randint(1, 400)}号",
        }
        if named:
            body["caller"] = {"name": "张三丰", "phone": f"138{chance.randrange(10**8):08d}"}
        yield _post(material, "/api/v1/events", material["reporter"], body, chance)


def replies(material: dict[str, Any], *, seed: int) -> Iterator[bytes]:
    """One reply to each order that waits for one; each is taken off the list, so that none is sent twice."""
    chance = random.Random(f"replies {seed} {material['reporter']}")
    while material["replies"]:
        number, order, token = material["replies"].pop()
        body = {"outcome": "done", "text": REPLY, "order": order}
        yield _post(material, f"/api/v1/cases/{number}/reply", token, body, chance)


def lists(material: dict[str, Any], rows: int = 50) -> Iterator[bytes]:
    """The work list without end: the first page, most pressing first, with its count."""
    request = load.get(f"/api/v1/cases?{LIST}&limit={rows}", material["reader"], material["host"])
    while True:
        yield request


def searches(material: dict[str, Any]) -> Iterator[bytes]:
    """The work list by two words that stand in some of the reports."""
    return _gets(material, (f"/api/v1/cases?q={quote(words)}&limit=50" for words in cycle(_SOUGHT)))


def numbers(material: dict[str, Any]) -> Iterator[bytes]:
    """The work list by the number of a case."""
    return _gets(material, (f"/api/v1/cases?q={number}&limit=50" for number in cycle(material["numbers"])))


def cases(material: dict[str, Any]) -> Iterator[bytes]:
    """One case after another, with its timeline."""
    return _gets(material, (f"/api/v1/cases/{number}" for number in cycle(material["numbers"])))


def of(kind: str, material: dict[str, Any], seed: int, rows: int = 50) -> Iterator[bytes]:
    """Requests of a kind, by the name the benches give it."""
    return {
        "intake": lambda: reports(material, named=False, seed=seed),
        "named": lambda: reports(material, named=True, seed=seed),
        "reply": lambda: replies(material, seed=seed),
        "list": lambda: lists(material, rows),
        "search": lambda: searches(material),
        "number": lambda: numbers(material),
        "case": lambda: cases(material),
    }[kind]()


def _gets(material: dict[str, Any], paths: Iterator[str]) -> Iterator[bytes]:
    return (load.get(path, material["reader"], material["host"]) for path in paths)


def _post(material: dict[str, Any], path: str, token: str, body: dict[str, Any], chance: random.Random) -> bytes:
    key = str(UUID(int=chance.getrandbits(128), version=4))
    return load.post(path, token, material["host"], key, json.dumps(body, ensure_ascii=False).encode())
