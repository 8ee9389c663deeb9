"""The ground of tiles (底图): off unless set; fetched once, kept with a limit, only images, only from the host that was named."""

import gzip
import json
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.test import Client

from jiedao.doors.web import basemap, pmtiles
from tests.desks import Colleague

pytestmark = pytest.mark.usefixtures("in_gulou")

PNG = b"\x89PNG\r\n\x1a\n" + b"tile"


class _Tiles(BaseHTTPRequestHandler):
    """A service of tiles on this machine: knows one, and several ways to be bad."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        if self.path.startswith("/3/7/"):
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/")
            self.end_headers()
            return
        body = {"/3/6/3": PNG, "/3/6/4": b"<html>no tile</html>", "/3/6/5": PNG + b"x" * basemap.MOST}.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def service(settings, tmp_path, monkeypatch) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Tiles)
    server.asked = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    settings.BASEMAP_URL = f"http://localhost:{port}/{{z}}/{{x}}/{{y}}"
    settings.JIEDAO_HOME = tmp_path
    monkeypatch.setenv("OUTBOUND_HOSTS", f"localhost:{port}")
    yield server
    server.shutdown()
    server.server_close()


def test_without_a_setting_there_is_no_ground_and_no_tile():
    by = Colleague("dispatcher")

    assert "data-ground" not in by.get("/map/").content.decode()
    assert by.get("/tiles/3/6/3/").status_code == 404


def test_a_tile_is_fetched_once_and_kept(service):
    by = Colleague("dispatcher")

    first, again = by.get("/tiles/3/6/3/"), by.get("/tiles/3/6/3/")

    assert (first.content, again.content) == (PNG, PNG)
    assert first.headers["Content-Type"] == "image/png"
    assert service.asked == ["/3/6/3"]


@pytest.mark.parametrize("place", ["3/6/4", "3/6/5", "3/6/6", "3/7/1"])
def test_what_is_no_tile_is_an_empty_answer_and_is_not_kept(service, place):
    assert Colleague("dispatcher").get(f"/tiles/{place}/").status_code == 204
    assert list(basemap._files()) == []


@pytest.mark.parametrize("place", ["19/0/0", "3/8/0", "3/0/8", "99999999999/0/0"])
def test_places_outside_the_world_are_not_asked_for(service, place):
    assert Colleague("dispatcher").get(f"/tiles/{place}/").status_code == 404
    assert service.asked == []


def test_a_host_that_the_operator_did_not_name_is_never_asked(service, monkeypatch):
    monkeypatch.setenv("OUTBOUND_HOSTS", "")

    assert Colleague("dispatcher").get("/tiles/3/6/3/").status_code == 204
    assert service.asked == []


def test_strangers_get_no_tile(service):
    assert Client().get("/tiles/3/6/3/", headers={"host": "gulou.localhost"}).status_code == 302
    assert service.asked == []


def test_the_disk_has_a_limit_and_the_oldest_goes_first(service):
    for x in range(10):
        path = basemap.folder() / "3" / str(x) / "0"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x" * 1000)
        __import__("os").utime(path, (x, x))

    gone = basemap.shrink(5_000)

    left = sorted(path.parent.name for path, _, _ in basemap._files())
    assert gone == 6
    assert left == ["6", "7", "8", "9"]


def test_the_page_names_our_own_host_and_the_system(service, settings):
    settings.BASEMAP_SYSTEM = "gcj02"
    from django.test import RequestFactory

    told = json.loads(basemap.told(RequestFactory().get("/map/", headers={"host": "gulou.localhost"})))

    assert told["tiles"] == "http://gulou.localhost/tiles/{z}/{x}/{y}/"
    assert told["system"] == "gcj02"


def archive(path: Path, tiles: dict[tuple[int, int, int], bytes], leaf: bool) -> None:
    """A PMTiles file of version 3 with these tiles; its directory in a leaf or in the root."""

    def varint(value: int) -> bytes:
        found = b""
        while value > 127:
            found += bytes([value & 127 | 128])
            value >>= 7
        return found + bytes([value])

    def directory(entries: list[tuple[int, int, int, int]]) -> bytes:
        columns = [varint(len(entries))]
        columns += [varint(b[0] - a[0]) for a, b in zip([(0,), *entries], entries, strict=False)]
        for column in (1, 3):
            columns += [varint(entry[column]) for entry in entries]
        columns += [varint(entry[2] + 1) for entry in entries]
        return gzip.compress(b"".join(columns))

    body, entries = b"", []
    for place, tile in sorted(tiles.items(), key=lambda item: pmtiles.number(*item[0])):
        entries.append((pmtiles.number(*place), 1, len(body), len(tile)))
        body += tile
    inner = directory(entries)
    root = directory([(entries[0][0], 0, 0, len(inner))]) if leaf else inner
    leaves = inner if leaf else b""
    at = pmtiles.HEADER + len(root)
    head = b"PMTiles\x03" + struct.pack(
        "<8Q", pmtiles.HEADER, len(root), at, 0, at, len(leaves), at + len(leaves), len(body)
    )
    head = head.ljust(97, b"\0") + bytes([2, 1]) + b"\0" * 28
    path.write_bytes(head + root + leaves + body)


@pytest.mark.parametrize("leaf", [False, True])
def test_tiles_come_out_of_a_file(tmp_path, settings, leaf):
    path = tmp_path / "ground.pmtiles"
    archive(path, {(0, 0, 0): PNG + b"0", (3, 6, 3): PNG + b"3"}, leaf)
    settings.BASEMAP_URL = str(path)

    assert Colleague("dispatcher").get("/tiles/3/6/3/").content == PNG + b"3"
    assert pmtiles.tile(path, 0, 0, 0) == PNG + b"0"
    assert pmtiles.tile(path, 3, 6, 4) is None


@pytest.mark.parametrize(
    ("place", "number"),
    [((0, 0, 0), 0), ((1, 0, 0), 1), ((1, 0, 1), 2), ((1, 1, 1), 3), ((1, 1, 0), 4), ((2, 0, 0), 5)],
)
def test_tiles_are_numbered_along_the_curve(place, number):
    assert pmtiles.number(*place) == number


@pytest.mark.parametrize("junk", [b"", b"PMTiles\x02", b"PMTiles\x03" + b"\xff" * 200])
def test_a_file_that_is_none_of_ours_has_no_tile(tmp_path, junk):
    path = tmp_path / "junk"
    path.write_bytes(junk)
    assert pmtiles.tile(path, 3, 6, 3) is None
