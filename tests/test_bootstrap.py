"""Setting up (首次安装): the lock files and the bootstrap, which knows the standard library alone."""

import ast
import re
import subprocess
import sys

import pytest

from jiedao import bootstrap
from jiedao.ground.db.home import CHECKOUT

LOCKS = ["requirements.lock", "requirements-dev.lock"]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_names_no_address(lock):
    assert re.findall(r"\w+://\S+|--index|--find-links|--extra", (CHECKOUT / lock).read_text()) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_with_hashes(lock):
    packages = re.split(r"\n(?=\S)", (CHECKOUT / lock).read_text().strip())

    assert [package for package in packages if not re.match(r"[\w.-]+==\S+", package)] == []
    assert [package for package in packages if "--hash=sha256:" not in package] == []


def test_the_development_lock_holds_all_of_the_other():
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+==\S+", (CHECKOUT / lock).read_text(), re.MULTILINE))

    assert pins("requirements.lock") - pins("requirements-dev.lock") == set()


def test_the_bootstrap_imports_the_standard_library_alone():
    tree = ast.parse((CHECKOUT / "jiedao" / "bootstrap.py").read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name.split(".")[0] for name in imported} - sys.stdlib_module_names == set()


def test_it_does_nothing_while_the_lock_file_is_the_installed_one(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(subprocess, "run", _only_a_look(subprocess.run))

    assert bootstrap.python(tmp_path, "requirements-dev.lock").exists()
    assert capfd.readouterr().err == ""


def _only_a_look(run):
    """Lets the environment's Python be tried, and nothing be installed."""

    def look(command, **rest):
        assert command[1:] == ["-c", ""]
        return run(command, **rest)

    return look


def test_the_pin_of_one_package_comes_with_its_hashes():
    lines = bootstrap._pin(CHECKOUT / "requirements-dev.lock", "uv").splitlines()

    assert re.match(r"uv==\d", lines[0])
    assert len(lines) > 1
    assert all(line.strip().startswith("--hash=sha256:") for line in lines[1:])


def test_no_network_at_the_first_set_up_is_said_plainly(tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap, "CHECKOUT", tmp_path)
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/simple")
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    (tmp_path / "requirements.lock").write_text("nothing-of-ours==1.0 --hash=sha256:" + "0" * 64 + "\n")
    (tmp_path / "requirements-dev.lock").write_text("uv==0.0.1 --hash=sha256:" + "0" * 64 + "\n")

    with pytest.raises(bootstrap.CannotSetUp, match="needs the package registry"):
        bootstrap.python(tmp_path / "var", "requirements.lock")
