"""The admission gate as doors meet it (准入关口): a refusal names the way to apply, and the attempt is counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from jiedao.ground.people import Actor
from jiedao.kit.refusal import Refused
from jiedao.lines.admission import attempts


@contextmanager
def watched(by: Actor, verb: str) -> Iterator[None]:
    """Around a write that may send work down, outside its transaction: what that left is nothing, the count stays.

    The facts get `apply`, the address of an application that begins with this item.
    """
    try:
        yield
    except Refused as refused:
        if refused.rule in attempts.RULES and "receiver" in refused.facts:
            if refused.rule == "not_admitted":
                refused.facts["apply"] = application(refused.facts)
            attempts.count(refused.facts, refused.rule, by=by, verb=verb)
        raise


def application(facts: dict[str, Any]) -> str:
    """The address of an application with item, level and receiver filled in. Empty where pages do not exist."""
    wanted = {"item": "item_code", "item_name": "name", "level": "level", "receiver": "receivers"}
    query = {field: str(facts[fact]) for fact, field in wanted.items() if facts.get(fact)}
    try:
        return f"{reverse('admission_apply')}?{urlencode(query)}"
    except NoReverseMatch:
        return ""
