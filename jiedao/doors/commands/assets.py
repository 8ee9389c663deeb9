"""Install the browser packages by their lock file (浏览器组件)."""

import argparse

from jiedao.doors.web import assets
from jiedao.ground.db.home import CHECKOUT, Trouble

EXAMPLES = """
  jiedao assets
  jiedao assets --dev      what the tests need as well
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="say nothing when all is well")
    parser.add_argument("--dev", action="store_true", help="what the tests need as well")


def run(args: argparse.Namespace) -> int:
    try:
        assets.install(CHECKOUT, quiet=args.quiet, dev=args.dev)
    except OSError as error:
        raise Trouble(f"The browser packages could not be installed: {error}") from error
    return 0
