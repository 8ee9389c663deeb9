"""Nothing serves from a database that could lose or show what it must not (G04): seven of seven."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from jiedao.ground.db import checks
from jiedao.ground.db.embedded import Embedded
from jiedao.ground.db.home import Trouble
from jiedao.ground.db.roles import bootstrap, make_roles, parameters, role_name


@pytest.fixture
def server(monkeypatch) -> Iterator[Callable[..., Embedded]]:
    """A cluster of the test's own, started with whatever options it wants to be caught with."""
    home = Path(tempfile.mkdtemp(prefix="jiedao-"))
    home.chmod(0o755)
    monkeypatch.setenv("JIEDAO_HOME", str(home))
    monkeypatch.setenv("DATABASE_NAME", "jiedao")
    started = []

    def start(checksums: bool = True, **options: str) -> Embedded:
        embedded = Embedded(home, options, checksums)
        started.append(embedded)
        embedded.start()
        bootstrap(embedded)
        make_roles()
        return embedded

    yield start
    for embedded in started:
        embedded.stop()
    shutil.rmtree(home)


def failed(role: str = "web") -> list[str]:
    return [finding.name for finding in checks.seven(role) if not finding.well]


def test_a_server_of_ours_passes_all_seven(server):
    server()

    assert [finding.name for finding in checks.seven("web")] == [
        "fsync",
        "full_page_writes",
        "synchronous_commit",
        "data_checksums",
        "timezone",
        "not_owner",
        "not_superuser",
    ]
    assert failed("web") == failed("live") == failed("worker") == []


@pytest.mark.parametrize(
    ("option", "value", "caught"),
    [
        ("fsync", "off", "fsync"),
        ("full_page_writes", "off", "full_page_writes"),
        ("synchronous_commit", "off", "synchronous_commit"),
        ("timezone", "Asia/Shanghai", "timezone"),
    ],
)
def test_a_server_with_an_unsafe_setting_is_caught(server, option, value, caught):
    server(**{option: value})

    assert failed() == [caught]


def test_a_server_without_checksums_is_caught(server):
    server(checksums=False)

    assert failed() == ["data_checksums"]


def test_commits_that_do_not_wait_are_caught_on_the_role_too(server):
    embedded = server()
    with psycopg.connect(**embedded.admin(), autocommit=True) as admin:
        admin.execute("ALTER ROLE jiedao_web SET synchronous_commit = off")

    assert failed() == ["synchronous_commit"]


def test_the_owner_does_not_serve(server):
    server()

    assert failed("owner") == ["not_owner"]


def test_a_role_that_owns_a_table_does_not_serve(server):
    embedded = server()
    with psycopg.connect(**embedded.admin("jiedao"), autocommit=True) as admin:
        admin.execute("CREATE TABLE own (id int)")
        admin.execute("ALTER TABLE own OWNER TO jiedao_web")

    assert failed() == ["not_owner"]


@pytest.mark.parametrize("power", ["SUPERUSER", "BYPASSRLS"])
def test_a_role_that_passes_every_wall_does_not_serve(server, power):
    embedded = server()
    with psycopg.connect(**embedded.admin(), autocommit=True) as admin:
        given = sql.SQL("ALTER ROLE {} " + power)
        admin.execute(given.format(sql.Identifier(role_name("web"))))

    assert "not_superuser" in failed()


@pytest.mark.parametrize("words", [("serve",), ("live",), ("work",), ("work", "--ticker")])
def test_nothing_starts_on_an_unsafe_server_and_it_says_what_to_mend(server, run_jiedao, words):
    server(fsync="off")

    done = run_jiedao(*words)

    assert done.returncode == 1
    assert "1 of 7 checks failed" in done.stderr
    assert "ALTER SYSTEM SET fsync = on" in done.stderr


def test_a_server_that_is_away_is_a_plain_refusal(server, run_jiedao):
    server().stop()

    with pytest.raises(Trouble, match="cannot be reached as jiedao_web"):
        checks.refuse_unless_safe("web")


def test_every_role_but_the_owner_signs_in_without_powers(server):
    embedded = server()
    powers = "rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls"
    asked = f"SELECT rolname FROM pg_roles WHERE rolname ~ '^jiedao_' AND ({powers})"

    with psycopg.connect(**embedded.admin()) as admin:
        assert admin.execute(asked).fetchall() == [("jiedao_owner",)]
    for role in ("web", "live", "worker", "report", "audit_reader"):
        psycopg.connect(**parameters(role)).close()


@pytest.mark.nightly
def test_any_server_of_yours_serves_by_its_owners_dsn(server, monkeypatch, run_jiedao):
    """One server may hold several installations: the roles take the owner's prefix."""
    embedded = server()
    with psycopg.connect(**embedded.admin(), autocommit=True) as admin:
        admin.execute("CREATE ROLE civic_owner LOGIN CREATEROLE PASSWORD 'known to the operator'")
        admin.execute("CREATE DATABASE civic OWNER civic_owner")
    dsn = f"host={embedded.sockets} dbname=civic user=civic_owner password='known to the operator'"
    monkeypatch.setenv("DATABASE_URL", dsn)

    migrated = run_jiedao("migrate", jiedao_role="owner")
    looked = run_jiedao("doctor", "--json")

    assert migrated.returncode == 0, migrated.stderr
    assert looked.returncode == 0, looked.stdout
    assert parameters("web")["user"] == "civic_web"
    assert failed("web") == []


def test_a_machine_that_serves_needs_no_more_than_its_own_roles_dsn(server, monkeypatch):
    server()
    own = psycopg.conninfo.make_conninfo(**parameters("web"))
    monkeypatch.setenv("DATABASE_ROLE_URL", own)
    monkeypatch.setenv("DATABASE_URL", "host=/nowhere user=jiedao_owner")

    assert failed("web") == []
