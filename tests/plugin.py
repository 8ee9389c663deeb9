"""What must be settled before Django reads its settings (测试前置): data folder, database name, role."""

import os
from datetime import UTC, datetime
from typing import Any

import pytest

from jiedao.doors.proof import results
from tests.cluster import test_home

RUN = os.environ.setdefault("JIEDAO_TEST_RUN", str(os.getpid()))  # one for the run and its workers
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
OWN = f"test_{RUN}_{WORKER}"

os.environ |= {
    "JIEDAO_HOME": str(test_home()),
    "JIEDAO_ROLE": "web",
    "DATABASE_NAME": OWN,
    # Playwright keeps a loop in the main thread; the tests themselves are synchronous.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
    # A machine that runs two tests at once is slow, not broken; those of G05 set their own.
    "DATABASE_PATIENCE": "60",
}
for name in ("DATABASE_URL", "DATABASE_ROLE_URL", "DATABASE_POOL", "DEFAULT_DISTRICT", "LIVE_URL", "DEBUG", "HTTPS"):
    os.environ.pop(name, None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--nightly", action="store_true", help="run what is too slow for every commit as well")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=_place)
    if config.getoption("--nightly"):
        return
    nightly = [item for item in items if item.get_closest_marker("nightly")]
    config.hook.pytest_deselected(items=nightly)
    items[:] = [item for item in items if item not in nightly]


LONGEST = (
    "browser/test_every_page.py",
    "test_rehearsal.py",
    "test_run.py",
    "test_crash.py",
    "test_chain.py",
    "test_defects.py",
    "test_packages_import.py",
    "test_duty_rehearsed.py",
)
"""Files that take half a minute: begun last, they would keep one worker busy while the others have nothing left."""


def _place(item: pytest.Item) -> int:
    """Where a test stands in the run: the longest files, the browser's, all others; each file whole and in its order."""
    path = item.path.as_posix()
    for at, name in enumerate(LONGEST):
        if path.endswith(f"tests/{name}"):
            return at
    return len(LONGEST) if "/browser/" in path else len(LONGEST) + 1


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A skipped test proves nothing, and says so."""
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        terminalreporter.write_line(f"NOT PROVEN {report.nodeid}: {reason.removeprefix('Skipped: ')}", yellow=True)


_said: dict[str, results.Said] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remembers what a test said, its seed and its figure among it; of three reports the worst counts."""
    if WORKER != "main" or (report.when != "call" and report.outcome == "passed"):
        return
    seed, reached = results.printed(report.capstdout)
    why = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else ""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    told = results.Said(report.nodeid, report.outcome, at, round(report.duration, 2), seed, reached, why)
    _said.setdefault(report.nodeid, told)
    if report.outcome != "passed":
        _said[report.nodeid] = told


def pytest_sessionfinish() -> None:
    """`jiedao prove` reads it."""
    if WORKER == "main" and _said:
        results.keep(_said.values())
