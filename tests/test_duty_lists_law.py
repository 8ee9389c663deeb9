"""The law behind the lists (法律依据): every basis of every shipped list names a law and an article that the law has.

The texts are read where they lie beside the checkout (or where LEGAL_TEXTS says) and never copied.
"""

import csv
import gzip
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from jiedao.ground.db.home import CHECKOUT

PACKAGES = CHECKOUT / "jiedao" / "packages"
TEXTS = Path(os.environ.get("LEGAL_TEXTS", CHECKOUT.parent / "shared" / "data" / "legal"))
LISTS = sorted([*PACKAGES.glob("*/lists.yaml"), *PACKAGES.glob("*/lists/*.yaml")])


@cache
def known() -> dict[str, int]:
    """Law → number of articles, as the package check knows them."""
    written = yaml.load((PACKAGES / "laws.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return {law["name"]: law["articles"] for law in written["laws"]}


@cache
def texts() -> dict[str, set[int]]:
    """Law → its articles, from the texts themselves."""
    if not TEXTS.is_dir():
        pytest.skip("no texts of laws beside the checkout")
    found: dict[str, set[int]] = {}
    with gzip.open(TEXTS / "law_articles.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["law"], set()).add(int(row["article_no"]))
    return found


def bases(value: Any, where: str = "") -> Iterator[tuple[str, str, int]]:
    """Every law and article anywhere in a file, with the item it stands on."""
    if isinstance(value, dict):
        where = str(value.get("code", where))
        if "law" in value:
            yield where, value["law"], value["article"]
        for below in value.values():
            yield from bases(below, where)
    elif isinstance(value, list):
        for below in value:
            yield from bases(below, where)


def read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


@pytest.mark.parametrize("path", LISTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_basis_names_a_law_and_an_article_it_has(path):
    wrong = [(item, law, article) for item, law, article in bases(read(path)) if article > known().get(law, 0)]

    assert wrong == []


@pytest.mark.parametrize("path", LISTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_basis_of_a_law_whose_text_is_at_hand_stands_in_that_text(path):
    held = texts()
    asked = [(item, law, article) for item, law, article in bases(read(path)) if law in held]

    assert [basis for basis in asked if basis[2] not in held[basis[1]]] == []


def test_the_laws_we_count_have_as_many_articles_as_their_texts():
    held = texts()

    assert {law: many for law, many in known().items() if law in held and max(held[law]) != many} == {}
