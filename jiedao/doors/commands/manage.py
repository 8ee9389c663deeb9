"""Django's own commands, as the owner of the database (Django 命令)."""

import argparse

from django.core.management import execute_from_command_line

EXAMPLES = """
  jiedao django makemigrations
  jiedao django check
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs=argparse.REMAINDER, help="a Django command and its arguments")


def run(args: argparse.Namespace) -> int:
    execute_from_command_line(["jiedao django", *args.words])
    return 0
