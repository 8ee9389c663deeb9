"""Backups (备份与恢复, G40): equal by table, any byte that changes is found, a district alone, a moment again."""

import argparse
import importlib
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest

from jiedao.__main__ import COMMANDS
from jiedao.doors.keep import base, drill, dumps, erasures, files, places, wal
from jiedao.doors.keep.sealed import CHUNK, Sealing, Unsealed, opened
from jiedao.doors.watch import notes
from jiedao.ground.db.embedded import Embedded
from jiedao.ground.db.home import Trouble, home
from jiedao.ground.db.roles import bootstrap, parameters
from jiedao.ground.districts import district
from jiedao.ground.people import contacts
from jiedao.ground.people.models import Subject
from jiedao.kit import vault
from jiedao.kit.clock import now
from tests.conftest import wait_for

KEY = bytes(range(32))


def sealed(folder: Path, content: bytes, name: str = "part") -> Path:
    path = folder / f"{name}.sealed"
    with Sealing(path, KEY, name) as sealing:
        for at in range(0, len(content), 300_000):
            sealing.write(content[at : at + 300_000])
    return path


# Sealed files


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17])
def test_what_was_sealed_comes_back_whole(tmp_path, size):
    content = os.urandom(size)
    path = sealed(tmp_path, content)

    assert b"".join(opened(path, KEY, "part")) == content
    assert Unsealed(path, KEY, "part").read() == content
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".part")]


def test_one_flipped_byte_is_found_twenty_times_of_twenty(tmp_path):
    path = sealed(tmp_path, os.urandom(2 * CHUNK + 4321))
    whole, found = path.read_bytes(), 0

    for turn in range(20):
        broken = bytearray(whole)
        broken[(turn * len(whole)) // 20 + turn] ^= 1 << turn % 8
        path.write_bytes(bytes(broken))
        try:
            list(opened(path, KEY, "part"))
        except Trouble:
            found += 1
    print(f"reached {found} of 20 flipped bytes found")

    assert found == 20


def test_a_part_that_was_cut_swapped_or_sealed_by_another_is_refused(tmp_path):
    path, other = sealed(tmp_path, os.urandom(2 * CHUNK)), sealed(tmp_path, b"of another part", "other")
    cut = tmp_path / "cut.sealed"
    cut.write_bytes(path.read_bytes()[: 24 + CHUNK + 16])

    for file, key, name in ((cut, KEY, "part"), (other, KEY, "part"), (path, bytes(32), "part")):
        with pytest.raises(Trouble, match="was changed, was cut off"):
            list(opened(file, key, name))


def test_a_file_that_could_not_be_written_whole_is_not_there(tmp_path):
    with pytest.raises(RuntimeError), Sealing(tmp_path / "half.sealed", KEY, "half") as sealing:
        sealing.write(b"begun")
        raise RuntimeError

    assert list(tmp_path.iterdir()) == []


# A backup and its drill


@dataclass
class Done:
    """What a command said, and how it ended."""

    returncode: int
    said: str


@pytest.fixture
def keep(fresh_database, tmp_path, settings, monkeypatch, capsys) -> Iterator[Callable[..., Done]]:
    """Commands of backups, in this process, on a database and in a folder of their own."""
    settings.BACKUP_ROOT, settings.MEDIA_ROOT = str(tmp_path / "backups"), str(tmp_path / "files")
    for name in ("BACKUP_ROOT", "MEDIA_ROOT"):
        monkeypatch.setenv(name, getattr(settings, name))
    place = tmp_path / "files" / "d320106" / "2026"
    place.mkdir(parents=True)
    (place / "one.jpg").write_bytes(b"a photo")
    (tmp_path / "keys").mkdir(mode=0o700)
    for path in (home() / "keys").glob("*.key"):
        shutil.copy2(path, tmp_path / "keys" / path.name)
    monkeypatch.setenv("MASTER_KEY_FILE", str(tmp_path / "keys" / "master.key"))
    monkeypatch.setattr(notes, "home", lambda: tmp_path)
    vault.use(tmp_path / "keys" / "master.key")

    def call(name: str, *words: str) -> Done:
        module, parser = importlib.import_module(COMMANDS[name].module), argparse.ArgumentParser()
        module.arguments(parser)
        try:
            code = module.run(parser.parse_args(words))
        except Trouble as trouble:
            code = 1
            print(trouble)
        return Done(code, capsys.readouterr().out)

    yield call
    vault.use(None)


def owner(database: str) -> psycopg.Connection:
    return psycopg.connect(**dumps.admin(database), autocommit=True)


def test_a_district_is_backed_up_tried_changed_and_restored_while_others_go_on(keep, fresh_database):
    with district("gulou"):
        one = Subject.objects.create(key=b"wrapped", phone_hash=b"hash", made_at=now())
    made = keep("backup", "--district", "gulou")
    assert made.returncode == 0, made.said
    manifest = places.read(json.loads(keep("backup", "list", "--json").said)[0]["name"])
    _every_flipped_byte_is_found(keep, manifest)

    with district("gulou"):
        contacts.erase(one)
    erasures.carry_all()
    with owner(fresh_database) as database:
        people = database.execute("SELECT count(*) FROM d320106.people_person").fetchone()
        database.execute("DELETE FROM d320106.terms_term")
    photo = Path(places.root()).parent / "files" / "d320106" / "2026" / "one.jpg"
    photo.unlink()
    done = keep("restore", manifest.name, "--district", "gulou")

    assert done.returncode == 0, done.said
    assert "equal to the backup" in done.said and "Next:" in done.said and "1 subjects again" in done.said
    assert photo.read_bytes() == b"a photo"
    with owner(fresh_database) as database:
        assert database.execute("SELECT count(*) FROM d320106.people_person").fetchone() == people
        assert database.execute("SELECT count(*) > 0 FROM d320106.terms_term").fetchone() == (True,)
        aside = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'd320106_before_%'"
        assert len(database.execute(aside).fetchall()) == 1
    with psycopg.connect(**parameters("web")) as web:
        assert web.execute("SELECT count(*) > 0 FROM d320106.people_person").fetchone() == (True,)
    with district("gulou"):
        one.refresh_from_db()
        assert one.key is None and one.erased_at


def _every_flipped_byte_is_found(keep, manifest: places.Manifest) -> None:
    parts = [manifest.folder / name for name in manifest.parts]
    (photo,) = (places.root() / "files").rglob("*.sealed")
    for path in parts:
        with flipped(path), pytest.raises(Trouble, match="is not what was written"):
            dumps.check_parts(manifest)
    with flipped(photo):
        assert len(list(files.faults(manifest))) == 1
    with flipped(parts[0]):
        done = keep("restore", manifest.name, "--check")
    assert done.returncode == 1 and "FAULT" in done.said and "Next:" in done.said
    assert [bool(tried.faults) for tried in drill.recorded()] == [True]


@contextmanager
def flipped(path: Path) -> Iterator[None]:
    whole = path.read_bytes()
    path.write_bytes(whole[:-40] + bytes([whole[-40] ^ 4]) + whole[-39:])
    yield
    path.write_bytes(whole)


def test_a_manifest_that_was_changed_is_not_believed(tmp_path, settings):
    settings.BACKUP_ROOT = str(tmp_path)
    (tmp_path / "20261122T020000Z").mkdir()
    manifest = places.Manifest("20261122T020000Z", "2026-11-22T02:00:00+00:00", district="gulou")
    places.write(manifest, manifest.folder)
    assert places.read(manifest.name) == manifest
    path = manifest.folder / places.MANIFEST
    path.write_text(path.read_text().replace("gulou", "guiou"))

    with pytest.raises(Trouble, match=r"changed|signed"):
        places.read(manifest.name)


def test_keys_are_not_laid_beside_the_backups(keep, tmp_path):
    beside = keep("backup", "keys", "--to", str(tmp_path / "backups" / "stick"))
    away = keep("backup", "keys", "--to", str(tmp_path / "stick"))

    assert beside.returncode == 1 and "choose another place" in beside.said
    assert away.returncode == 0 and "backup.key" in away.said
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "stick").rglob("*.key")} == {0o600}


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_everything_is_equal_by_table_after_a_drill_and_after_a_restore(keep, fresh_database):
    assert keep("backup").returncode == 0
    drilled = keep("restore", "latest", "--check")
    assert drilled.returncode == 0, drilled.said
    with owner(fresh_database) as database:
        database.execute("DROP SCHEMA d320106 CASCADE")

    from django.db import connections

    connections.close_all()
    done = keep("restore", "latest")

    assert done.returncode == 0, done.said
    assert dumps.compare(places.find("latest"), fresh_database) == []
    with owner("postgres") as database:
        for (name,) in database.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'jiedao_before_%'"
        ).fetchall():
            database.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


# A moment again: a server of its own


@pytest.fixture
def server(monkeypatch, settings) -> Iterator[Embedded]:
    """Our own server with its log kept, in a folder of its own."""
    place = Path(tempfile.mkdtemp(prefix="jiedao-"))
    place.chmod(0o755)
    for name, value in {"JIEDAO_HOME": str(place), "WAL_ARCHIVE": "1", "DATABASE_NAME": "jiedao"}.items():
        monkeypatch.setenv(name, value)
    settings.BACKUP_ROOT = str(place / "backups")
    vault.use(place / "keys" / "master.key")
    embedded = Embedded(place)
    embedded.start()
    bootstrap(embedded)
    yield embedded
    vault.use(None)
    for process in psutil.process_iter():
        try:
            if process.name().startswith("postgres") and str(place) in (
                str(process.cwd()) + " ".join(process.cmdline())
            ):
                process.kill()
        except (psutil.Error, OSError):
            continue
    shutil.rmtree(embedded.place, ignore_errors=True)
    shutil.rmtree(place, ignore_errors=True)


def base_backup() -> places.Manifest:
    places.key(make=True)
    manifest = places.Manifest(places.fresh_name(), now().isoformat())
    manifest.folder.mkdir(parents=True)
    base.take(manifest.folder, manifest)
    places.write(manifest, manifest.folder)
    return manifest


def write(server: Embedded, number: int) -> None:
    with psycopg.connect(**server.admin("jiedao")) as admin:
        admin.execute("INSERT INTO kept VALUES (%s, clock_timestamp())", [number])


def numbers(server: Embedded) -> list[int]:
    with psycopg.connect(**server.admin("jiedao")) as admin:
        return [row[0] for row in admin.execute("SELECT number FROM kept ORDER BY number").fetchall()]


def kill(server: Embedded) -> None:
    pid = server.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not server.status().running)


@pytest.mark.nightly
@pytest.mark.parametrize("kills", [10])
def test_recovery_after_kills_loses_nothing_and_stops_at_a_moment(server, kills):
    with psycopg.connect(**server.admin("jiedao"), autocommit=True) as admin:
        admin.execute("CREATE TABLE kept (number int, at timestamptz)")
    write(server, 0)
    base_backup()
    for turn in range(1, kills + 1):
        write(server, turn)
        if turn % 2:
            with psycopg.connect(**server.admin("jiedao"), autocommit=True) as admin:
                admin.execute("SELECT pg_switch_wal()")
        kill(server)
        server.start()
    with psycopg.connect(**server.admin("jiedao")) as admin:
        middle = admin.execute("SELECT at + interval '1 millisecond' FROM kept WHERE number = 1").fetchone()[0]
    wait_for(lambda: wal.carry() or wal.newest(), 20)
    kill(server)
    inside = server.home / "again"
    inside.mkdir(mode=0o755)

    with base.recovered(None, server, inside) as copy:
        assert numbers(copy) == list(range(kills + 1))
    shutil.rmtree(inside)
    shutil.rmtree(copy.place, ignore_errors=True)
    inside.mkdir(mode=0o755)
    with base.recovered(middle, server, inside) as copy:
        assert numbers(copy) == [0, 1]
    print(f"reached 0 of {kills + 1} acknowledged lost after {kills} kills")
