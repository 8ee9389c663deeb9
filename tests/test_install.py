"""Installing (安装与升级): units, proxy, configuration; a fresh tree is installed, upgraded, rolled back, restored."""

import argparse
import importlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
import yaml

from jiedao.__main__ import COMMANDS
from jiedao.doors.install import bundling, changing, layout, machine, writing
from jiedao.ground.db.home import CHECKOUT, Trouble
from tests import units
from tests.conftest import free_port

CHOICES = writing.Choices("jiedao.example.gov.cn")


@pytest.fixture
def tree(tmp_path) -> layout.Layout:
    """A layout below a folder of the test, with one release in it that is this checkout."""
    root = tmp_path / "opt" / "jiedao"
    (root / "releases").mkdir(parents=True)
    (root / "releases" / "jiedao-1").symlink_to(CHECKOUT)
    found = layout.Layout(tmp_path, root, "jiedao")
    found.current.symlink_to(root / "releases" / "jiedao-1")
    return found


def written(tree: layout.Layout, choices: writing.Choices = CHOICES) -> dict[str, Path]:
    for file in writing.files(tree, choices):
        file.write()
    return {file.path.name: file.path for file in writing.files(tree, choices)}


# What is written


def test_every_unit_starts_a_command_that_there_is_with_words_it_takes(tree):
    services = [path for name, path in written(tree).items() if name.endswith(".service")]

    assert len(services) == 9
    for path in services:
        python, dash, package, name, *words = units.Unit(path).command
        assert (python, dash, package) == (str(tree.python), "-m", "jiedao"), path
        module = importlib.import_module(COMMANDS[name].module)
        parser = argparse.ArgumentParser()
        module.arguments(parser)
        parser.parse_args(words)
        for key, wanted in (
            ("User", "jiedao"),
            ("EnvironmentFile", str(tree.config)),
            ("WorkingDirectory", str(tree.current)),
        ):
            assert units.Unit(path).one(key) == wanted, path


def test_every_timer_has_its_service_and_the_target_wants_all_of_them(tree):
    files = written(tree)
    timers = [name for name in files if name.endswith(".timer")]
    wanted = " ".join(units.parse(files["jiedao.target"])["Unit"]["Wants"]).split()

    assert len(timers) == 4 and all(name.replace(".timer", ".service") in files for name in timers)
    assert set(timers) | {
        "jiedao-web.service",
        "jiedao-live.service",
        "jiedao-worker.service",
        "jiedao-ticker.service",
    } == set(wanted)
    assert all("OnCalendar" in units.parse(files[name])["Timer"] for name in timers)


def test_with_a_server_of_yours_nothing_of_the_embedded_one_is_left(tree):
    files = written(tree, writing.Choices("a.cn", database_url="postgresql://jiedao_owner@db1/jiedao"))

    assert "jiedao-database.service" not in files
    assert not any("Requires=jiedao-database" in path.read_text() for path in files.values())
    assert 'WAL_ARCHIVE="0"' in files["jiedao.env"].read_text()


def test_nothing_of_a_template_is_left_unfilled(tree):
    for tls in writing.TLS:
        for file in writing.files(tree, writing.Choices("a.cn", tls=tls)):
            left = file.content.replace("{district}", "") if file.path.name == "jiedao.env" else file.content
            assert "{" not in left or file.path.name == "Caddyfile", file.path
            assert file.content.count("{") == file.content.count("}")


def test_systemd_itself_finds_nothing_wrong_with_the_units(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not here; the units are parsed alone")
    fake = layout.Layout(tmp_path, tmp_path / "opt", "root")
    fake.python.parent.mkdir(parents=True)
    shutil.copy2("/bin/true", fake.python)
    written(fake)

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(fake.units.glob("jiedao*")))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if "jiedao" in line and "Failed to" not in line]
    assert said == []


def test_the_configuration_names_settings_that_there_are(tree):
    from jiedao.settings import DECLARED

    names = set(machine.configuration(SimpleNamespace(config=written(tree)["jiedao.env"])))

    assert names - {one.name for one in DECLARED} - {"TLS_CERTIFICATE"} == set()


def test_a_second_writing_changes_nothing_and_never_what_is_yours(tree):
    files = written(tree)
    files["jiedao.env"].write_text('ALLOWED_HOSTS="mine"\n')

    states = {file.path.name: file.state for file in writing.files(tree, CHOICES)}
    lacking = next(file for file in writing.files(tree, CHOICES) if file.keep).lacking()
    written(tree)

    assert set(states.values()) == {"same", "yours"} and states["jiedao.env"] == "yours"
    assert any(line.startswith("BACKUP_ROOT=") for line in lacking)
    assert files["jiedao.env"].read_text() == 'ALLOWED_HOSTS="mine"\n'
    assert files["jiedao.env"].stat().st_mode & 0o007 == 0


def test_the_compose_file_holds_every_process_and_each_finds_its_command():
    told = yaml.safe_load((CHECKOUT / "deploy" / "compose" / "compose.yaml").read_text())
    services = told["services"]

    assert {"database", "web", "live", "worker", "ticker", "caddy"} <= set(services)
    for name in ("web", "live", "worker", "ticker", "migrate", "backup"):
        command, *words = services[name]["command"]
        parser = argparse.ArgumentParser()
        importlib.import_module(COMMANDS[command].module).arguments(parser)
        parser.parse_args(["2" if "WORKERS" in word else word for word in words])
    assert "--data-checksums" in services["database"]["environment"]["POSTGRES_INITDB_ARGS"]


def test_docker_reads_the_compose_file():
    if not shutil.which("docker"):
        pytest.skip("docker is not here; the Compose file is parsed alone")
    folder = CHECKOUT / "deploy" / "compose"
    env = os.environ | {"HOST": "a.cn", "ADMIN_PASSWORD": "x", "OWNER_PASSWORD": "y"}
    done = subprocess.run(
        ["docker", "compose", "-f", str(folder / "compose.yaml"), "config", "--quiet"],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "is not a docker command" in done.stderr or "unknown shorthand" in done.stderr:
        pytest.skip("docker is here without compose; the Compose file is parsed alone")
    assert done.returncode == 0, done.stderr


# What is refused


def test_code_that_lies_beside_no_other_release_is_not_installed():
    with pytest.raises(Trouble, match="/opt/jiedao/releases"):
        layout.here(Path("/tmp"))


@pytest.mark.parametrize("host", ["", "UPPER.cn", "a b", "a/b", "-a.cn", "x" * 300])
def test_a_name_that_is_no_host_is_refused(tree, host):
    found = {one.name: one.well for one in machine.findings(tree, writing.Choices(host))}

    assert found["host"] is False


def test_a_server_of_yours_that_is_not_safe_is_refused_before_anything_is_written(tree, cluster, monkeypatch):
    from psycopg.conninfo import make_conninfo

    admin = cluster.embedded.admin("postgres")
    url = make_conninfo(**admin, options="-c synchronous_commit=off -c timezone=Asia/Shanghai")
    found = {one.name: one.well for one in machine.findings(tree, writing.Choices("a.cn", database_url=url))}
    away = {one.name: one.well for one in machine.findings(tree, writing.Choices("a.cn", database_url="host=/nowhere"))}

    assert (found["synchronous_commit"], found["timezone"], found["fsync"]) == (False, False, True)
    assert away["database"] is False


# Bundles


def test_a_bundle_finds_a_file_that_was_changed_on_the_way(tmp_path):
    made = bundling.pack(tmp_path, wheels=False, say=lambda line: None)
    with tarfile.open(made) as tar:
        tar.extractall(tmp_path / "there", filter="data")
    there = next((tmp_path / "there").iterdir())
    sums = (there / "SHA256SUMS").read_text()
    assert "jiedao/doors/web/static/vendor/htmx.min.js" in sums and "deploy/install" in sums and "tests/" not in sums
    (there / "jiedao" / "urls.py").write_text("changed")

    done = subprocess.run([there / "deploy" / "install", "--host", "a.cn"], capture_output=True, text=True, check=False)

    assert done.returncode == 1 and "1 files are not as they were packed, first jiedao/urls.py" in done.stderr


# The whole way, on a fresh tree


PLANTED = '''"""A column more (演练新增列): what a later release brings; it may be empty, so older code goes on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("record", "{last}")]
    operations = [migrations.AddField("case", "planted", models.TextField(null=True))]
'''


class Server:
    """An installation below a folder, its services run from their units."""

    def __init__(self, place: Path) -> None:
        self.place, self.root = place, place / "opt" / "jiedao"
        self.port, self.units = free_port(), place / "etc" / "systemd" / "system"
        (self.root / "releases").mkdir(parents=True)
        self.units.mkdir(parents=True)
        tools = place / "tools"
        tools.mkdir()
        (tools / "systemctl").write_text(
            f'#!/bin/sh\nPYTHONPATH={CHECKOUT} exec {sys.executable} -m tests.units "$@"\n'
        )
        (tools / "systemctl").chmod(0o755)
        clean = {name: value for name, value in os.environ.items() if name not in DROPPED}
        path = f"{tools}:{CHECKOUT / '.venv' / 'bin'}:{os.environ['PATH']}"
        self.env = clean | {"JIEDAO_UNITS": str(self.units), "PATH": path, "JIEDAO_PREFIX": str(place)}

    def unpack(self, bundle: Path, name: str) -> Path:
        target = self.root / "releases" / name
        with tarfile.open(bundle) as tar:
            tar.extractall(self.place / "unpacked", filter="data")
        next((self.place / "unpacked").iterdir()).rename(target)
        (target / "RELEASE").write_text(f"{name}\n")
        (target / "SHA256SUMS").unlink()
        return target

    def installer(self, release: Path) -> list[str | Path]:
        """The command that installs a release here."""
        where = ["--host", "jiedao.test", "--port", str(self.port), "--prefix", self.place]
        return [release / "deploy" / "install", *where]

    def run(self, *words: str | Path, ok: bool = True) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [str(word) for word in words], env=self.env, capture_output=True, text=True, check=False, timeout=600
        )
        assert not ok or done.returncode == 0, done.stdout + done.stderr + self.logs()
        return done

    def jiedao(self, *words: str, ok: bool = True) -> "subprocess.CompletedProcess[str]":
        return self.run(self.place / "usr" / "local" / "bin" / "jiedao", *words, ok=ok)

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-1500:] for path in self.units.glob("*.log"))

    def ask(self, path: str, body: bytes | None = None, **more: str) -> int:
        headers = {"Host": "gulou.jiedao.test", "X-Forwarded-Proto": "https", "Content-Type": "application/json"} | more
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body, headers=headers)
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def token(self) -> str:
        """Somebody of the district who may report by the API."""
        words = ("--district", "gulou", "--account", "dispatcher", "--json")
        return str(json.loads(self.jiedao("token", "make", *words).stdout)["token"])

    def dsn(self) -> str:
        return self.jiedao("db", "dsn", "owner").stdout.strip()


DROPPED = {"JIEDAO_HOME", "JIEDAO_ROLE", "DATABASE_NAME", "DJANGO_ALLOW_ASYNC_UNSAFE", "PYTHONPATH", "JIEDAO_TEST_RUN"}


@pytest.fixture
def server(tmp_path) -> Iterator[Server]:
    found = Server(tmp_path)
    yield found
    subprocess.run([found.place / "tools" / "systemctl", "stop", "jiedao.target"], env=found.env, check=False)
    if (found.place / "usr").exists():
        found.jiedao("db", "stop", ok=False)


class Load:
    """Residents who report without a pause. Like the proxy, it tries again while nobody listens."""

    def __init__(self, server: Server) -> None:
        self.server, self.token, self.longest = server, server.token(), 0.0
        self.answers: list[int] = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._go)

    def __enter__(self) -> "Load":
        self.thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self.ended.set()
        self.thread.join()

    def _go(self) -> None:
        while not self.ended.is_set():
            began = time.monotonic()
            self.answers.append(self._one())
            self.longest = max(self.longest, time.monotonic() - began)
            self.ended.wait(0.03)

    def _one(self) -> int:
        """One report, with one key however often it is sent."""
        until, body = time.monotonic() + 20, json.dumps({"words": "路灯不亮"}).encode()
        said = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": str(uuid.uuid4())}
        while True:
            try:
                return self.server.ask("/api/v1/events", body, **said)
            except OSError:
                if time.monotonic() > until:
                    return 0
                time.sleep(0.1)


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_a_fresh_tree_is_installed_upgraded_under_load_rolled_back_and_restored(server):
    bundle = bundling.pack(server.place / "out", wheels=False, say=print)
    first, second = server.unpack(bundle, "jiedao-1"), server.unpack(bundle, "jiedao-2")
    migrations = second / "jiedao" / "record" / "migrations"
    last = sorted(path.stem for path in migrations.glob("0*.py"))[-1]
    (migrations / f"{int(last[:4]) + 1:04d}_planted.py").write_text(PLANTED.format(last=last))
    install = server.installer(first)

    looked = server.run(*install)
    assert "Nothing was changed" in looked.stdout and not (server.place / "etc" / "jiedao").exists()
    done = server.run(*install, "--workers", "1", "--write")
    assert "Next:" in done.stdout, done.stdout
    server.jiedao("package", "import", "gulou", "--yes")
    assert "same" in server.run(*install, "--workers", "1").stdout
    assert server.ask("/readyz") == 200

    with Load(server) as load:
        time.sleep(2)
        upgraded = server.jiedao("upgrade", "--to", "jiedao-2")
        time.sleep(2)
        back = server.jiedao("upgrade", "--back")
        time.sleep(2)
    assert "jiedao-2 serves" in upgraded.stdout and "Back at jiedao-1" in back.stdout
    bad = [status for status in load.answers if status not in (200, 201)]
    print(
        f"REACHED {len(load.answers)} reports through upgrade and roll-back, {len(bad)} failed, {load.longest:.1f} s the longest"
    )
    assert bad == [] and len(load.answers) > 50
    with psycopg.connect(server.dsn()) as owner:
        cases = owner.execute("SELECT count(*), count(planted) FROM d320106.record_case").fetchone()
    assert cases == (len(load.answers), 0)

    server.jiedao("backup")
    server.jiedao("restore", "latest", "--check")
    assert server.jiedao("restore", "latest", ok=False).returncode == 1  # it serves
    server.run(server.place / "tools" / "systemctl", "stop", "jiedao.target")
    server.jiedao("restore", "latest")
    server.run(server.place / "tools" / "systemctl", "start", "jiedao.target")
    assert changing.wait_ready(SimpleNamespace(config=server.place / "etc" / "jiedao" / "jiedao.env")) == ""
    with psycopg.connect(server.dsn()) as owner:
        assert owner.execute("SELECT count(*), count(planted) FROM d320106.record_case").fetchone() == cases
    print(
        "NOT PROVEN systemd's own start, users, sandbox and timers; Caddy; Docker: the units' commands were started by a stand-in"
    )


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_a_release_that_never_becomes_ready_goes_back_by_itself(server):
    bundle = bundling.pack(server.place / "out", wheels=False, say=print)
    first, second = server.unpack(bundle, "jiedao-1"), server.unpack(bundle, "jiedao-2")
    broken = second / "jiedao" / "wsgi.py"
    broken.write_text('raise RuntimeError("it does not start")\n')
    install = server.installer(first)
    server.run(*install, "--workers", "1", "--write")

    done = server.jiedao("upgrade", "--to", "jiedao-2", "--no-backup", ok=False)

    assert done.returncode == 1 and "jiedao-1 serves again" in done.stderr
    assert server.ask("/readyz") == 200


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_a_bundle_installs_without_any_network(tmp_path):
    made = bundling.pack(tmp_path, wheels=True, say=print)
    with tarfile.open(made) as tar:
        tar.extractall(tmp_path / "releases", filter="data")
    there = next((tmp_path / "releases").iterdir())
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    nowhere |= {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple",
        "NO_PROXY": "",
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "PIP_", "JIEDAO_"))}
    env = clean | nowhere | {"UV_NO_CACHE": "1", "PIP_NO_CACHE_DIR": "1"}

    done = subprocess.run(
        [there / "deploy" / "install", "--host", "a.cn", "--prefix", tmp_path, "--port", str(free_port())],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok    environment" in done.stdout and (there / ".venv" / "bin" / "jiedao").exists()
