"""Draw the shipped processes as pages under docs/, or check that they are sound (流程图)."""

import argparse
import sys
from pathlib import Path

from jiedao.ground.db.home import CHECKOUT
from jiedao.kit.refusal import Refused
from jiedao.record import drawing

EXAMPLES = """
  jiedao processes docs             write docs/processes from the definitions
  jiedao processes docs --check     exit code 1 if a page there is not the present one
  jiedao processes check            every shipped definition can be read and has no problem
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["docs", "check"])
    parser.add_argument("--check", action="store_true", help="with docs: write nothing, compare")
    parser.add_argument("--folder", type=Path, default=CHECKOUT / "docs" / "processes")


def run(args: argparse.Namespace) -> int:
    if args.action == "check":
        return _check()
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
