"""Load the demo districts and print their sign-ins; what is there already stays (演示)."""

import argparse

from tqdm import tqdm

from jiedao.doors import demo
from jiedao.ground.db.schemas import migrate

EXAMPLES = """
  jiedao demo
  jiedao demo --codes      only print the sign-ins, with one-time codes of this half minute
The districts come without cases; `jiedao rehearse --day` plays their last days up to this minute, as ./run does.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--codes", action="store_true", help="load nothing, print the sign-ins")


def run(args: argparse.Namespace) -> int:
    if not args.codes:
        _load()
    print(demo.sign_ins())
    return 0


def _load() -> None:
    with tqdm(unit=" step", desc="demo", delay=2, leave=False, disable=None) as bar:

        def report(line: str) -> None:
            bar.set_postfix_str(line, refresh=False)
            bar.update()

        migrate(report)
        demo.load(report)
