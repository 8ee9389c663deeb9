"""Sealed files (加密存放): AES-256-GCM in chunks of a megabyte, so that a whole dump streams through and no byte can change.

Every file has a key of its own, made from the backup key, its salt and its name: a part cannot stand in for another.
A chunk's nonce is its number and whether it is the last: none can be moved, left out or cut off.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from jiedao.ground.db.home import Trouble
from jiedao.kit.ports import chance

FIRST = b"JDSEAL1\n"
CHUNK = 1024 * 1024
TAG = 16


class Sealing:
    """A sealed file being written. Leaving without a fault ends it; otherwise it is taken away."""

    def __init__(self, path: Path, key: bytes, name: str) -> None:
        self.path, self.draft = path, path.with_name(f".{path.name}.{os.getpid()}.part")
        self._salt = chance.secret(16)
        self._cipher = AESGCM(_key(key, self._salt, name))
        self._held, self._number = bytearray(), 0

    def __enter__(self) -> "Sealing":
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file: BinaryIO = os.fdopen(handle, "wb")
        self._file.write(FIRST + self._salt)
        return self

    def write(self, content: bytes) -> int:
        self._held += content
        while len(self._held) > CHUNK:  # one byte stays behind: the last chunk must know that it is the last
            self._put(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]
        return len(content)

    def _put(self, chunk: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last), chunk, FIRST))
        self._number += 1

    def __exit__(self, kind: object, *fault: object) -> None:
        if kind is None:
            self._put(bytes(self._held), last=True)
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()
        if kind is None:
            self.draft.replace(self.path)
        else:
            self.draft.unlink(missing_ok=True)


def opened(path: Path, key: bytes, name: str) -> Iterator[bytes]:
    """What a sealed file holds, chunk by chunk; each was checked before it is given out."""
    try:
        with path.open("rb") as file:
            first, salt = file.read(len(FIRST)), file.read(16)
            if first != FIRST:
                raise InvalidTag
            cipher, number, chunk = AESGCM(_key(key, salt, name)), 0, file.read(CHUNK + TAG)
            while True:
                following = file.read(CHUNK + TAG)
                yield cipher.decrypt(_nonce(number, not following), chunk, FIRST)
                if not following:
                    return
                number, chunk = number + 1, following
    except (InvalidTag, ValueError) as broken:
        raise Trouble(
            f"{path} was changed, was cut off, or was sealed with another key.\n"
            f"Use another backup (jiedao backup list), or the right backup.key."
        ) from broken
    except OSError as missing:
        raise Trouble(f"{path} cannot be read ({missing.strerror}).") from missing


def _key(key: bytes, salt: bytes, name: str) -> bytes:
    return HKDF(SHA256(), 32, salt, b"jiedao backup\0" + name.encode()).derive(key)


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")


class Unsealed:
    """A sealed file as something that can be read from, for those who want a file (tarfile)."""

    def __init__(self, path: Path, key: bytes, name: str) -> None:
        self._chunks = opened(path, key, name)
        self._held = b""

    def read(self, size: int = -1) -> bytes:
        parts, count = [self._held], len(self._held)
        while size < 0 or count < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            parts.append(chunk)
            count += len(chunk)
        whole = b"".join(parts)
        cut = len(whole) if size < 0 else size
        self._held = whole[cut:]
        return whole[:cut]
