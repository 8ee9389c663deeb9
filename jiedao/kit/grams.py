"""Grams (字组): what a text is found by, Chinese and Latin alike, without an extension of the database.

A run of Chinese is cut into its signs and its pairs of neighbours, a run of letters or digits into itself and its
triples, each kept as a number of 31 bits. A search asks for the grams of its words; what two different texts share by
chance is sorted out by looking at the text itself.
"""

import re
from zlib import crc32

from jiedao.kit.text import fold

MOST_LETTERS = 2_000
"""So much of a text is found: the first words say what it is about, and an index of everything costs every writer."""

TRIPLE = 3

_RUN = re.compile(r"(?P<han>[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0002ffff]+)|(?P<plain>[^\W_]+)")


def foldable(text: str) -> str:
    """The part of a text that is found, folded: what `LIKE` is asked of."""
    return fold(text)[:MOST_LETTERS]


def of_text(text: str) -> list[int]:
    """The grams a text is filed under, each once, sorted."""
    return sorted({_number(gram) for run, han in _runs(foldable(text)) for gram in _filed(run, han)})


def of_words(words: str) -> list[int]:
    """The grams that a text must have to hold these words. Empty if there is nothing to look for."""
    return sorted({_number(gram) for run, han in _runs(fold(words)) for gram in _asked(run, han)})


def certain(words: str) -> list[int]:
    """The grams of every text that holds these words anywhere, as `LIKE` does: none of a single or a pair of letters."""
    runs = [(run, han) for run, han in _runs(fold(words)) if han or len(run) >= TRIPLE]
    return sorted({_number(gram) for run, han in runs for gram in _asked(run, han)})


def _runs(text: str) -> list[tuple[str, bool]]:
    return [(found[0], found.lastgroup == "han") for found in _RUN.finditer(text)]


def _filed(run: str, han: bool) -> set[str]:
    if han:
        return {*run, *(run[at : at + 2] for at in range(len(run) - 1))}
    return {run, *(run[at : at + 3] for at in range(len(run) - 2)), *(run[: at + 1] for at in range(min(2, len(run))))}


def _asked(run: str, han: bool) -> set[str]:
    """The longest grams alone: they are the rarest. One or two letters find words that begin with them."""
    size = 2 if han else TRIPLE
    if len(run) < size:
        return {run}
    return {run[at : at + size] for at in range(len(run) - size + 1)}


def _number(gram: str) -> int:
    return crc32(gram.encode()) & 0x7FFFFFFF
