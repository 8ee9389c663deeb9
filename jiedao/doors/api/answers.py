"""Answers (应答): bodies and refusals of the API, as JSON."""

import math
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpResponse

from jiedao.doors import words
from jiedao.kit.refusal import Absent, Refused


class Bilingual(msgspec.Struct):
    """One text in both languages."""

    zh: str
    en: str


class Error(msgspec.Struct):
    """A refusal: the rule's name, its facts, and what a person would read: what did not happen, why, the next step."""

    rule: str
    facts: dict[str, Any]
    zh: str
    en: str
    next: Bilingual


def answer(body: Any, status: int = 200, *, replayed: bool = False) -> HttpResponse:
    """A body as JSON. A replay is told by a header, so that its body equals the first answer's."""
    response = HttpResponse(msgspec.json.encode(body), status=status, content_type="application/json")
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def refuse(refused: Refused | Absent) -> HttpResponse:
    """A refusal as JSON, in both languages: a program shows the one its user reads."""
    zh, en = words.say(refused, "zh"), words.say(refused, "en")
    facts = {name: _plain(value) for name, value in refused.facts.items()} if isinstance(refused, Refused) else {}
    body = Error(zh.rule, facts, f"{zh.what}：{zh.fact}。", f"{en.what}. {en.fact}.", Bilingual(zh.next, en.next))
    response = answer(body, zh.status)
    if zh.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if zh.status in (429, 503):
        response.headers["Retry-After"] = "10" if zh.status == 503 else "600"
    return response


def _plain(value: Any, depth: int = 0) -> Any:
    """A fact as JSON has it: what somebody sent comes back no longer than it helps."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()[:500]
    if isinstance(value, (list, tuple)):
        return [_plain(one, depth + 1) for one in value[:50]] if depth < 4 else []
    if isinstance(value, dict):
        return {str(k)[:80]: _plain(v, depth + 1) for k, v in list(value.items())[:50]} if depth < 4 else {}
    return value if isinstance(value, (int, float, bool)) or value is None else str(value)[:500]
