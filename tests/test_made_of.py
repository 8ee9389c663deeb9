"""What we are made of (供应链): hashed pins, a list of contents, no secrets in the repository, known weaknesses (G43)."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from jiedao.doors.commands import sbom
from jiedao.ground.db.home import CHECKOUT
from tests.lint import migrations

LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_carries_hashes_and_no_registry(lock):
    text = (CHECKOUT / lock).read_text()
    parts = list(sbom.python_parts(text))

    assert len(parts) > 30
    assert [part["name"] for part in parts if not part["hashes"]] == []
    assert "http" not in text


def test_every_browser_package_carries_its_hash_and_no_address():
    text = (CHECKOUT / "package-lock.json").read_text()

    assert [part["name"] for part in sbom.npm_parts(text, dev=True) if not part["hashes"]] == []
    assert "resolved" not in text


def test_the_list_of_contents_names_every_locked_package_once():
    told = sbom.contents(CHECKOUT, dev=True)["components"]
    purls = [part["purl"] for part in told]

    assert len(purls) == len(set(purls))
    assert {"pkg:npm/htmx.org@2.0.11"} <= set(purls)
    assert any(purl.startswith("pkg:pypi/django@") for purl in purls)


SECRETS = {
    "private key": r"-----BEGIN (?:RSA |EC |OPENSSH |PGP )?PRIVATE KEY",
    "cloud key": r"\b(?:AKIA|LTAI|AKID)[0-9A-Za-z]{12,}\b",
    "token of a code host": r"\b(?:ghp|gho|ghs|glpat|github_pat)[_-][0-9A-Za-z_]{20,}",
    "chat webhook": r"(?:weixin\.qq\.com/cgi-bin/webhook/send\?key|dingtalk\.com/robot/send\?access_token)=[0-9a-f]{16,}",
    "token of ours": r"\bjd_[A-Za-z0-9_-]{30,}",
    "password in an address": r"\b(?:postgres(?:ql)?|https?|redis)://[^\s:/@'\"{}<>]+:(?!PASSWORD|password|secret|\*)"
    r"[^\s@'\"{}<>]{6,}@(?!localhost|127\.|example|db\b|host)",
}


INVENTED = ("test_made_of.py", "test_notices_outside.py")
"""Tests that hold made-up secrets."""


def tracked() -> list[Path]:
    """What git keeps; where there is no git, everything that it would."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, check=False)
    if done.returncode:
        tops = ("jiedao", "tests", "docs", "bench")
        return [file for top in tops for file in (CHECKOUT / top).rglob("*") if "vendor" not in file.parts]
    return [CHECKOUT / name for name in done.stdout.decode().split("\0") if name]


def secrets(text: str) -> list[str]:
    return [name for name, pattern in SECRETS.items() if re.search(pattern, text)]


def test_no_secret_lies_in_the_repository():
    found = {}
    for file in tracked():
        is_text = (
            file.is_file() and file.stat().st_size < 2_000_000 and file.name not in INVENTED and file.suffix != ".patch"
        )
        if is_text and (said := secrets(file.read_bytes().decode("utf-8", "ignore"))):
            found[str(file.relative_to(CHECKOUT))] = said

    assert found == {}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("private key", "-----BEGIN " + "RSA PRIVATE KEY-----"),
        ("cloud key", "AKIA" + "ABCDEFGHIJKLMNOP"),
        ("token of a code host", "ghp_" + "a" * 36),
        ("token of ours", "jd_" + "A1b2" * 10),
        ("password in an address", "postgres://jiedao:" + "sEcret99@db1.intern/jiedao"),
    ],
)
def test_a_secret_would_be_seen(kind, text):
    assert kind in secrets(f"x = '{text}'")


# Known weaknesses: needs the registries; without them nothing is proven

AWAY = (
    "network",
    "connect",
    "resolve",
    "timed out",
    "ENOTFOUND",
    "ECONNREFUSED",
    "404",
    "403",
    "not supported",
    "endpoint",
    "405",
)


def asked(words: list[str], folder: Path = CHECKOUT) -> str:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=200)
    if done.returncode not in (0, 1) or (done.returncode and any(word in done.stderr for word in AWAY)):
        pytest.skip(f"no answer about known weaknesses: {(done.stderr or done.stdout).strip()[-200:]}")
    assert done.returncode == 0 or done.stdout.startswith("{"), done.stdout
    return done.stdout


@pytest.mark.nightly
def test_no_browser_package_has_a_high_known_weakness(tmp_path):
    told = json.loads(asked(["npm", "audit", "--omit=dev", "--json"]) or "{}")
    if "metadata" not in told:
        pytest.skip(f"no answer about known weaknesses: {str(told)[:200]}")

    counted = told["metadata"]["vulnerabilities"]
    assert counted["high"] + counted["critical"] == 0, told["vulnerabilities"]


@pytest.mark.nightly
def test_no_python_package_has_a_known_weakness(tmp_path):
    """By the locked uv, which asks the open list of weaknesses (OSV); its own lock names a registry and stays outside."""
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        pytest.skip("uv is not in this environment")
    pins = re.findall(r"^([A-Za-z0-9._-]+==[^\\\n]+)", (CHECKOUT / "requirements.lock").read_text(), re.M)
    project = ["[project]", 'name = "contents"', 'version = "0"', 'requires-python = ">=3.11"']
    told = [*project, f"dependencies = {json.dumps([pin.strip() for pin in pins])}"]
    (tmp_path / "pyproject.toml").write_text("\n".join(told) + "\n", encoding="utf-8")

    assert len(pins) > 30
    asked([str(uv), "audit", "--preview-features", "audit-command"], tmp_path)


# Migrations

GOOD = "migrations.AddField('case', 'x', field=models.TextField(null=True))"
BAD = [
    "migrations.AddField('case', 'x', field=models.TextField(default=''))",
    "migrations.RemoveField('case', 'x')",
    "migrations.RenameField('case', 'x', 'y')",
    "migrations.DeleteModel('Case')",
    "migrations.RunPython(forwards)",
    "migrations.RunSQL('DROP TABLE x')",
]


@pytest.mark.parametrize("line", BAD)
def test_a_migration_that_old_code_cannot_run_beside_is_seen(line):
    assert list(migrations.unsafe(line))
    assert not list(migrations.unsafe(f"{line}  # safe: nobody has used it since the last release"))


def test_a_column_that_may_be_empty_is_safe_and_every_migration_here_is():
    assert not list(migrations.unsafe(GOOD))
    assert list(migrations.found(CHECKOUT / "jiedao")) == []
