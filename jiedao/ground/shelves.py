"""Shelves (存放处): where stored files lie, a folder of this machine or a bucket of any S3; the store knows one of them.

A path on a shelf is relative, by district and year. What was put is there after a crash, whole or not at all.
"""

import base64
import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from django.conf import settings

from jiedao.kit.refusal import Refused

MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
TAKEN = frozenset({"PreconditionFailed", "412", "ConditionalRequestConflict"})
LOT = 1000


@dataclass(frozen=True, slots=True)
class Kept:
    """One file on a shelf."""

    path: str
    at: datetime
    size: int


class Shelf(Protocol):
    """What the store asks of a shelf. `FileNotFoundError` where there is nothing; `store_down` where it cannot say."""

    def put(self, path: str, content: bytes, *, fresh: bool = False) -> bool: ...

    def get(self, path: str) -> bytes: ...

    def has(self, path: str) -> bool: ...

    def drop(self, path: str) -> None: ...

    def each(self, prefix: str = "") -> Iterator[Kept]: ...


def shelf() -> Shelf:
    """The one this installation works with, by its setting."""
    return named(settings.FILES_STORE)


def named(kind: str) -> Shelf:
    """A shelf by its word: `disk` or `s3`. Refuses `unknown_store` for any other."""
    if kind == "disk":
        return Disk(Path(settings.MEDIA_ROOT))
    if kind == "s3":
        place = (settings.S3_ENDPOINT, settings.S3_BUCKET, settings.S3_REGION, settings.S3_PREFIX)
        return _bucket(*place, settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY)
    raise Refused("unknown_store", given=str(kind)[:40])


def proper(path: str) -> str:
    """The path itself if it stays on its shelf; `FileNotFoundError` for one that would leave it."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or "\\" in path or "\0" in path or {"..", "."} & set(parts):
        raise FileNotFoundError(path)
    return path


class Disk:
    """A folder, synced file by file: a row must never point at nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, path: str, content: bytes, *, fresh: bool = False) -> bool:
        """Writes and syncs. `fresh`: only if there is none yet; says whether it was written."""
        target = self._target(path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = target.with_name(f".{target.name}.{os.getpid()}.{id(content)}.part")
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            try:
                # A link, not a rename, where the first shall stay: of two at once one of them fails.
                os.link(draft, target) if fresh else draft.rename(target)
            except FileExistsError:
                return False
            finally:
                draft.unlink(missing_ok=True)
            _sync(target.parent)
        except OSError as full:
            raise Refused("store_down", why=type(full).__name__) from full
        return True

    def get(self, path: str) -> bytes:
        return self._target(path).read_bytes()

    def has(self, path: str) -> bool:
        return self._target(path).is_file()

    def drop(self, path: str) -> None:
        self._target(path).unlink(missing_ok=True)

    def each(self, prefix: str = "") -> Iterator[Kept]:
        """Every file below a folder."""
        for file in (self.root / prefix).rglob("*"):
            with contextlib.suppress(FileNotFoundError):  # taken away while we look
                if file.is_file() and not file.name.endswith(".part"):
                    found = file.stat()
                    at = datetime.fromtimestamp(found.st_mtime, UTC)
                    yield Kept(str(file.relative_to(self.root)), at, found.st_size)

    def _target(self, path: str) -> Path:
        target = (self.root / proper(path)).resolve()
        if not target.is_relative_to(self.root.resolve()):
            raise FileNotFoundError(path)
        return target


class Bucket:
    """A bucket of any S3. The service checks each file's hash when it comes and the client when it goes."""

    def __init__(self, client: Any, bucket: str, prefix: str = "") -> None:
        self.client, self.bucket, self.prefix = client, bucket, prefix.strip("/")

    def put(self, path: str, content: bytes, *, fresh: bool = False) -> bool:
        """Stores one file with its hash; `fresh` leaves what is there."""
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        more = {"IfNoneMatch": "*"} if fresh else {}
        with self._asking() as failed:
            self.client.put_object(**self._key(path), Body=content, ChecksumSHA256=digest, **more)
        return failed.code not in TAKEN

    def get(self, path: str) -> bytes:
        """Reads one file; what does not fit its hash is not handed out."""
        with self._asking() as failed:
            found = self.client.get_object(**self._key(path), ChecksumMode="ENABLED")
            content: bytes = found["Body"].read()
            given = found.get("ChecksumSHA256")
            if given and base64.b64encode(hashlib.sha256(content).digest()).decode() != given:
                raise Refused("store_down", why="hash")
            return content
        raise FileNotFoundError(path) if failed.code in MISSING else AssertionError(failed.code)

    def has(self, path: str) -> bool:
        with self._asking() as failed:
            self.client.head_object(**self._key(path))
        return failed.code not in MISSING

    def drop(self, path: str) -> None:
        with self._asking():
            self.client.delete_object(**self._key(path))

    def each(self, prefix: str = "") -> Iterator[Kept]:
        """Every file whose path begins so, a thousand at a time."""
        begins = "/".join(part for part in (self.prefix, prefix.strip("/")) if part)
        with self._asking():
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=f"{begins}/" if begins else "", PaginationConfig={"PageSize": LOT}
            )
            for page in pages:
                for found in page.get("Contents", []):
                    path = found["Key"].removeprefix(f"{self.prefix}/" if self.prefix else "")
                    yield Kept(path, found["LastModified"], found["Size"])

    def _key(self, path: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": "/".join(part for part in (self.prefix, proper(path)) if part)}

    @contextlib.contextmanager
    def _asking(self) -> Iterator["_Failed"]:
        """Tells what is not there or was there from what did not work."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 -- slow import

        failed = _Failed()
        try:
            yield failed
        except ClientError as error:
            failed.code = str(error.response.get("Error", {}).get("Code", ""))
            if failed.code not in MISSING | TAKEN:
                raise Refused("store_down", why=failed.code) from error
        except BotoCoreError as error:
            raise Refused("store_down", why=type(error).__name__) from error


@dataclass
class _Failed:
    code: str = ""


@lru_cache(maxsize=4)
def _bucket(endpoint: str, bucket: str, region: str, prefix: str, key: str, secret: str) -> Bucket:
    import boto3  # noqa: PLC0415 -- slow import
    from botocore.config import Config  # noqa: PLC0415 -- slow import

    if not bucket:
        raise Refused("unknown_store", given="S3_BUCKET")
    patience = Config(connect_timeout=3, read_timeout=15, retries={"max_attempts": 2}, s3={"addressing_style": "path"})
    named: dict[str, Any] = {"endpoint_url": endpoint or None, "region_name": region or None}
    if key:
        named |= {"aws_access_key_id": key, "aws_secret_access_key": secret}
    return Bucket(boto3.client("s3", config=patience, **named), bucket, prefix)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
