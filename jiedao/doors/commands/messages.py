"""Compile the message catalogues for those who run them (界面译文)."""

import argparse
import sys
from pathlib import Path

import polib

import jiedao

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
    for source in sorted((Path(jiedao.__file__).parent / "locale").glob("*/LC_MESSAGES/*.po")):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            polib.pofile(str(source)).save_as_mofile(str(compiled))
