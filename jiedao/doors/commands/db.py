"""Start, stop and look at the embedded server (内置数据库)."""

import argparse
import json

from jiedao.ground.db.embedded import Embedded
from jiedao.ground.db.home import Trouble
from jiedao.ground.db.roles import ROLES, bootstrap, dsn, make_roles, server

EXAMPLES = """
  jiedao db start
  jiedao db status --json
  psql "$(jiedao db dsn report)"
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["start", "stop", "status", "dsn"])
    parser.add_argument("role", nargs="?", default="web", help=f"with dsn: {', '.join(ROLES)}")
    parser.add_argument("--json", action="store_true", help="status as JSON")


def run(args: argparse.Namespace) -> int:
    if args.action == "dsn":
        print(dsn(args.role))
        return 0
    embedded = server()
    if embedded is None:
        raise Trouble("DATABASE_URL names a server of yours; start and stop it with its own tools.")
    if args.action == "start":
        fresh = embedded.start()
        bootstrap(embedded)
        make_roles()
        print("Started." if fresh else "It already runs.")
        return 0
    if args.action == "stop":
        print("Stopped." if embedded.stop() else "It does not run.")
        return 0
    return _status(embedded, args.json)


def _status(embedded: Embedded, as_json: bool) -> int:
    known = embedded.status()
    if as_json:
        print(json.dumps(vars(known), default=str))
    else:
        state = f"runs as process {known.pid}" if known.running else "does not run"
        print(f"PostgreSQL {known.version or '(no data yet)'} {state}.")
        print(f"data     {known.data}\nsocket   {known.sockets}")
    return 0 if known.running else 1
