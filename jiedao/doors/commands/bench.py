"""Measure this machine (性能测量): the road against PostgreSQL itself, in a data folder of its own."""

import argparse
import importlib.util
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jiedao.ground.db.home import CHECKOUT, Trouble, folder

EXAMPLES = """
  jiedao bench road                      200,000 cases; takes about 15 minutes and 8 GB of disk
  jiedao bench road --quick              tiny sizes: shows that it runs, its figures mean nothing
  jiedao bench road --home /srv/bench    keep what was prepared there, or use it again
  jiedao bench pages                     what the server spends on every page, at 200,000 cases
  jiedao bench growth                    lists, search, a case, writes at 10,000, 100,000 and 1,000,000 cases; 20 GB, half an hour
  jiedao bench places                    points to grids, singly and in bulk, and the checks of borders; ten seconds
  jiedao bench command                   positions taken per second beside a bare COPY, the nearest ten; two minutes
  jiedao bench live                      1,000 open desks from commit to hint, and the map's snapshot; three minutes
  jiedao bench city                      sixteen districts at the rate of a city and its multiples; half an hour, 15 GB
  jiedao bench soak                      two hours of light work: what grows with time grows there
  jiedao bench scores                    a million orders of eighty units, every shipped indicator; half a minute
  jiedao bench all --quick               everything at tiny sizes; without --quick four hours on an idle machine
Nothing of your installation is read or touched. exit code: 0 every goal holds, 3 some do not, 1 it could not measure
"""


Measure = Callable[[argparse.Namespace, Any], tuple[Any, str, bool]]
"""What one benchmark gives back: the figures for JSON, the same in words, and whether every goal holds."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["all", *IN_A_PLACE, "places", "scores"], help="what to measure")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, under a minute")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--out", type=Path, help="where the JSON goes (default var/bench-<what>.json)")
    parser.add_argument("--home", type=Path, help="measure in this folder and keep it")
    parser.add_argument("--keep", action="store_true", help="keep the folder that was made, and say where it is")


def run(args: argparse.Namespace) -> int:
    _find()
    if args.what != "all":
        return _one(args)
    if args.out or args.home:
        raise Trouble("For all of them there is no one --out and no one --home: each has its own.")
    codes = []
    for what in ("places", "scores", *IN_A_PLACE):
        print(f"── {what}", flush=True)
        codes.append(_one(argparse.Namespace(**vars(args) | {"what": what})))
    return max(codes)


def _one(args: argparse.Namespace) -> int:
    if args.what in ("places", "scores"):
        return _in_process(args)
    from bench.place import Place  # noqa: PLC0415 -- optional dependency

    place = Place(folder(args.home) if args.home else None)
    place.kept |= args.keep
    try:
        figures, text, holds = IN_A_PLACE[args.what](args, place)
    except RuntimeError as reason:
        raise Trouble(f"Not measured. {reason}") from None
    finally:
        place.close()
        if place.kept:
            print(f"Kept: {place.home}", file=sys.stderr)
    found = json.dumps(figures, indent=1)
    out = args.out or folder(CHECKOUT / "var") / f"bench-{args.what}.json"
    out.write_text(found + "\n", encoding="utf-8")
    print(found if args.json else text)
    return 0 if args.quick or holds else 3


def _say(step: str) -> None:
    print(f"  {step} ...", file=sys.stderr, flush=True)


def _road(args: argparse.Namespace, place: Any) -> tuple[Any, str, bool]:
    from bench import road, words  # noqa: PLC0415 -- optional dependency

    report = road.run(road.QUICK if args.quick else road.FULL, place, _say)
    return report.as_json(), words.told(report), not any(line.below for line in report.lines)


def _pages(args: argparse.Namespace, place: Any) -> tuple[Any, str, bool]:
    from bench import pages  # noqa: PLC0415 -- optional dependency

    report = pages.run(args.quick, place, _say)
    return report.as_json(), pages.told(report), not report.slow


def _command(args: argparse.Namespace, place: Any) -> tuple[Any, str, bool]:
    from bench import command  # noqa: PLC0415 -- optional dependency

    found = command.run(place, quick=args.quick)
    return asdict(found), command.told(found), found.holds


def _live(args: argparse.Namespace, place: Any) -> tuple[Any, str, bool]:
    """Each in a process of its own inside the bench's installation."""
    from bench import live  # noqa: PLC0415 -- optional dependency

    desks, moves, cases = (50, 5, 500) if args.quick else (1000, 60, 20_000)
    place.start()
    place.jiedao("demo")
    drawn = place.told("bench.snapshot", cases, role="owner")
    found = place.told("bench.live", desks, moves, role="owner")
    holds = found["holds"] and drawn["snapshot_ms"] < 150 and drawn["packed_kb"] < 300
    return {"live": found, "snapshot": drawn}, f"{live.told(found)}\n{drawn}", holds


def _growth(args: argparse.Namespace, place: Any) -> tuple[Any, str, bool]:
    from bench import growth  # noqa: PLC0415 -- optional dependency

    report = growth.run(args.quick, place, _say)
    return report.as_json(), growth.told(report), not report.grows


def _soak(args: argparse.Namespace, place: Any) -> tuple[Any, str, bool]:
    from bench import soak  # noqa: PLC0415 -- optional dependency

    report = soak.run(soak.QUICK if args.quick else soak.FULL, place, _say)
    return report.as_json(), soak.told(report), report.holds


def _city(args: argparse.Namespace, place: Any) -> tuple[Any, str, bool]:
    from bench import city  # noqa: PLC0415 -- optional dependency

    report = city.run(args.quick, place, _say)
    return report.as_json(), city.told(report), report.holds


IN_A_PLACE: dict[str, Measure] = {
    "road": _road,
    "pages": _pages,
    "growth": _growth,
    "command": _command,
    "live": _live,
    "city": _city,
    "soak": _soak,
}


def _in_process(args: argparse.Namespace) -> int:
    """In this process and without a server: shapes are held in memory, scores read an export."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
    import django  # noqa: PLC0415 -- slow import

    django.setup()
    from bench import places, scores  # noqa: PLC0415 -- optional dependency

    measured: Any = places if args.what == "places" else scores
    found = measured.run(quick=args.quick)
    print(json.dumps(asdict(found), indent=1) if args.json else measured.told(found))
    return 0


def _find() -> None:
    """The package lies beside ours in the checkout and is no part of an installation."""
    if str(CHECKOUT) not in sys.path:
        sys.path.insert(0, str(CHECKOUT))
    if importlib.util.find_spec("bench") is None:
        raise Trouble("The benchmarks are not installed; run them from a checkout: ./run prints where it is.")
