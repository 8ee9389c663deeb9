"""The vault (密钥箱): one master key on disk, a key per subject under it; erasing a subject deletes its key.

What is sealed is bound to what it is about, so a sealed phone cannot be moved into another person's row.
"""

import contextlib
import hmac
import os
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from jiedao.kit.ports import chance
from jiedao.kit.refusal import Refused

KEY_LENGTH = 32
_NONCE = 12
# Stands before everything sealed: another cipher (SM4) or another master key can follow without guessing.
_FIRST = b"\x01"


_CHECKOUT = Path(__file__).resolve().parents[2]
_chosen: Path | None = None


def use(path: Path | None) -> None:
    """Which master key this process works with, once its settings are known; None: where it lies by default."""
    global _chosen
    _chosen = path
    _derived.cache_clear()


def key_file() -> Path:
    """Where the master key lies: as chosen, as MASTER_KEY_FILE says, or in the data folder."""
    if _chosen:
        return _chosen
    if written := os.environ.get("MASTER_KEY_FILE"):
        return Path(written)
    return Path(os.environ.get("JIEDAO_HOME") or _CHECKOUT / "var") / "keys" / "master.key"


def make_master() -> Path:
    """The master key's file; made once, never written again.

    Whether there is already data that an older key sealed is for the caller to ask before it calls.
    """
    path = key_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        return path
    draft = path.with_name(f".master.{os.getpid()}.{chance.secret(6).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(chance.secret(KEY_LENGTH).hex().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: of two first starts at the same instant the second must not replace the key
        # under which the first has already sealed something.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    _keep(path.parent)
    return path


def _keep(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_master() -> bytes:
    path = key_file()
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        raise Refused("no_master_key", path=str(path)) from None
    except PermissionError:
        raise Refused("master_key_closed", path=str(path)) from None
    except ValueError:
        raise Refused("bad_master_key", path=str(path)) from None
    if len(key) != KEY_LENGTH:
        raise Refused("bad_master_key", path=str(path))
    return key


def is_exposed() -> bool:
    """Whether others of this machine could read the master key."""
    return bool(key_file().stat().st_mode & 0o077)


@lru_cache(maxsize=8)
def _derived(path: Path, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_LENGTH, salt=None, info=b"jiedao " + purpose).derive(read_master())


def _key_for(purpose: bytes) -> bytes:
    """A key for one purpose, so that what a blind hash gives away says nothing about the wrapping."""
    return _derived(key_file(), purpose)


def new_key() -> bytes:
    """A key for one subject. Chance is the system's even in a rehearsal."""
    return chance.secret(KEY_LENGTH)


def wrap(key: bytes, subject: str) -> bytes:
    """The subject's key, sealed under the master key; it opens for this subject only."""
    return seal_bytes(_key_for(b"wrap"), key, f"key of {subject}")


def unwrap(wrapped: bytes, subject: str) -> bytes:
    return open_bytes(_key_for(b"wrap"), wrapped, f"key of {subject}")


def seal(key: bytes, text: str, about: str = "") -> bytes:
    return seal_bytes(key, text.encode(), about)


def open_(key: bytes, sealed: bytes, about: str = "") -> str:
    return open_bytes(key, sealed, about).decode()


def seal_bytes(key: bytes, content: bytes, about: str = "") -> bytes:
    nonce = chance.secret(_NONCE)
    return _FIRST + nonce + AESGCM(key).encrypt(nonce, content, about.encode())


def open_bytes(key: bytes, sealed: bytes, about: str = "") -> bytes:
    """Refused alike for another key, another subject, a changed byte or a cut end: they cannot be told apart."""
    sealed = bytes(sealed)  # the database driver gives a memoryview
    nonce, content = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    try:
        if sealed[:1] != _FIRST:
            raise InvalidTag
        return AESGCM(key).decrypt(nonce, content, about.encode())
    except (InvalidTag, ValueError):
        raise Refused("unreadable", about=about) from None


def blind(text: str, about: str = "") -> bytes:
    """A keyed hash by which a phone or a code is found without being stored.

    It hashes what it is given: write the phone in one way first (`text.plain_phone`).
    """
    return hmac.digest(_key_for(b"blind"), f"{about}\0{text}".encode(), sha256)
