"""Seeded defects (预设缺陷): each promise broken on purpose, in a copy of the checkout, where its test must turn red.

`tests/defects/*.patch`: a head says which promise, what is broken, and which tests must see it (`red:`, the narrowest
there are); `shapes: yes` where the patch changes what the tests' database is made from, which then is made anew;
`nightly: yes` where only a test of the night sees it. A patch that no longer applies is red too: the code has moved on,
so look whether the promise still has its defect.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from jiedao.doors.proof import table
from jiedao.ground.db.home import CHECKOUT
from tests.cluster import test_home as home

PATCHES = sorted((CHECKOUT / "tests" / "defects").glob("*.patch"))
EACH_COMMIT = "G27-any-host-may-be-asked"
LEFT_OUT = shutil.ignore_patterns("var", ".*", "node_modules", "__pycache__")

PROMISED = {one.id for one in table.read().guarantees if one.all_tests} | {"tables"}
"""What docs/proof.yaml shows by a test."""


@dataclass(frozen=True)
class Defect:
    """One patch and what its head says."""

    patch: Path
    promise: str
    broken: str
    red: tuple[str, ...]
    shapes: bool
    nightly: bool

    @classmethod
    def read(cls, patch: Path) -> "Defect":
        head = patch.read_text(encoding="utf-8").split("\n--- ", 1)[0]
        said = [line.partition(": ")[::2] for line in head.splitlines()]
        told = dict(said)
        red = tuple(value for name, value in said if name == "red")
        shapes, nightly = (told.get(name) == "yes" for name in ("shapes", "nightly"))
        return cls(patch, told["promise"], told["broken"], red, shapes, nightly)


def broken_copy(defect: Defect, target: Path) -> Path:
    """The checkout with the defect in it; data, packages and history stay outside."""
    shutil.copytree(CHECKOUT, target, ignore=LEFT_OUT, symlinks=True)
    applied = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", str(defect.patch)],
        cwd=target,
        capture_output=True,
        text=True,
        check=False,
    )
    assert applied.returncode == 0, f"{defect.patch.name} no longer applies: {applied.stderr}"
    return target


def outcome(defect: Defect, checkout: Path, template: str) -> subprocess.CompletedProcess[str]:
    """The tests that must see it, in a process of their own, on the server and the template of this run."""
    ours = ("PYTEST", "DATABASE_", "JIEDAO_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    env |= {"JIEDAO_TEST_HOME": str(home())} | ({} if defect.shapes else {"JIEDAO_TEST_TEMPLATE": template})
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-rfE", "--tb=short", "-p", "no:cacheprovider", *defect.red]
    command += ["--nightly"] if defect.nightly else []
    command += ["--timeout=800"] if defect.shapes else []  # the template is built within it, beside whatever else runs
    return subprocess.run(command, cwd=checkout, env=env, capture_output=True, text=True, check=False, timeout=900)


def red(said: str) -> str:
    """The test that did not hold: in its body, or where a fixture asserts at its end, as windows do. Empty for none.

    An error before a test has begun shows nothing of the promise.
    """
    failed = re.search(r"^FAILED (\S+)", said, re.M)
    ended = re.search(r"ERROR at teardown of (\S+)[\s\S]*?^E +(?:AssertionError|assert)", said, re.M)
    return failed[1] if failed else ended[1] if ended else ""


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(patch, id=patch.stem, marks=[] if patch.stem == EACH_COMMIT else [pytest.mark.nightly])
        for patch in PATCHES
    ],
)
@pytest.mark.timeout(1000)
def test_a_broken_promise_is_seen_by_its_test(patch, template, tmp_path):
    if shutil.which("git") is None:
        pytest.skip("git is needed to apply a patch")
    defect = Defect.read(patch)

    done = outcome(defect, broken_copy(defect, tmp_path / "broken"), template)

    assert done.returncode == 1 and red(done.stdout), (
        f"{defect.promise} is not watched: {defect.broken}\n{done.stdout[-3000:]}{done.stderr[-1000:]}"
    )
    print("reached red by", red(done.stdout))


def test_red_is_a_test_that_did_not_hold_and_no_error_before_it():
    ended = "_ ERROR at teardown of test_b _\nconftest.py:61: in desk\nE   AssertionError: assert ['foreign'] == []\n"

    assert red("x\nFAILED tests/test_a.py::test_a - assert 1\n") == "tests/test_a.py::test_a"
    assert red(ended) == "test_b"
    assert red("_ ERROR at setup of test_c _\nE   AssertionError: no database\nERROR tests/test_a.py::test_c\n") == ""


def test_every_promise_that_we_call_shown_has_a_defect():
    assert {word for patch in PATCHES for word in table.promises(patch)} == PROMISED
