"""Rooms to talk (视频通话): an address at the deployer's own gateway, such as Jitsi. Off unless one is set (R18)."""

from django.conf import settings


def gateway() -> str:
    """The address rooms begin with. Empty: no calls."""
    return str(getattr(settings, "CALL_GATEWAY", "") or "").rstrip("/")


def room_url(room: str) -> str:
    """Where a room is. Empty while no call was opened or no gateway is set."""
    return f"{gateway()}/{room}" if room and gateway() else ""
