"""Pack everything for a network without the internet: code, wheels, browser packages, checksums (离线安装包)."""

import argparse
from pathlib import Path

from jiedao.doors.install import bundling

EXAMPLES = """
  jiedao bundle --out /tmp               jiedao-RELEASE.tar and its checksum, for machines like this one
then, on the machine without the internet:
  sha256sum -c jiedao-RELEASE.tar.sha256 && tar -C /opt/jiedao/releases -xf jiedao-RELEASE.tar
  /opt/jiedao/releases/jiedao-RELEASE/deploy/install --host jiedao.example.gov.cn
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="folder for the bundle")
    parser.add_argument("--no-wheels", action="store_true", help="without the wheels: for machines that reach a mirror")


def run(args: argparse.Namespace) -> int:
    made = bundling.pack(args.out, wheels=not args.no_wheels, say=print)
    print(f"{made} ({made.stat().st_size / 1024**2:,.0f} MB), checksum beside it.")
    print("Next: carry both files over; there, sha256sum -c, unpack under /opt/jiedao/releases, deploy/install.")
    return 0
