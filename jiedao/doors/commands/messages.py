"""Compile the message catalogues for those who run them (界面译文)."""

import argparse
import sys

from jiedao.doors.web import catalogue

EXAMPLES = """
  jiedao messages
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def run(args: argparse.Namespace) -> int:
    del args
    try:
        _compile()
    except PermissionError as error:  # a checkout of somebody else: the words stay as they were compiled last
        print(f"{error.filename} is not writable for you; its owner runs `jiedao messages`.", file=sys.stderr)
    return 0


def _compile() -> None:
    """All files of the folder into the one that Django reads; nothing to do while that is the newest."""
    compiled = catalogue.FOLDER / "django.mo"
    newest = max(source.stat().st_mtime for source in catalogue.FOLDER.glob("*.po"))
    if not compiled.exists() or compiled.stat().st_mtime < newest:
        catalogue.compile_()
