"""Ids: UUIDv7 made here, never by a client and never by the database, so that they sort by time."""

import threading
from uuid import UUID

from jiedao.kit import clock
from jiedao.kit.ports import chance

_lock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then chance; later ids of one process sort later."""
    global _last
    millis = int(clock.now().timestamp() * 1000)
    value = (millis << 80) | int.from_bytes(chance.bytes(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    with _lock:
        # Two ids of one millisecond would sort by chance: an entry could then stand before the one it follows.
        if value >> 80 == _last >> 80 and value <= _last:
            value = _last + 1
        _last = value
    return UUID(int=value)


def is_uuid(text: str) -> bool:
    """Whether somebody wrote an id."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
