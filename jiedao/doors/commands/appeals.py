"""Read a hotline's table into a district (导入诉求)."""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

from tqdm import tqdm

from jiedao.doors import words
from jiedao.doors.exchange import appeals, mapping
from jiedao.ground.districts import district
from jiedao.kit.refusal import Refused

EXAMPLES = """
  jiedao import appeals replies.csv.gz --district gulou --mapping replies
  jiedao import appeals messages.xlsx --district gulou --mapping my-hotline.yaml --report bad-rows.csv
  jiedao import appeals replies.csv.gz --district gulou --mapping replies --dry-run
A second run adds nothing; a run that was interrupted goes on when it is called again.
exit code: 0 every row was taken or known, 3 some rows were not (see the report), 1 refused
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["appeals"], help="what the file holds")
    parser.add_argument("file", type=Path, help="CSV, gzipped CSV or XLSX")
    parser.add_argument("--district", required=True, help="label or code, for instance gulou")
    parser.add_argument(
        "--mapping", default="", help="shipped mapping (replies, messages) or a YAML file; default: the one that fits"
    )
    parser.add_argument("--report", type=Path, help="where bad rows and conflicts go (default FILE.report.csv here)")
    parser.add_argument("--dry-run", action="store_true", help="check every row, write none")
    parser.add_argument("--batch", type=int, default=appeals.BATCH, help="rows of one transaction (default 1000)")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")


def run(args: argparse.Namespace) -> int:
    report = args.report or Path(f"{args.file.name}.report.csv")
    began = time.monotonic()
    try:
        with district(args.district), tqdm(unit=" rows", disable=args.json or not sys.stderr.isatty()) as bar:
            chosen = mapping.load(args.mapping) if args.mapping else mapping.fitting(args.file)
            result = appeals.take(
                args.file,
                chosen,
                report,
                dry=args.dry_run,
                batch=max(1, args.batch),
                progress=lambda so_far: bar.update(so_far.read - bar.n),
            )
    except Refused as refused:
        print(f"jiedao import: {words.say(refused, 'en').text}\n{words.say(refused, 'zh').text}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"jiedao import: {error.filename}: {error.strerror}. Name another place with --report.", file=sys.stderr)
        return 1
    counts = {name: getattr(result, name) for name in ("read", "added", "known", "conflicts", "bad")}
    seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    if args.json:
        print(json.dumps(counts | {"seconds": round(seconds, 2), "peak_mb": peak, "report": str(report)}))
    else:
        told = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        print(f"{told} in {seconds:.1f} s; {peak} MB at most.")
        if result.bad or result.conflicts:
            print(f"Rows that were not taken, by line and reason: {report}")
    return 3 if result.bad or result.conflicts else 0
