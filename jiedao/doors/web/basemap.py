"""The ground of tiles (底图): fetched and kept by our server, served by our own host; off unless an operator sets one (R18).

`BASEMAP_URL` is an address with {z}, {x}, {y} (天地图 or any XYZ service; its key stays here) or the path of a PMTiles
file. Its coordinate system is declared: on a GCJ-02 ground the browser shifts what it draws, and nothing else changes.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from jiedao.doors.web import pmtiles
from jiedao.doors.web.who import staff
from jiedao.ground.places.coords import SYSTEMS
from jiedao.kit import ports
from jiedao.kit.refusal import Refused

KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}
MOST = 1_000_000
"""Bytes a tile may have."""
FARTHEST = 20


def told(request: HttpRequest) -> str:
    """What a map must know of the ground, as JSON. Empty where none is set."""
    if not settings.BASEMAP_URL:
        return ""
    # MapLibre reads tile addresses in a worker, which has no page to be relative to.
    path = reverse("tile", args=[0, 0, 0]).removesuffix("0/0/0/") + "{z}/{x}/{y}/"
    return json.dumps(
        {
            "tiles": f"{request.scheme}://{request.get_host()}{path}",
            "system": settings.BASEMAP_SYSTEM if settings.BASEMAP_SYSTEM in SYSTEMS else "wgs84",
            "far": min(settings.BASEMAP_MAX_ZOOM, FARTHEST),
            "credit": settings.BASEMAP_CREDIT,
        },
        ensure_ascii=False,
    )


@require_GET
@staff
def tile(request: HttpRequest, z: int, x: int, y: int) -> HttpResponse:
    """One tile: from the disk, else fetched once and kept. A tile that is not there is an empty answer, not a fault."""
    far = min(settings.BASEMAP_MAX_ZOOM, FARTHEST)
    if not settings.BASEMAP_URL or z > far or x >= 1 << z or y >= 1 << z:
        raise Http404
    body = _held(z, x, y)
    kind = next((kind for sign, kind in KINDS.items() if body.startswith(sign)), "")
    if not kind:
        return HttpResponse(status=204)
    answer = HttpResponse(body, content_type=kind)
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer


def _held(z: int, x: int, y: int) -> bytes:
    url = settings.BASEMAP_URL
    if not url.startswith(("http://", "https://")):
        return pmtiles.tile(Path(url), z, x, y) or b""
    path = folder() / str(z) / str(x) / str(y)
    if path.is_file():
        return path.read_bytes()
    body = _fetched(url.replace("{z}", str(z)).replace("{x}", str(x)).replace("{y}", str(y)))
    if body:
        _keep(path, body)
    return body


def _fetched(url: str) -> bytes:
    """The tile as the service gives it. Empty if it gives none, or none that we take: the map is whole without it."""
    try:
        answer = ports.http.send("GET", url, within=3.0, most=MOST)
    except (Refused, ports.Unreachable):
        return b""
    is_image = any(answer.body.startswith(sign) for sign in KINDS)
    return answer.body if answer.status == 200 and is_image else b""


def folder() -> Path:
    """Where tiles of this very service lie: another address begins anew."""
    name = hashlib.sha256(settings.BASEMAP_URL.encode()).hexdigest()[:16]
    return Path(settings.JIEDAO_HOME) / "tiles" / name


def _keep(path: Path, body: bytes) -> None:
    """Written aside and moved, so that nobody reads half of it; now and then what is over the limit is dropped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}.{ports.chance.randint(0, 1 << 30)}")
    aside.write_bytes(body)
    aside.replace(path)
    if ports.chance.randint(1, 50) == 1:
        shrink(settings.BASEMAP_CACHE_MB * 1_000_000)


def shrink(most: int) -> int:
    """Drops the tiles asked for longest ago until the rest is below nine tenths of the limit. How many went."""
    files = sorted(_files(), key=lambda one: one[1])
    total, gone = sum(size for _, _, size in files), 0
    if total <= most:
        return 0
    for path, _, size in files:
        if total <= most * 9 // 10:
            break
        path.unlink(missing_ok=True)
        total -= size
        gone += 1
    return gone


def _files() -> Iterator[tuple[Path, float, int]]:
    for path in folder().rglob("*"):
        if path.is_file():
            found = path.stat()
            yield path, max(found.st_atime, found.st_mtime), found.st_size
