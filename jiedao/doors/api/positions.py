"""Positions from devices (位置上报接口): our own batches, OwnTracks over HTTP, Traccar's forwarding. One way in: `take`.

Whom a message speaks for says its key; a name, a number or a topic inside it is not looked at. Sending a point again
changes nothing, so these writes need no key of their own.
"""

import base64
import binascii
from datetime import datetime
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse

from jiedao.doors.api import bodies
from jiedao.doors.api.answers import answer
from jiedao.kit.refusal import Refused
from jiedao.lines.patrol import devices, taking
from jiedao.lines.patrol.sorting import Point
from jiedao.lines.patrol.taking import Sender, Taken


class PointGiven(msgspec.Struct):
    """One fix. `at` in seconds since 1970 by the device's clock, `accuracy` in metres."""

    lon: float
    lat: float
    at: float
    accuracy: float = -1.0


class PositionsGiven(msgspec.Struct, forbid_unknown_fields=True):
    """A batch of at most 10,000 points, in any order. `sent_at` is the device's clock as it sends: by it the times are put
    right when the clock is off. `system` is not asked: it is declared for the source.
    """

    points: list[PointGiven]
    sent_at: float | None = None


class PositionsTaken(msgspec.Struct):
    """How many were stored, and why others were not: `reasons` counts them. What was not stored need not be sent again."""

    stored: int
    reasons: dict[str, int]


class _OwnTracks(msgspec.Struct, tag_field="_type", tag="location"):
    lat: float
    lon: float
    tst: float
    acc: float = -1.0


class _TraccarPosition(msgspec.Struct, rename="camel"):
    latitude: float
    longitude: float
    fix_time: datetime
    accuracy: float = -1.0


class _TraccarDevice(msgspec.Struct, rename="camel"):
    unique_id: str


class _Traccar(msgspec.Struct):
    position: _TraccarPosition
    device: _TraccarDevice


def take(request: HttpRequest) -> HttpResponse:
    """A batch of a device with a key of its own."""
    sender = _by_key(_bearer(request), "gpx", "owntracks")
    given = bodies.decode(request, PositionsGiven, "positions")
    points = [Point(p.lon, p.lat, p.at, p.accuracy) for p in given.points]
    return answer(_told(taking.take(sender, points, sent_at=given.sent_at)))


def owntracks(request: HttpRequest) -> HttpResponse:
    """One message of the OwnTracks app in HTTP mode; its key is the password. Messages other than places are passed over."""
    sender = _by_key(_password(request), "owntracks")
    try:
        given = msgspec.json.decode(request.body)
        many = given if isinstance(given, list) else [given]
        places = [one for one in many if isinstance(one, dict) and one.get("_type") == "location"]
        points = [_point(msgspec.convert(one, _OwnTracks)) for one in places]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
        taking.refuse(sender.source_id, 1, "unreadable")
        raise Refused("bad_body", why=str(broken)[:120]) from None
    if points:
        taking.take(sender, points)
    return answer([])


def _point(one: _OwnTracks) -> Point:
    return Point(one.lon, one.lat, one.tst, one.acc)


def traccar(request: HttpRequest) -> HttpResponse:
    """One position that a Traccar server forwards as JSON. The forwarder has the key, the device is registered by number."""
    key = _bearer(request)
    found = devices.forwarded(key, "")
    if found is None:
        raise Refused("signed_out")
    try:
        given = msgspec.json.decode(request.body, type=_Traccar)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
        taking.refuse(found[0], 1, "unreadable")
        raise Refused("bad_body", why=str(broken)[:120]) from None
    source, sender = devices.forwarded(key, given.device.unique_id) or found
    if sender is None:
        taking.refuse(source, 1, "unknown_device")
        raise Refused("unknown_device", label=given.device.unique_id[:60])
    fix = given.position
    at = fix.fix_time.timestamp()
    return answer(_told(taking.take(sender, [Point(fix.longitude, fix.latitude, at, fix.accuracy)])))


def _told(taken: Taken) -> PositionsTaken:
    return PositionsTaken(taken.stored, taken.reasons)


def _by_key(key: str, *kinds: str) -> Sender:
    for kind in kinds:
        if sender := devices.sender_of(key, kind):
            return sender
    raise Refused("signed_out")


def _bearer(request: HttpRequest) -> str:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def _password(request: HttpRequest) -> str:
    """The password of HTTP Basic: the app knows no other way. The name beside it counts for nothing."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(text.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def body(shape: dict[str, Any]) -> dict[str, Any]:
    """A request body described by hand: other programs decide what is in it."""
    return {"required": True, "content": {"application/json": {"schema": shape}}}


OWNTRACKS = body(
    {
        "type": "object",
        "description": "As the OwnTracks app sends it: https://owntracks.org/booklet/tech/json/",
        "properties": {
            "_type": {"const": "location"}, "lat": {"type": "number"}, "lon": {"type": "number"},
            "tst": {"type": "integer"}, "acc": {"type": "number"},
        },
    }
)  # fmt: skip
TRACCAR = body(
    {
        "type": "object",
        "description": "As Traccar's position forwarding sends it with forward.type = json.",
        "properties": {"position": {"type": "object"}, "device": {"type": "object"}},
        "required": ["position", "device"],
    }
)
