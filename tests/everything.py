"""All checks, then all tests (全部检查): what ./test runs once the packages are there."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass

import pytest

from jiedao.ground.db.home import CHECKOUT
from tests import memory

PYTHON = sys.executable
JIEDAO = [PYTHON, "-m", "jiedao"]
STATIC = {
    "format": [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."],
    "lint": [PYTHON, "-m", "ruff", "check", "--quiet", "."],
    "layers": [PYTHON, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
    "types": [PYTHON, "-m", "mypy"],
    "migrations": [*JIEDAO, "django", "makemigrations", "--check", "--dry-run", "-v", "1"],
    "settings page": [*JIEDAO, "settings", "docs", "--check"],
}
# Checks that other parts of the project bring; each runs if it is there.
BROUGHT = {
    "catalogue": ("jiedao/doors/web/catalogue.py", [PYTHON, "-m", "jiedao.doors.web.catalogue", "--check"]),
    "openapi": ("jiedao/doors/commands/openapi.py", [*JIEDAO, "openapi", "--check"]),
    "proof page": ("docs/proof.yaml", [*JIEDAO, "prove", "--docs", "--check"]),
    "lint rules": ("tests/lint/__main__.py", [PYTHON, "-m", "tests.lint"]),
}

TEMPLATE = {"template": [PYTHON, "-m", "tests.cluster"]}
"""The database that tests copy, built beside the static checks: without it every worker waits for the first."""
SPREAD = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]
"""Whole files to three workers, in the order of tests.plugin: the longest first."""

MOST_UNSTEADY = 3


@dataclass
class Outcome:
    name: str
    passed: bool
    seconds: float
    said: str


def main(words: list[str]) -> int:
    """0 when all passed. Paths or -k among the words: only those tests, no other checks."""
    narrowed = any(not word.startswith("-") or word.startswith("-k") for word in words)
    with nullcontext() if narrowed else memory.home():
        return _all(words, narrowed)


def _all(words: list[str], narrowed: bool) -> int:
    began = time.monotonic()
    _quietly([*JIEDAO, "messages"])
    _quietly([*JIEDAO, "assets", "--quiet", "--dev"])
    fetched = threading.Thread(target=_browser)
    fetched.start()
    outcomes = [] if narrowed else _static()
    fetched.join()
    print("── tests", flush=True)
    spread = [] if narrowed or any(word.startswith("-n") for word in words) else SPREAD
    tests = subprocess.run([PYTHON, "-m", "pytest", *spread, *words], cwd=CHECKOUT, check=False)
    failed = [outcome.name for outcome in outcomes if not outcome.passed]
    excused = tests.returncode == pytest.ExitCode.TESTS_FAILED and not narrowed and _steady_alone()
    failed += ["tests"] if tests.returncode and not excused else []
    print(f"── {'failed: ' + ', '.join(failed) if failed else 'all passed'} in {time.monotonic() - began:.0f} s")
    return int(bool(failed))


def _steady_alone() -> bool:
    """Whether all that failed were a few browser tests, and each passes when it is run again with nothing beside it.

    Two cores draw three browsers at a time, and now and then one waits longer than its test does. What passes alone is
    told by name, to be mended; what fails again, or is no browser test, has failed.
    """
    kept = CHECKOUT / ".pytest_cache" / "v" / "cache" / "lastfailed"
    names = sorted(json.loads(kept.read_text(encoding="utf-8"))) if kept.exists() else []
    if not 0 < len(names) <= MOST_UNSTEADY or not all(name.startswith("tests/browser/") for name in names):
        return False
    print(f"── again, alone: {', '.join(names)}", flush=True)
    again = subprocess.run([PYTHON, "-m", "pytest", *names], cwd=CHECKOUT, check=False)
    for name in names if not again.returncode else ():
        print(f"UNSTEADY {name}: failed beside others, passed alone", flush=True)
    return not again.returncode


def _static() -> list[Outcome]:
    wanted = TEMPLATE | STATIC
    wanted |= {name: command for name, (path, command) in BROUGHT.items() if (CHECKOUT / path).exists()}
    with ThreadPoolExecutor(2) as two:
        outcomes = []
        for outcome in two.map(lambda item: _check(*item), wanted.items()):
            print(f"{'ok  ' if outcome.passed else 'FAIL'} {outcome.name:<16}{outcome.seconds:5.1f} s", flush=True)
            if not outcome.passed:
                print(outcome.said.rstrip(), flush=True)
            outcomes.append(outcome)
    return outcomes


def _check(name: str, command: list[str]) -> Outcome:
    began = time.monotonic()
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False, env=_env())
    return Outcome(name, done.returncode == 0, time.monotonic() - began, done.stdout + done.stderr)


def _env() -> dict[str, str]:
    from tests.cluster import test_home

    return os.environ | {"JIEDAO_HOME": str(test_home())}


def _quietly(command: list[str]) -> None:
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False, env=_env())
    if done.returncode:
        print(f"{' '.join(command[2:])}: {done.stderr.strip()}", file=sys.stderr)


def _browser() -> None:
    """Browser tests need a Chromium. Root may fetch Debian's, first the one without windows: it takes half the processor."""
    from tests.conftest import CHROMIUM

    if os.environ.get("CHROMIUM") or shutil.which(CHROMIUM[0]) or os.geteuid() or not shutil.which("apt-get"):
        return
    print(f"── installing {CHROMIUM[0]} for the browser tests (once)", flush=True)
    apt = ["apt-get", "-qq", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20"]
    _root([*apt, "update"])
    _root([*apt, "install", "-y", "--no-install-recommends", CHROMIUM[0]])
    if not any(map(shutil.which, CHROMIUM)):
        _root([*apt, "install", "-y", "--no-install-recommends", CHROMIUM[1]])


def _root(command: list[str]) -> None:
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
