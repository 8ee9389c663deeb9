"""Copy rehearsed cases in SQL until a demo district holds so many: load for benchmarks (演练复制)."""

import argparse
import json
import sys
import time

from tqdm import tqdm

from jiedao.doors import words
from jiedao.doors.rehearsal import copies, day, season
from jiedao.ground.districts import district
from jiedao.kit.clock import now
from jiedao.kit.refusal import Refused

EXAMPLES = """
  jiedao copies --district gulou --to 200000
  jiedao copies --district gulou --season       closed cases into the weeks before, as ./run does for the demonstration
New ids and numbers, shifted times, chains rebuilt; `jiedao verify` holds them to the same rule as any other case.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--district", required=True, help="label or code of a demo district that was rehearsed in")
    parser.add_argument("--to", type=int, default=0, help="how many cases the district shall hold")
    parser.add_argument("--season", action="store_true", help="the weeks of the quarter before, once")
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    began = time.monotonic()
    try:
        with (
            district(args.district),
            tqdm(total=args.to, unit=" cases", disable=args.json or not sys.stderr.isatty()) as bar,
        ):
            there = (
                season.fill(now(), seed=day.SEED + 1)
                if args.season
                else copies.copy_to(args.to, report=lambda cases: bar.update(cases - bar.n))
            )
    except Refused as refused:
        told = words.say(refused, "en")
        print(f"jiedao copies: {told.what} {told.fact} {told.next}", file=sys.stderr)
        return 1
    seconds = time.monotonic() - began
    print(
        json.dumps({"cases": there, "seconds": round(seconds, 1)})
        if args.json
        else f"{there:,} cases in {seconds:.1f} s."
    )
    return 0
