"""Measure this machine (性能测量): the road against PostgreSQL itself, in a data folder of its own."""

import argparse
import importlib.util
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jiedao.ground.db.home import CHECKOUT, Trouble, folder

EXAMPLES = """
  jiedao bench road                      200,000 cases; takes about 15 minutes and 8 GB of disk
  jiedao bench road --quick              tiny sizes: shows that it runs, its figures mean nothing
  jiedao bench road --home /srv/bench    keep what was prepared there, or use it again
  jiedao bench places                    points to grids, singly and in bulk, and the checks of borders; ten seconds
  jiedao bench command                   positions taken per second beside a bare COPY, the nearest ten; two minutes
Nothing of your installation is read or touched. exit code: 0 every goal holds, 3 some do not, 1 it could not measure
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["road", "places", "command"], help="what to measure")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, under a minute")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--out", type=Path, help="where the JSON goes (default var/bench-road.json)")
    parser.add_argument("--home", type=Path, help="measure in this folder and keep it")
    parser.add_argument("--keep", action="store_true", help="keep the folder that was made, and say where it is")


def run(args: argparse.Namespace) -> int:
    if args.what == "places":
        return _places(args)
    if args.what == "command":
        return _command(args)
    road, words, Place = _bench()
    place = Place(folder(args.home) if args.home else None)
    place.kept |= args.keep
    size = road.QUICK if args.quick else road.FULL
    try:
        report = road.run(size, place, lambda step: print(f"  {step} ...", file=sys.stderr, flush=True))
    except RuntimeError as reason:
        raise Trouble(f"Not measured. {reason}") from None
    finally:
        place.close()
        if place.kept:
            print(f"Kept: {place.home}", file=sys.stderr)
    found = json.dumps(report.as_json(), indent=1)
    out = args.out or folder(CHECKOUT / "var") / "bench-road.json"
    out.write_text(found + "\n", encoding="utf-8")
    print(found if args.json else words.told(report))
    return 0 if args.quick or not any(line.below for line in report.lines) else 3


def _places(args: argparse.Namespace) -> int:
    """In this process and without a database: shapes are held in memory."""
    _find()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
    import django  # noqa: PLC0415 -- slow import

    django.setup()
    from bench import places  # noqa: PLC0415 -- optional dependency

    found = places.run(quick=args.quick)
    print(json.dumps(asdict(found), indent=1) if args.json else places.told(found))
    return 0


def _command(args: argparse.Namespace) -> int:
    _, _, Place = _bench()
    from bench import command  # noqa: PLC0415 -- optional dependency

    place = Place(folder(args.home) if args.home else None)
    place.kept |= args.keep
    try:
        found = command.run(place, quick=args.quick)
    except RuntimeError as reason:
        raise Trouble(f"Not measured. {reason}") from None
    finally:
        place.close()
    print(json.dumps(asdict(found), indent=1) if args.json else command.told(found))
    return 0 if args.quick or found.holds else 3


def _bench() -> tuple[Any, Any, Any]:
    _find()
    from bench import road, words  # noqa: PLC0415 -- optional dependency
    from bench.place import Place  # noqa: PLC0415 -- optional dependency

    return road, words, Place


def _find() -> None:
    """The package lies beside ours in the checkout and is no part of an installation."""
    if str(CHECKOUT) not in sys.path:
        sys.path.insert(0, str(CHECKOUT))
    if importlib.util.find_spec("bench") is None:
        raise Trouble("The benchmarks are not installed; run them from a checkout: ./run prints where it is.")
