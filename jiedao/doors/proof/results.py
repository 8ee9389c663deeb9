"""Results (验证结果): what each test said when it last ran here; kept by the tests' own plugin, read by `jiedao prove`."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jiedao.ground.db.home import CHECKOUT

RESULTS = CHECKOUT / "var" / "proof" / "results.json"
SEED = re.compile(r"^seed (\d+)", re.M)
REACHED = re.compile(r"^reached (.+)$", re.M)


@dataclass(frozen=True)
class Said:
    """One test's last word: `passed`, `failed` or `skipped`, when, with which seed, and the figure it printed."""

    test: str
    outcome: str
    at: str
    seconds: float
    seed: str = ""
    reached: str = ""
    why: str = ""


def read(path: Path = RESULTS) -> dict[str, Said]:
    """By test. Empty where nothing ran yet."""
    try:
        rows: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {test: Said(test, **row) for test, row in rows.items()}


def keep(said: Iterable[Said], path: Path = RESULTS) -> None:
    """Adds to what earlier runs said; of a test that ran again the new word counts."""
    rows = {test: _row(one) for test, one in read(path).items()}
    rows |= {one.test: _row(one) for one in said}
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(rows, ensure_ascii=False, indent=0, sort_keys=True), encoding="utf-8")
    draft.replace(path)


def _row(one: Said) -> dict[str, Any]:
    names = ("outcome", "at", "seconds", "seed", "reached", "why")
    return {name: getattr(one, name) for name in names if getattr(one, name) != ""}


def of(asked: str, known: dict[str, Said]) -> list[Said]:
    """What ran of a file, a test or one of its cases, as the table names it."""
    begins = (f"{asked}::", f"{asked}[")
    return [one for test, one in known.items() if test == asked or test.startswith(begins)]


def printed(output: str) -> tuple[str, str]:
    """The seed and the figure that a test printed."""
    seed, reached = SEED.search(output), REACHED.search(output)
    return (seed[1] if seed else "", reached[1].strip() if reached else "")
