"""Parsers of outside input (外来输入的解析): every reader of bytes or text that somebody sends, with inputs that it takes.

A file or text that reaches us from outside is read by one of these; `tests/test_parsers.py` says which modules must be here.
"""

import contextlib
import json
from pathlib import Path
from typing import Any

import msgspec

from jiedao.doors.api.positions import PositionsGiven, _OwnTracks, _Traccar
from jiedao.doors.exchange import sheets, tables
from jiedao.doors.notify import addresses
from jiedao.doors.package.read import read_shapes
from jiedao.doors.readers import READERS
from jiedao.doors.web import pmtiles, shift
from jiedao.ground.db.home import CHECKOUT
from jiedao.ground.places import files
from jiedao.kit import ports
from jiedao.kit.limits import Limit
from jiedao.kit.refusal import Refused
from jiedao.kit.text import alike, clean, fold, mask_address, mask_free, mask_name, mask_phone, plain_phone
from jiedao.lines.patrol import gpx
from jiedao.lines.processes import edits
from jiedao.lines.scores import rules
from jiedao.record import definition
from tests.fuzz import Parser, on_disk

HERE = Path(definition.__file__).parent / "processes"
RULES = CHECKOUT / "jiedao" / "packages" / "scores"
TRACK = (
    b'<gpx version="1.1"><trk><trkseg><trkpt lat="22.71" lon="113.91"><time>2026-11-22T01:02:03Z</time></trkpt>'
    b"</trkseg></trk></gpx>"
)
BORDERS = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"code": "g1"},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[118.7, 32.0], [118.8, 32.0], [118.8, 32.1], [118.7, 32.0]]],
                },
            }
        ],
    }
).encode()
LIST = "编码,事项,主责单位,时限\nstreet-lights,路灯不亮,urban,3 working_days\n".encode()
PLACES = b'{"points":[{"lon":113.9,"lat":22.7,"at":1790000000,"accuracy":5}],"sent_at":1790000001}'
TRACCAR = (
    b'{"position":{"latitude":22.7,"longitude":113.9,"fixTime":"2026-11-22T01:02:03Z","accuracy":5},'
    b'"device":{"uniqueId":"7"}}'
)


def text(given: bytes) -> str:
    return given.decode("utf-8", "replace")


def sheet(path: Path) -> None:
    for found in sheets.sheets(path):
        for _ in found.rows:
            pass


def masks(given: bytes) -> None:
    """Everything that is done to words on their way in; the masked text must hold no number of eleven digits."""
    told = text(given)
    for mask in (fold, mask_name, mask_phone, plain_phone, mask_address):
        mask(told)
    cleaned = clean(told, 5_000)
    assert "13812345678" not in mask_free(cleaned)
    assert 0 <= alike(cleaned, cleaned[::-1]) <= 1


def readers(given: bytes) -> None:
    """The readers of single fields that ask no database."""
    kinds = ("line", "long", "word", "number", "yes_no", "limit", "moment", "date", "money", "basis", "point")
    for kind in kinds:
        try:
            if kind == "point":
                from jiedao.doors import readers as fields

                fields.read("point", "at", {"at": text(given).split(",")}, by=None, options={})
            else:
                READERS[kind]("x", text(given), None, {})  # type: ignore[arg-type]
        except Refused:
            continue


def channel(given: bytes) -> None:
    for kind in addresses.WAYS:
        try:
            addresses.read(kind, text(given))
        except Refused:
            continue


def out(given: bytes) -> None:
    """An address that is called, and the operator's list of hosts: never a connection, whatever is written."""
    http = ports.Http(lambda: "example.org:443", lambda host, port: ["127.0.0.1"])
    with contextlib.suppress(Refused):
        http._permit(text(given))
    ports.targets(text(given))


def positions(given: bytes) -> None:
    for shape in (PositionsGiven, _Traccar, _OwnTracks):
        try:
            msgspec.json.decode(given, type=shape)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue


def tile(path: Path) -> Any:
    return pmtiles.tile(path, 0, 0, 0)


PARSERS = (
    Parser("sheets", on_disk(sheet, ".csv"), (LIST, '\ufeffa,b\n1,"2\n3"\n'.encode(), LIST.decode().encode("gb18030"))),
    Parser("items", on_disk(tables.items_of, ".csv"), (LIST,)),
    Parser("gpx", gpx.read, (TRACK,)),
    Parser("borders", lambda given: [files.features(given, system) for system in ("wgs84", "gcj02")], (BORDERS,)),
    Parser("shapes", on_disk(read_shapes, ".geojson"), (BORDERS,)),
    Parser("process", lambda given: definition.parse(text(given)), ((HERE / "two_way.yaml").read_bytes()[:3_000],)),
    Parser(
        "rule",
        lambda given: rules.problems(text(given)),
        (next(iter(sorted(RULES.glob("*.yaml")))).read_bytes()[:3_000],),
    ),
    Parser("limit", lambda given: Limit(text(given)), (b"4 working_hours", b"10 calendar_days")),
    Parser("words", masks, ("张三丰，电话 13812345678，住解放里 3 号楼 402".encode(), b"320106199001011234")),
    Parser("fields", readers, (b"2026-11-22T10:00", b"3 working_days", b"118.7,32.0", "城市绿化条例 第22条".encode())),
    Parser("channel", channel, (b"a@example.org", b"wecombot://0123456789abcdef", b"json://127.0.0.1:80/x")),
    Parser("outbound", out, (b"https://example.org/x?a=b", b"example.org:443=10.0.0.0/8")),
    Parser("positions", positions, (PLACES, TRACCAR, b'{"_type":"location","lat":1,"lon":2,"tst":3,"acc":4}')),
    Parser("points", shift._points, (b'{"points":[[113.9,22.7,1790000000,5]],"sent_at":1790000001}',)),
    Parser("edits", lambda given: edits.load(text(given)), ((HERE / "two_way.yaml").read_bytes()[:3_000],)),
    Parser("pmtiles", on_disk(tile, ".pmtiles"), (b"PMTiles\x03" + bytes(119) + b"\x01\x00\x01\x01\x01",)),
)
"""Pictures, PDFs and voice notes go through a child process of their own and have tests of their own (G24)."""
