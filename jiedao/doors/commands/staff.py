"""Joiners, leavers and moves from the personnel office's sheet, every night or by hand (人员变动导入).

The same columns and the same verbs as the page for it. A sheet sent twice does nothing the second time.
"""

import argparse
import hashlib
import sys
from pathlib import Path

from django.db import transaction

from jiedao.doors.exchange import staff
from jiedao.ground.db.home import Trouble
from jiedao.ground.districts import district
from jiedao.ground.people import Actor
from jiedao.kit.refusal import Refused

EXAMPLES = """
  jiedao staff changes.xlsx --district gulou --plan   says what would be done, does nothing
  jiedao staff changes.csv --district gulou
  15 2 * * * jiedao staff /srv/personnel/today.csv --district gulou
exit code: 0 every row done or known, 1 some rows were not taken
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sheet", type=Path, help="XLSX or CSV with the columns of the template")
    parser.add_argument("--district", required=True, help="label or code")
    parser.add_argument("--plan", action="store_true", help="say what would be done, and do nothing")


def run(args: argparse.Namespace) -> int:
    if not args.sheet.is_file():
        raise Trouble(f"There is no file {args.sheet}.")
    # The content is the key: the same sheet under another name is the same sheet.
    key = hashlib.sha256(args.sheet.read_bytes()).hexdigest()[:40]
    try:
        with district(args.district), transaction.atomic():
            result = staff.take(args.sheet, by=Actor.system("staff_sheet"), key=key)
            if args.plan:
                transaction.set_rollback(True)
    except Refused as refused:
        raise Trouble(f"{args.sheet}: {refused}") from refused
    for bad in result.bad:
        where = f"{bad.sheet or args.sheet.name}, line {bad.line}, {bad.column or '-'}: {bad.given or '-'}"
        print(f"{where}: {bad.why_en}", file=sys.stderr)
    done = "would be done" if args.plan else "done"
    print(f"{result.done} {done}, {result.known} done before, {len(result.bad)} not taken.")
    return int(bool(result.bad))
