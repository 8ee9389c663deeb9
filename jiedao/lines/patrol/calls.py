"""Rooms to talk (视频通话) and body cameras (执法记录仪): addresses at the deployer's own gateways. Off unless set (R18)."""

from urllib.parse import quote

from django.conf import settings


def gateway() -> str:
    """The address rooms begin with. Empty: no calls."""
    return str(getattr(settings, "CALL_GATEWAY", "") or "").rstrip("/")


def room_url(room: str) -> str:
    """Where a room is. Empty while no call was opened or no gateway is set."""
    return f"{gateway()}/{room}" if room and gateway() else ""


def camera_url(number: str) -> str:
    """Where the stream of a body camera is. Empty without a number or a gateway."""
    given = str(getattr(settings, "BODY_CAMERA_GATEWAY", "") or "")
    return (
        given.replace("{device}", quote(number, safe=""))
        if number and given.startswith(("https://", "http://"))
        else ""
    )
