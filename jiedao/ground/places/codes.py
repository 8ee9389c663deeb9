"""Codes of grids (网格编码): by the district's own rule, the term of `grid_rule`; without one, as the grids beside it have it.

A rule says for each sort of grid what follows the code of the community: `001-899`, or `9xx` where x is any digit.
"""

import re
from collections.abc import Iterable

from jiedao.ground.places.models import Area
from jiedao.ground.terms.models import terms
from jiedao.kit.refusal import Refused

TABLE = "grid_rule"
MOST = 20
"""Characters of a code, as its column has it."""

USUAL = {False: (1, 900, 3), True: (901, 999, 3)}
"""First, last and digits of integrated and of exclusive grids where the district has said nothing."""

_RANGE = re.compile(r"([0-9]{1,6})\s*(?:-|–|to|至)\s*([0-9]{1,6})")
_PATTERN = re.compile(r"[0-9]*[xX]+")
_DIGITS = re.compile(r"([1-6]) digits")


def rule(grid_kind: str) -> tuple[int, int, int] | None:
    """First and last number of a sort of grid and how many digits they have. None if the district has no rule."""
    for term in terms(TABLE).values():
        said = str(term.facts.get(grid_kind, ""))
        if found := _RANGE.search(said):
            return int(found[1]), int(found[2]), len(found[1])
        if pattern := _PATTERN.search(said):
            low, high = re.sub("[xX]", "0", pattern[0]), re.sub("[xX]", "9", pattern[0])
            return max(int(low), 1), int(high), len(low)
        if digits := _DIGITS.search(said):
            return 1, 10 ** int(digits[1]) - 1, int(digits[1])
    return None


def following(parent: str, grid_kind: str, taken: Iterable[str]) -> str:
    """The next free code of a sort of grid in a community. `taken`: codes that are or ever were in use there."""
    numbers = {int(code[len(parent) :]) for code in taken if code.startswith(parent) and code[len(parent) :].isdigit()}
    first, last, digits = rule(grid_kind) or USUAL[grid_kind == Area.GridKind.EXCLUSIVE]
    used = [number for number in numbers if first <= number <= last]
    start = max(used, default=first - 1) + 1
    free = next((n for n in (*range(start, last + 1), *range(first, start)) if n not in numbers), None)
    if free is None:
        raise Refused("no_code_left", area=parent, first=first, last=last)
    return f"{parent}{free:0{digits}d}"


def check(code: str, parent: str, grid_kind: str) -> str:
    """A code somebody wrote. Refuses `bad_grid_code` if it does not keep to the rule."""
    kept = rule(grid_kind)
    tail = code[len(parent) :]
    fits = code.startswith(parent) and tail.isascii() and tail.isdigit() and len(code) <= MOST
    if fits and kept:
        first, last, digits = kept
        fits = len(tail) == digits and first <= int(tail) <= last
    if not fits:
        told = f"{parent}{kept[0]:0{kept[2]}d}–{kept[1]:0{kept[2]}d}" if kept else f"{parent}001"
        raise Refused("bad_grid_code", code=code[:40], keeps_to=told)
    return code


def ever_used() -> set[str]:
    """Codes of all areas, in force or not: a code that stood for one piece of ground is not given to another."""
    return set(Area.objects.values_list("code", flat=True))
