"""Proving (证明): the table names tests and patches that are there, and calls nothing proven that did not run."""

import ast

import pytest

from jiedao.doors.proof import page, table, verdict
from jiedao.doors.proof.results import Said, printed
from jiedao.doors.proof.table import Guarantee
from jiedao.ground.db.home import CHECKOUT

TOLD = table.read()
G33 = Guarantee(
    "G33",
    "Chains",
    "found",
    {"commit": ("tests/a.py",), "nightly": ("tests/a.py::t[9]",)},
    {"commit": "1", "nightly": "9"},
)
RED = {f"{verdict.DEFECT_TEST}[{name}]": "passed" for name in table.defects("G33")}


def said(**outcomes: str) -> dict[str, Said]:
    names = {"small": "tests/a.py::t[1]", "large": "tests/a.py::t[9]"}
    told = {names[name]: outcome for name, outcome in outcomes.items()} | RED
    return {test: Said(test, outcome, "2026-11-22", 1.0) for test, outcome in told.items()}


def test_the_table_names_all_forty_four_once():
    assert [one.id for one in TOLD.guarantees] == [f"G{n:02}" for n in range(1, 45)]


@pytest.mark.parametrize("test", sorted({test.split("[")[0] for one in TOLD.guarantees for test in one.all_tests}))
def test_every_test_of_the_table_is_there(test):
    file, _, name = test.partition("::")
    tree = ast.parse((CHECKOUT / file).read_text(encoding="utf-8"))

    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}

    assert name in defined | {""}


def test_a_span_of_cases_is_each_of_them():
    assert list(table._each(["tests/a.py::t[9..11]", "tests/b.py"])) == [
        "tests/a.py::t[9]", "tests/a.py::t[10]", "tests/a.py::t[11]", "tests/b.py",
    ]  # fmt: skip


def test_what_passed_at_both_sizes_with_its_defects_seen_is_met():
    assert (verdict.of(G33, said(small="passed", large="passed")).state) == verdict.MET


def test_what_ran_only_at_the_small_size_says_so():
    found = verdict.of(G33, said(small="passed"))

    assert (found.state, found.reached) == (verdict.COMMIT, "1")


@pytest.mark.parametrize("outcome", ["failed", "skipped"])
def test_what_failed_or_was_skipped_proves_nothing(outcome):
    assert verdict.of(G33, said(small="passed", large=outcome)).state == verdict.NOT


def test_what_never_ran_or_has_no_defect_proves_nothing():
    unseen = {test: one for test, one in said(small="passed", large="passed").items() if test not in RED}

    assert verdict.of(G33, {}).state == verdict.NOT
    assert verdict.of(G33, unseen).why.startswith("defect not seen red")


def test_a_seed_and_a_figure_are_read_from_what_a_test_printed():
    assert printed("seed 17 (JIEDAO_SEED=17 plays it again)\nreached 40 lives\n") == ("17", "40 lives")


def test_the_page_is_what_the_table_says():
    assert page.PAGE.read_text(encoding="utf-8") == page.make()
