"""Serve the pages and the API with granian under WSGI (网页与接口)."""

import argparse
import os
import shutil
import sys

from jiedao.ground.db.checks import refuse_unless_safe
from jiedao.ground.db.home import folder, home

EXAMPLES = """
  jiedao serve
  jiedao serve --host 0.0.0.0 --port 8080 --workers 4
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port (default 8000)")
    parser.add_argument("--workers", type=int, default=1, help="processes (default 1)")
    parser.add_argument("--threads", type=int, default=8, help="threads of each; as many connections (default 8)")


def run(args: argparse.Namespace) -> int:
    os.environ["JIEDAO_ROLE"] = "web"
    refuse_unless_safe("web")
    folder(home() / "static")  # whitenoise looks there too
    shutil.rmtree(home() / "metrics", ignore_errors=True)  # the counts of processes that are no more
    # A thread without a connection would wait for one while it holds a request.
    os.environ.setdefault("DATABASE_POOL", str(args.threads))
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", args.host, "--port", str(args.port)]
    command += ["--workers", str(args.workers), "--blocking-threads", str(args.threads)]
    command += ["--backpressure", str(args.threads * 16), "--no-ws"]
    # Half a second, not granian's 3.5: while the last worker is down, whoever reports hears nothing.
    command += ["--respawn-failed-workers", "--respawn-interval", "0.5"]
    command += ["--workers-kill-timeout", "10", "--log-level", "warning"]
    os.execv(sys.executable, [*command, "jiedao.wsgi:application"])
