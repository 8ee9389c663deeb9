"""The benchmarks (性能测量): they run, say what they measured, and tell a goal that holds from one that does not."""

import csv
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice, repeat

import pytest

from bench import load, log, road, table, words
from jiedao.ground.db.home import CHECKOUT


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        body = b"x" * 70_000
        self.send_response(429 if "refused" in self.path else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def echo() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_the_load_sends_every_request_once_and_keeps_each_wait(echo):
    found = load.run(echo, islice(repeat(load.get("/", "t", "h")), 40), clients=4, seconds=30)

    assert found.statuses == {"200": 40}
    assert len(found.waits) == 40
    assert 0 < found.wait(0.5) <= found.wait(0.95)


def test_a_refusal_counts_as_no_work_done(echo):
    asked = [load.get("/", "t", "h"), load.get("/refused", "t", "h")]

    found = load.run(echo, iter(asked), clients=1, seconds=30)

    assert found.statuses == {"200": 1, "429": 1}
    assert found.good == 1
    assert len(found.refusals) == 1


def test_the_table_holds_as_many_bad_rows_as_it_says(tmp_path):
    path, _, spoiled = table.write(tmp_path, 2_000)

    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert len(rows) == 2_000
    assert len(spoiled) == 8
    assert sum(row["编号"] == "" for row in rows) == spoiled["no number"]
    assert 10 <= spoiled.total() <= 40


def test_statements_are_read_from_the_log_with_their_values():
    text = (
        "2026-01-01 00:00:00 UTC [7] LOG:  duration: 0.010 ms  statement: SELECT 1\n"
        "2026-01-01 00:00:00 UTC [7] LOG:  duration: 0.010 ms  parse a: SELECT $1,\n\t$2\n"
        "2026-01-01 00:00:00 UTC [7] LOG:  duration: 0.010 ms  execute a: SELECT $1,\n\t$2\n"
        "2026-01-01 00:00:00 UTC [7] DETAIL:  Parameters: $1 = 'it''s', $2 = NULL\n"
    )

    assert log.statements(text) == ["SELECT 1", "SELECT 'it''s', NULL"]


def test_a_ratio_is_the_median_of_its_rounds():
    line = road.Line("reply", "", goal=0.10, ours=[90, 120, 500], pgbench=[1000, 1000, 1000], p95=9.0)

    assert line.ratio == 0.12
    assert line.below == []


def test_what_misses_its_goal_is_said():
    slow = road.Line("work list", "", goal=0.10, goal_p95=30, ours=[9], pgbench=[100], p95=41.0)

    assert slow.below == [
        "work list: ratio 0.090, the goal is 0.10",
        "work list: p95 41.0 ms, the goal is under 30 ms",
    ]


@pytest.mark.nightly
def test_the_quick_road_prints_every_line(tmp_path):
    out = tmp_path / "road.json"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JIEDAO_")}

    done = subprocess.run(
        [sys.executable, "-m", "jiedao", "bench", "road", "--quick", "--out", str(out)],
        env=kept,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(out.read_text())
    assert [line["name"] for line in told["lines"]] == ["work list", "intake", "intake, named", "reply"]
    assert all(line["ratio"] > 0 for line in told["lines"])
    assert len(set(told["queries"]["statements"].values())) == 1
    assert told["imported"]["bad_kinds"] == 8
    assert "Statements of a work list" in done.stdout
    assert words.told.__doc__ and "ratio" in done.stdout.splitlines()[3]
