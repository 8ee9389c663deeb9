"""Bodies (请求正文): from the bytes of a request to values, refused by the name of the field that cannot be read."""

import re
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.http import HttpRequest
from django.http.request import RequestDataTooBig

from jiedao.kit.refusal import Refused

LARGEST_MB = 2

T = TypeVar("T")

_WHERE = re.compile(r" - at `\$([^`]*)`$")
_FIELD = re.compile(r"field `([^`]+)`")
_WANTED = {"str": "text", "int": "number", "float": "number", "bool": "yes_or_no", "array": "list", "object": "object"}


def decode(request: HttpRequest, shape: type[T], verb: str) -> T:
    """The body in its shape. Refuses `bad_body`, `incomplete`, `unknown_field`, `unreadable`, `body_too_large`."""
    try:
        return msgspec.json.decode(request.body, type=shape)
    except RequestDataTooBig:
        raise Refused("body_too_large", most_mb=LARGEST_MB) from None
    except msgspec.ValidationError as broken:
        raise _misfit(str(broken), verb) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as broken:
        raise Refused("bad_body", why=str(broken)[:120]) from None


def _misfit(told: str, verb: str) -> Refused:
    """msgspec's own message, as the refusal it means."""
    place = _WHERE.search(told)
    path = re.sub(r"\[[^\]]*\]", "", place[1]).strip(".") if place else ""
    named = _FIELD.search(told)
    if named and "missing required" in told:
        return Refused("incomplete", verb=verb, missing=[".".join(filter(None, (path, named[1])))])
    if named and "unknown field" in told:
        return Refused("unknown_field", field=named[1], verb=verb)
    wanted = re.match(r"Expected `([a-z]+)", told)
    wants = _WANTED.get(wanted[1], wanted[1]) if wanted else ("uuid" if "UUID" in told else "text")
    return Refused("unreadable", field=path or "body", wants=wants)


def plain(request: HttpRequest, known: set[str], verb: str) -> dict[str, Any]:
    """The body of a verb: an object with these fields and no others. An empty body is an empty object."""
    if not request.body:
        return {}
    given = decode(request, dict[str, Any], verb)
    for name in given:
        if name not in known:
            raise Refused("unknown_field", field=name[:80], verb=verb)
    return given


def key_of(request: HttpRequest, in_body: Any = None) -> str:
    """The client's key, a UUID: from the header, else from the body. Refuses `key_missing` and `unreadable`."""
    named = [given for given in (request.headers.get("Idempotency-Key"), in_body) if given]
    if not named:
        raise Refused("key_missing")
    try:
        keys = {UUID(str(given)) for given in named}
    except ValueError:
        raise Refused("unreadable", field="key", wants="uuid") from None
    if len(keys) > 1:
        raise Refused("unreadable", field="key", wants="uuid")
    return str(keys.pop())
