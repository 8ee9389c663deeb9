"""The press (排版): one paper in a process of its own, with a limit of time; its data come as JSON, never as markup."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jiedao.kit.refusal import Refused

HERE = Path(__file__).parent
FONTS = HERE.parent / "web" / "static" / "vendor"
SECONDS = 20
"""A case file of three hundred lines takes one; what needs twenty is stopped."""

SHEETS = ("file", "receipt", "bulletin", "clear")


def pdf(sheet: str, told: Mapping[str, Any]) -> bytes:
    """A sheet set from what it is told. Refuses `paper_not_set` where that takes too long or fails."""
    if sheet not in SHEETS:
        raise Refused("paper_not_set", why=sheet)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "jiedao.doors.paper.press", sheet],
            input=json.dumps(told, ensure_ascii=False).encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
            cwd=HERE.parents[2],
        )
    except subprocess.TimeoutExpired:
        raise Refused("paper_not_set", why="time") from None
    if done.returncode or not done.stdout.startswith(b"%PDF"):
        raise Refused("paper_not_set", why=done.stderr.decode(errors="replace")[-200:])
    return done.stdout


def _set(sheet: str) -> None:
    import typst  # noqa: PLC0415 -- slow import

    told = sys.stdin.buffer.read().decode()
    made = typst.compile(
        str(HERE / f"{sheet}.typ"),
        root=str(HERE),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"told": told},
    )
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    _set(sys.argv[1])
