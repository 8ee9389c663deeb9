"""Simulate days of a demo district with the real verbs under a moved clock (演练)."""

import argparse
import json
import sys
import time
from datetime import datetime, timedelta

from tqdm import tqdm

from jiedao.doors import words
from jiedao.doors.rehearsal.play import play
from jiedao.ground.districts import district
from jiedao.kit.clock import SHANGHAI, now
from jiedao.kit.refusal import Refused

EXAMPLES = """
  jiedao rehearse --district gulou --days 30 --seed 7
  jiedao rehearse --district gulou --days 30 --seed 7 --until 2026-06-30T12:00 --per-day 330
The same seed, span and package give the same log hash.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--district", required=True, help="label or code of a demo district")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--until", type=_moment, default=None, help="local time the last day ends; default: now")
    parser.add_argument("--per-day", type=float, default=40.0, help="reports a day (default 40)")
    parser.add_argument("--json", action="store_true")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def run(args: argparse.Namespace) -> int:
    began = time.monotonic()
    try:
        with district(args.district):
            ends = (args.until or now()).astimezone(SHANGHAI)
            begins = (ends - timedelta(days=args.days)).replace(hour=0, minute=0, second=0, microsecond=0)
            with tqdm(total=args.days + 1, unit=" days", disable=args.json or not sys.stderr.isatty()) as bar:
                played = play(
                    begins,
                    ends,
                    seed=args.seed,
                    per_day=args.per_day,
                    report=lambda cases, at: bar.update((at - begins).days - bar.n),
                )
    except Refused as refused:
        told = words.say(refused, "en")
        print(f"jiedao rehearse: {told.what} {told.fact} {told.next}", file=sys.stderr)
        return 1
    seconds = time.monotonic() - began
    if args.json:
        print(json.dumps({**played.__dict__, "seed": args.seed, "seconds": round(seconds, 1)}))
        return 0
    print(f"seed {args.seed}: {played.cases:,} cases, {played.verbs:,} verbs in {seconds:.1f} s.")
    print(f"refused, as rules say: {', '.join(f'{rule} {n}' for rule, n in played.refused.items()) or 'nothing'}")
    print(f"log hash {played.digest}")
    return 0
