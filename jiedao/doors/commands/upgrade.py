"""Change to another release, or back to the one before; requests go on meanwhile (升级、回退)."""

import argparse

from jiedao.doors.install import changing
from jiedao.doors.install.layout import of_installed

EXAMPLES = """
  tar -C /opt/jiedao/releases -xf jiedao-0.2.0.tar
  jiedao upgrade --to jiedao-0.2.0      backup, migrate, switch, restart; what does not become ready goes back by itself
  jiedao upgrade --back                 to the release before; the schema stays, it only ever widens
  jiedao upgrade --list
exit code: 0 the release named serves, 1 not; the words say which one does
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--to", help="name of the folder under releases/")
    what.add_argument("--back", action="store_true", help="the release before")
    what.add_argument("--list", action="store_true", help="the releases on this machine")
    parser.add_argument("--no-backup", action="store_true", help="when a backup was made just now")


def run(args: argparse.Namespace) -> int:
    layout = of_installed()
    if args.list:
        before = layout.previous.resolve().name if layout.previous.is_symlink() else ""
        for path in sorted((layout.root / "releases").iterdir()):
            mark = "in use" if path.name == layout.in_use() else "before" if path.name == before else ""
            print(f"{path.name:<32}{mark}")
        return 0
    if args.back:
        print(f"Back at {changing.back(layout, print)}. Next: jiedao doctor; jiedao upgrade --back again returns.")
        return 0
    changing.upgrade(layout, args.to, print, backup=not args.no_backup)
    print(f"{args.to} serves. Next: jiedao doctor; if something is wrong, jiedao upgrade --back.")
    return 0
