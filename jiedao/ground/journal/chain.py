"""Hash chains (哈希链): each record binds the one before it, so that a change, a gap or a swap is found and located."""

import hashlib
import json
from typing import Any

from jiedao.kit.ports import chance


def plain(value: Any) -> bytes:
    """One spelling per value: sorted keys, no spaces, UTF-8. Times and ids are given as text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode()


def salt() -> bytes:
    """Sixteen bytes of chance, kept beside the words and deleted with them."""
    return chance.bytes(16)


def digest(words: Any, salted: bytes) -> bytes:
    """What stands in the chain for words that may be deleted later. Without the salt it tells nothing."""
    return hashlib.sha256(salted + plain(words)).digest()


def link(before: bytes, line: bytes) -> bytes:
    """The hash of a record: its line, bound to the hash before it (empty for the first)."""
    return hashlib.sha256(before + line).digest()
