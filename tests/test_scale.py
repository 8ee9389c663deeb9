"""Districts over several servers (多机): what is asked of Citus, and in which order; with Citus itself where there is one."""

import argparse
import json
import os
import random

import psycopg
import pytest

from jiedao.doors.commands import scale as command
from jiedao.ground.db import spread
from jiedao.ground.db.home import Trouble
from jiedao.ground.db.roles import parameters
from jiedao.ground.db.spread import Node, Place

GB = 10**9
ONE, TWO, THREE = Node("db1", 5432), Node("db2", 5432), Node("db3", 5432)

STAND_IN = """
CREATE SCHEMA fake;
CREATE TABLE fake.pg_available_extensions AS SELECT 'citus'::text AS name;
CREATE TABLE fake.pg_extension AS SELECT 'citus'::text AS extname, '13.0-1'::text AS extversion;
CREATE TABLE fake.pg_dist_node (nodename text, nodeport int, groupid int, isactive bool DEFAULT true);
INSERT INTO fake.pg_dist_node VALUES ('db0', 5432, 0);
CREATE TABLE fake.citus_shards (table_name regclass, citus_table_type text, nodename text, nodeport int, shard_size bigint);
CREATE FUNCTION fake.citus_add_node(text, int) RETURNS void LANGUAGE sql AS
  $$ INSERT INTO fake.pg_dist_node SELECT $1, $2, count(*) FROM fake.pg_dist_node $$;
CREATE FUNCTION fake.citus_schema_distribute(regnamespace) RETURNS void LANGUAGE sql AS
  $$ INSERT INTO fake.citus_shards SELECT oid, 'schema', 'db0', 5432, pg_total_relation_size(oid) FROM pg_class
     WHERE relnamespace = $1 AND relkind = 'r' $$;
CREATE FUNCTION fake.citus_schema_move(regnamespace, text, int) RETURNS void LANGUAGE sql AS
  $$ UPDATE fake.citus_shards s SET nodename = $2, nodeport = $3 FROM pg_class c
     WHERE c.oid = s.table_name AND c.relnamespace = $1 $$;
"""


@pytest.fixture
def scale(fresh_database, django_db_blocker, capsys):
    """`jiedao scale …` in this process: whether it was done, and what it said."""

    def call(*words):
        parser = argparse.ArgumentParser()
        command.arguments(parser)
        try:
            with django_db_blocker.unblock():
                done = command.run(parser.parse_args(words)) == 0
        except Trouble as trouble:
            return False, str(trouble)
        return done, capsys.readouterr().out

    return call


@pytest.fixture
def citus(fresh_database, monkeypatch):
    """A stand-in for Citus, found before the server's own tables."""
    with psycopg.connect(**parameters("owner"), autocommit=True) as owner:
        owner.execute(STAND_IN)
    monkeypatch.setenv("PGOPTIONS", "-c search_path=fake,pg_catalog,public")


def test_a_server_without_citus_is_told_what_to_install(scale):
    for words in (("status",), ("begin", "--host", "db0"), ("spread", "--all")):
        done, said = scale(*words)
        assert not done and "shared_preload_libraries" in said


def test_districts_are_spread_planned_balanced_and_moved(citus, scale):
    before = json.loads(scale("status", "--json")[1])["districts"]
    early = scale("move", "gulou", "db2")
    added = [scale("add", server)[0] for server in ("db1", "db2:5432")]
    ready = scale("spread", "--all")[0]
    planned = json.loads(scale("plan", "--json")[1])
    done = scale("balance")
    after = {one["schema"]: one["node"] for one in json.loads(scale("status", "--json")[1])["districts"]}

    assert {one["node"] for one in before} == {None}
    assert not early[0] and "jiedao scale spread gulou" in early[1]
    assert added == [True, True] and ready and done[0]
    assert len(planned) == len(after) == 5
    assert set(after.values()) == {"db1:5432", "db2:5432"}
    assert "Nothing to move" in scale("plan")[1]
    assert scale("move", "gulou", "db1")[0] and scale("move", "gulou", "db2")[0]
    for words, told in WRONG.items():
        refused, said = scale(*words)
        assert not refused and told in said


WRONG = {
    ("move", "gulou", "db9"): "jiedao scale add db9:5432",
    ("move", "nowhere", "db1"): "No district is called nowhere",
    ("add", "db1:x"): "HOST:PORT",
    ("spread",): "--all",
}


def test_a_district_that_is_too_large_to_help_stays():
    found = [Place("a", 9 * GB, ONE), Place("b", 1 * GB, TWO)]

    assert spread.balanced(found, [ONE, TWO]) == []


def test_any_districts_end_up_as_even_as_they_can():
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(200):
        sizes = [chance.randrange(1, 50) * GB for _ in range(chance.randrange(1, 40))]
        nodes = [ONE, TWO, THREE][: chance.randrange(1, 4)]
        found = [Place(f"d{n}", size, chance.choice([None, *nodes])) for n, size in enumerate(sizes)]
        moves = {move.schema: move.to for move in spread.balanced(found, nodes)}

        load = dict.fromkeys(nodes, 0)
        for one in found:
            load[moves.get(one.schema) or one.node] += one.bytes
        assert max(load.values()) - min(load.values()) <= max(sizes)
        stays = {one.schema for one in found if one.node is not None} - set(moves)
        assert spread.balanced([Place(p.schema, p.bytes, moves.get(p.schema, p.node)) for p in found], nodes) == []
        assert all(moves[p.schema] != p.node for p in found if p.schema not in stays and p.schema in moves)


def test_an_old_citus_is_refused(citus, scale):
    with psycopg.connect(**parameters("owner"), autocommit=True) as owner:
        owner.execute("UPDATE fake.pg_extension SET extversion = '11.3-1'")

    assert "cannot spread districts" in scale("status")[1]


@pytest.mark.nightly
def test_a_district_on_citus_lives_like_any_other(run_jiedao, tmp_path):
    dsn = os.environ.get("JIEDAO_CITUS_DSN")
    if not dsn:
        pytest.skip("no Citus on this machine; give a superuser's DSN of an empty database in JIEDAO_CITUS_DSN")
    here = {"database_url": dsn, "jiedao_role": "owner", "jiedao_home": str(tmp_path)}
    host = os.environ.get("JIEDAO_CITUS_HOST", "localhost")
    steps = (
        ("migrate",), ("demo",), ("scale", "begin", "--host", host), ("scale", "spread", "--all"),
        ("rehearse", "--district", "gulou", "--days", "1"), ("verify", "--district", "gulou"), ("scale", "status"),
    )  # fmt: skip
    for step in steps:
        done = run_jiedao(*step, **here)
        assert done.returncode == 0, (step, done.stdout, done.stderr)
