"""Signing (签名): one Ed25519 key of the installation, beside the master key; its public half may go anywhere."""

import contextlib
import os
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jiedao.kit import vault
from jiedao.kit.ports import chance
from jiedao.kit.refusal import Refused


def key_file() -> Path:
    return vault.key_file().with_name("seal.key")


@lru_cache(maxsize=4)
def _key(path: Path) -> Ed25519PrivateKey:
    """Made at first use; of two first uses at one instant, the link lets only one key win."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".seal.{os.getpid()}.{chance.secret(4).hex()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(chance.secret(32).hex().encode())
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text().strip()))
    except (ValueError, PermissionError):
        raise Refused("bad_seal_key", path=str(path)) from None


def sign(content: bytes) -> bytes:
    """64 bytes."""
    return _key(key_file()).sign(content)


def public_key() -> bytes:
    """32 bytes, to be kept where the database's owner cannot reach."""
    return _key(key_file()).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def holds(content: bytes, signature: bytes, by: bytes | None = None) -> bool:
    """Whether the signature is the installation's, or that of another public key."""
    try:
        Ed25519PublicKey.from_public_bytes(by or public_key()).verify(signature, content)
    except InvalidSignature:
        return False
    return True
