"""Draw the shipped processes as pages under docs/, check that they are sound, or move open cases to a new version (流程)."""

import argparse
import sys
from pathlib import Path

from jiedao.ground.db.home import CHECKOUT
from jiedao.ground.districts import district
from jiedao.kit.refusal import Absent, Refused
from jiedao.record import drawing

EXAMPLES = """
  jiedao processes docs             write docs/processes from the definitions
  jiedao processes docs --check     exit code 1 if a page there is not the present one
  jiedao processes check            every shipped definition can be read and has no problem
  jiedao processes move --district gulou --process event --dry-run    which open cases could go on under the new version
  jiedao processes move --district gulou --process event              takes them along, each with a line that says so
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["docs", "check", "move"])
    parser.add_argument("--check", action="store_true", help="with docs: write nothing, compare")
    parser.add_argument("--district", help="with move: the district's label or code")
    parser.add_argument("--process", help="with move: the code of the process")
    parser.add_argument("--dry-run", action="store_true", help="with move: change nothing, say what would be done")
    parser.add_argument("--folder", type=Path, default=CHECKOUT / "docs" / "processes")


def run(args: argparse.Namespace) -> int:
    if args.action == "check":
        return _check()
    if args.action == "move":
        return _move(args)
    if args.check:
        return _compare(args.folder)
    written = drawing.write(args.folder)
    print(f"{len(written)} pages written to {args.folder}")
    return 0


def _check() -> int:
    """Each definition that cannot be read is told with its problems."""
    failed = 0
    for code in drawing.SHIPPED:
        try:
            definition = drawing.shipped(code)
        except Refused as refused:
            failed += 1
            problems = refused.facts.get("problems", [str(refused)])
            print("\n".join(f"{code}: {problem}" for problem in problems), file=sys.stderr)
        else:
            print(f"{code}: {len(definition.states)} states, {len(definition.moves)} moves, no problem")
    return int(failed > 0)


def _compare(folder: Path) -> int:
    stale = [name for name, text in drawing.pages().items() if not _is(folder / name, text)]
    for name in stale:
        print(f"{folder / name} is not what the definitions say; run: jiedao processes docs", file=sys.stderr)
    return int(bool(stale))


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _move(args: argparse.Namespace) -> int:
    """Open cases of earlier versions go on under the one in force, where it knows their state."""
    from jiedao.lines.processes.moving import move_open  # noqa: PLC0415 -- app ready

    if not (args.district and args.process):
        print("move needs --district and --process; see jiedao processes --help", file=sys.stderr)
        return 2
    try:
        with district(args.district):
            done = move_open(args.process, dry=args.dry_run)
    except Absent:
        print(
            f"{args.district} runs no process {args.process}; jiedao processes check lists the shipped ones",
            file=sys.stderr,
        )
        return 1
    print(f"{done.moved} cases {'would go' if args.dry_run else 'go'} on under the version in force")
    if done.left:
        print(f"{len(done.left)} stay: it has no such state: {', '.join(done.left[:20])}")
    return 0
