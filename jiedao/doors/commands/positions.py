"""Read a GPX track (轨迹文件) into the shift of one person, for trial; what is not stored is counted by its reason."""

import argparse
import json
from collections import Counter
from pathlib import Path

from jiedao.doors import words
from jiedao.ground import finding
from jiedao.ground.db.home import Trouble
from jiedao.ground.districts import district
from jiedao.kit.clock import now
from jiedao.kit.refusal import Refused
from jiedao.lines.patrol import devices, gpx, taking
from jiedao.lines.patrol.sorting import Point

BATCH = 2_000
EXAMPLES = """
  jiedao positions gpx round.gpx --district guangming --person P-0007
  jiedao positions gpx old.gpx --district guangming --person P-0007 --as-now       its last point is now
  jiedao positions gpx phone.gpx --district guangming --person P-0007 --system gcj02

Points are stored as any device's are: within a shift and while its person shares the position, of the last thirty days.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["gpx"], help="the format of the file")
    parser.add_argument("file", type=Path, help="the track")
    parser.add_argument("--district", required=True, help="label or code of the district")
    parser.add_argument("--person", required=True, help="code of the person who carried the device")
    parser.add_argument("--system", default="wgs84", help="the system the points are in (default wgs84)")
    parser.add_argument("--as-now", action="store_true", help="move the times so that the last point is now")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    try:
        points = gpx.read(args.file.read_bytes())
    except OSError as fault:
        raise Trouble(f"{args.file} cannot be read: {fault.strerror}.") from None
    except Refused as refused:
        raise Trouble(words.say(refused, "en").text) from None
    if args.as_now:
        points = gpx.moved(points, now().timestamp())
    with district(args.district):
        stored, reasons = _take(args.person, args.system, points)
    if args.json:
        print(json.dumps({"points": len(points), "stored": stored, "reasons": reasons}))
    else:
        print(f"{len(points)} points, {stored} stored" + "".join(f", {n} {why}" for why, n in reasons.items()))
    return 0 if stored else 1


def _take(code: str, system: str, points: list[Point]) -> tuple[int, dict[str, int]]:
    person = finding.person(code)
    if person is None:
        raise Trouble(f"Nobody here has the code {code}; the page of the organisation shows them.")
    stored, reasons = 0, Counter[str]()
    try:
        sender = devices.trial_sender(person, system)
        for start in range(0, len(points), BATCH):
            taken = taking.take(sender, points[start : start + BATCH])
            stored += taken.stored
            reasons.update(taken.reasons)
    except Refused as refused:
        raise Trouble(words.say(refused, "en").text) from None
    return stored, dict(reasons)
