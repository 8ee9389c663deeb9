"""Small cells (小单元格): which counts of a public table are not told, so that nobody can be counted out of it (R17)."""

from collections.abc import Mapping

FEW = 5
"""Public counts below this read 「少于 5」. Zero is nobody, and may be told."""

OPEN, FEWER, WITHHELD = "open", "fewer", "withheld"


def told(counts: Mapping[str, int]) -> dict[str, str] | None:
    """How each cell of a table with a public total is told: open, fewer than five, or withheld for another's sake.

    None if no choice of cells protects the small ones: then nothing of the table may be told.
    """
    small = {code for code, count in counts.items() if 0 < count < FEW}
    withheld: set[str] = set()
    others = sorted((code for code, count in counts.items() if count >= FEW), key=lambda code: (counts[code], code))
    while not _is_safe(sum(counts[code] for code in small | withheld), len(small), len(withheld)):
        if not others:
            return None
        withheld.add(others.pop(0))
    return {code: FEWER if code in small else WITHHELD if code in withheld else OPEN for code in counts}


def _is_safe(hidden: int, small: int, withheld: int) -> bool:
    """Whether somebody who subtracts the open cells from the total still cannot tell any small count.

    He knows that a small one is 1 to 4 and a withheld one 5 or more. At least two values must remain possible.
    """
    if not small:
        return True
    least = 1 if withheld else max(1, hidden - (FEW - 1) * (small - 1))
    most = min(FEW - 1, hidden - (small - 1) - FEW * withheld)
    return most > least
