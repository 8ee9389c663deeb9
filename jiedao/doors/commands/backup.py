"""Back up the database and the files, sealed; list backups; lay the keys elsewhere (备份)."""

import argparse
import json
import sys
from pathlib import Path

from tqdm import tqdm

from jiedao.doors.keep import making, places, wal
from jiedao.doors.watch import notes
from jiedao.ground.db.home import Trouble

EXAMPLES = """
  jiedao backup                       everything; what the nightly timer calls
  jiedao backup --district gulou      one district
  jiedao backup list
  jiedao backup keys --to /media/usb  keys and secrets, once and after each change: never beside the backups
  jiedao backup wal                   carry out the log now (the ticker does it every 15 s)
exit code: 0 done, 1 not done; the reason stands above
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", default="make", choices=["make", "list", "keys", "wal"])
    parser.add_argument("--district", default="", help="label or code")
    parser.add_argument("--to", type=Path, help="with keys: the folder, best on a stick that is locked away")
    parser.add_argument("--json", action="store_true", help="with list")


def run(args: argparse.Namespace) -> int:
    if args.what == "list":
        return _list(args.json)
    if args.what == "keys":
        return _keys(args.to)
    if args.what == "wal":
        print(f"{wal.carry()} segments carried out to {wal.folder()}.")
        return 0
    return _make(args.district)


def _make(name: str) -> int:
    try:
        with tqdm(unit=" files", delay=2, leave=False, disable=not sys.stderr.isatty()) as bar:
            made = making.make(name, print, bar.update)
        gone = making.tidy()
    except Trouble as trouble:
        notes.write("backup", well=False, said=str(trouble).splitlines()[0])
        raise
    if not name:
        notes.write("backup", well=True, said=made.name)
    print(
        f"Backed up as {made.name} in {made.seconds:.0f} s, {made.size / 1024**2:,.1f} MB beside the files: {made.folder}"
    )
    if gone:
        print(f"{gone} old backups went.")
    print(f"Next: try it once a month with `jiedao restore {made.name} --check`.")
    if len(places.all_names()) == 1:
        print("      and lay the keys elsewhere, or nobody reads it: `jiedao backup keys --to DIR`.")
    return 0


def _list(as_json: bool) -> int:
    found = []
    for name in places.all_names():
        try:
            one = places.read(name)
            found.append({"name": name, "district": one.district, "rows": one.rows, "files": one.files,
                          "bytes": one.size, "base": bool(one.base), "release": one.release})  # fmt: skip
        except Trouble as trouble:
            found.append({"name": name, "fault": str(trouble).splitlines()[0]})
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    for row in found:
        if "fault" in row:
            print(f"{row['name']}  {row['fault']}")
        else:
            more = "  and base" if row["base"] else ""
            size = f"{int(str(row['bytes'])) / 1024**2:10,.1f} MB"
            print(f"{row['name']:<34}{row['district'] or 'everything':<14}{row['rows']:>12,} rows{size}{more}")
    print(f"{len(found)} backups under {places.root()}." if found else "None yet. Make one: jiedao backup")
    return 0


def _keys(to: Path | None) -> int:
    if to is None:
        raise Trouble("Say where to: jiedao backup keys --to DIR")
    if to.resolve().is_relative_to(places.root().resolve()):
        raise Trouble(f"{to} is where the backups lie. Whoever took both could read everything: choose another place.")
    copied = making.copy_keys(to)
    print("\n".join(copied))
    print(f"{len(copied)} files. Lock them away: they open every backup and every contact.")
    return 0
