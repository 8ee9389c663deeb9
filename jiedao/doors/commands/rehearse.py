"""Simulate days of a demo district with the real verbs under a moved clock (演练)."""

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta
from typing import Any

from tqdm import tqdm

from jiedao.doors import words
from jiedao.doors.rehearsal import day, findings, season
from jiedao.doors.rehearsal.play import Played, play
from jiedao.ground.districts import district
from jiedao.kit.clock import SHANGHAI, now
from jiedao.kit.refusal import Refused

EXAMPLES = """
  jiedao rehearse --district gulou --days 30 --seed 7
  jiedao rehearse --district gulou --days 30 --seed 7 --until 2026-06-30T12:00 --per-day 330
  jiedao rehearse --district gulou --days 30 --check    and say what it reached, and what is broken
  jiedao rehearse --day                                 the demo's day in progress, where there are no cases yet
The same seed, span and package give the same log hash.
exit code: 0 played, 1 refused, or something is broken
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--district", default="", help="label or code of a demo district")
    parser.add_argument("--day", action="store_true", help="the last days of the demo districts that have no cases")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--until", type=_moment, default=None, help="local time the last day ends; default: now")
    parser.add_argument("--per-day", type=float, default=40.0, help="reports a day (default 40)")
    parser.add_argument("--check", action="store_true", help="look for what must never be, and what was not reached")
    parser.add_argument("--json", action="store_true")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def run(args: argparse.Namespace) -> int:
    if not args.day and not args.district:
        print("jiedao rehearse: name a demo district with --district, or ask for --day", file=sys.stderr)
        return 2
    try:
        return _day(args) if args.day else _rehearse(args)
    except Refused as refused:
        print(f"jiedao rehearse: {words.say(refused, 'en').text}\n{words.say(refused, 'zh').text}", file=sys.stderr)
        return 1


def _day(args: argparse.Namespace) -> int:
    """Each district in a process of its own: a rehearsal has one clock, and most machines two cores."""
    waiting = [args.district] if args.district else day.waiting()
    if not waiting:
        return 0
    label, *others = waiting
    command = [sys.executable, "-m", "jiedao", "rehearse", "--day", "--district"]
    beside = [subprocess.Popen([*command, other]) for other in others]
    with tqdm(unit=" cases", desc=label, delay=2, leave=False, disable=None) as bar:
        played = day.play_one(label, lambda cases, _: bar.update(cases - bar.n))
    if played:
        print(f"{label}: {played.cases} cases, {played.verbs} verbs")
        _season(label)
    return max([0, *(child.wait() for child in beside)])


def _season(label: str) -> None:
    """The quarter behind the day. Its cases are copied as the owner, who alone may set rows aside; its scores are played."""
    if label in day.SEASONS:
        owner = {name: value for name, value in os.environ.items() if name != "JIEDAO_ROLE"}
        command = [sys.executable, "-m", "jiedao", "copies", "--district", label, "--season"]
        subprocess.run(command, env=owner, stdout=subprocess.DEVNULL, check=False)
    with district(label):
        season.play(label, now(), seed=day.SEED + 2)


def _rehearse(args: argparse.Namespace) -> int:
    began = time.monotonic()
    with district(args.district):
        ends = (args.until or now()).astimezone(SHANGHAI)
        begins = (ends - timedelta(days=args.days)).replace(hour=0, minute=0, second=0, microsecond=0)
        quiet = args.json or not sys.stderr.isatty()
        with tqdm(total=args.days + 1, unit=" days", disable=quiet) as bar:
            played = play(
                begins,
                ends,
                seed=args.seed,
                per_day=args.per_day,
                report=lambda cases, at: bar.update((at - begins).days - bar.n),
            )
        seconds = time.monotonic() - began
        broken = findings.broken() if args.check else []
        reach = findings.unreached() if args.check else []
    told: dict[str, Any] = {**played.__dict__, "seed": args.seed, "seconds": round(seconds, 1)}
    if args.check:
        told |= {"broken": broken, "unreached": {each.process: each.states + each.verbs for each in reach}}
    if args.json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        _print(args, played, seconds, broken, reach)
    return int(bool(broken))


def _print(
    args: argparse.Namespace, played: Played, seconds: float, broken: list[str], reach: list[findings.Reach]
) -> None:
    each = seconds * 1000 / max(played.verbs, 1)
    print(f"seed {args.seed}: {played.cases:,} cases, {played.verbs:,} verbs in {seconds:.1f} s, {each:.1f} ms each.")
    print(f"refused, as rules say: {', '.join(f'{rule} {n}' for rule, n in played.refused.items()) or 'nothing'}")
    print(f"log hash {played.digest}")
    for found in reach:
        print(
            f"{found.process}: not reached {', '.join(found.states) or 'no state'}; {', '.join(found.verbs) or 'no verb'}"
        )
    if args.check:
        print("\n".join(broken) or "nothing is broken")
