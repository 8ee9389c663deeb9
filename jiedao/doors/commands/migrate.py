"""Bring the database up to date: roles, public, every district, grants (迁移)."""

import argparse

from tqdm import tqdm

from jiedao.ground.db.schemas import migrate
from jiedao.ground.districts.models import District

EXAMPLES = """
  jiedao migrate                   everything
  jiedao migrate --only gulou      one district
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", metavar="NAME", help="public, or one district by label, code or schema")


def run(args: argparse.Namespace) -> int:
    with tqdm(unit=" schema", desc="migrate", delay=2, leave=False, disable=None) as bar:

        def report(schema: str) -> None:
            bar.set_postfix_str(schema, refresh=False)
            bar.update()

        migrate(report, args.only)
    print(f"Up to date: public and {District.objects.count()} districts.")
    return 0
