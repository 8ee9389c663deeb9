"""PMTiles (离线底图文件): one tile out of a version 3 archive on our disk; raster tiles, read in place."""

import gzip
import struct
import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from struct import unpack_from
from typing import Any

HEADER = 127
GZIP = 2
DEEPEST = 4
"""Directories within directories; the format needs two."""
MOST = 4_000_000
"""Bytes of a directory or a tile that we read."""


def tile(path: Path, z: int, x: int, y: int) -> bytes | None:
    """A tile. None if the file is none of ours, or has no such tile."""
    try:
        return _tile(path, z, x, y)
    except (OSError, ValueError, IndexError, EOFError, StopIteration, zlib.error, struct.error):
        return None


def _tile(path: Path, z: int, x: int, y: int) -> bytes | None:
    head = _head(path, path.stat().st_mtime_ns)
    wanted, at, length = number(z, x, y), head["root"][0], head["root"][1]
    for _ in range(DEEPEST):
        found = _entry(_directory(path, head["stamp"], at, length, head["packed"]), wanted)
        if found is None:
            return None
        run, offset, length = found
        if run:
            body = _read(path, head["data"] + offset, length)
            return gzip.decompress(body) if head["tile_packed"] else body
        at = head["leaves"] + offset
    return None


@lru_cache(maxsize=4)
def _head(path: Path, stamp: int) -> dict[str, Any]:
    raw = _read(path, 0, HEADER)
    if raw[:7] != b"PMTiles" or raw[7] != 3:
        raise ValueError("no PMTiles of version 3")
    root, root_length, _, _, leaves, _, data = unpack_from("<7Q", raw, 8)
    return {
        "root": (root, root_length),
        "leaves": leaves,
        "data": data,
        "packed": raw[97] == GZIP,
        "tile_packed": raw[98] == GZIP,
        "stamp": stamp,
    }


@lru_cache(maxsize=64)
def _directory(path: Path, stamp: int, at: int, length: int, packed: bool) -> list[tuple[int, int, int, int]]:
    """Entries as (tile, run, offset, length), in order."""
    raw = _read(path, at, length)
    numbers = _varints(gzip.decompress(raw) if packed else raw)
    count, last = next(numbers), 0
    ids = [last := last + next(numbers) for _ in range(count)]
    runs = [next(numbers) for _ in range(count)]
    lengths = [next(numbers) for _ in range(count)]
    offsets: list[int] = []
    for index in range(count):
        told = next(numbers)
        offsets.append(offsets[-1] + lengths[index - 1] if told == 0 and index else told - 1)
    return list(zip(ids, runs, offsets, lengths, strict=True))


def _entry(entries: list[tuple[int, int, int, int]], wanted: int) -> tuple[int, int, int] | None:
    before = [entry for entry in entries if entry[0] <= wanted]
    if not before:
        return None
    first, run, offset, length = before[-1]
    return (run, offset, length) if run == 0 or wanted < first + run else None


def number(z: int, x: int, y: int) -> int:
    """The tile's number: all smaller zooms, then its place on the Hilbert curve."""
    total, side = ((1 << (2 * z)) - 1) // 3, 1 << z
    step = side >> 1
    while step:
        right, down = int(x & step > 0), int(y & step > 0)
        total += step * step * ((3 * right) ^ down)
        if not down:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        step >>= 1
    return total


def _varints(raw: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in raw:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0


def _read(path: Path, at: int, length: int) -> bytes:
    if length > MOST:
        raise ValueError("too long")
    with path.open("rb") as file:
        file.seek(at)
        return file.read(length)
