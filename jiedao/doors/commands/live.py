"""Serve the live pages, server-sent events only, with granian under ASGI (实时页面)."""

import argparse
import os
import sys

from jiedao.ground.db.checks import refuse_unless_safe
from jiedao.ground.db.home import folder, home

EXAMPLES = """
  jiedao live --port 8001
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8001, help="port (default 8001)")
    parser.add_argument("--clients", type=int, default=5000, help="streams held at once (default 5000)")


def run(args: argparse.Namespace) -> int:
    os.environ["JIEDAO_ROLE"] = "live"
    refuse_unless_safe("live")
    folder(home() / "static")  # whitenoise looks there too
    os.environ.setdefault("DATABASE_POOL", "8")
    command = [sys.executable, "-m", "granian", "--interface", "asginl", "--host", args.host, "--port", str(args.port)]
    # granian's own limit is 512 clients a worker.
    command += ["--workers", "1", "--backlog", str(max(args.clients, 1024)), "--backpressure", str(args.clients)]
    command += ["--no-ws", "--workers-kill-timeout", "2"]
    command += ["--respawn-failed-workers", "--log-level", "warning"]
    os.execv(sys.executable, [*command, "jiedao.asgi:application"])
