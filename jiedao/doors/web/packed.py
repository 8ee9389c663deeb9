"""Packed files (静态文件压缩): styles and scripts go out compressed, packed once into the data folder as the pages start."""

import gzip
import hashlib
import os
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

KINDS = frozenset({".css", ".js", ".mjs", ".svg"})
WORTH = 600
"""Bytes below which packing gains nothing: it is one packet either way."""


class PackedMiddleware(WhiteNoiseMiddleware):
    """Serves what whitenoise serves, with a packed copy beside each file that gains by it."""

    def get_static_file(self, path: str, url: str, stat_cache: Any = None) -> Any:
        packed = pack(Path(path)) if stat_cache is not None else None
        if packed is None:
            return super().get_static_file(path, url, stat_cache=stat_cache)
        headers = Headers([])
        self.add_mime_headers(headers, path, url)
        self.add_cache_headers(headers, path, url)
        stat_cache[str(packed)] = packed.stat()
        return StaticFile(path, headers.items(), stat_cache=stat_cache, encodings={"gzip": str(packed)})


def pack(file: Path) -> Path | None:
    """The packed copy of a file, by its content. None where it gains nothing or cannot be kept: it goes out plain then."""
    if file.suffix not in KINDS or file.stat().st_size < WORTH:
        return None
    content = file.read_bytes()
    copy = settings.JIEDAO_HOME / "packed" / f"{hashlib.sha256(content).hexdigest()[:32]}.gz"
    try:
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            draft = copy.with_suffix(f".{os.getpid()}")
            draft.write_bytes(gzip.compress(content, 9, mtime=0))
            draft.replace(copy)  # whole or not at all: several processes start at once
    except OSError:
        return None
    return copy
