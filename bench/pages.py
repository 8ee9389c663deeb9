"""The pages (页面性能): what the server spends on each, found by its links, in a district of 200,000 cases.

The goal is 80 ms a page (screens, budgets). In one process, one request at a time, as the web role: a page's own cost,
without network, queue or other users.
"""

import json
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import psycopg

from bench import road
from bench.pg import Bench
from bench.place import DISTRICT, Place

GOAL_MS = 80.0
TIMES, TIMES_QUICK = 9, 2
KEPT_OPEN = 20
"""Of how many rounds of copies what is open stays open."""
WIDEST = "dispatcher"
"""Whose sight is the whole district."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Cost:
    """One page: the median and the slowest of its requests in milliseconds, its statements, its bytes."""

    name: str
    role: str
    path: str
    median_ms: float
    most_ms: float
    queries: int
    size: int


@dataclass(frozen=True)
class Report:
    """Every page that was reached, the slowest first."""

    cases: int
    opened: int
    pages: list[Cost]

    @property
    def slow(self) -> list[Cost]:
        return [cost for cost in self.pages if cost.median_ms >= GOAL_MS]

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"goal_ms": GOAL_MS, "slow": [cost.name for cost in self.slow]}


def run(quick: bool, place: Place, say: Say) -> Report:
    """Prepares the place as `bench road` does, or uses what is there, then asks for every page."""
    size = road.QUICK if quick else road.FULL
    cases = road.prepare(place, size, say)
    say("bringing the tables up to date")
    place.jiedao("migrate")
    say("closing what a district of this size has closed")
    opened = _close_most(place)
    say("asking for every page")
    found = place.told("bench.pages", TIMES_QUICK if quick else TIMES, role="web")
    return Report(cases, opened, [Cost(**each) for each in found])


def told(report: Report) -> str:
    """The report in words: a line for each page, then what is above the goal."""
    lines = [
        f"{report.cases:,} cases, {report.opened:,} open; milliseconds of the server: median, slowest; statements; kB"
    ]
    lines += [
        f"  {cost.median_ms:7.1f} {cost.most_ms:7.1f} {cost.queries:4} {cost.size / 1000:6.0f}  {cost.name} ({cost.role})"
        for cost in report.pages
    ]
    slow = ", ".join(cost.name for cost in report.slow) or "none"
    return "\n".join([*lines, f"above {GOAL_MS:.0f} ms: {slow}"])


def _close_most(place: Place) -> int:
    """Ends all but the newest open copies, and says how many cases are open then.

    A copy is in the state of its source, and of ten rehearsed days nearly half is open. A district that has 200,000 cases
    gathered them in six years; what is open there is some weeks' work. Only rows are changed: no chain verifies after it.
    """
    schema = place.told("bench.material", 0, role="owner")["schema"]
    server = Bench(place.program, place.database, place.home, schema)
    with psycopg.connect(**place.database, options=f"-c search_path={schema},public") as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in _CLOSING:
            connection.execute(statement)  # type: ignore[arg-type]
        (opened,) = connection.execute("SELECT count(*) FROM record_case WHERE phase <> 'closed'").fetchone() or (0,)
    server.settle()
    return int(opened)


_CLOSING = (
    f"""CREATE TEMP TABLE over AS SELECT id FROM record_case WHERE phase <> 'closed'
        AND (routing->>'copy')::int > {KEPT_OPEN}""",
    """UPDATE record_pause p SET until = d.due_at FROM record_deadline d JOIN over o ON o.id = d.case_id
       WHERE p.deadline_id = d.id AND p.until IS NULL""",
    """UPDATE record_deadline d SET stopped_at = due_at, paused_since = NULL FROM over o
       WHERE o.id = d.case_id AND d.stopped_at IS NULL""",
    """UPDATE record_dispatchorder d SET answered_at = sent_at + interval '1 day',
         acknowledged_at = coalesce(acknowledged_at, sent_at + interval '1 hour') FROM over o
       WHERE o.id = d.case_id AND num_nonnulls(answered_at, returned_at, recalled_at) = 0""",
    """UPDATE record_case c SET phase = 'closed', state = e.state, closed_at = opened_at + interval '5 days', due_at = NULL
       FROM over o, (SELECT process_id, mode() WITHIN GROUP (ORDER BY state) AS state FROM record_case
                     WHERE phase = 'closed' GROUP BY process_id) e
       WHERE o.id = c.id AND e.process_id = c.process_id""",
)


def _measured(times: int) -> list[Cost]:
    """Run inside the place: the pages of all roles, each by the first role that reaches it, and by who sees the most."""
    import django  # noqa: PLC0415 -- slow import

    django.setup()
    from jiedao.ground.districts import district  # noqa: PLC0415 -- after setup
    from tests import everywhere  # noqa: PLC0415 -- after setup

    with district(DISTRICT):
        seen: Counter[str] = Counter()
        begin = tuple(path for path in everywhere.names().values() if path)
        found = [page for role in everywhere.ROLES for page in everywhere.pages(role, begin, seen)]
        # Keepers come first and see no case: a board of theirs is empty, and costs nothing.
        found += [page for page in everywhere.pages(WIDEST, begin) if page not in found]
        costs = [_cost(page, everywhere.visitor(page.role), times) for page in found]
    return sorted(costs, key=lambda cost: -cost.median_ms)


def _cost(page: Any, who: Any, times: int) -> Cost:
    from django.core.signals import request_started  # noqa: PLC0415 -- after setup
    from django.db import connection, reset_queries  # noqa: PLC0415 -- after setup
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415 -- after setup

    request_started.disconnect(reset_queries)  # each request would begin by forgetting what is counted here
    reset_queries()  # what is kept of them is bounded, and full after some pages
    with CaptureQueriesContext(connection) as asked:
        answer = who.get(page.path)
    queries = len(asked)
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        who.get(page.path)
        spent.append(1000 * (time.perf_counter() - began))
    return Cost(
        page.name, page.role or "visitor", page.path, round(statistics.median(spent), 1), round(max(spent), 1),
        queries, len(answer.content),
    )  # fmt: skip


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
    print(json.dumps([asdict(cost) for cost in _measured(int(sys.argv[1]))]))
