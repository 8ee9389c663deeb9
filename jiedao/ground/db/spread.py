"""Several servers (多机): one PostgreSQL made the coordinator of a Citus cluster, whole districts laid on its nodes.

A district is a schema, and Citus spreads schemas: no table, no query and no verb knows of it (the rules that keep this
way open stand in docs/scale.md). Everything here asks Citus; what it does, it does itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from jiedao.ground.db.home import Trouble

OLDEST = 12
"""Citus that spreads schemas; moving one under load needs 12.1."""
COORDINATOR = "coordinator"


@dataclass(frozen=True, order=True)
class Node:
    """A server of the cluster. The coordinator keeps what belongs to no district, and may hold districts too."""

    host: str
    port: int
    is_coordinator: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Place:
    """Where a district lies; `node` is None while it lies on the coordinator as ordinary tables."""

    schema: str
    bytes: int
    node: Node | None


@dataclass(frozen=True)
class Move:
    """A district and where it should lie."""

    schema: str
    to: Node


def version(server: psycopg.Connection) -> str:
    """Citus as it is installed in this database. Refuses where there is none, with what to do."""
    available = server.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'citus'").fetchone()
    if not available:
        raise Trouble(
            "This PostgreSQL has no Citus. Install the package citus of your PostgreSQL on every server, set"
            " shared_preload_libraries = 'citus' and wal_level = logical, restart, then: jiedao scale begin"
        )
    found = server.execute("SELECT extversion FROM pg_extension WHERE extname = 'citus'").fetchone()
    if found is None:
        raise Trouble("This server is no coordinator yet. First: jiedao scale begin --host NAME")
    if int(str(found[0]).partition(".")[0]) < OLDEST:
        raise Trouble(f"Citus {found[0]} cannot spread districts; {OLDEST} or newer can. Upgrade it on every server.")
    return str(found[0])


def begin(server: psycopg.Connection, host: str, port: int) -> None:
    """Makes this server the coordinator, reached by the others as host:port. Doing it again changes nothing."""
    if not server.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'citus'").fetchone():
        version(server)
    server.execute("CREATE EXTENSION IF NOT EXISTS citus")
    version(server)
    server.execute("SELECT citus_set_coordinator_host(%s, %s)", [host, port])


def add(server: psycopg.Connection, host: str, port: int) -> None:
    """A further server; Citus connects to it, copies roles and says no where it cannot."""
    version(server)
    server.execute("SELECT citus_add_node(%s, %s)", [host, port])


def nodes(server: psycopg.Connection) -> list[Node]:
    """The coordinator first."""
    asked = "SELECT nodename, nodeport, groupid = 0 FROM pg_dist_node WHERE isactive ORDER BY groupid <> 0, nodename, nodeport"
    return [Node(*row) for row in server.execute(asked).fetchall()]


def places(server: psycopg.Connection, schemas: Sequence[str]) -> list[Place]:
    """Each district with its bytes and its node."""
    there = {
        schema: Node(host, port, bool(is_coordinator))
        for schema, host, port, is_coordinator in server.execute(_WHERE, [list(schemas)]).fetchall()
    }
    sizes = dict(server.execute(_SIZES, [list(schemas)]).fetchall())
    spread = dict(server.execute(_SPREAD_SIZES, [list(schemas)]).fetchall()) if there else {}
    return [Place(one, int(spread.get(one) or sizes.get(one) or 0), there.get(one)) for one in schemas]


_WHERE = """
SELECT DISTINCT n.nspname, s.nodename, s.nodeport, d.groupid = 0
FROM citus_shards s JOIN pg_class c ON c.oid = s.table_name JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_dist_node d ON d.nodename = s.nodename AND d.nodeport = s.nodeport
WHERE s.citus_table_type = 'schema' AND n.nspname = ANY(%s)
"""
_SPREAD_SIZES = """
SELECT n.nspname, sum(s.shard_size)::bigint
FROM citus_shards s JOIN pg_class c ON c.oid = s.table_name JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE s.citus_table_type = 'schema' AND n.nspname = ANY(%s) GROUP BY 1
"""
_SIZES = """
SELECT n.nspname, sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = ANY(%s) GROUP BY 1
"""


def spread(server: psycopg.Connection, schema: str) -> None:
    """Makes a district something Citus can move. Its tables are copied once; writes of the district wait meanwhile."""
    version(server)
    server.execute(sql.SQL("SELECT citus_schema_distribute({})").format(sql.Literal(schema)))


def move(server: psycopg.Connection, schema: str, to: Node) -> None:
    """Carries a district to another server while it is worked in; its writes wait for the last moment only."""
    version(server)
    known = nodes(server)
    if not any((one.host, one.port) == (to.host, to.port) for one in known):
        listed = ", ".join(map(str, known)) or "none"
        raise Trouble(f"{to} is no server of this cluster (known: {listed}). Add it: jiedao scale add {to}")
    server.execute(sql.SQL("SELECT citus_schema_move({}, %s, %s)").format(sql.Literal(schema)), [to.host, to.port])


def balanced(found: Iterable[Place], servers: Sequence[Node]) -> list[Move]:
    """The moves after which the servers hold about the same, the largest first; none where nothing would be won.

    Districts still on the coordinator as ordinary tables are laid where there is most room.
    """
    load: dict[Node, int] = dict.fromkeys(servers, 0)
    at: dict[str, Place] = {}
    lying = {(one.host, one.port): one for one in servers}
    target: dict[str, Node] = {}
    for one in sorted(found, key=lambda place: (-place.bytes, place.schema)):
        at[one.schema] = one
        here = lying.get((one.node.host, one.node.port)) if one.node else None
        target[one.schema] = here or min(load, key=lambda node: (load[node], node))
        load[target[one.schema]] += one.bytes
    while better := _better(at, target, load):
        schema, to = better
        load[target[schema]] -= at[schema].bytes
        load[to] += at[schema].bytes
        target[schema] = to
    return [
        Move(schema, node)
        for schema, node in target.items()
        if (at[schema].node is None) or (node.host, node.port) != (at[schema].node.host, at[schema].node.port)  # type: ignore[union-attr]
    ]


def _better(at: dict[str, Place], target: dict[str, Node], load: dict[Node, int]) -> tuple[str, Node] | None:
    """A district whose move from the fullest to the emptiest server makes the fullest less full."""
    full, empty = max(load, key=lambda one: (load[one], one)), min(load, key=lambda one: (load[one], one))
    gap = load[full] - load[empty]
    fits = [one for one, node in target.items() if node == full and 0 < at[one].bytes < gap]
    return (max(fits, key=lambda one: (at[one].bytes, one)), empty) if fits else None


def told(found: Any) -> str:
    """Bytes in a size people read."""
    size = float(found)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
