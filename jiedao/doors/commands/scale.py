"""Spread districts over several servers (多机扩展): a coordinator, its nodes, and which district lies where.

Needs Citus on every server; docs/scale.md says when it pays and when it does not.
"""

import argparse
import json

import psycopg

from jiedao.ground.db import spread
from jiedao.ground.db.home import Trouble
from jiedao.ground.db.roles import parameters
from jiedao.ground.districts.models import District

EXAMPLES = """
  jiedao scale status                          servers, and each district with its size and place
  jiedao scale begin --host db1.example        this server becomes the coordinator, reached under that name
  jiedao scale add db2.example:5432            a further server
  jiedao scale spread gulou                    one district becomes movable; --all: every one
  jiedao scale plan                            which moves would make the servers equally full; changes nothing
  jiedao scale balance                         does what the plan says, one district after the other
  jiedao scale move gulou db2.example:5432     carries a district while it is worked in
"""
PORT = 5432


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    for name in ("status", "plan"):
        actions.add_parser(name).add_argument("--json", action="store_true")
    actions.add_parser("balance")
    begin = actions.add_parser("begin")
    begin.add_argument("--host", required=True, help="the name under which the other servers reach this one")
    begin.add_argument("--port", type=int, default=PORT)
    actions.add_parser("add").add_argument("server", help="HOST or HOST:PORT")
    spreading = actions.add_parser("spread")
    spreading.add_argument("district", nargs="?", help="label or code of a district")
    spreading.add_argument("--all", action="store_true", help="every district that is not yet spread")
    moving = actions.add_parser("move")
    moving.add_argument("district", help="label or code of a district")
    moving.add_argument("server", help="HOST or HOST:PORT")


def run(args: argparse.Namespace) -> int:
    do = {
        "status": _status, "plan": _plan, "balance": _balance, "begin": _begin, "add": _add, "spread": _spread,
        "move": _move,
    }[args.action]  # fmt: skip
    try:
        with psycopg.connect(**parameters("owner"), autocommit=True) as server:
            return do(server, args)
    except psycopg.Error as fault:
        raise Trouble(f"The server said no: {str(fault).strip()}") from None


def _begin(server: psycopg.Connection, args: argparse.Namespace) -> int:
    spread.begin(server, args.host, args.port)
    print(f"{args.host}:{args.port} is the coordinator (Citus {spread.version(server)}).")
    print("Next: jiedao scale add HOST:PORT for each further server, then jiedao scale spread --all")
    return 0


def _add(server: psycopg.Connection, args: argparse.Namespace) -> int:
    node = _node(args.server)
    spread.add(server, node.host, node.port)
    print(f"{node} belongs to the cluster now. Next: jiedao scale plan")
    return 0


def _spread(server: psycopg.Connection, args: argparse.Namespace) -> int:
    if bool(args.district) == args.all:
        raise Trouble("Name one district, or say --all.")
    spread.version(server)
    for place in _found(server, [] if args.all else [args.district]):
        if place.node is None:
            spread.spread(server, place.schema)
            print(f"{place.schema}  {spread.told(place.bytes):>8}  can be moved now", flush=True)
        else:
            print(f"{place.schema}  {spread.told(place.bytes):>8}  was spread already, on {place.node}")
    return 0


def _move(server: psycopg.Connection, args: argparse.Namespace) -> int:
    spread.version(server)
    (place,) = _found(server, [args.district])
    if place.node is None:
        raise Trouble(f"{args.district} lies in ordinary tables. First: jiedao scale spread {args.district}")
    spread.move(server, place.schema, _node(args.server))
    print(f"{place.schema} lies on {_node(args.server)} now.")
    return 0


def _plan(server: psycopg.Connection, args: argparse.Namespace) -> int:
    found, moves = _planned(server)
    if args.json:
        print(json.dumps([{"schema": move.schema, "to": str(move.to)} for move in moves]))
        return 0
    for move in moves:
        print(f"{move.schema}  {spread.told(found[move.schema].bytes):>8}  → {move.to}")
    print("Do it: jiedao scale balance" if moves else "Nothing to move: the servers are as even as districts allow.")
    return 0


def _balance(server: psycopg.Connection, args: argparse.Namespace) -> int:
    found, moves = _planned(server)
    for move in moves:
        if found[move.schema].node is None:
            spread.spread(server, move.schema)
        spread.move(server, move.schema, move.to)
        print(f"{move.schema} lies on {move.to} now.", flush=True)
    print(f"{len(moves)} districts moved.")
    return 0


def _planned(server: psycopg.Connection) -> tuple[dict[str, spread.Place], list[spread.Move]]:
    """Over the servers beside the coordinator, or over it alone while there is none beside it."""
    spread.version(server)
    known = spread.nodes(server)
    servers = [node for node in known if not node.is_coordinator] or known
    found = _found(server, [])
    return {place.schema: place for place in found}, spread.balanced(found, servers)


def _status(server: psycopg.Connection, args: argparse.Namespace) -> int:
    citus = spread.version(server)
    known, found = spread.nodes(server), _found(server, [])
    if args.json:
        rows = [{"schema": p.schema, "bytes": p.bytes, "node": p.node and str(p.node)} for p in found]
        print(json.dumps({"citus": citus, "nodes": list(map(str, known)), "districts": rows}))
        return 0
    print(f"Citus {citus}")
    for node in known:
        print(f"server    {node}{'  coordinator' if node.is_coordinator else ''}")
    for place in found:
        where = place.node or "the coordinator, in ordinary tables"
        print(f"district  {place.schema}  {spread.told(place.bytes):>8}  {where}")
    return 0


def _found(server: psycopg.Connection, names: list[str]) -> list[spread.Place]:
    """The named districts, or all."""
    rows = list(District.objects.order_by("code"))
    chosen = [one for one in rows if not names or {one.label, one.code, one.schema_name} & set(names)]
    if names and not chosen:
        raise Trouble(f"No district is called {names[0]}. jiedao district list shows them.")
    return spread.places(server, [one.schema_name for one in chosen])


def _node(written: str) -> spread.Node:
    host, _, port = written.rpartition(":") if ":" in written else (written, "", "")
    if not host or (port and not port.isdigit()):
        raise Trouble(f"{written!r} is no server; write HOST or HOST:PORT.")
    return spread.Node(host, int(port or PORT))
