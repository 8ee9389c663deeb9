"""A long run (长时间运行): two hours of light work, and nothing is larger at their end than early on (G44)."""

import os
from dataclasses import replace

import pytest

from bench import soak
from bench.place import Place


@pytest.mark.nightly
@pytest.mark.timeout(3 * 3600)
def test_two_hours_leave_every_process_as_large_as_it_was_and_no_connection_behind():
    """JIEDAO_SOAK: other seconds than two hours, to see that it runs."""
    place = Place()
    try:
        report = soak.run(replace(soak.FULL, seconds=float(os.environ.get("JIEDAO_SOAK") or 7200)), place, print)
    finally:
        place.close()
    most = max(report.early, key=report.growth)
    print(
        f"reached {report.answered:,} answers in {report.seconds / 60:.0f} minutes; most grew {most}: {report.growth(most):+.1%}"
    )

    assert {"web", "live", "worker", "ticker", "server", "connections", "files"} <= set(report.early)
    assert report.holds, soak.told(report)
