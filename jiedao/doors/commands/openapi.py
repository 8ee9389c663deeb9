"""Write docs/openapi.json, the description of the API (接口说明), or check that it is what the code says."""

import argparse

from jiedao.doors.api import schema

EXAMPLES = """
  jiedao openapi
  jiedao openapi --check
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if the file is not current")


def run(args: argparse.Namespace) -> int:
    return schema.main(["--check"] if args.check else [])
