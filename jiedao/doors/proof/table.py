"""The table of promises (保证清单): docs/proof.yaml, and the seeded defects of tests/defects that belong to each."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from jiedao.ground.db.home import CHECKOUT

TABLE = CHECKOUT / "docs" / "proof.yaml"
DEFECTS = CHECKOUT / "tests" / "defects"
TIERS = ("commit", "nightly")
SPAN = re.compile(r"(.+)\[(\d+)\.\.(\d+)\]")


@dataclass(frozen=True)
class Guarantee:
    """One promise: what is asked, which tests show it at which size, what of it is not shown.

    `tests` and `reached` by tier; `short` says what is missing to the whole, empty where nothing is.
    """

    id: str
    title: str
    asked: str
    tests: dict[str, tuple[str, ...]] = field(default_factory=dict)
    reached: dict[str, str] = field(default_factory=dict)
    short: tuple[str, ...] = ()
    later: str = ""

    @property
    def all_tests(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(test for tier in TIERS for test in self.tests.get(tier, ())))

    @property
    def files(self) -> list[str]:
        return list(dict.fromkeys(test.split("::")[0] for test in self.all_tests))


@dataclass(frozen=True)
class Table:
    """Everything of the file. `also` are promises without a number, `found` what the proving has brought to light."""

    guarantees: tuple[Guarantee, ...]
    also: tuple[dict[str, Any], ...]
    found: tuple[dict[str, str], ...]
    outside: tuple[str, ...]


def read(path: Path = TABLE) -> Table:
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Table(
        tuple(_guarantee(row) for row in told["guarantees"]),
        tuple(told["also"]),
        tuple(told["found"]),
        tuple(told["outside"]),
    )


def _guarantee(row: dict[str, Any]) -> Guarantee:
    listed = {tier: tuple(_each(row.get("tests", {}).get(tier, ()))) for tier in TIERS}
    known = {name: row[name] for name in ("id", "title", "asked", "later") if name in row}
    return Guarantee(**known, tests=listed, reached=row.get("reached", {}), short=tuple(row.get("short", ())))


def _each(tests: Iterable[str]) -> Iterator[str]:
    """`test[100..149]` is fifty tests, each of which must have run."""
    for test in tests:
        found = SPAN.fullmatch(test)
        yield from [f"{found[1]}[{n}]" for n in range(int(found[2]), int(found[3]) + 1)] if found else [test]


def defects(promise: str) -> list[str]:
    """The patches that break this promise, by the head of each."""
    found = sorted(DEFECTS.glob("*.patch"))
    return [patch.stem for patch in found if promise in promises(patch)]


def promises(patch: Path) -> list[str]:
    """Which promises a patch breaks: the first line of its head, one word each."""
    first = patch.read_text(encoding="utf-8").split("\n", 1)[0]
    return first.removeprefix("promise:").split()
