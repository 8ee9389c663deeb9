"""A ground of tiles in a real browser (底图浏览器测试): drawn from our own host alone, shifted where it is in GCJ-02."""

import struct
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from jiedao.ground.places.coords import to_gcj02
from tests import patrols
from tests.browser.test_command_browser import at_work, filed, ready, sign_in, squad  # noqa: F401 -- fixtures
from tests.conftest import Site, _other_database, _serving, free_port

pytestmark = [pytest.mark.browser, pytest.mark.nightly]

GREEN = (40, 160, 90)


def _png(colour: tuple[int, int, int], size: int = 256) -> bytes:
    """A square of one colour."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + bytes(colour) * size) * size)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


class _Tiles(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = _png(GREEN)
        self.server.asked.append((self.client_address[0], self.path))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def tiles() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Tiles)
    server.asked = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def site(cluster, template, django_db_setup, django_db_blocker, tiles, tmp_path_factory):
    """The pages as an operator has set them: tiles of a host that is named, in GCJ-02, with what its licence wants."""
    port = free_port()
    host = f"localhost:{tiles.server_address[1]}"
    how = {
        "BASEMAP_URL": f"http://{host}/{{z}}/{{x}}/{{y}}", "BASEMAP_SYSTEM": "gcj02", "OUTBOUND_HOSTS": host,
        "BASEMAP_CREDIT": "演示底图 GS(2026)0000",
    }  # fmt: skip
    with _other_database(cluster, template, django_db_blocker) as name, _serving("live", PORT=str(port)) as live:
        with _serving("serve", at=port, LIVE_URL=f"http://{{host}}:{live}", **how):
            found = Site(port, name)
            found.live_port = live
            yield found


def test_tiles_come_from_our_own_host_and_what_is_drawn_on_them_is_shifted(desk, squad, tiles):  # noqa: F811
    case = filed()
    page = sign_in(desk)
    desk.open(f"/map/?case={case.number}")
    ready(page)

    page.wait_for_function("() => document.querySelector('jd-command-map').map.isSourceLoaded('below')")
    assert len(tiles.asked) > 0
    drawn = page.evaluate("p => document.querySelector('jd-command-map').onto(p)", list(patrols.PARK))
    assert drawn == pytest.approx(to_gcj02(*patrols.PARK), abs=1e-6)
    assert page.inner_text("jd-command-map .credit") == "演示底图 GS(2026)0000"

    colour = page.evaluate(
        """() => new Promise(done => {
          const map = document.querySelector("jd-command-map").map;
          map.once("render", () => {
            const gl = map.getCanvas().getContext("webgl2"), pixel = new Uint8Array(4);
            gl.readPixels(8, 8, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
            done([...pixel.slice(0, 3)]);
          });
          map.triggerRepaint();
        })"""
    )
    assert colour == pytest.approx(list(GREEN), abs=3)
