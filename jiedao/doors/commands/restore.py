"""Restore a backup, or try one without changing anything (恢复、恢复演练)."""

import argparse
import sys
from datetime import datetime

from tqdm import tqdm

from jiedao.doors.keep import drill, places, restoring
from jiedao.doors.watch import notes
from jiedao.ground.db.home import Trouble
from jiedao.kit.clock import SHANGHAI

EXAMPLES = """
  jiedao restore latest --check               the monthly drill: beside the real database, which is not touched
  jiedao restore 20261122T020000Z --check
  jiedao restore --at "2026-11-22 10:30" --check
  jiedao restore latest                       everything; stop serving first
  jiedao restore latest --district gulou      one district; the others go on
  jiedao restore --at "2026-11-22 10:30"      our own server as it was then (Shanghai time)
  jiedao restore --at end                     as far as its log reaches
What stood before is kept beside it under another name; the last lines say how to take it away.
exit code: 0 good, 1 not; the reason stands above
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("backup", nargs="?", default="", help="a name from `jiedao backup list`, or latest")
    parser.add_argument("--at", default="", help="a moment, 2026-11-22 10:30, or end (needs WAL_ARCHIVE)")
    parser.add_argument("--check", action="store_true", help="change nothing: restore beside, compare, throw away")
    parser.add_argument("--district", default="", help="label or code")


def run(args: argparse.Namespace) -> int:
    if bool(args.backup) == bool(args.at):
        raise Trouble("Say one of them: a backup (or latest), or a moment with --at. `jiedao restore --help`")
    moment = _moment(args.at) if args.at not in ("", "end") else None
    if args.check:
        return _check(args.backup, moment)
    if args.at:
        aside = restoring.to_moment(moment, print)
        print(
            f"Recovered. The folder from before: {aside}\nNext: systemctl start jiedao.target (or jiedao db start); jiedao doctor"
        )
        print(f"      when all is well: rm -r {aside}; jiedao backup")
        return 0
    manifest = places.find(args.backup)
    if args.district:
        aside = restoring.one_district(manifest, args.district, print)
        print(f"Restored. The schema from before is kept as {aside}.")
        print(f'Next: jiedao audit verify --district {args.district}; then drop it: DROP SCHEMA "{aside}" CASCADE')
        return 0
    aside = restoring.everything(manifest, print)
    print(f"Restored {manifest.name}. The database from before is kept as {aside}.")
    print("Next: jiedao migrate; jiedao doctor; then systemctl start jiedao.target")
    print(f'      when all is well: DROP DATABASE "{aside}"')
    return 0


def _check(name: str, moment: datetime | None) -> int:
    if name:
        manifest = places.find(name)
        print(f"Trying {manifest.name} ...")
        with tqdm(total=manifest.files, unit=" files", delay=2, leave=False, disable=not sys.stderr.isatty()) as bar:
            done = drill.of_dump(manifest, print, bar.update)
    else:
        print(f"Recovering to {moment or 'the end of the log'} ...")
        done = drill.of_moment(moment, print)
    drill.record(done)
    notes.write("drill", well=not done.faults, said=done.backup)
    for fault in done.faults[:50]:
        print(f"FAULT {fault}")
    if done.faults:
        print(f"{len(done.faults)} faults: this backup is not good. Next: jiedao backup; then try that one.")
        return 1
    print(
        f"Good: {done.rows:,} rows, {done.files:,} files, {done.entries:,} entries in {done.seconds:.0f} s. Recorded."
    )
    return 0


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Trouble(f"{text!r} is no moment. Write it so: --at '2026-11-22 10:30'") from None
    return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)
